// What Debian brings to the image, beside what is essential. Each group says what for; nothing is here because an installer has it.
export interface PackageChoice {
  /** What cards want from their maker: WiFi of laptops and boards, servers' network cards, processors. */
  readonly hasFirmware: boolean;
}

export function debianPackages({ hasFirmware }: PackageChoice): readonly string[] {
  return [
    // The machine: kernel with all drivers, its start, systemd.
    ...[
      'linux-image-amd64',
      'initramfs-tools',
      'zstd',
      'systemd-sysv',
      'udev',
      'dbus',
      'libpam-systemd',
      'login',
    ],
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

const firmware = [
  ...[
    'firmware-iwlwifi',
    'firmware-realtek',
    'firmware-atheros',
    'firmware-brcm80211',
    'firmware-misc-nonfree',
  ],
  ...['firmware-bnx2', 'firmware-bnx2x', 'intel-microcode', 'amd64-microcode'],
];

/** Lines of sources.list. @param mirror of Debian @param security of its security updates */
export function sourcesOf(
  suite: string,
  { mirror, security, hasFirmware }: PackageChoice & { readonly mirror: string; readonly security: string },
): string {
  const parts = hasFirmware ? 'main non-free-firmware' : 'main';
  return [
    `deb ${mirror} ${suite} ${parts}`,
    `deb ${mirror} ${suite}-updates ${parts}`,
    `deb ${security} ${suite}-security ${parts}`,
    '',
  ].join('\n');
}
