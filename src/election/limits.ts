// Every number of the election and of the decided state: a name, a unit, a reason.

/** Heartbeats of a leader. Three in the shortest election timeout: two may be late without an election. They are most of what an idle voter does. */
export const heartbeatMs = 300;
/** A follower waits at least this long without a leader; about ten times the round trip of a relayed tailnet path. */
export const electionTimeoutMinMs = 1000;
/** ...and at most this long; the spread keeps two followers from standing at once (Raft, section 5.2): a round of pre-votes takes a tenth of it. */
export const electionTimeoutMaxMs = 1700;
/** A round of votes that has not ended after this is given up and tried anew. */
export const campaignTimeoutMs = 700;
/** A voter whose stream to the leader was reset asks for pre-votes after this: the others see it within milliseconds... */
export const lostLeaderMs = 50;
/** ...and this later for each voter with a lower id, so that two do not stand at once: several round trips, even by relay. Nobody who still hears the leader grants one. */
export const lostLeaderTurnMs = 100;
/** A hand-over that has not ended after this is given up and the leader goes on (dissertation, section 3.10). */
export const transferTimeoutMs = 1000;
/** Applied entries after which the decided state is kept as a snapshot (facts: E2.8). */
export const snapshotEntries = 1000;
/** Entries kept behind a snapshot: a node that was off for a day needs none. */
export const trailingEntries = 5000;
/** Bytes of a snapshot in one message: far below gRPC's 4 MiB, and a heartbeat passes between two of them. */
export const snapshotChunkBytes = 64 * 1024;
/** Largest snapshot that is taken from another: the decided state is small (DESIGN). */
export const snapshotBytesMax = 64 * 1024 * 1024;
/** A piece of a snapshot that has not come after this is asked for again... */
export const snapshotRetryMs = 1000;
/** ...so often; then the next offer counts, from whomever. What has come is kept. */
export const snapshotTriesMax = 5;
/** Entries in one message... */
export const entriesPerAppendMax = 128;
/** ...and their bytes, but for one entry: like a piece of a snapshot. */
export const appendBytesMax = 64 * 1024;
/** Largest command: what is decided is small (DESIGN), and one that no message carries (gRPC: 4 MiB) would stop the log for good. */
export const payloadBytesMax = 1024 * 1024;
/** Appends with entries on their way to one follower: enough to fill a relayed path, far too few to fill a stream's buffer. */
export const appendsInFlightMax = 16;
/** ...and their bytes: on a relayed path of 100 kB/s heartbeats wait behind them for less than an election timeout. */
export const bytesInFlightMax = 64 * 1024;
/** A voter whose disk is in trouble stands for election this many election timeouts after the others: they go first, and if none leads it does. */
export const unfitElectionTimeouts = 2;
/** Heartbeat rounds of which a node remembers when it sent or answered them: many round trips of a relayed path. */
export const leaseRoundsMax = 32;
/** Proposals that wait for commit; beyond it new ones are refused as `busy`. */
export const proposalsMax = 1024;
/** Reads that wait for a confirmation. */
export const readsMax = 256;
/** A fresh node founds nothing before its view of fresh peers has stood still this long. */
export const discoveryWindowMs = 3000;
/** ...nor while it is alone though it was given addresses of others, but for this long at most: they may just boot, or have much to do. */
export const aloneMaxMs = 10_000;
/** Voters the leader aims for once so many nodes are there; never two (DESIGN, Election). */
export const votersWanted = 3;
/** A voter that has been silent or degraded for this long gives its place to a stand-by: a reboot takes less (hashicorp/raft-autopilot waits 200 ms and then counts fewer voters; facts: E2.4). */
export const replaceVoterAfterMs = 60_000;
/** Voters are spread over sites once those concerned have been well for this long; it is no emergency. */
export const spreadVotersAfterMs = 300_000;
/** A node that has been well for less than this has just come or flaps: others are asked first (facts: E2.3). */
export const steadyAfterMs = 30_000;
/** Stand-bys beside the voters: learners that could take a voter's place. All other nodes follow through their neighbours. */
export const standbysMax = 2;
/** News of decisions waits this long for company before neighbours are told. */
export const noticeWindowMs = 20;
/** One neighbour in turn is told again after this, without news: messages may be dropped, and each follower has several neighbours. */
export const noticeRepeatMs = 5000;
/** A neighbour that was asked for decided entries and has not answered after this is passed over. */
export const fetchTimeoutMs = 1000;
/** Nodes of a cluster that was recovered elsewhere come over once nobody has led them for this long: many elections have failed by then. */
export const leaderlessBeforeYieldMs = 10_000;
/** Other clusters of the same key that were told of; more than any operator has made by mistake. */
export const conflictsRememberedMax = 64;
/** A learner counts as caught up when it lacks no more entries than this. */
export const caughtUpLagMax = 16;
/** Clients whose last request the decided state remembers: an operator's command is asked again for seconds at most. */
export const sessionsMax = 256;
/** A recovered cluster's log begins this far behind the last entry that its node knew: what others had been granted meanwhile must not look newer. */
export const recoveryIndexGap = 1_000_000;
/** Ended operations that the decided state keeps for people to read; the oldest go first. */
export const endedOperationsMax = 200;
/** Jobs lost and found that the decided state keeps for people to read, and that one command brings; the oldest go first. More are acknowledged between two saves by a busy queue only. */
export const recoveredJobsMax = 500;
/** Characters of an operator's reason for a drain: a line of a terminal. */
export const drainReasonLengthMax = 120;
/** Longest name of a node: a DNS label (RFC 1035, section 2.3.4), because SLURM and Kubernetes take it as a host name. */
export const nodeNameLengthMax = 63;
/** A node of the same hardware and name as a member that seems to live is admitted after this, under another name: by then membership would have called a dead one dead. */
export const formerSelfWaitMs = 15_000;
