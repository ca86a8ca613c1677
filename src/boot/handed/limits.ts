// Every number of handed-settings: a name, a unit, a reason.

/** lsblk and blkid on one disk answer at once; a stick that sleeps takes some seconds. */
export const lookTimeoutMs = 15_000;
/** Mounting a FAT of 32 MiB, and writing what was written back when it is unmounted. */
export const mountTimeoutMs = 30_000;
/** `node-agent info` reads a file and ends: half a second, on a slow board from a slow stick half a minute. */
export const agentTimeoutMs = 60_000;
/** Files of the partition that are looked at by name; somebody may have put a collection of photographs there. */
export const entriesMax = 1000;
/** Of those without use here, so many are named. */
export const unknownNamesMax = 20;
/** Characters of a name that is told: FAT has up to 255. */
export const nameLengthMax = 80;
/** Bytes in which a file is overwritten: the largest unit that FAT has, so that the rest of a file's last one is overwritten, too. */
export const wipeUnitBytes = 64 * 1024;
/** Bytes of free space that are overwritten after a key was there: the partition of the image has half of it. A larger one is somebody else's idea. */
export const freeSpaceBytesMax = 64 * 2 ** 20;
/** The same in milliseconds: a poor stick writes 3 MB a second, and the boot waits for it. */
export const freeSpaceMs = 20_000;
/** Lines of TAKEN.txt: the last ones stay. */
export const takenLinesMax = 60;
