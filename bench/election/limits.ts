// Every limit, pause and count of the election bench, with its unit and its reason. Nothing else in this folder holds a
// number of that kind; the goals in the table are words of the issue.

/** Members: the smallest cluster that survives one of them, and what etcd is mostly run with. */
export const memberCount = 3;
/** Trials of each kind of fail-over, without --runs: as many as etcd's figures in the facts rest on. */
export const defaultRuns = 15;

/** From the start of three processes to all of them voting under a leader; agents wait 3 s for company first. */
export const formTimeoutMs = 60_000;
/** Between two looks at whether they do. */
export const formPollMs = 100;
/** After that, before anything is done to them: compilers and first handshakes have had their time. */
export const settleMs = 8_000;
/** Between two looks at what the members have said: far below every goal that is measured by it. */
export const lookMs = 1;
/** Each trial waits a random time of at most this, so that heartbeats (0.1 and 0.2 s) and check-quorum (1 s) are hit anywhere. */
export const phaseMaxMs = 1_000;
/** From a trial's blow to everyone knowing the new leader and a write: ten election timeouts. */
export const takeoverTimeoutMs = 20_000;
/** After a trial, with all members back: nothing of it is still under way. */
export const restMs = 3_000;

/** A call on an open connection, the trying client's writes apart. */
export const callTimeoutMs = 5_000;
/** A write of the client that tries is given up after this; etcd's own limit is 7 s. */
export const tryTimeoutMs = 3_000;
/** A write that is refused is tried again after this... */
export const retryMs = 2;
/** ...and one that is not answered is left alone after this, and another begun: both programs lose writes that were under way to a leader that went. */
export const hedgeMs = 20;

/** Writes before those that count: V8 compiles what is called often. */
export const warmUpWrites = 300;
/** Serial writes through the leader that count: enough for a 99th percentile of five samples. */
export const serialWrites = 500;
/** ...and through another, warm-up and those that count: an agent may have to be asked slowly there. */
export const forwardedWarmUpWrites = 30;
export const forwardedWrites = 150;
/** A write that keeps being refused is an error after this. */
export const refusedTimeoutMs = 10_000;
/** Writers at once, each with a connection of its own. */
export const writerCount = 16;
/** How long these write, after half of it as warm-up. */
export const concurrentMs = 8_000;

/** Calm before processor time is counted. */
export const idleSettleMs = 30_000;
/** Processor time is counted over this. */
export const idleWindowMs = 60_000;
/** Synchronous writes are counted over this, after the processor time, because tracing costs some. */
export const traceWindowMs = 30_000;
/** From the start of strace to its being attached to all threads. */
export const traceTimeoutMs = 5_000;
