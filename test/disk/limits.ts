// Every limit and timeout of these tests, with its unit and its reason. Times are those of an emulated processor.

/** MiB of the stick that the image is on: more than the image has, so that its root has somewhere to grow. */
export const stickMib = 4096;
/** MiB of the disk that the installer is given. */
export const targetMib = 8192;
/** Power to a shell, in milliseconds, through firmware and boot loader, by USB, and with all that a first boot does: 50 s alone, 210 s beside another machine, 490 s were too little beside seven. */
export const bootTimeoutMs = 900_000;
/** Milliseconds between looks for the boot loader's menu, which is there for two seconds. */
export const menuLookMs = 200;
/** `systemctl poweroff` to the end of QEMU, in milliseconds. */
export const powerOffTimeoutMs = 150_000;
/** `make image` in milliseconds: a minute where Debian's tree is there, else four, and five more to compile tailscale; a slow mirror comes on top. */
export const buildTimeoutMs = 30 * 60_000;
/** The installation, in milliseconds: 150 s of copying and GRUB alone, 800 s on two processors that two other emulated machines had as well. */
export const installTimeoutMs = 1_800_000;
/** The agent's start to a whole SLURM of one machine, in milliseconds. */
export const clusterTimeoutMs = 300_000;
/** Three machines side by side on two processors, from their shells to a job on all three, in milliseconds. */
export const threeTimeoutMs = 900_000;
/** MiB of a seed disk of cloud-init: it has two small files. */
export const seedMib = 2;
/** A job of milliseconds on an idle node. */
export const jobTimeoutMs = 120_000;
/** MiB of the disk with the packages: they have 41. */
export const packagesMib = 128;
