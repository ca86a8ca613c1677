// Every number of what is asked of tailscaled and of Tailscale's API: a name, a unit, a reason.

/** tailscaled answers from memory; one that takes longer hangs, or its machine does. */
export const localApiTimeoutMs = 5000;
/** A status says about 1.5 KB of each device: ten thousand of them. */
export const statusBytesMax = 16 * 1024 * 1024;
/** whois and prefs say something of one device. */
export const answerBytesMax = 1024 * 1024;
/** Characters of an answer that is no answer, in an error: enough to know it again. */
export const shownAnswerLength = 120;
/** News of tailscaled come in a row; the status is asked for when they have been silent for this long... */
export const newsQuietMs = 50;
/** ...and at most this often: in a large tailnet somebody comes or goes all the time. */
export const statusRestMs = 1000;
/** A tailscaled that tells nothing of its peers (before 1.100) is asked this often. */
export const statusPollMs = 5000;
/** Any other is asked without a sign, too: whether a peer is reached directly or by a relay is no news to it. */
export const statusLookMs = 60_000;
/** A key of a node that expires is told of from this many days before... */
export const keyExpiryNoticeDays = 30;
/** ...is a warning from here on: a week is what it takes somebody on holiday... */
export const keyExpiryWarningDays = 7;
/** ...and an error on the last day: without its key the node is out of the tailnet, and nobody can reach it by it. */
export const keyExpiryErrorDays = 1;
/** Peers named in one warning; more does not help a person. */
export const peersNamedMax = 5;
/** One request to Tailscale's API, over a slow line. */
export const apiTimeoutMs = 15_000;
/** Its answers are a few hundred bytes. */
export const apiAnswerBytesMax = 64 * 1024;
/** Characters of its own words in an error. */
export const apiMessageLengthMax = 200;
/** Life of a key that is made for one machine that waits for it: Tailscale's own example. */
export const authKeyLifeS = 300;
/** Characters of the description of a key; Tailscale's API refuses longer ones. */
export const keyDescriptionLengthMax = 50;
/** A wait that a server asks for (Retry-After) is kept up to this; longer ones are cut, so that a typo there is no day here. */
export const retryAfterMaxMs = 60_000;
