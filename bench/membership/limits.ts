// Every limit, pause and count of the membership bench, with its unit and its reason. Nothing else in this folder holds
// a number of that kind; the goals in the table are words of issue 3.

/** Agents in one run: each address is 100.64.0.N, and a machine of this kind carries no more anyway. */
export const agentsMax = 250;
/** Sizes without --nodes: those of issue 3. */
export const defaultSizes: readonly number[] = [3, 16, 48];
/** Runs of whatever is repeated, without --runs: as many cold starts as issue 3 asks for, and a median one outlier cannot move. */
export const defaultRuns = 10;

/** From the spawn of one process to its word that it listens; 48 Node processes share two cores while they start. */
export const listenTimeoutMs = 180_000;
/** From the last start to all seeing all: a hundred times what Serf needs at 48. */
export const formTimeoutMs = 120_000;
/** After all see all, before anything is done to them: founding, first elections, and the streams of the start that nobody uses are closed after 30 s. */
export const settleMs = 40_000;
/** Between two kills, cuts or pauses of one series, so that none falls into the turmoil of the one before. */
export const restMs = 3_000;
/** Each kill, cut and pause waits a random time of at most this, so that probe periods (1 s in both) are hit anywhere. */
export const phaseMaxMs = 3_000;
/** From a kill or cut to the last verdict: Serf's slowest at 48 was 12.3 s (facts D1). */
export const verdictTimeoutMs = 60_000;
/** From the restart of one to all seeing it: both are told of a seed, so a second or two; Serf's reconnect runs every 30 s. */
export const returnTimeoutMs = 60_000;
/** From the end of a cut to all seeing all: nobody dials on purpose, and Serf tries one failed member each 30 s. */
export const healTimeoutMs = 120_000;

/** The long pause of issue 3, below the detection time of Serf. */
export const longPauseMs = 4_000;
/** The blocked event loop of issue 3. */
export const blockMs = 3_000;
/** From SIGUSR1 to the inspector's port: the agent's own loop opens it. */
export const inspectorTimeoutMs = 5_000;
/** The program that blocks an event loop: its own start, the inspector, the block. */
export const blockCommandTimeoutMs = 20_000;
/** Pauses of each kind at each size at most: a run of them takes half a minute. */
export const pauseRunsMax = 5;
/** After a pause: a suspicion of its last moment becomes a verdict within 4·log10(48) s in Serf. */
export const pauseWatchMs = 10_000;

/** Loss on one link, percent of packets, in each direction: as in issue 3. */
export const linkLossPercent = 20;
/** One link is watched this long: 30 probe periods. */
export const linkLossMs = 30_000;
/** Links in a series; each costs half a minute, and they are of one kind. */
export const linkLossLinksMax = 3;
/** Loss of all that comes to one agent, percent: as in issue 3 and facts D3. */
export const inboundLossPercent = 80;
/** How long that lasts: as in issue 3 and facts D3. */
export const inboundLossMs = 90_000;
/** The size at which it is measured, if it is among the sizes: as in issue 3 and facts D3. */
export const inboundLossSize = 16;
/** Runs of it: each costs over 100 s. */
export const inboundLossRunsMax = 3;

/** Largest size of the cold start: issue 3 asks for 3 and 16. */
export const coldSizeMax = 16;
/** Between the last kill and the first start: as in facts D4. */
export const coldPauseMs = 2_000;
/** Whole again within this after the last start: the goal of issue 3. */
export const coldGoalMs = 5_000;
/** A cold start is watched this long: six times the goal; those of facts D4 that were apart then stayed apart. */
export const coldTimeoutMs = 30_000;

/** Before the idle figures begin: founding, autopilot and the first garbage collections are over. */
export const idleSettleMs = 30_000;
/** The window of the idle figures: at 100 ticks a second, one tick is 0.017 % of a core. */
export const idleWindowMs = 60_000;
/** Empty servers beside the agents: their median is the floor. */
export const floorCount = 3;
/** An empty server says that it listens after about 0.3 s. */
export const floorTimeoutMs = 20_000;

/** Between two looks at what the agents have said; times come from the arrival of their lines, not from the look. */
export const lookMs = 20;
/** One call of `clusterctl` or `serf members`, with 48 of them behind each other. */
export const tableTimeoutMs = 20_000;
