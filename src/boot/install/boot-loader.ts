// What starts the disk: shim and GRUB for EFI, under Debian's name and at the place for removable media, and GRUB for BIOS. Each by the programs
// that come along with the system, run on the disk.
import { readdir } from 'node:fs/promises';
import { textOf } from '../../integrations/file-text.ts';
import type { Host } from '../../integrations/host.ts';
import type { Installation } from './installation.ts';
import { bootLoaderTimeoutMs } from './limits.ts';
import type { InstallStep } from './plan.ts';

/** The name of the loader for removable media, by the architecture of GRUB. */
const removableNames = { 'x86_64-efi': 'BOOTX64.EFI', 'arm64-efi': 'BOOTAA64.EFI' } as const;

type LoaderStep = Extract<InstallStep, { readonly kind: 'boot-efi' | 'boot-bios' }>;

export async function bootLoader(work: Installation, step: LoaderStep): Promise<void> {
  await enter(work);
  if (step.kind === 'boot-bios') {
    await inDisk(work, ['grub-install', '--target=i386-pc', '--recheck', work.disk.path]);
    return;
  }
  const argv = [
    ...['grub-install', `--target=${step.target}`, '--efi-directory=/boot/efi', '--recheck'],
    // The signed GRUB reads EFI/debian/grub.cfg, whatever the distribution calls itself.
    ...['--bootloader-id=debian', '--force-extra-removable'],
  ];
  if (step.entersFirmware) {
    const { exitCode: code } = await run(work, argv);
    if (code === 0) return;
    work.journal.say(
      'the firmware has taken no entry: it starts the disk by its place for removable media, once the stick is out',
    );
  }
  await inDisk(work, [...argv, '--no-nvram']);
}

/** grub.cfg. */
export async function menu(work: Installation): Promise<void> {
  await enter(work);
  await inDisk(work, ['update-grub']);
}

/** Mounts in the disk what its programs want to see; once. */
async function enter({ disk, host }: Installation): Promise<void> {
  const { target } = disk;
  if ((await host.listFolder(`${target}/proc`)).length > 0) return;
  await disk.mount(['-t', 'vfat', '-o', 'umask=0077', disk.esp], `${target}/boot/efi`);
  await disk.mount(['-t', 'proc', 'proc'], `${target}/proc`);
  await disk.mount(['--rbind', '/sys'], `${target}/sys`);
  await disk.mount(['--bind', '/dev'], `${target}/dev`);
  await disk.mount(['-t', 'tmpfs', 'tmpfs'], `${target}/run`);
  // GRUB asks udev's memory for names of disks.
  if ((await host.listFolder('/run/udev')).length > 0)
    await disk.mount(['--bind', '/run/udev'], `${target}/run/udev`);
}

async function run({ journal, disk }: Installation, argv: readonly string[]) {
  return await journal.run('chroot', [disk.target, ...argv], bootLoaderTimeoutMs);
}

async function inDisk({ journal, disk }: Installation, argv: readonly string[]): Promise<void> {
  await journal.must('chroot', [disk.target, ...argv], bootLoaderTimeoutMs);
}

/** What is wrong with the boot loaders of a disk whose root and ESP are mounted; nothing when all is there. */
export async function bootTroubles(
  host: Host,
  target: string,
  rootUuid: string,
  architecture: 'x64' | 'arm64',
): Promise<readonly string[]> {
  const efi = `${target}/boot/efi/EFI`;
  const troubles: string[] = [];
  const removable = removableNames[architecture === 'x64' ? 'x86_64-efi' : 'arm64-efi'];
  const names = (await readdir(`${efi}/BOOT`).catch(() => [])).map(name => name.toUpperCase());
  if (!names.includes(removable)) troubles.push(`EFI/BOOT/${removable} is not on the ESP`);
  const ours = (await host.listFolder(`${efi}/debian`)).map(name => name.toLowerCase());
  if (!ours.some(name => /^(shim|grub)(x64|aa64)\.efi$/.test(name)))
    troubles.push('EFI/debian has no loader');
  const stub = (await textOf(host, `${efi}/debian/grub.cfg`)) ?? '';
  if (ours.some(name => name.startsWith('shim')) && !stub.includes(rootUuid))
    troubles.push('EFI/debian/grub.cfg does not name the root');
  const config = (await textOf(host, `${target}/boot/grub/grub.cfg`)) ?? '';
  if (!new RegExp(`^\\s*linux\\s.*${rootUuid}`, 'm').test(config))
    troubles.push('boot/grub/grub.cfg does not start the root of this disk');
  return troubles;
}
