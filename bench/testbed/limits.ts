// Every limit that the benches share, with its unit and its reason. What belongs to one bench is in that one's limits.ts.

/** One call of git, dpkg-query or a version flag: milliseconds in fact. */
export const commandTimeoutMs = 10_000;
/** The machine is looked at this long before anything starts, to tell how busy others keep it. */
export const noiseWindowMs = 3_000;
/** Clock ticks of /proc/PID/stat in a second: the kernel's ABI on every architecture Node runs on. */
export const ticksPerSecond = 100;
/** Bytes: the MTU of a tailnet interface. */
export const mtuBytes = 1280;
/** --runs at most: a typing error should not cost days. */
export const runsMax = 1000;
