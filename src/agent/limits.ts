// Every number of the daemon: a name, a unit, a reason.

/** Port for peers and remote administration (DESIGN, Identity). */
export const peerPort = 7443;
/** Inputs that wait for a core; gossip tolerates loss, memory does not. Ticks and own requests are never dropped. */
export const inputsMax = 4096;
/** Events kept for `clusterctl events`. */
export const eventsMax = 1000;
/** Changed records wait this long for company before the table is written; the table is a cache. */
export const tableWriteDelayMs = 200;
/** ...and at most this long after writes that failed. */
export const tableRetryMaxMs = 60_000;
/** A leader that leaves says farewell this long after the hand-over: the successor's first decisions go first. */
export const handOverRestMs = 100;
/** How long a leaving node stays to see its farewell sent; several gossip windows. */
export const farewellMs = 400;
/** A service is reconciled at least this often, whatever happens; level-triggered means also without a trigger. */
export const reconcileIntervalMs = 10_000;
/** ...and this soon after a pass that left work to do or failed. */
export const reconcileSoonMs = 2000;
/** The leader makes no first grant until the set of admitted nodes has stood still this long, so that a cluster of one can still give up for a larger one. */
export const settleMs = 2500;
/**
 * ...nor this soon after its start while it is alone though it was given addresses of others: machines that are switched on together and have
 * much to do met after 48 s (three emulated ones on two processors), each with a cluster of its own by then.
 */
export const aloneSettleMs = 60_000;
/** A handshake ends within this: TCP, TLS and both Hellos, over a relayed path... */
export const handshakeTimeoutMs = 5000;
/** ...unless the machine is there and has more to do than it can: then it gets this in all, because what was begun is lost otherwise. */
export const handshakeBusyTimeoutMs = 20_000;
/** Unanswered bytes a peer's stream may hold before messages to it are dropped. */
export const streamBufferBytesMax = 4 * 1024 * 1024;
/** A peer's connection that breaks ends its stream first and cancels it a moment later; one that is still not cancelled after this was closed by intent. */
export const streamEndMs = 50;
/** A stream that was closed by intent is torn down after this when the other side has not hung up. */
export const streamFarewellMs = 1000;
/** Life of a node's certificate. Nodes renew themselves, so it only bounds how long a lost key is of use. */
export const certificateLifeMs = 7 * 24 * 3600 * 1000;
/** Certificates begin in the past, for peers whose clock is behind at boot. */
export const certificateBackdateMs = 7 * 24 * 3600 * 1000;
/** A certificate older than this is replaced before the next handshake. */
export const certificateRenewMs = 24 * 3600 * 1000;
/** A fresh node whose key was refused this often, and that never met a peer, ends with an error. */
export const keyRefusalsMax = 3;
/** The same refusal is logged once in this time. */
export const refusalLogIntervalMs = 60_000;
/** Hosts whose refusals are remembered for that; a scan of a whole network must not fill the memory. */
export const refusalsRememberedMax = 1000;
/** The log's disk is asked for its room this often; no fsync, so an idle disk sleeps. */
export const diskLookMs = 2000;
/** A write of the log that takes longer is trouble: the leader has long been followed by another then (facts: E2.9). */
export const diskDeadlineMs = 5000;
/** A disk that was slow counts as such this long after: less than it takes a voter to be replaced. */
export const diskForgivenMs = 30_000;
/** Held back on the log's disk, and let go when that is full: months of decisions. */
export const diskReserveBytes = 16 * 1024 * 1024;
/** With less room than this the node does not lead... */
export const diskShortBytes = 16 * 1024 * 1024;
/** ...until there is this much, which leaves enough once the reserve is taken again. */
export const diskAmpleBytes = 64 * 1024 * 1024;
/** Opening the log takes this at most: LevelDB writes what it found in its journal into a table. */
export const diskNeededBytes = 8 * 1024 * 1024;
/** An answer to an admin request that needs a majority. */
export const readTimeoutMs = 3000;
/** Changes of leader that are played through once the agent is ready: after about so many V8 has compiled what they run. */
export const rehearsedHandOvers = 100;
/** Questions that the agent asks itself through its own admin socket then, for the same reason. */
export const rehearsedQuestions = 30;
/** So many at once: less than a millisecond each, once they are compiled. */
export const handOversAtOnce = 5;
/** Time that passes between two of them, of a clock of their own: a heartbeat is due. */
export const rehearsalStepMs = 300;
/** Longest that stopping may take before the process ends anyway. */
export const stopTimeoutMs = 5000;
/** Unread bytes of a watching administrator before updates are skipped (states) or the watch ends (events). */
export const adminBufferBytesMax = 1024 * 1024;
/** Public keys of peers kept parsed, about 1 kB each; one for each member of the largest table. */
export const publicKeysKeptMax = 4096;
/** Handshakes with peers under way at once: each costs a few milliseconds of the one thread... */
export const handshakesMax = 16;
/** ...and so many may begin in a second, after a burst; a switch that reboots is no storm (S58). */
export const handshakesPerSecond = 20;
export const handshakeBurst = 40;
/** Questions to one peer over its stream that wait for an answer; a leader takes that many proposals. */
export const questionsMax = 1024;
/** A larger question has a connection of its own: on a relayed path of 100 kB/s heartbeats would wait behind it. */
export const streamQuestionBytesMax = 64 * 1024;
/** A connection that was made to ask another agent something is kept this long for the next question: a handshake costs more than most answers. */
export const peerCallIdleMs = 10_000;
/** How long the neighbours of a member are asked what they see of it. */
export const lookTimeoutMs = 1000;
/** Longest wait for the new leader after a hand-over: one election among voters that are there. */
export const handOverSeenMs = 1000;
/** Longest wait until a role that was given to another is served there: the former holder ends, and the state is put in place. */
export const serviceMovedMs = 25_000;
/** systemd-notify writes one datagram; a machine under load may start a program slowly. */
export const notifyTimeoutMs = 10_000;
/** That this service is ready is told again after this until systemd has heard it: whoever waits for it waits for ever else. */
export const notifyRetryMs = 5000;
/** The watchdog is told so many times within its time: one may be late. */
export const watchdogShare = 3;
/** What Tailscale lets a key live at most: 90 days, in seconds. */
export const tailnetKeyLifeMaxS = 90 * 86_400;
/** One command of the doctor's; name servers that do not answer take five seconds each. */
export const doctorCommandTimeoutMs = 6000;
/** A port of this machine takes a connection at once, or nobody listens. */
export const doctorKnockTimeoutMs = 1000;
/** What the doctor asks the agent is answered from memory; a leader asks the others first. */
export const doctorAskTimeoutMs = 5000;
/** tailscaled that does not answer is asked again after this: its socket is on this machine. */
export const tailnetRetryMs = 1000;
/** An address that tailscaled has and no interface yet is looked for this often; it takes some milliseconds. */
export const tailnetBindLookMs = 100;
/** One that does not come is looked for less and less often, down to this: tailscaled may have no interface at all. */
export const tailnetBindLookMaxMs = 5000;
/** A path that only a relay carries for so long stays so: a direct one is found within seconds, and looked at each minute. */
export const relayedTellMs = 55_000;
/** What tailscaled said of a member's device counts this long: a machine that dials again and again costs one question... */
export const whoisKeptMs = 5000;
/** ...and that there is none this long: it may have come just now. */
export const whoisRefusalKeptMs = 2000;
/** So many answers: more than members of the largest cluster, so that who knocks from everywhere does not fill the memory. */
export const whoisRememberedMax = 4096;
/** Listening at a new address is tried again after this: the former one may have left something of it. */
export const moveRetryMs = 2000;
/** Longest wait until whoever runs a service goes by new settings: a pass comes at once, and a daemon starts within seconds. */
export const settingsFollowedMs = 15_000;
/** Longest wait until all members that can be reached use a key that replaces another: each restarts a daemon at once, or in its next pass. */
export const keyTakenMs = 25_000;
/** An operator's command is asked for again this long while leadership changes; an election takes less... */
export const decisionTimeoutMs = 3000;
/** ...and this often while there is no news of a leader. */
export const decisionRetryMs = 200;
/** Longest wait until this node, too, knows what was decided; then the answer tells what it knows. */
export const decisionSeenMs = 1000;
/** Longest wait for what an integration on another member says: it runs a program for it, and its way may be a relayed one. */
export const counterpartTimeoutMs = 3000;
/** ...and for what an operator has it do there: a snapshot of gigabytes. */
export const serviceCallTimeoutMs = 150_000;
/** Longest that a change on another member may take. */
export const remoteChangeTimeoutMs = 3000;
/** A lapse of this node's own attention from which it is an event; shorter ones are only counted. */
export const stallToldMs = 1000;
/** Verdicts this close to each other are told of as one: the same news comes by several ways. */
export const failedTogetherMs = 100;
/** So many members that are called dead together have something in common, and that is an event of its own. */
export const failedTogetherMin = 3;
/** What was not believed is told once for each peer, subject and reason; so many are remembered. */
export const disbelievedRememberedMax = 1000;
/** A key on a device that is not its own is told once for each member and device; so many are remembered. */
export const otherDevicesRememberedMax = 1000;
/** A request over HTTP must be there, and its answer taken, within this; a scrape over a slow link takes far less. */
export const httpRequestTimeoutMs = 3000;
/** Header of such a request: what Prometheus sends is below 1 kB. */
export const httpHeaderBytesMax = 4 * 1024;
/** Open connections over HTTP: a few scrapers and people; each answer costs less than a millisecond of the one thread. */
export const httpConnectionsMax = 32;
/** A watched member that has said nothing itself for this long is shown as silent from here, whatever others say; three probe intervals. */
export const directSilenceMs = 4000;
/** A holder and a candidate that follows its state say so often that they are there; as often a content that was gone is tried again. */
export const stateBeatMs = 1000;
/** One of them that says nothing for this long is given up, and asked anew: a machine that went without a word leaves its connections open. */
export const stateSilenceMs = 4000;
/** First wait before a holder is asked again; it doubles... */
export const stateRetryMs = 100;
/** ...up to this: a holder that was started anew is soon found. */
export const stateRetryMaxMs = 2000;
/** Candidates that one holder feeds at once; two are meant, and while they change a few more. */
export const stateFollowersMax = 8;
/** Entries of a manifest in one message: a few milliseconds of the one thread on either side, and with the longest paths far below what gRPC takes. */
export const manifestEntriesPerMessage = 500;
/** Bytes of a content in one message, so that others get their turn. */
export const blobPieceBytes = 64 * 1024;
/** Contents asked for with one call, */
export const blobsPerCallMax = 256;
/** or bytes, unless one alone is larger. */
export const blobBytesPerCallMax = 4 * 1024 * 1024;
/** No further piece within this: the call is given up. */
export const blobSilenceMs = 10_000;
/** Question to the other candidates which copy they have; the new holder waits for it. */
export const describeCopyTimeoutMs = 1000;
/** A holder that gives up its role waits so long for its candidates to have its last generation. */
export const releaseAckMs = 1000;
