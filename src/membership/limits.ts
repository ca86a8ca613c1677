// Every number of the membership protocol: a name, a unit, a reason.

/** How often each member is probed. One a second keeps an idle edge near 0.1 % of a core (facts: price of an edge). */
export const probeIntervalMs = 1000;
/** A member that is new here is dialled before it is doubted: the lower id goes first, and a handshake takes its time. */
export const firstProbeDelayMs = 800;
/** Share of the interval that is random, so that probes of many nodes do not march in step. */
export const probeJitter = 0.2;
/** A direct probe waits srtt + 4·rttvar (RFC 6298), but at least this: below it garbage collection looks like death. */
export const probeTimeoutMinMs = 200;
/** ...and at most this, so that a probe ends within its interval. */
export const probeTimeoutMaxMs = 1000;
/** The wait before anything was measured: a DERP relay path may take 300 ms. */
export const probeTimeoutFirstMs = 500;
/** How many others are asked to probe a silent member (SWIM's k). */
export const helpersMax = 3;
/** How long helpers have; they use half of it on their own ping, so that a NACK arrives in time. */
export const helperTimeoutMs = 600;
/** With enough observers a suspect is dead after this; the time it has to refute, several round trips even by relay. */
export const suspicionHoldMs = 1000;
/** Distinct observers that make a suspicion firm, where so many are alive. */
export const observersWanted = 2;
/** Shortest life of a suspicion with too few observers: 2 s · max(1, log10 N) (Lifeguard's minimum, halved by streams). */
export const suspicionMinMs = 2000;
/** A suspicion that nobody confirms lives this many times the minimum (Lifeguard, section IV-B). */
export const suspicionMaxFactor = 6;
/** Changes wait this long for company before they are sent. */
export const gossipWindowMs = 50;
/** How often two neighbours compare digests of their tables; a lost record is mended within this. */
export const digestIntervalMs = 10_000;
/** First wait before an address is dialled again. */
export const dialRetryMinMs = 250;
/** Longest wait: a machine that comes back is met within this, however long it was away. Dialling never ends. */
export const dialRetryMaxMs = 3000;
/** A dial without any answer counts as failed after this; longer than the transport's own limit, as a last guard. */
export const dialGiveUpMs = 8000;
/** Of two nodes that know each other the one with the lower id dials; the other waits this long for it. */
export const higherIdDialDelayMs = 400;
/** Records in one message: 256 of about 300 bytes stay far below gRPC's 4 MiB. */
export const recordsPerMessageMax = 256;
/** Members one table may hold; beyond it new ones are refused: memory is bounded. */
export const membersMax = 4096;
