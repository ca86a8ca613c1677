// A disk that has never booted, with what a test installs in it: no machine-id, no SSH host keys, no name, no network but the one that
// the product's own files make. A tree is copied and changed, so nothing of it has run when the machine first starts.
import { mkdirSync, rmSync } from 'node:fs';
import { build } from './build.ts';
import { makeDisk } from './ext4-disk.ts';
import { rootBuildTimeoutMs, rootDiskMib } from './limits.ts';
import {
  commonCustomizations,
  commonPackages,
  type MachineRoot,
  machineRoot,
  type RootRecipe,
} from './machine-root.ts';

export type Release = RootRecipe['release'];

const recipeOf = (release: Release): RootRecipe => ({
  name: `bare-${release}`,
  release,
  keepsTree: true,
  packages: [
    ...commonPackages,
    // That for all hardware: the one for virtual machines has no WiFi.
    'linux-image-amd64',
    // What the product's package depends on for the network.
    ...['netplan.io', 'wpasupplicant', 'iw', 'wireless-regdb', 'systemd-resolved', 'systemd-timesyncd'],
    // The other side of the air: an access point, its addresses, certificates.
    ...['hostapd', 'dnsmasq-base', 'openssl', 'ca-certificates'],
  ],
  customizations: [
    ...commonCustomizations,
    // As an image has it: made by the package at its installation, they would be those of every machine.
    'rm -f "$1"/etc/ssh/ssh_host_*',
    'chroot "$1" systemctl --quiet enable systemd-networkd.service systemd-resolved.service systemd-timesyncd.service',
    // An access point is a test's to start.
    'chroot "$1" systemctl --quiet mask hostapd.service',
  ],
});

/**
 * A root disk made of Debian and of what `install` puts into its tree.
 * @param folder of the rack; the disk is made there
 */
export async function bareRoot(
  folder: string,
  release: Release,
  install: (tree: string) => void,
): Promise<MachineRoot> {
  const root = await machineRoot(recipeOf(release));
  const tree = `${folder}/${release}.tree`;
  mkdirSync(tree, { recursive: true });
  try {
    await build(['cp', '-a', '--reflink=auto', `${root.tree}/.`, tree], rootBuildTimeoutMs);
    install(tree);
    const disk = `${folder}/${release}.img`;
    await makeDisk(disk, { tree, sizeMib: rootDiskMib });
    return { ...root, disk };
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}
