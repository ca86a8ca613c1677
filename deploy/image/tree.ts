// The tree of the image: Debian's, our packages, the configuration; and without what would be of one machine. Runs as root of its
// namespaces (inside.ts), where mounts are nobody else's.
import { chmodSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Entry, put } from '../package/deb.ts';
import { BuildError, run } from '../package/tools.ts';
import {
  configuration,
  enabledUnits,
  type ImageContent,
  identities,
  leftovers,
  maskedUnits,
} from './configuration.ts';

export interface TreeOptions extends ImageContent {
  /** Debian's, as an archive. */
  readonly base: string;
  /** Packages that are installed into it. */
  readonly debs: readonly string[];
}

/** @param tree a folder that is not there yet */
export function unpackBase(tree: string, { base }: TreeOptions): void {
  mkdirSync(tree);
  // Device nodes cannot be made without real root, and the kernel brings its own.
  run('tar', ['--xattrs', '--xattrs-include=*', '--exclude=./dev/*', '-xpf', base, '-C', tree]);
  mkdirSync(join(tree, 'dev'), { recursive: true });
}

/** Runs a program of the tree. @throws BuildError when it fails */
export function inTree(tree: string, argv: readonly string[]): string {
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LC_ALL: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
  };
  return run('chroot', [tree, ...argv], { env });
}

/** What programs want to see of the kernel. Single devices, never the folder of this machine: whatever fails, nobody can remove it. */
const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/** Runs `work` with a /proc and a /dev in the tree. */
export function withKernel<T>(tree: string, work: () => T): T {
  const [proc, dev] = [join(tree, 'proc'), join(tree, 'dev')];
  run('mount', ['-t', 'proc', 'proc', proc]);
  run('mount', ['-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', dev]);
  try {
    for (const name of devices) {
      writeFileSync(join(dev, name), '');
      run('mount', ['--bind', `/dev/${name}`, join(dev, name)]);
    }
    return work();
  } finally {
    for (const point of [proc, dev]) run('umount', ['--recursive', '--lazy', point]);
  }
}

/** Removes it, and goes into nothing that is still mounted there. */
export function removeTree(tree: string): void {
  run('rm', ['-rf', '--one-file-system', '--', tree]);
}

export function installPackages(tree: string, { debs }: TreeOptions): void {
  const folder = 'var/cache/clusteros-image';
  mkdirSync(join(tree, folder));
  for (const deb of debs) put(tree, { path: `/${folder}/${basename(deb)}`, copy: deb });
  const files = debs.map(deb => `/${folder}/${basename(deb)}`);
  // All that they depend on is there: the lists of what Debian has are not, so that what packages.ts does not name is missed.
  inTree(tree, ['apt-get', 'install', '--yes', '--no-install-recommends', ...files]);
  rmSync(join(tree, folder), { recursive: true });
}

export function configure(tree: string, options: TreeOptions): void {
  inTree(tree, ['systemctl', '--quiet', 'mask', ...maskedUnits]);
  inTree(tree, ['systemctl', '--quiet', 'enable', ...enabledUnits]);
  for (const name of [...identities, ...leftovers].flatMap(glob => globSync(glob, { cwd: tree })))
    rmSync(join(tree, name), { recursive: true, force: true });
  for (const entry of configuration(options)) replace(tree, entry);
  chmodSync(join(tree, 'tmp'), 0o1777);
}

function replace(tree: string, entry: Entry): void {
  if (!('folderMode' in entry)) rmSync(join(tree, entry.path), { force: true });
  put(tree, entry);
}

/** Every package with its version, a line each. */
export function manifestOf(tree: string): string {
  return inTree(tree, ['dpkg-query', '--show', `--showformat=\${Package} \${Version} \${Architecture}\n`]);
}

/** The last look before it becomes a disk. @throws BuildError naming what would be on every node */
export function refuseIdentities(tree: string, { clusterKey, authorizedKeys }: TreeOptions): void {
  const found = identities.flatMap(glob => globSync(glob, { cwd: tree }));
  const wrong = found.filter(path => !(path === 'root/.ssh/authorized_keys' && authorizedKeys !== undefined));
  if (readFileSync(join(tree, 'etc/machine-id'), 'utf8') !== '') wrong.push('etc/machine-id');
  if (clusterKey === undefined) wrong.push(...globSync('etc/clusteros/*.{key,env}', { cwd: tree }));
  const passwords = readFileSync(join(tree, 'etc/shadow'), 'utf8')
    .split('\n')
    .filter(line => /^[^:]+:[^:*!]/.test(line));
  wrong.push(...passwords.map(line => `a password of ${line.split(':')[0]}`));
  if (wrong.length > 0)
    throw new BuildError(`the image would have on every node the same: ${wrong.join(', ')}`);
}
