// Every number of the integrations: a name, a unit, a reason.

/** Who holds a role alone goes on for this long after the last moment at which it knew all that was decided; several heartbeats, and less than a person notices. */
export const tenureMs = 2500;
/** Whom such a role is given to begins this much later than the former holder must have ended: clocks run a little unlike, and a kill takes a moment. */
export const tenureMarginMs = 500;
/** A command that answers from local state (munge, scontrol ping-like calls); slow ones have a limit of their own. */
export const commandTimeoutMs = 10_000;
/** slurmd gives up by itself after 9 s when its controller refuses, 19 s when it is silent (facts, section 5). */
export const slurmdStartTimeoutMs = 25_000;
/** A query of the controller; Slurm's own clients retry for long, so they are cut off. */
export const slurmQueryTimeoutMs = 5000;
/** A daemon that was asked to end has this long before it is killed. */
export const stopDaemonTimeoutMs = 5000;
/** A daemon that went into the background is there within this, or has died: slurmctld's pid file came 4 to 20 ms late. */
export const daemonAppearTimeoutMs = 3000;
/** Lines at the end of a log in which a daemon that is gone may have said why; older ones tell of older troubles. */
export const logTailLines = 5;
/** The rest of a program's output, after its end, is waited for so long: a daemon it left may keep the pipe open. */
export const outputDrainMs = 100;
/** Ended operations below which the log has dropped none (election keeps more); above, a join that is not there may be history. */
export const joinHistoryMin = 100;
/** Between two looks whether it has ended. */
export const stopPollMs = 50;
/** A slurmd registers within 20 ms of its start; one that the controller does not list after this was deleted there. */
export const registrationTimeoutMs = 5000;
/** Between two looks whether it has. */
export const registrationPollMs = 250;
/** Output of a command that is kept; more is cut, so that a chatty program cannot fill the memory. */
export const outputBytesMax = 1024 * 1024;
/** Steps that one pass takes for one role before it gives the others a turn; a plan is far shorter. */
export const stepsPerPassMax = 20;
/** Attempts at a step that fails for a passing reason, within one pass; the next pass goes on. */
export const attemptsMax = 5;
/** First wait between them; it doubles. */
export const attemptWaitMs = 100;
/** Memory a worker keeps for the operating system and the agent: this share, */
export const memoryReserveShare = 0.05;
/** but at least so much. */
export const memoryReserveMib = 512;
/** Nodes SLURM makes room for; dynamic nodes need the number in advance (slurm.conf, MaxNodeCount). */
export const slurmNodesMax = 1024;
/** Characters of a program's own words in a report. */
export const detailLengthMax = 300;
/** nvidia-smi wakes cards without a persistent driver, a second or two; a hung driver may hold up a start so long, not longer. */
export const gpuQueryTimeoutMs = 5000;
/** `slurmd -V`, `k3s --version`, `uname`: local and immediate; beside nvidia-smi they do not make a start slower than it does. */
export const versionQueryTimeoutMs = 2000;
/** Devices looked at for GPUs; network cards bring hundreds of virtual ones, and each look is a file. */
export const pciDevicesMax = 4096;
/** Texts a machine says of itself: half of what a member record takes (membership, capabilitiesMax). */
export const machineCapabilitiesMax = 32;
/** Characters of one; with all of them a quarter of a record's bytes. */
export const machineCapabilityLengthMax = 128;
