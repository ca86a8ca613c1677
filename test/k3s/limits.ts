// How long tests of k3s wait, in milliseconds, with the reason. Nothing is asserted about time.

/** Until something that the double does within seconds is seen; two busy cores take their part. */
export const patienceMs = 30_000;
/** The same of k3s itself, which starts containerd and a whole Kubernetes. */
export const realPatienceMs = 300_000;
/** A command such as `k3s kubectl`, above the time for which it waits by itself. */
export const commandTimeoutMs = 60_000;
/** Enough passes of what would have changed it, before it is believed that something stays as it is. */
export const stillnessMs = 3_000;
