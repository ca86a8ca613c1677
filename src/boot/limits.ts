// Every number of the programs that run before the agent: a name, a unit, a reason.

/** `tailscale-auth` without --timeout: some tries at a slow API, then systemd starts it anew. */
export const signInTimeoutMsDefault = 120_000;
/** `wait-for-tailscale` without --timeout: a machine that boots with a slow network has its address by then. */
export const waitTimeoutMsDefault = 120_000;
/** Between two looks at tailscaled: a boot is not held up by it, and an idle wait costs nothing to speak of. */
export const stagePollMs = 500;
/** A wait that nobody reads says again where it stands this often, for whoever looks at the journal later. */
export const stageReminderMs = 60_000;
/** A status file of settings holds six short lines; more is another file. */
export const settingsBytesMax = 64 * 1024;
/** Characters of a key, an id or a secret; Tailscale's have about 60. */
export const credentialLengthMax = 512;
/** Tries to get a key from the API, or to have tailscaled take it... */
export const signInAttemptsMax = 6;
/** ...with this wait after the first, which doubles... */
export const signInWaitMs = 1000;
/** ...up to this. */
export const signInWaitMaxMs = 20_000;
/** Keys that one run asks for: an answer of the control server that is lost costs one. */
export const mintedKeysMax = 3;
/** `tailscale up` is asked to give up after this; tailscaled itself goes on trying, and its state says how that goes. */
export const upTimeoutS = 20;
/** tailscaled may tell the error of the try before for so long; when it does, the new key is given this time, and then again. */
export const formerErrorMs = 2000;
/** The command itself ends within this beyond that, or hangs. */
export const upGraceMs = 10_000;
/** Whether an address is on an interface is asked of the kernel; it answers at once. */
export const bindTimeoutMs = 2000;
