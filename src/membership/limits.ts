// Every number of the membership protocol: a name, a unit, a reason.

// --- edges and streams ---

/** Rings on which neighbours are chosen, by number of members: enough observers of each, few streams (facts: E1). Small clusters are a full mesh. */
export const ringsByMembers: readonly { readonly membersMax: number; readonly rings: number }[] = [
  { membersMax: 64, rings: 5 },
  { membersMax: 300, rings: 7 },
  { membersMax: Number.POSITIVE_INFINITY, rings: 9 },
];
/** Up to so many members everyone keeps a stream to everyone: cheaper than being clever. */
export const fullMeshMembersMax = 7;
/** Streams one node holds, however large the cluster: 18 ring neighbours, up to 6 for Raft, 8 short-lived. */
export const streamsMax = 32;
/** A stream that is no edge (any more) is closed after this long without use: joins, helpers' probes, old neighbours. */
export const streamIdleMs = 30_000;
/** A stream to a dead member, over which nothing has come for this long, is closed; a lossy path may be silent for a minute. */
export const deadStreamMs = 120_000;
/** How often idle streams are looked for. */
export const streamSweepMs = 5000;

// --- probing ---

/** Shortest interval between probes of one neighbour. */
export const probeIntervalMinMs = 1000;
/** A node sends at most one probe in this time, over all its edges: an idle agent's cost is its messages (facts: price of an edge). */
export const probeSpacingMs = 200;
/** Share of the interval that is random, so that probes of many nodes do not march in step. */
export const probeJitter = 0.2;
/** Of the two ends of an edge one probes; the other takes the probe for proof of life and waits this many intervals before it probes itself. */
export const probeYield = 1.3;
/** A member that is new here is dialled before it is doubted: the edge must settle, the lower id goes first, and a handshake takes its time. */
export const firstProbeDelayMs = 1500;
/** A direct probe waits srtt + 4·rttvar (RFC 6298), but at least this: below it garbage collection looks like death. */
export const probeTimeoutMinMs = 200;
/** ...and at most this, so that a probe ends within its interval. */
export const probeTimeoutMaxMs = 1000;
/** A node that fares badly itself waits up to this (Lifeguard, section IV-A). */
export const patientTimeoutMaxMs = 3000;
/** The wait before anything was measured: a DERP relay path may take 300 ms. */
export const probeTimeoutFirstMs = 500;
/** How many others are asked to probe a silent member (SWIM's k). */
export const helpersMax = 3;
/** How long helpers have; a helper without a stream needs a handshake first. */
export const helperTimeoutMs = 600;
/** Relayed probes a node has under way for others at most. */
export const relaysMax = 64;
/** How long a knock (a bare TCP connection) may take before the machine counts as silent: two tries of a SYN need 1 s, one need not. */
export const knockTimeoutMs = 500;
/** A ping that nothing answers is sent again this often: where the other side only fails to be heard here, it hears of us. */
export const pingAgainMs = 500;
/** Nobody is accused of silence who was heard within this; a deaf member speaks twice in that time. */
export const silentAfterMs = 1500;
/** ...nor is one whose machine accepts connections accused of a stall: it may have more to do than it can (48 agents that start on two cores answer after 3 s). */
export const stalledAfterMs = 5000;
/** So many silent probes in a row on a stream to a machine that accepts connections: a dead pooled connection (openraft#1770), closed and dialled afresh. */
export const stallsPerStream = 3;
/** So many, and it is done even where this node is deaf: under heavy loss knocks are not accepted so often in a row. */
export const stallsPerStreamDeaf = 6;

// --- link quality ---

/** Weight of one probe in the smoothed loss; about the last twelve count. */
export const lossWeight = 1 / 8;
/** A good path on which nothing came for this long was perhaps broken, or its end stopped, and is not lossy... */
export const brokenAfterMs = 5_000;
/** ...and certainly, when this many probes in a row are answered in time after it: at 80 % loss hardly ever. */
export const pardonAnswers = 4;
/** Probes that may be missed before that: those that were under way while the path was broken. */
export const pardonMisses = 3;
/** A silence longer than this tells nothing of loss: six losses of one TCP segment in a row take 12.8 s (RFC 6298), which at 80 % loss is every fourth. */
export const silenceJudgedMs = 15_000;
/** Smoothed loss from which a link is probed at the shortest interval: there is something to find out. */
export const doubtfulLoss = 0.1;
/** Smoothed loss from which a silence counts as a stall only; two probes on a good path lose less, three more. */
export const weakSilenceLoss = 0.3;
/** Smoothed loss from which a link is lossy... */
export const lossyFrom = 0.4;
/** ...once it has been so for this long. */
export const lossyAfterMs = 6000;
/** Smoothed loss below which a lossy link is good again... */
export const lossyUntil = 0.15;
/** ...once it has been so for this long; doubled with each relapse (hysteresis against flapping)... */
export const lossyQuarantineMs = 30_000;
/** ...up to this. */
export const lossyQuarantineMaxMs = 16 * 60_000;
/** Relapses are forgotten after this long without one. */
export const lossyForgetMs = 60 * 60_000;

// --- suspicion ---

/** Distinct observers that make a suspicion firm: this share of a member's observers (E1.4: ceil(2K/3) of 2K)... */
export const observersShare = 1 / 3;
/** ...but at least so many, where so many are alive. */
export const observersMin = 2;
/** A firm suspicion whose observers all saw the process gone (reset and refused) lives this long: time to refute, several round trips even by relay. */
export const goneHoldMs = 400;
/** A firm suspicion with silence for evidence lives this long. */
export const silentHoldMs = 1000;
/** A process whose machine still accepts connections is stalled: stopped, swapping, in a long collection. It gets this long. */
export const stalledHoldMs = 8000;
/** A degraded member gets at least this long unless its process is gone: under heavy loss TCP may be silent for a minute, and it carries no duty meanwhile. */
export const degradedHoldMs = 60_000;
/** Suspects whose time ends within this of another's are called dead together, once: about the time in which all edges are probed (E1.4 allows 3 s). */
export const verdictBatchMs = 2000;
/** Shortest life of a suspicion with too few observers: 2 s · max(1, log10 N) (Lifeguard's minimum, halved by streams). */
export const suspicionMinMs = 2000;
/** A suspicion that nobody confirms lives this many times the minimum (Lifeguard, section IV-B). */
export const suspicionMaxFactor = 6;
/** Who hears a suspect that has not refuted within this vouches for it: it may be deaf. A refutation takes a few round trips. */
export const vouchAfterMs = 1000;
/** A neighbour that was not heard for this long is not heard now... */
export const deafAfterMs = 4000;
/** ...and a node that hears hardly any of them, but somebody within this, is deaf, not alone: TCP resends every minute at the worst. */
export const isolatedAfterMs = 30_000;
/** Accusations kept with a record; more than are ever needed for a verdict with nine rings. */
export const accusationsMax = 8;

// --- own health ---

/** A tick that comes this much later than asked for means that this node was not attending: from then on its clock for judging others stands still. */
export const lateToleranceMs = 150;
/** Highest score of own ill health; timeouts grow with it (Lifeguard, section IV-A). */
export const awarenessMax = 8;

// --- telling ---

/** Changes wait this long for company before they are sent. */
export const gossipWindowMs = 50;
/** Differing digests in a row from one neighbour before the tables are compared: one may be news under way. */
export const digestMissesMax = 2;
/** Buckets of the table digest: a difference costs a 32nd of the table (E1.7). */
export const digestBuckets = 32;
/** Records in one message: 256 of about 500 bytes stay far below gRPC's 4 MiB... */
export const recordsPerMessageMax = 256;
/** ...and so do so many bytes of larger ones. */
export const recordBytesPerMessageMax = 1024 * 1024;

// --- dialling ---

/** First wait before an address is dialled again. */
export const dialRetryMinMs = 250;
/** Longest wait: a machine that comes back is met within this, however long it was away. Dialling never ends. */
export const dialRetryMaxMs = 3000;
/** A dial without any answer counts as failed after this; longer than the transport's own limit, as a last guard. */
export const dialGiveUpMs = 25_000;
/** A new neighbour on a ring is dialled once it has been one for so long: while many come at once, neighbours change with each. */
export const edgeSettleMs = 500;
/** Of two nodes that know each other the one with the lower id dials; the other waits this long for it. */
export const higherIdDialDelayMs = 400;
/** Handshakes begun per second... */
export const dialsPerSecond = 5;
/** ...after a burst of so many: a small cluster forms at once, a switch that reboots is no storm (S58). */
export const dialBurst = 10;
/** Dials under way at once: where handshakes are slow because machines are busy, there must be fewer of them, not more. */
export const dialsInFlightMax = 5;
/** One dead member chosen by chance is dialled this often, so that any partition heals from any node. */
export const healIntervalMs = 5000;

// --- table ---

/** Members one table may hold; beyond it new ones are refused: memory is bounded. */
export const membersMax = 4096;
/** A dead member that was never admitted is forgotten after this: machines are off over a weekend. */
export const reapDeadMs = 7 * 24 * 3600_000;
/** A member that left is forgotten after this. */
export const reapLeftMs = 24 * 3600_000;
/** How often members to forget are looked for. */
export const reapIntervalMs = 60_000;
/** Forgotten members whose last epoch is remembered, so that no old record brings them back; the oldest go first. */
export const tombstonesMax = 4096;

// --- what a record may hold ---

/** Bytes of one signed claim. */
export const claimBytesMax = 16 * 1024;
/** Bytes of all tags of one member, as JSON (facts, A: Serf's 512 were too few). */
export const tagBytesMax = 4096;
/** Longest single text in a claim. */
export const textLengthMax = 512;
export const capabilitiesMax = 64;
export const servicesMax = 32;
/** Words of evidence in one: a hash, and grants that were wound up. */
export const evidenceMax = 16;
/** A node watches at most its neighbours, so it can call no more than that lossy. */
export const lossyMax = streamsMax;
/** There are only so many kinds of trouble with a disk. */
export const troublesMax = 8;
/** A cluster that was recovered more often than this has other worries; the oldest are no longer told. */
export const formerClustersMax = 8;
/** Epochs, incarnations and sizes beyond this are absurd: at one change a millisecond it takes three centuries. */
export const absurdCount = 10 ** 13;
/** How far an incarnation may be ahead of the one known, within one epoch: a change a second for a year. */
export const incarnationLeapMax = 40_000_000;
