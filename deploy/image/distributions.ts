// In what the distributions differ that the image can be made of: where their packages come from, what some are called, where the signed loader
// looks. Debian is the one that is built and started by the tests; Ubuntu is written from its archive's lists, and was not built.

export interface Distribution {
  readonly name: string;
  readonly suite: string;
  readonly mirror: string;
  readonly security: string;
  /** Sections of the archive. */
  readonly parts: readonly string[];
  /** The one with the firmware, where it is not among them. */
  readonly firmwarePart: string | undefined;
  /** Whose signatures vouch for the packages; undefined: those that the building machine trusts. */
  readonly keyring: string | undefined;
  readonly kernel: string;
  readonly firmware: readonly string[];
  /** Where update-initramfs leaves names of the newest kernel. */
  readonly kernelFolder: string;
  /** Of the ESP, where the signed GRUB looks for its settings. */
  readonly grubFolder: string;
  /** Below the root: the signed shim, and its manager of keys. */
  readonly shim: string;
  readonly keyManager: string;
}

export const distributions = {
  debian: {
    ...{ name: 'Debian', suite: 'bookworm' },
    mirror: 'http://deb.debian.org/debian',
    security: 'http://deb.debian.org/debian-security',
    parts: ['main'],
    firmwarePart: 'non-free-firmware',
    keyring: undefined,
    kernel: 'linux-image-amd64',
    firmware: [
      ...['firmware-iwlwifi', 'firmware-realtek', 'firmware-atheros', 'firmware-brcm80211'],
      ...['firmware-misc-nonfree', 'firmware-bnx2', 'firmware-bnx2x', 'intel-microcode', 'amd64-microcode'],
    ],
    kernelFolder: '',
    grubFolder: 'EFI/debian',
    shim: 'usr/lib/shim/shimx64.efi.signed',
    keyManager: 'usr/lib/shim/mmx64.efi.signed',
  },
  ubuntu: {
    ...{ name: 'Ubuntu', suite: 'noble' },
    mirror: 'http://archive.ubuntu.com/ubuntu',
    security: 'http://security.ubuntu.com/ubuntu',
    // SLURM is in universe.
    parts: ['main', 'universe'],
    firmwarePart: undefined,
    keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    kernel: 'linux-image-generic',
    firmware: ['linux-firmware', 'intel-microcode', 'amd64-microcode'],
    kernelFolder: '/boot',
    grubFolder: 'EFI/ubuntu',
    // Without ".latest" it is a link of update-alternatives, which leads out of the tree.
    shim: 'usr/lib/shim/shimx64.efi.signed.latest',
    keyManager: 'usr/lib/shim/mmx64.efi',
  },
} as const satisfies Record<string, Distribution>;
export type DistributionName = keyof typeof distributions;

export const isDistribution = (text: string): text is DistributionName => Object.hasOwn(distributions, text);
