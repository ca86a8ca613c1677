// Every limit and timeout of the tests on a real tailnet, with its unit and its reason.

/** Two programs of Tailscale and one of headscale from source, with nothing compiled before, on two slow cores. */
export const buildTimeoutMs = 900_000;
/** headscale makes its database and listens; it took under a second. */
export const controlReadyTimeoutMs = 30_000;
/** From a key to Running: a few round trips; the rest is for two busy cores. */
export const joinTimeoutMs = 60_000;
/** The control server tells the others of a newcomer at once. */
export const seenTimeoutMs = 30_000;
/** One command of headscale, which connects to its own socket. */
export const controlCommandTimeoutMs = 20_000;
/** Log-outs that fail in a row before tailscaled is started anew: each takes some 100 ms, and the second mostly comes through. */
export const logoutAttemptsMax = 20;
