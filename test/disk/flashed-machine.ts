// A machine of its own that is started from a stick with the image: an overlay on it, larger than it, as a stick is. A picture of its boot menu and what it
// said on its serial line are kept beside the image.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { watchedFolder } from '../image/janitor.ts';
import { DiskMachine, type Firmware, type MachineDisk, makeDisk, makeKey } from './disk-machine.ts';
import { diskImage } from './image.ts';
import { stickMib } from './limits.ts';

export interface FlashedMachine {
  readonly machine: DiskMachine;
  /** Takes its power, and what it wrote. */
  remove(): Promise<void>;
}

export interface FlashOptions {
  readonly firmware: Firmware;
  /** Number of the hardware. */
  readonly uuid: string;
  /** What is on the stick, a raw disk that is not changed; the image unless said. */
  readonly image?: string;
  /** A disk beside the stick. */
  readonly second?: MachineDisk;
}

/** Off. */
export function flash({ firmware, uuid, image = diskImage, second }: FlashOptions): FlashedMachine {
  const home = watchedFolder('clusteros-flashed-');
  const folder = home.path;
  makeKey(folder);
  const file = makeDisk(`${folder}/stick.qcow2`, stickMib, image);
  const stick: MachineDisk = { file, format: 'qcow2', bus: 'usb', serial: 'STICK' };
  const disks = [stick, ...(second === undefined ? [] : [second])];
  const kept = (what: string) => join(dirname(diskImage), `${firmware}-${uuid.slice(-4)}.${what}`);
  const menuPicture = kept('menu.png');
  const machine = new DiskMachine({ folder, name: 'machine', firmware, uuid, disks, menuPicture });
  return {
    machine,
    async remove() {
      await machine.powerOff();
      writeFileSync(kept('console'), machine.console());
      home.remove();
    },
  };
}
