// What the distribution brings to the image, beside what is essential. Each group says what for; nothing is here because an installer has it.
import { type DistributionName, distributions } from './distributions.ts';

export interface PackageChoice {
  readonly distribution: DistributionName;
  /** What cards want from their maker: WiFi of laptops and boards, servers' network cards, processors. */
  readonly hasFirmware: boolean;
}

export function imagePackages({ hasFirmware, distribution }: PackageChoice): readonly string[] {
  const { kernel, firmware } = distributions[distribution];
  return [
    // The machine: kernel with all drivers, its start, systemd.
    ...[kernel, 'initramfs-tools', 'zstd', 'systemd-sysv', 'udev', 'dbus', 'libpam-systemd', 'login'],
    ...[
      'grub-efi-amd64-bin',
      'grub-efi-amd64-signed',
      'shim-signed',
      'grub-pc-bin',
      'grub2-common',
      'efibootmgr',
    ],
    // The network, and who uses it before there is a cluster. What clusteros-machine depends on is named, so that apt needs no network later.
    ...[
      'systemd-resolved',
      'systemd-timesyncd',
      'netplan.io',
      'wpasupplicant',
      'iw',
      'wireless-regdb',
      'rfkill',
    ],
    ...['openssh-server', 'openssh-client', 'ca-certificates', 'iproute2', 'iputils-ping', 'iptables'],
    ...['cloud-init', 'cloud-guest-utils'],
    // The cluster.
    ...['libatomic1', 'nftables', 'slurm-wlm', 'munge'],
    // An installer to another disk.
    ...['gdisk', 'fdisk', 'dosfstools', 'e2fsprogs', 'rsync'],
    // Somebody at its console.
    ...['sudo', 'procps', 'kmod', 'less', 'vim-tiny', 'curl', 'bash-completion', 'pciutils', 'usbutils'],
    ...(hasFirmware ? firmware : []),
  ];
}

/** Lines of sources.list. @param mirror of the distribution @param security of its security updates @param keyring where the machine trusts nobody of it */
export function sourcesOf(
  suite: string,
  {
    mirror,
    security,
    hasFirmware,
    distribution,
    keyring,
  }: PackageChoice & {
    readonly mirror: string;
    readonly security: string;
    readonly keyring?: string | undefined;
  },
): string {
  const { parts, firmwarePart } = distributions[distribution];
  const all = [...parts, ...(hasFirmware && firmwarePart !== undefined ? [firmwarePart] : [])].join(' ');
  const deb = keyring === undefined ? 'deb' : `deb [signed-by=${keyring}]`;
  return [
    `${deb} ${mirror} ${suite} ${all}`,
    `${deb} ${mirror} ${suite}-updates ${all}`,
    `${deb} ${security} ${suite}-security ${all}`,
    '',
  ].join('\n');
}
