// Every limit and pause of the SLURM bench, with its unit and its reason. Nothing else in this folder holds a number of that kind.

/** Joins of each kind, without --runs. */
export const defaultRuns = 5;
/** Agents, and slurmd by hand, that are started at once. */
export const defaultTogether = 20;
/** Between two looks whether SLURM uses a node: far below what is measured. */
export const lookMs = 20;
/** From the start of an agent to a job there: ten times what was ever seen. */
export const joinTimeoutMs = 60_000;
/** Twenty Node processes on two cores start one after the other. */
export const togetherTimeoutMs = 180_000;
/** Moves of the leader, and of the controller. */
export const moves = 5;
/** Calm before and after each. */
export const restMs = 3_000;
/** A submission that waits is given up after this: SLURM's own clients try for a minute and more. */
export const submitTimeoutMs = 30_000;
