// Every number of the k3s integration: a name, a unit, a reason.

/** k3s has this long from its start until it answers: it unpacks, makes certificates and waits for etcd; a slow disk takes minutes. */
export const startDeadlineMs = 300_000;
/** From its start until it has registered its node and made flannel's interface: before that neither is missed, a small machine takes that long. */
export const settleMs = 120_000;
/** Servers that have all lost flannel's interface (tailscaled was updated everywhere) are started anew so long after one another. */
export const flannelTurnMs = 90_000;
/** A k3s that has ended is started again after this... */
export const restartFirstMs = 5000;
/** ...and twice as long each time, at most this. */
export const restartMaxMs = 300_000;
/** One that has run this long was sound: the next end counts as the first. */
export const soundAfterMs = 600_000;
/** k3s has this long to end when it was asked to: it stops no pods, but etcd syncs what it has. */
export const stopTimeoutMs = 60_000;
/** Between two looks whether it has. */
export const stopPollMs = 250;
/** A process that was started is there within this, or has died. */
export const appearTimeoutMs = 3000;
/** Between two looks whether it is. */
export const appearPollMs = 50;
/** `systemctl`, `ip`, `start-stop-daemon`: local and immediate, unless the machine swaps. */
export const commandTimeoutMs = 10_000;
/** `k3s token create` starts a program of 60 MB and asks the API. */
export const k3sCommandTimeoutMs = 30_000;
/** Lines of its journal in which k3s may have said why it ended or waits. */
export const wordLines = 200;
/** Of those the last ones, in which a k3s that has ended says why; older ones tell of what it waited for before. */
export const fatalLines = 10;
/** One request to the API; etcd is called slow after 100 ms, and gives up after seconds. */
export const apiTimeoutMs = 10_000;
/** A new machine's token is good for this long, which is ample for one start; k3s's own default is a day. */
export const joinTokenLifeMs = 900_000;
/** One that was made is given again to the same asker for so long, should its answer have been lost. */
export const joinTokenReuseMs = 600_000;
/** A node whose lease is older than this is not there any more: the kubelet renews every 10 s, and Kubernetes waits 40 s. */
export const leaseGoneMs = 60_000;
/** A server with an older lease than this does not count for etcd's majority when another is taken out: a kubelet may miss a renewal or two. */
export const leaseLateMs = 30_000;
/** A server whose machine dies before it has ever joined makes room for another after this: one that is only started anew is back by then. */
export const newcomerPatienceMs = 300_000;
/** A member of etcd without a Node that is no server of ours is taken out after this: one that somebody joins by hand registers within `startDeadlineMs`. */
export const orphanPatienceMs = 300_000;
/** An eviction that a disruption budget forbids is asked for again after this. */
export const evictAgainMs = 10_000;
/** Pods of one node that are asked to go in one pass; kubelet allows 110 by default. */
export const evictionsMax = 128;
/** Of pods that stay, so many are named in a report. */
export const podsShownMax = 5;
/** Of pods that hold a leave up, so many are named in its operation, beside how to end them. */
export const heldPodsShownMax = 3;
/** Words of evidence in one report: a member's record takes no more (membership, `evidenceMax`). */
export const evidenceMax = 16;
/** How the nodes fare is asked this often by whoever keeps them; the API is not a thing to poll... */
export const keepEveryMs = 10_000;
/** ...or this often while a member joins, leaves or is drained. */
export const keepBusyMs = 1000;
/** A server that was let in has this long until another one is: etcd drops a stalled learner after 5 minutes. */
export const joinPatienceMs = 600_000;
/** Nodes of one cluster that are read at once; k3s is tested to some thousand. */
export const nodesMax = 2000;
/** Taints an operator may ask for. */
export const taintsMax = 64;
/** Minimum version whose flannel brings its interface back when tailscaled restarts (k3s#12436), by minor version. */
export const flannelMendedIn: Readonly<Record<string, number>> = {
  '1.33': 13,
  '1.34': 9,
  '1.35': 6,
  '1.36': 2,
};
/** `k3s server --cluster-reset` reads a whole snapshot and writes it anew: gigabytes on a slow disk. */
export const resetTimeoutMs = 600_000;
/** A datastore is copied within this; etcd's is 8 GB at most. */
export const copyTimeoutMs = 600_000;
/** `k3s etcd-snapshot save` writes all of the datastore. */
export const snapshotTimeoutMs = 120_000;
/** An administrator's credential is good for this long at most: as long as k3s's own. */
export const credentialLifeMaxMs = 365 * 86_400_000;
/** It is valid from this much before its making: the clocks of two machines differ. */
export const credentialBackdateMs = 300_000;
/** Certificates are looked at this often: they end by months. */
export const certificateLookMs = 6 * 3_600_000;
