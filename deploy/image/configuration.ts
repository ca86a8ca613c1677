// What makes of a bootstrapped Debian the image: a list of files, and of what systemd shall start. Nothing of a machine and nothing secret,
// but for the cluster's key where that was asked for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../package/deb.ts';
import { type DistributionName, distributions } from './distributions.ts';
import { sourcesOf } from './packages.ts';

/** What the image is made of, besides Debian. */
export interface ImageContent {
  /** The checkout. */
  readonly root: string;
  readonly distribution: DistributionName;
  readonly suite: string;
  readonly hasFirmware: boolean;
  readonly clusterKey: string | undefined;
  readonly authorizedKeys: string | undefined;
  /** Of the file systems. */
  readonly rootUuid: string;
  readonly espId: string;
}

/** A name that first-boot takes for none. */
export const hostName = 'cluster-os-node';

export function configuration(content: ImageContent): readonly Entry[] {
  const { root, distribution, suite, hasFirmware, clusterKey, authorizedKeys } = content;
  const text = (name: string) => readFileSync(join(root, 'deploy/image/files', name), 'utf8');
  const { mirror, security } = distributions[distribution];
  return [
    {
      path: '/etc/apt/sources.list',
      text: sourcesOf(suite, { mirror, security, hasFirmware, distribution }),
    },
    { path: '/etc/fstab', text: fstab(content) },
    { path: '/etc/hostname', text: `${hostName}\n` },
    { path: '/etc/hosts', text: `127.0.0.1 localhost\n127.0.1.1 ${hostName}\n::1 localhost ip6-localhost\n` },
    // Empty, not missing: then systemd makes one up at the first boot, and asks nobody anything.
    { path: '/etc/machine-id', text: '' },
    { path: '/etc/resolv.conf', link: '../run/systemd/resolve/stub-resolv.conf' },
    { path: '/etc/default/grub', text: text('default-grub') },
    { path: '/boot/grub/grub.cfg', text: grubMenu(content) },
    { path: '/etc/repart.d/50-root.conf', text: text('50-root.repart.conf') },
    { path: '/etc/cloud/cloud.cfg.d/90-clusteros.cfg', text: text('90-clusteros.cloud.cfg') },
    { path: '/etc/ssh/sshd_config.d/10-clusteros.conf', text: text('10-clusteros.sshd.conf') },
    ...(authorizedKeys === undefined
      ? []
      : [
          { path: '/root/.ssh', folderMode: 0o700 },
          { path: '/root/.ssh/authorized_keys', copy: authorizedKeys, mode: 0o600 },
        ]),
    ...(clusterKey === undefined
      ? []
      : [{ path: '/etc/clusteros/cluster.key', copy: clusterKey, mode: 0o600 }]),
  ];
}

/** Masked: SLURM's daemons are the agent's, and systemd would ask at the first boot for what first-boot does. */
export const maskedUnits = [
  'slurmctld.service',
  'slurmd.service',
  'munge.service',
  'systemd-firstboot.service',
];
export const enabledUnits = ['tailscaled.service', 'systemd-timesyncd.service'];

/** Made on the machine that built the image, or by its packages there: each would be the same on all nodes. Globs below the root. */
export const identities = [
  'etc/ssh/ssh_host_*',
  'etc/munge/munge.key',
  'var/lib/munge/munge.seed',
  'var/lib/dbus/machine-id',
  'var/lib/systemd/random-seed',
  'var/lib/systemd/credential.secret',
  'var/lib/clusteros/*',
  'var/lib/tailscale/*',
  'root/.ssh/*',
  'root/.bash_history',
  'etc/hostid',
];

/** What building leaves that nobody reads again. */
export const leftovers = [
  'var/cache/apt/*.bin',
  'var/cache/apt/archives/*.deb',
  'var/cache/debconf/*-old',
  'var/lib/apt/lists/*_*',
  'var/lib/dpkg/*-old',
  'var/log/*.log',
  'var/log/apt/*',
  'var/log/journal/*',
  'var/tmp/*',
  'tmp/*',
  'etc/*-',
];

function fstab({ rootUuid, espId }: ImageContent): string {
  return [
    `UUID=${rootUuid} / ext4 errors=remount-ro,x-systemd.growfs 0 1`,
    // A machine without UEFI goes on without it.
    `UUID=${espId.slice(0, 4)}-${espId.slice(4)} /boot/efi vfat umask=0077,nofail 0 2`,
    '',
  ].join('\n');
}

/** As update-grub would write it, which has to see the disk: it does so after the first new kernel. */
function grubMenu({ rootUuid, distribution }: ImageContent): string {
  const { kernelFolder } = distributions[distribution];
  return `# Of the image; update-grub writes another one in its place.
set timeout=2
if serial --unit=0 --speed=115200; then terminal_input console serial; terminal_output console serial; fi
insmod part_gpt
insmod ext2
search --no-floppy --fs-uuid --set=root ${rootUuid}
menuentry "ClusterOS" {
  linux ${kernelFolder}/vmlinuz root=UUID=${rootUuid} ro console=ttyS0,115200 console=tty0
  initrd ${kernelFolder}/initrd.img
}
menuentry "ClusterOS (to be mended)" {
  linux ${kernelFolder}/vmlinuz root=UUID=${rootUuid} ro single console=ttyS0,115200 console=tty0
  initrd ${kernelFolder}/initrd.img
}
`;
}
