// A Debian of its own to install packages in: a folder, with processes, mounts and a loopback interface that nobody else sees, and without
// systemd running. Bootstrapped once for each list of packages and kept as an archive in build/package-trees.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build, dieWithUs } from '../image/build.ts';
import { Child, type LaunchOptions } from '../lab/child.ts';
import { environment, type RunOptions, type RunResult, resultOf } from '../lab/machine.ts';
import { commandTimeoutMs, openPollMs, openTimeoutMs, treeTimeoutMs } from './limits.ts';

const release = 'bookworm';
const archives = fileURLToPath(new URL('../../build/package-trees', import.meta.url));
const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid'] as const;
/** PID 1 of a tree: $1 is the folder. */
const init =
  'mount -t proc proc "$1/proc"; mount -t tmpfs -o mode=0755 tmpfs "$1/run"; ip link set lo up; echo ready; exec chroot "$1" sleep infinity';

export class DebianTree {
  /** As this machine sees it. */
  readonly folder: string;
  readonly #init: Child;

  private constructor(folder: string, child: Child) {
    this.folder = folder;
    this.#init = child;
  }

  /** @param packages what is installed beside what is essential and apt, with all that they depend on */
  static async open(packages: readonly string[]): Promise<DebianTree> {
    const archive = await archiveWith(packages);
    const folder = mkdtempSync(join(tmpdir(), 'clusteros-tree-'));
    await build(['tar', '-xf', archive, '-C', folder], openTimeoutMs);
    const argv = ['unshare', ...namespaces, '--fork', '--kill-child=KILL', 'sh', '-c', init, 'sh', folder];
    const child = await Child.launch([...dieWithUs, ...argv], { env: environment, wrapped: true });
    const deadline = performance.now() + openTimeoutMs;
    while (!child.stdout.includes('ready')) {
      if (!child.isRunning || performance.now() > deadline)
        throw new Error(`no tree: ${child.stderr.join('; ')}`);
      await sleep(openPollMs);
    }
    return new DebianTree(folder, child);
  }

  /** Runs a command to its end. @throws Error when it does not end in time; it is then killed */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const { timeoutMs = commandTimeoutMs, ...launch } = options;
    return await resultOf(await this.spawn(argv, launch), argv.join(' '), timeoutMs);
  }

  /** As {@link run}, for what must work. Returns what it wrote to stdout. @throws Error when it fails */
  async must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(argv, options);
    if (exitCode !== 0) throw new Error(`"${argv.join(' ')}" ended with ${exitCode}\n${stdout}${stderr}`);
    return stdout;
  }

  async spawn(
    argv: readonly string[],
    { env, ...options }: Omit<LaunchOptions, 'wrapped'> = {},
  ): Promise<Child> {
    const pid = String(this.#init.process?.pid);
    const enter = ['nsenter', '--target', pid, ...namespaces, '--root', '--wd', '--'];
    const own = { ...environment, HOME: '/root', DEBIAN_FRONTEND: 'noninteractive', ...env };
    return await Child.launch([...enter, ...argv], { ...options, env: own, wrapped: true });
  }

  /** Every file of the tree's disk that is none of dpkg's, apt's or a log. */
  async files(): Promise<readonly string[]> {
    const apart = ['/var/lib/dpkg', '/var/lib/apt', '/var/cache', '/var/log', '/etc/ld.so.cache', '/tmp'];
    const prune = apart.flatMap(path => ['-path', path, '-prune', '-o']);
    return (await this.must(['find', '/', '-xdev', ...prune, '-print'])).trim().split('\n').sort();
  }

  async close(): Promise<void> {
    this.#init.kill('SIGKILL');
    await this.#init.exited;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function archiveWith(packages: readonly string[]): Promise<string> {
  const bootstrap = [
    ...['mmdebstrap', '--variant=apt', '--format=tar', '--dpkgopt=force-unsafe-io'],
    ...[`--include=${packages.join(',')}`, release],
  ];
  const key = createHash('sha256').update(JSON.stringify(bootstrap)).digest('hex').slice(0, 12);
  const archive = join(archives, `tree-${key}.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(archives, { recursive: true });
  const unfinished = `${archive}.${process.pid}`;
  try {
    await build([...bootstrap, unfinished], treeTimeoutMs);
    renameSync(unfinished, archive);
  } finally {
    rmSync(unfinished, { force: true });
  }
  return archive;
}
