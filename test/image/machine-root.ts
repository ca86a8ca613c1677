// The root disk of a test's machine: Debian as its packages leave it, nothing of ClusterOS, and the little that lets a test in. Made
// once and kept in build/image, under a name that changes with what goes into it; never written to again.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from './build.ts';
import { checkoutLabel, checkoutPath } from './checkout-disk.ts';
import { makeDisk } from './ext4-disk.ts';
import { rootBuildTimeoutMs, rootDiskMib } from './limits.ts';

/** What a root disk is made of. */
export interface RootRecipe {
  /** Of the folder it is kept in; roots of one name take each other's place. */
  readonly name: string;
  readonly release: 'bookworm' | 'trixie';
  readonly packages: readonly string[];
  /** Run by mmdebstrap with the tree as $1. */
  readonly customizations: readonly string[];
  /** Keeps the tree, too, so that a test can install something in a copy of it before the first boot. */
  readonly keepsTree?: boolean;
}

export const commonPackages = [
  ...['systemd-sysv', 'udev', 'dbus', 'libpam-systemd', 'login', 'kmod'],
  ...['iproute2', 'iputils-ping', 'procps', 'util-linux', 'openssh-server', 'nftables'],
  // Node's.
  'libatomic1',
];

export const commonCustomizations = [
  // Empty, not missing: then systemd makes one up at the first boot and asks nobody anything.
  ': > "$1/etc/machine-id"',
  // The host's.
  'rm -f "$1/etc/hostname" "$1/etc/resolv.conf"',
  `mkdir "$1${checkoutPath}"`,
  `printf '/dev/vda / ext4 errors=remount-ro 0 1\\nLABEL=${checkoutLabel} ${checkoutPath} ext4 noatime 0 0\\n' > "$1/etc/fstab"`,
  // They would take the emulated processor at a time of their own.
  'chroot "$1" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer',
];

/** SLURM, and a network that the kernel's command line says. */
const slurmMachine: RootRecipe = {
  name: 'root',
  release: 'bookworm',
  // The kernel for virtual machines has the same control groups as the one for all hardware, and a quarter of its size.
  packages: [...commonPackages, 'linux-image-cloud-amd64', 'slurm-wlm', 'munge'],
  customizations: [
    ...commonCustomizations,
    'chroot "$1" systemctl --quiet enable systemd-networkd.service systemd-network-generator.service',
  ],
};

const bootstrap = ({ release, packages, customizations }: RootRecipe) => [
  ...['mmdebstrap', '--variant=apt', '--format=directory', `--include=${packages.join(',')}`],
  ...['doc', 'man', 'locale'].map(each => `--dpkgopt=path-exclude=/usr/share/${each}/*`),
  ...['--dpkgopt=force-unsafe-io', ...customizations.map(each => `--customize-hook=${each}`), release],
];

const folder = fileURLToPath(new URL('../../build/image', import.meta.url));

export interface MachineRoot {
  /** A raw ext4 without partitions; to be used below an overlay. */
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
  /** The folder that the disk was made of, where its recipe keeps it; to be copied, never changed. */
  readonly tree: string;
}

/** Makes the root disk where it is not there yet: then it takes one to two minutes, and downloads packages by the host's apt sources. */
export async function machineRoot(recipe: RootRecipe = slurmMachine): Promise<MachineRoot> {
  const key = createHash('sha256')
    .update(JSON.stringify([bootstrap(recipe), rootDiskMib, recipe.keepsTree]))
    .digest('hex')
    .slice(0, 12);
  const home = `${folder}/${recipe.name}-${key}`;
  if (!existsSync(home)) await makeRoot(home, recipe);
  const [disk, kernel, initrd] = [`${home}/disk.img`, `${home}/vmlinuz`, `${home}/initrd.img`];
  return { disk, kernel, initrd, tree: `${home}/tree` };
}

async function makeRoot(home: string, recipe: RootRecipe): Promise<void> {
  sweep(recipe);
  const unfinished = `${folder}/unfinished-${process.pid}`;
  const tree = `${unfinished}/tree`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await build([...bootstrap(recipe), tree], rootBuildTimeoutMs);
    for (const each of ['vmlinuz', 'initrd.img']) copyFileSync(`${tree}/${each}`, `${unfinished}/${each}`);
    if (!recipe.keepsTree) {
      await makeDisk(`${unfinished}/disk.img`, { tree, sizeMib: rootDiskMib });
      rmSync(tree, { recursive: true });
    }
    // Another process may have been faster; one is as good as the other.
    if (!existsSync(home)) renameSync(unfinished, home);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** What killed processes left, and former roots of the same name: each takes half a gigabyte. */
function sweep({ name }: RootRecipe): void {
  if (!existsSync(folder)) return;
  for (const each of readdirSync(folder)) {
    const pid = /^unfinished-(\d+)$/.exec(each)?.[1];
    const isLeft = pid !== undefined && !existsSync(`/proc/${pid}`);
    if (isLeft || new RegExp(`^${name}-[0-9a-f]{12}$`).test(each))
      rmSync(`${folder}/${each}`, { recursive: true });
  }
}
