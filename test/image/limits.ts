// Every limit and timeout of the virtual machines, with its unit and its reason. Times are those of an emulated processor: ten to
// fifty times a real one's, and twice that again when something else is busy.

/** MiB of memory of a machine: systemd, SLURM and an agent need a third of it, the test's job some of the rest. */
export const memoryMib = 1536;
/** Processors of a machine: two, so that a job can be held to one. */
export const processors = 2;
/** MiB that the root disk seems to have; what is not written takes no room. The tree has about 330. */
export const rootDiskMib = 4096;
/** MiB of the disk with the checkout: Node alone has 150. */
export const checkoutDiskMib = 512;
/** Bytes: the MTU of a tailnet interface, as in the lab. */
export const mtuBytes = 1280;

/** Bootstrapping the tree: 85 s on two cores, mostly unpacking; a slow mirror comes on top. */
export const rootBuildTimeoutMs = 420_000;
/** Making a file system from a folder: 2 s; copying the checkout there is faster. */
export const diskBuildTimeoutMs = 60_000;
/** Power to a shell by ssh: 31 s alone, 52 s beside another machine. */
export const bootTimeoutMs = 240_000;
/** Until sshd says its name. QEMU takes the connection before there is anybody in the machine, so without a bound ssh would wait for ever. */
export const greetingTimeoutS = 10;
/** Between two attempts to reach a machine that boots. */
export const connectPauseMs = 500;
/** Between two looks whether the connection stands. */
export const connectPollMs = 50;
/** `run` without a timeout of its own: a SLURM command takes some tenths of a second, Node two seconds to start. */
export const runTimeoutMs = 60_000;
/** Above the time that a command has, so that the test hears of it before the machine ends what is left of it. */
export const runGraceS = 5;
/** `systemctl poweroff` to the end of QEMU: some seconds, but a unit that does not stop gets 90 s from systemd. */
export const powerOffTimeoutMs = 150_000;
/** Lines of the console in an error: what a panic or a unit that failed leaves there. */
export const consoleLinesMax = 30;

/** The agent's start to its first answer: Node reads its sources: up to 56 s the first time, 15 s with its cache. */
export const answerTimeoutMs = 180_000;
/** The agent's start to a whole SLURM of one machine: keys, munged, slurmctld, slurmd, each started once. */
export const clusterTimeoutMs = 240_000;
/** A job of milliseconds on an idle node. */
export const jobTimeoutMs = 90_000;
/** A boot to a ready agent on a real tailnet: five programs of Node one after the other, each compiled for the first time, and a clock
 * that nobody sets is waited for, 90 s at most. */
export const chainTimeoutMs = 420_000;
/** A change of the WiFi with 40 s to prove itself: netplan twice, the supplicant twice, and taking it back. */
export const wifiTrialTimeoutMs = 300_000;
