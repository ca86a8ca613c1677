// Every number of cluster-os-install: a name, a unit, a reason.

/** MiB of the partition for GRUB's BIOS part, which has some 160 KiB: partitions begin at whole MiB. */
export const biosBootMib = 1;
/** MiB of the ESP: firmware updates and other loaders want room, and some firmware reads no FAT32 that is smaller. */
export const espMib = 512;
/** Of what the system has now: inodes, the journal, whole blocks for small files. */
export const rootOverhead = 1.25;
/** MiB that are free on the new root at the least: logs, a kernel update, what SLURM keeps. */
export const rootFreeMib = 1024;
/** Bytes of a unit in which partitions begin and sizes are told. */
export const mibBytes = 2 ** 20;
/** A look: lsblk, blkid and the like answer from memory and some sectors; a disk that spins up takes some seconds. */
export const lookTimeoutMs = 30_000;
/** `du` over a whole system on a slow stick. */
export const measureTimeoutMs = 600_000;
/** Partitioning, mkfs, mounting: a slow stick, and a disk of many terabytes. */
export const diskCommandTimeoutMs = 600_000;
/** Copying: a gigabyte to a poor stick takes minutes, a root with data on it hours. */
export const copyTimeoutMs = 12 * 3600_000;
/** GRUB's programs: 5 s, on an emulated processor 30 s. */
export const bootLoaderTimeoutMs = 600_000;
/** Between two looks how far the copy is. */
export const progressMs = 1000;
/** Where nobody sees a line change, the progress is told anew after so many percent. */
export const progressPercentStep = 10;
/** Partitions appear so long after the table was written: udev names them. */
export const partitionsAppearMs = 15_000;
/** udev is waited for so long, in seconds, before and after the kernel was told. */
export const udevTimeoutS = 10;
/** Between two looks whether they have. */
export const partitionsPollMs = 100;
/** Who has just died may hold the disk for a moment: its mounts end after it. */
export const busyGraceMs = 3000;
/** Files that are compared by their content when all is done, beside those that a machine cannot start without. */
export const comparedFilesMax = 300;
/** Bytes of a file that is compared: larger ones would make up most of the time. */
export const comparedBytesMax = 64 * 2 ** 20;
/** Places of a disk without a table that are looked at before it is called blank... */
export const blankSamples = 64;
/** ...and the bytes of each; begin and end are looked at over a MiB. */
export const blankSampleBytes = 4096;
/** Lines of what a program said, in an error. */
export const wordsLinesMax = 5;
