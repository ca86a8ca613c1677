// Limits of the installer's test, each with its unit and its reason. Times are those of an emulated processor.

/** MiB that the stick seems to have: more than the image, as sticks do. */
export const stickMib = 4096;
/** MiB of the disk that it is installed on. */
export const targetMib = 8192;
/** Power to a shell, in milliseconds, through firmware and boot loader and with all that a first boot does: 140 s alone, twice that beside others. */
export const firmwareBootTimeoutMs = 600_000;
/** `systemctl poweroff` to the end of QEMU, in milliseconds. */
export const firmwareOffTimeoutMs = 150_000;
/** The installation, in milliseconds: 150 s of copying and GRUB alone, 800 s on two processors that two other emulated machines had as well. */
export const installTimeoutMs = 1_800_000;
