// Every size and limit of the image, with its unit and its reason.

/** MiB of the partition for GRUB's BIOS part, which has 163 KiB: partitions begin at whole MiB. */
export const biosBootMib = 1;
/** MiB of the ESP: shim and GRUB have 5; a kernel may go there one day. FAT32 wants 33 at least. */
export const espMib = 64;
/** MiB of the partition into which people drop settings: a hundred times what they have, and FAT16 that every system reads. */
export const settingsMib = 32;
/** Of the tree's size: inodes, the journal, whole blocks for small files. mke2fs says when it is too little. */
export const rootOverhead = 1.06;
/** MiB that are free before the root grows to its disk, which it does at the first boot: logs, keys, what cloud-init writes. */
export const rootFreeMib = 96;
/** MiB that the raw image may have: it should fit a stick that is sold as 2 GB, and be written to one in minutes. */
export const rawMibMax = 1536;
/** Bytes of a sector: of the partition table, and of every offset on the disk. */
export const sectorBytes = 512;
/** Days that a bootstrapped tree is taken again: it has Debian's updates of its day. FRESH=1 makes a new one. */
export const baseDaysMax = 7;
/** Milliseconds that one program may take: bootstrapping on two busy cores 3 minutes, compiling tailscaled 9. */
export const programTimeoutMs = 45 * 60_000;
/** Bytes of the largest disk that write-usb takes for a stick: they are sold up to that; what is larger is somebody's disk. */
export const stickBytesMax = 256e9;
/** Bytes that are written at once. */
export const writeBytes = 4 * 2 ** 20;
/** Milliseconds between two words on how far it is. */
export const progressMs = 500;
