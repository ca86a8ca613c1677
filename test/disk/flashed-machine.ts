// A machine of its own that is started from a stick with the image: an overlay on it, larger than it, as a stick is.
import { watchedFolder } from '../image/janitor.ts';
import { DiskMachine, type Firmware, type MachineDisk, makeDisk, makeKey } from './disk-machine.ts';
import { diskImage } from './image.ts';
import { stickMib } from './limits.ts';

export interface FlashedMachine {
  readonly machine: DiskMachine;
  /** Takes its power, and what it wrote. */
  remove(): Promise<void>;
}

/** Off. @param uuid number of the hardware @param second a disk beside the stick */
export function flash(firmware: Firmware, uuid: string, second?: MachineDisk): FlashedMachine {
  const home = watchedFolder('clusteros-flashed-');
  const folder = home.path;
  makeKey(folder);
  const file = makeDisk(`${folder}/stick.qcow2`, stickMib, diskImage);
  const stick: MachineDisk = { file, format: 'qcow2', bus: 'usb', serial: 'STICK' };
  const disks = [stick, ...(second === undefined ? [] : [second])];
  const machine = new DiskMachine({ folder, name: 'machine', firmware, uuid, disks });
  return {
    machine,
    async remove() {
      await machine.powerOff();
      home.remove();
    },
  };
}
