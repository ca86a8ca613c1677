// The root disk of a test's machine: Debian as its packages leave it, nothing of ClusterOS, and the little that lets a test in. Made
// once and kept in build/image, under a name that changes with what goes into it; never written to again.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from './build.ts';
import { checkoutLabel, checkoutPath } from './checkout-disk.ts';
import { makeDisk } from './ext4-disk.ts';
import { rootBuildTimeoutMs, rootDiskMib } from './limits.ts';

const release = 'bookworm';
// The kernel for virtual machines has the same control groups as the one for all hardware, and a quarter of its size.
const packages = [
  ...['linux-image-cloud-amd64', 'systemd-sysv', 'udev', 'dbus', 'libpam-systemd', 'login', 'kmod'],
  ...['iproute2', 'iputils-ping', 'procps', 'util-linux', 'openssh-server'],
  ...['slurm-wlm', 'munge', 'nftables'],
  // Node's.
  'libatomic1',
];

/** Run by mmdebstrap with the tree as $1. */
const customizations = [
  // Empty, not missing: then systemd makes one up at the first boot and asks nobody anything.
  ': > "$1/etc/machine-id"',
  // The host's.
  'rm -f "$1/etc/hostname" "$1/etc/resolv.conf"',
  `mkdir "$1${checkoutPath}"`,
  `printf '/dev/vda / ext4 errors=remount-ro 0 1\\nLABEL=${checkoutLabel} ${checkoutPath} ext4 noatime 0 0\\n' > "$1/etc/fstab"`,
  // The kernel's command line says which addresses the machine has.
  'chroot "$1" systemctl --quiet enable systemd-networkd.service systemd-network-generator.service',
  // They would take the emulated processor at a time of their own.
  'chroot "$1" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer',
];

const bootstrap = [
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
}

/** Makes the root disk where it is not there yet: then it takes one to two minutes, and downloads packages by the host's apt sources. */
export async function machineRoot(): Promise<MachineRoot> {
  const key = createHash('sha256')
    .update(JSON.stringify([bootstrap, rootDiskMib]))
    .digest('hex')
    .slice(0, 12);
  const home = `${folder}/root-${key}`;
  if (!existsSync(home)) await makeRoot(home);
  return { disk: `${home}/disk.img`, kernel: `${home}/vmlinuz`, initrd: `${home}/initrd.img` };
}

async function makeRoot(home: string): Promise<void> {
  sweep();
  const unfinished = `${folder}/unfinished-${process.pid}`;
  const tree = `${unfinished}/tree`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await build([...bootstrap, tree], rootBuildTimeoutMs);
    for (const each of ['vmlinuz', 'initrd.img']) copyFileSync(`${tree}/${each}`, `${unfinished}/${each}`);
    await makeDisk(`${unfinished}/disk.img`, { tree, sizeMib: rootDiskMib });
    rmSync(tree, { recursive: true });
    // Another process may have been faster; one is as good as the other.
    if (!existsSync(home)) renameSync(unfinished, home);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** What killed processes left, and roots of other packages: each takes half a gigabyte. */
function sweep(): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const pid = /^unfinished-(\d+)$/.exec(name)?.[1];
    const isInUse = pid !== undefined && existsSync(`/proc/${pid}`);
    if (!isInUse) rmSync(`${folder}/${name}`, { recursive: true });
  }
}
