// What may become of a disk: why it is not erased, which one is chosen, and the steps that make it start without the stick. Pure: facts in,
// refusals or a plan out.
import { BootError, exitCode } from '../ending.ts';
import { above, type BlockDevice, below, sizeText } from './block-devices.ts';
import { type Content, isLasting, type Wish } from './content.ts';
import { biosBootMib, espMib, mibBytes, rootFreeMib, rootOverhead } from './limits.ts';
import type { SystemDisks } from './system-disks.ts';

/** What was found on this machine. */
export interface MachineFacts {
  readonly devices: readonly BlockDevice[];
  readonly system: SystemDisks;
  readonly isRoot: boolean;
  /** What the running system takes, in bytes. */
  readonly usedBytes: number;
  readonly architecture: 'x64' | 'arm64';
  readonly isEfi: boolean;
  /** Programs and files that are needed and not there, each with its package. */
  readonly missing: readonly { readonly what: string; readonly package: string }[];
  /** Folders that are file systems of their own, and would not come along. */
  readonly apart: readonly string[];
  /** The one loop device that a test may erase; nobody else can. */
  readonly rehearsal: string | undefined;
}

/** What was found on one disk. */
export interface DiskFacts {
  readonly device: BlockDevice;
  /** Undefined where it could not be read. */
  readonly content: Content | undefined;
  /** Whether the kernel gave it to us alone: nothing has it open for itself, also not where we do not see its mounts. */
  readonly isFree: boolean;
}

export interface Refusal {
  readonly why: string;
  readonly mend: string;
}

/** Why this machine cannot be installed from. */
export function machineRefusals(facts: MachineFacts): readonly Refusal[] {
  const refusals: Refusal[] = [];
  if (!facts.isRoot) refusals.push({ why: 'this needs root', mend: 'run it with sudo' });
  if (facts.missing.length > 0)
    refusals.push({
      why: `${facts.missing.map(({ what }) => what).join(', ')} ${facts.missing.length === 1 ? 'is' : 'are'} missing here`,
      mend: `run "apt-get install ${[...new Set(facts.missing.map(each => each.package))].join(' ')}"`,
    });
  if (facts.apart.length > 0)
    refusals.push({
      why: `${facts.apart.join(', ')} of this system is a file system of its own, and would not come along`,
      mend: 'install from a system that has one root, such as the image of "make image"',
    });
  return refusals;
}

export function requiredBytes(usedBytes: number): number {
  return Math.ceil(usedBytes * rootOverhead) + (biosBootMib + espMib + rootFreeMib + 2) * mibBytes;
}

/** Why this disk is not erased, the weightiest first: that it is the running system's comes before that it is too small. @param required bytes */
export function diskRefusals(
  { device, isFree }: DiskFacts,
  machine: MachineFacts,
  required: number = requiredBytes(machine.usedBytes),
): readonly Refusal[] {
  const { path, type } = device;
  const refusals: Refusal[] = [];
  const refuse = (why: string, mend: string) => refusals.push({ why: `${path} ${why}`, mend });
  if (type === 'part') {
    const disk = below(device, machine.devices)[0]?.path ?? 'its disk';
    refuse(`is a partition of ${disk}`, `name a whole disk: all of it is erased`);
    return refusals;
  }
  const isRehearsed = type === 'loop' && machine.rehearsal === path;
  if (machine.rehearsal !== undefined && !isRehearsed) {
    refuse('is not the loop device of this rehearsal', 'no other disk is touched by one');
    return refusals;
  }
  if (type !== 'disk' && !isRehearsed) {
    refuse(`is no disk (${type})`, 'name a disk of this machine: "cluster-os-install --list" has them');
    return refusals;
  }
  const point = machine.system.disks.get(device.name);
  if (point !== undefined) refuse(`holds the running system (${point})`, 'name another disk');
  if (device.isReadOnly) refuse('is read-only', 'look for a switch on it');
  const inside = [device, ...above(device, machine.devices)];
  // Before "busy": it is the reason for that.
  const mounted = inside.filter(each => each.mountPoints.length > 0);
  for (const each of mounted)
    refusals.push(
      each.mountPoints.includes('[SWAP]')
        ? { why: `${each.path} is in use as swap`, mend: `run "swapoff ${each.path}" if it is of no use` }
        : {
            why: `${each.path} is mounted on ${each.mountPoints.join(', ')}`,
            mend: `run "umount ${each.path}" if nobody needs it`,
          },
    );
  const holders = inside.filter(each => each !== device && each.type !== 'part');
  if (holders.length > 0)
    refuse(
      `is part of ${holders.map(each => `${each.path} (${each.type})`).join(', ')}`,
      'take that apart first, if nobody needs it (vgchange -an, mdadm --stop, cryptsetup close)',
    );
  if (!isFree && mounted.length === 0 && holders.length === 0 && machine.isRoot)
    refuse(
      'is in use by something that cannot be seen from here',
      'a volume, a ZFS pool, another installation, or a mount of a container: end that first',
    );
  if (device.sizeBytes < required)
    refuse(`has ${sizeText(device.sizeBytes)}, and ${sizeText(required)} are needed`, 'name a larger disk');
  return refusals;
}

/** Why `--auto` does not take a disk that an operator could name: it erases nothing that was ever written. */
export function autoRefusals(disk: DiskFacts, machine: MachineFacts): readonly Refusal[] {
  const refusals = [...diskRefusals(disk, machine)];
  const { path } = disk.device;
  const mend = 'name it, if it shall be erased';
  if (disk.device.isRemovable)
    refusals.push({ why: `${path} can be removed: it may be somebody's stick`, mend });
  if (disk.content === undefined) refusals.push({ why: `${path} cannot be read`, mend });
  else if (disk.content.kind === 'something')
    refusals.push({ why: `${path} is not blank (${disk.content.what})`, mend });
  if (!machine.system.isKnown)
    refusals.push({ why: 'it cannot be told on which disk the running system is', mend: 'name the disk' });
  return refusals;
}

/** The disk that is meant. @param byId what each name of /dev/disk/by-id leads to @throws BootError where it is none, or not one alone */
export function chosenDisk(
  wish: Wish,
  disks: readonly DiskFacts[],
  machine: MachineFacts,
  byId: ReadonlyMap<string, string>,
): BlockDevice {
  const all = `these are there:\n${listText(disks, machine)}`;
  switch (wish.kind) {
    case 'path': {
      // /dev/disk/by-path/... and the like are links.
      const path = byId.get(wish.path) ?? wish.path;
      const found = machine.devices.find(each => each.path === path || `/dev/${each.name}` === path);
      if (found) return found;
      throw new BootError(exitCode.refused, `${wish.path} is no block device`, all);
    }
    case 'by-id': {
      const path = byId.get(`/dev/disk/by-id/${wish.id}`);
      const found = machine.devices.find(each => `/dev/${each.name}` === path);
      if (found) return found;
      throw new BootError(exitCode.refused, `there is no /dev/disk/by-id/${wish.id}`, all);
    }
    case 'serial': {
      const found = machine.devices.filter(each => each.parents.length === 0 && each.serial === wish.serial);
      if (found.length === 1 && found[0]) return found[0];
      throw new BootError(
        exitCode.refused,
        found.length === 0
          ? `no disk has the serial number ${wish.serial}`
          : `${found.map(({ path }) => path).join(' and ')} have the same serial number`,
        all,
      );
    }
    case 'auto': {
      const fit = disks.filter(each => autoRefusals(each, machine).length === 0);
      if (fit.length === 1 && fit[0]) return fit[0].device;
      const lines = disks.map(each => {
        const [why] = autoRefusals(each, machine);
        return `  ${why?.why ?? `${each.device.path} would do`}`;
      });
      throw new BootError(
        exitCode.refused,
        fit.length === 0
          ? '--auto takes the one blank disk that cannot be pulled and is large enough: there is none'
          : `--auto takes the one blank disk: there are ${fit.length}`,
        `name the disk; what was found:\n${lines.join('\n')}`,
      );
    }
  }
}

/** A line for each disk: what it is, and why it would not be taken. */
export function listText(disks: readonly DiskFacts[], machine: MachineFacts): string {
  const lines = disks.map(each => {
    const [refusal] = diskRefusals(each, machine);
    const verdict = refusal?.why ?? contentText(each.content);
    return `  ${deviceText(each.device)}: ${verdict}`;
  });
  return lines.length === 0 ? '  no disk at all' : lines.join('\n');
}

export function deviceText({ path, sizeBytes, model, serial, transport }: BlockDevice): string {
  const more = [model, serial === '' ? '' : `serial ${serial}`, transport].filter(each => each !== '');
  return `${path}, ${sizeText(sizeBytes)}${more.length === 0 ? '' : ` (${more.join(', ')})`}`;
}

export function contentText(content: Content | undefined): string {
  switch (content?.kind) {
    case undefined:
      return 'cannot be read';
    case 'blank':
      return 'blank';
    case 'unfinished':
      return 'an installation that did not come to its end';
    case 'something':
      return content.what;
  }
}

/** What has to be said before it is erased. */
export type Consent = 'none' | 'yes' | 'name';

/**
 * @param saysYes `--yes`
 * @throws BootError where `--yes` is not enough: a script has to name a disk with something on it by what stays with it
 */
export function consentFor(
  content: Content | undefined,
  wish: Wish,
  saysYes: boolean,
  isSystemKnown: boolean,
): Consent {
  const isHarmless = (content?.kind === 'blank' || content?.kind === 'unfinished') && isSystemKnown;
  if (!saysYes) return isHarmless ? 'yes' : 'name';
  if (isHarmless || isLasting(wish)) return 'none';
  throw new BootError(
    exitCode.usage,
    `--yes is not enough: there is something on it (${contentText(content)})`,
    'name it by what stays with it (--disk serial:NUMBER or by-id:NAME; names like /dev/sda change), or leave --yes out and answer',
  );
}

/** Whether what was typed is the name of the disk. */
export function isItsName(typed: string, { path, name, serial }: BlockDevice): boolean {
  const text = typed.trim();
  return text !== '' && [path, name, `/dev/${name}`, serial].includes(text);
}

export type InstallStep =
  | { readonly kind: 'partition'; readonly wipes: boolean }
  | { readonly kind: 'format' }
  | { readonly kind: 'copy' }
  | { readonly kind: 'settings' }
  | { readonly kind: 'boot-efi'; readonly target: string; readonly entersFirmware: boolean }
  | { readonly kind: 'boot-bios' }
  | { readonly kind: 'menu' }
  | { readonly kind: 'verify' }
  | { readonly kind: 'finish' };

/** The steps, in order. The last one makes of the disk one that is finished: each run before it may be cut off, and begins anew. */
export function installSteps(machine: MachineFacts, content: Content | undefined): readonly InstallStep[] {
  const { architecture, isEfi, rehearsal } = machine;
  const boots: readonly InstallStep[] = [
    {
      kind: 'boot-efi',
      target: architecture === 'x64' ? 'x86_64-efi' : 'arm64-efi',
      entersFirmware: isEfi,
    },
    ...(architecture === 'x64' ? [{ kind: 'boot-bios' } as const] : []),
    { kind: 'menu' },
  ];
  return [
    { kind: 'partition', wipes: content?.kind !== 'blank' && content?.kind !== 'unfinished' },
    { kind: 'format' },
    { kind: 'copy' },
    { kind: 'settings' },
    // A loop device has no firmware that would start it.
    ...(rehearsal === undefined ? boots : []),
    { kind: 'verify' },
    { kind: 'finish' },
  ];
}

export function stepText(step: InstallStep, disk: string): string {
  switch (step.kind) {
    case 'partition':
      return `erase ${disk}, and make partitions: ${biosBootMib} MiB for BIOS, ${espMib} MiB for EFI, the rest for the root`;
    case 'format':
      return 'make file systems: FAT32, ext4';
    case 'copy':
      return 'copy this system, without what is of this stick alone';
    case 'settings':
      return 'write fstab by UUID, leave the machine-id to the first boot';
    case 'boot-efi':
      return `GRUB for EFI (${step.target}), also at the place for removable media; ${step.entersFirmware ? 'an entry in the firmware' : 'no entry in the firmware, which was not started by EFI'}`;
    case 'boot-bios':
      return 'GRUB for BIOS';
    case 'menu':
      return "GRUB's menu";
    case 'verify':
      return 'look at all of it again: file systems, files by their content, rights of keys, boot loaders';
    case 'finish':
      return 'leave the log, and mark the disk as finished';
  }
}
