// A disk of a file: a loop device that is this test's alone, and a small system to be copied to it. The program takes loop devices only by the
// variable of a rehearsal, which names one; no other disk is ever touched.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  linkSync,
  mkdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { rehearsalVariable } from '../../../src/boot/install/look.ts';
import { type WatchedFolder, watchedFolder } from '../../image/janitor.ts';
import { isInstalled, isRoot, missingNamespaces } from '../../lab/requirements.ts';

const installer = new URL('../../../bin/cluster-os-install', import.meta.url).pathname;
export const canary = 'canary-of-the-cluster-key';

const programs: Readonly<Record<string, string>> = {
  ...{ losetup: 'mount', partx: 'util-linux', blkid: 'util-linux', sgdisk: 'gdisk', rsync: 'rsync' },
  ...{ mke2fs: 'e2fsprogs', 'mkfs.vfat': 'dosfstools', setpriv: 'util-linux', script: 'bsdutils' },
};

/** Why there is no disk to try it on, in a few words; undefined when there is. The reason of a skipped test. */
export function missingForLoop(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (!isRoot()) return 'needs root';
  for (const [name, from] of Object.entries(programs))
    if (!isInstalled(name)) return `needs ${name} (package ${from})`;
  const { status, stderr } = spawnSync('losetup', ['--find'], { encoding: 'utf8' });
  if (status !== 0) return `needs a loop device (${stderr.trim()})`;
  const missing = missingNamespaces();
  return missing && `needs namespaces (${missing})`;
}

export interface Run {
  readonly exitCode: number | null;
  readonly output: string;
}

export class LoopDisk {
  readonly path: string;
  readonly source: string;
  readonly #folder: WatchedFolder;

  constructor(sizeMib = 2048) {
    this.#folder = watchedFolder('clusteros-loop-');
    this.source = `${this.#folder.path}/system`;
    const file = `${this.#folder.path}/disk`;
    writeFileSync(file, '');
    truncateSync(file, sizeMib * 2 ** 20);
    makeSystem(this.source);
    this.path = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
  }

  get root(): string {
    return `${this.path}p3`;
  }

  /** Runs the program to its end, nobody at its terminal. */
  async run(args: readonly string[], { rehearses = true, program = installer } = {}): Promise<Run> {
    return await this.start(args, rehearses, program).ended;
  }

  /** Runs it at a terminal, and types an answer. */
  answer(typed: string): Run {
    const { status, stdout } = spawnSync('script', ['-qec', `${installer} ${this.path}`, '/dev/null'], {
      ...{ encoding: 'utf8', input: `${typed}\n` },
      env: { ...process.env, [rehearsalVariable]: `${this.path}:${this.source}` },
    });
    return { exitCode: status, output: stdout.replaceAll('\r', '') };
  }

  /** Runs it, and sends it a signal as soon as it says a line with `words`. */
  async endAt(words: string, signal: NodeJS.Signals): Promise<Run> {
    const { ended, whenSaid, kill } = this.start([this.path, '--yes'], true);
    whenSaid(words, () => kill(signal));
    return await ended;
  }

  start(args: readonly string[], rehearses: boolean, program = installer) {
    const { [rehearsalVariable]: _, ...env } = process.env;
    const child = spawn(program, args, {
      env: { ...env, ...(rehearses ? { [rehearsalVariable]: `${this.path}:${this.source}` } : {}) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: nothing that a terminal does reaches it.
      detached: true,
    });
    let output = '';
    const waits: { words: string; then: () => void }[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        for (const wait of waits.splice(0)) {
          if (output.includes(wait.words)) wait.then();
          else waits.push(wait);
        }
      });
    const ended = new Promise<Run>(resolve => {
      child.on('close', exitCode => resolve({ exitCode, output }));
    });
    return {
      ended,
      whenSaid: (words: string, then: () => void) => waits.push({ words, then }),
      // The launcher has become the program: the pid is its own.
      kill: (signal: NodeJS.Signals) => child.kill(signal),
    };
  }

  /** Mounts the root that was made, and has `work` look at it. */
  look<T>(work: (root: string) => T): T {
    const point = `${this.#folder.path}/root`;
    mkdirSync(point, { recursive: true });
    execFileSync('mount', ['-o', 'ro', this.root, point]);
    try {
      return work(point);
    } finally {
      execFileSync('umount', [point]);
    }
  }

  /** Of the file behind it: 0 while nobody has written. */
  get writtenBlocks(): number {
    return statSync(`${this.#folder.path}/disk`).blocks;
  }

  /** Mounts the second partition, and tells where. */
  mountSecond(): string {
    const point = `${this.#folder.path}/second`;
    mkdirSync(point, { recursive: true });
    execFileSync('mount', [`${this.path}p2`, point]);
    return point;
  }

  remove(): void {
    spawnSync('partx', ['--delete', this.path]);
    spawnSync('losetup', ['--detach', this.path]);
    this.#folder.remove();
  }
}

/** What a copy can get wrong: rights, owners, links, and what must stay behind. */
function makeSystem(root: string): void {
  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  put('etc/clusteros/cluster.key', canary, 0o600);
  put('etc/clusteros/tailscale.env', `TAILSCALE_AUTHKEY=tskey-auth-${canary}\n`, 0o600);
  put('etc/clusteros/node.yaml', 'tags: {site: north}\n');
  chmodSync(join(root, 'etc/clusteros'), 0o750);
  put('root/.ssh/authorized_keys', 'ssh-ed25519 AAAA operator\n', 0o600);
  chmodSync(join(root, 'root/.ssh'), 0o700);
  put('etc/passwd', 'root:x:0:0::/root:/bin/sh\n');
  put('etc/machine-id', `${'a'.repeat(32)}\n`, 0o444);
  put('etc/ssh/ssh_host_ed25519_key', 'identity', 0o600);
  put('var/lib/clusteros/node.key', 'identity', 0o600);
  put('var/lib/tailscale/tailscaled.state', 'identity', 0o600);
  put('var/lib/systemd/random-seed', 'identity', 0o600);
  put('var/log/munge/munged.log', 'a line');
  chownSync(join(root, 'var/log/munge'), 1234, 1235);
  put('usr/bin/tool', 'a program', 0o4755);
  linkSync(join(root, 'usr/bin/tool'), join(root, 'usr/bin/same-tool'));
  symlinkSync('tool', join(root, 'usr/bin/link'));
  // Some megabytes, so that a copy can be cut off.
  cpSync(process.execPath, join(root, 'usr/bin/node'));
}
