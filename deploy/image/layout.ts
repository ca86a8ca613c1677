// What the files are called that are made, and where each part of the disk begins. The root is the last, since it grows to whatever disk it is put on.
import { biosBootMib, espMib, settingsMib } from './limits.ts';

export const mibBytes = 2 ** 20;

/** In MiB from the start of the disk: partition 1, GRUB's BIOS part. */
export const biosBootAtMib = 1;
/** Partition 2. */
export const espAtMib = biosBootAtMib + biosBootMib;
/** Partition 3, for people: see settings-partition.ts. */
export const settingsAtMib = espAtMib + espMib;
/** Partition 4. */
export const rootAtMib = settingsAtMib + settingsMib;

/** Of the files that are made, without their endings. */
export const imageName = 'cluster-os-node';
/** The stick's. */
export const usbName = 'cluster-os-usb.img';
