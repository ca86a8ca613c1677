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
/** Networks in one file of settings; each is tried in turn. */
export const wifiNetworksMax = 16;
/** Routes by cable are taken before those by WiFi: the lower metric is preferred. The same number is in deploy/netplan. */
export const wiredRouteMetric = 100;
/** See above; those of networkd without netplan's word have 1024. */
export const wifiRouteMetric = 600;
/** A card may need its firmware first; without one nothing can be set up... */
export const wifiCardWaitMs = 10_000;
/** ...and it is looked for this often. */
export const wifiCardPollMs = 500;
/** netplan waits for udev and restarts wpa_supplicant; it took some seconds, a busy boot takes longer. */
export const netplanTimeoutMs = 120_000;
/** Characters of netplan's own words in an error. */
export const netplanWordsMax = 200;
/** `wifi-setup set` without --timeout: an access point, an address and a path through a relay take half a minute at the worst. */
export const wifiTrialTimeoutMsDefault = 120_000;
/** Between two looks whether the tailnet is there again. */
export const wifiTrialPollMs = 1000;
/** It must be there at all looks for so long: the old link may carry a last packet or two. */
export const wifiTrialSettleMs = 5000;
/** Beyond the trial's own time systemd puts the former settings back, should this program be gone without having done so. */
export const wifiDeadManGraceMs = 60_000;
/** What a unit's state is, asked of PID 1 while the machine boots. */
export const systemctlTimeoutMs = 10_000;
/** systemd-run asks PID 1 for one thing. */
export const systemdRunTimeoutMs = 10_000;
/** Other members that are knocked at; one that answers is enough. */
export const reachPeersMax = 16;
/** One of them, through a relay and with a packet lost. */
export const reachTimeoutMs = 4000;
/** Where agents listen for each other unless it is said otherwise (agent, peerPort). */
export const peerPortDefault = 7443;
/** Cards that are on their way at the first boot are waited for so long, in seconds: one of them gives the machine its name. */
export const udevSettleS = 15;
/** Commands of the first boot that are local and immediate; a slow card reads its first programs slowly. */
export const firstBootCommandTimeoutMs = 10_000;
/** RSA keys took 20 s on the slowest boards; random numbers may come late. */
export const sshKeysTimeoutMs = 120_000;
/** `wait-for-time` without --timeout: a time server answers within seconds of the network, or there is none. */
export const timeTimeoutMsDefault = 90_000;
/** Between two looks at the clock. */
export const timePollMs = 1000;
/** A clock that nothing speaks against and no battery stands behind: a time server is given so long to say better. */
export const timeUnprovenMs = 30_000;
/** A file that is further ahead of this program than this was written by a clock that was wrong: twenty years. */
export const timeAheadMaxMs = 20 * 365 * 86_400_000;
/** stat, date and timedatectl are local; timedatectl may have to start its daemon. */
export const timeCommandTimeoutMs = 10_000;
