// Every number of the integrations: a name, a unit, a reason.

/** Who holds a role alone goes on for this long after the last moment at which it knew all that was decided; several heartbeats, and less than a person notices. */
export const tenureMs = 2500;
/** The tenure is renewed this often at most; the rest of it is what a busy machine may be late by. */
export const tenureRenewMs = 700;
/** Whom such a role is given to begins this much later than the former holder must have ended: clocks run a little unlike, and a kill takes a moment. */
export const tenureMarginMs = 500;
/** Whom such a role is given to looks this often whether the former holder has ended... */
export const soleRolePollMs = 50;
/** ...and looks at all else again after this. */
export const soleRoleLookMs = 500;
/** A command that answers from local state (munge, scontrol ping-like calls); slow ones have a limit of their own. */
export const commandTimeoutMs = 10_000;
/** slurmd gives up by itself after 9 s when its controller refuses, 19 s when it is silent (facts, section 5). */
export const slurmdStartTimeoutMs = 25_000;
/** A dead member whose slurmd takes no connection for so long is a dead machine: three tries of TCP go out in that time. */
export const slurmdAnswerTimeoutMs = 1000;
/** slurmctld answers this soon after its start (0.05 to 3 s were seen), or reads a large queue: then the next pass looks again. */
export const controllerAnswerTimeoutMs = 5000;
/** A query of the controller; Slurm's own clients retry for long, so they are cut off. */
export const slurmQueryTimeoutMs = 5000;
/** A daemon that was asked to end has this long before it is killed. */
export const stopDaemonTimeoutMs = 5000;
/** A daemon that went into the background is there within this, or has died: slurmctld's pid file came 4 to 20 ms late. */
export const daemonAppearTimeoutMs = 3000;
/** systemd lets go of a unit some milliseconds after its last process has ended... */
export const unitFreeMs = 1000;
/** ...or, while steps of jobs are in it, when those end; a slurmd is started under this many names at most until then. */
export const unitsMax = 9;
/** What a daemon said before it had a log is looked for so far back, in seconds: longer than it is waited for, and not its attempt before. */
export const earlyWordsS = 6;
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
/** A machine whose memory differs by more from what SLURM was told has been rebuilt; kernels differ by less. */
export const memoryToleranceShare = 1 / 16;
/** Memory for each processor of a job that asks for none, unless a worker has less for one. */
export const memoryPerCpuMibDefault = 1024;
/** It changes in steps of this, and is never less: slurmctld is started anew when it does. */
export const memoryPerCpuMibStep = 64;
/** What an operator may set it to: 1 TiB. */
export const memoryPerCpuMibMax = 1024 * 1024;
/** Partitions of one cluster: each is a line of slurm.conf and a queue that people must tell apart. */
export const partitionsMax = 64;
/** An operator's lines for slurm.conf... */
export const extraLinesMax = 64;
/** ...and characters of one. */
export const extraLineLengthMax = 500;
/** Accounts of jobs are kept so long unless an operator says otherwise: a report of the last year has all of it. */
export const accountingMonthsDefault = 24;
/** Ten years; a database grows with it, and what moves with the controller's role. */
export const accountingMonthsMax = 120;
/** Users that are seen to on all machines; a site with more has a directory of them (LDAP). */
export const usersMax = 256;
/** Largest uid_t but one, which means "none". */
export const userNumberMax = 2 ** 32 - 2;
/** Making an empty MariaDB took 0.3 s here; a slow disk syncs its 126 MB. */
export const databaseMakeTimeoutMs = 60_000;
/** It answers some 0.3 s after its start, or goes through its log after a crash. */
export const databaseAnswerTimeoutMs = 30_000;
/** All accounts written down, or loaded: a gigabyte of them on a slow disk. */
export const databaseCopyTimeoutMs = 600_000;
/** slurmdbd answers some 0.2 s after its start, or changes its tables after an update: then the next pass looks again. */
export const accountingAnswerTimeoutMs = 5000;
/** All accounts, packed: they travel with the queue's state, and more would keep the copies of the queue waiting on a slow path. */
export const accountsBytesMax = 32 * 1024 * 1024;
/** Accounts are written down as a text first, some ten times as large; with less room than this the queue beside it would be in danger. */
export const accountsRoomBytesMin = 1024 * 1024 * 1024;
/** In a hand-over slurmdbd has this long to end... */
export const accountsEndMs = 1000;
/** ...and all accounts are written down within this: the next controller begins three seconds after it was chosen. */
export const accountsLastWriteMs = 1500;
/** Accounts that have changed are written down this often, so that a machine that dies takes no more of them with it... */
export const accountsWriteMs = 15_000;
/** ...or this much later for each MiB that it comes to, which takes about 0.15 s: a twentieth of the time. */
export const accountsWriteMsPerMib = 3000;
/** Cards of one machine: the largest servers have 16. */
export const gpusPerMachineMax = 64;
/** A newer copy of the queue is fetched from another candidate within this: megabytes over a relayed path. */
export const takeOverTimeoutMs = 20_000;
/** Nodes that may be SLURM's controller: a client asks one after the other, and steps of jobs know those of their start (facts, section 8). */
export const controllersMax = 3;
/** slurmctld takes a slurmd of its own release and so many before it (slurm.schedmd.com/upgrades.html, "Compatibility Window")... */
export const olderReleasesMax = 3;
/** ...and one of a release before 24.11 so many. */
export const olderReleasesMaxBefore2411 = 2;
/** Why the controller's node does not believe this one is looked into this often while it does not. */
export const trustLookMs = 10_000;
/** slurmctld writes each of its files anew beside the former one; with less room than this it soon cannot, and another shall serve. */
export const stateRoomBytesMin = 8 * 1024 * 1024;
/** The users of the queue are held against those of a machine this often: both change seldom, and slurmctld reads through all its jobs for it. */
export const userLookMs = 60_000;
/** So many users of the queue, those with the lowest numbers; as many names are looked up at once. */
export const queueUsersMax = 256;
/** Of those that differ, so many are named in a report. */
export const usersShownMax = 3;
/** Two clocks that were told to differ are told again when that has changed by so much. */
export const skewNewsS = 5;
/** Steps of jobs on a node that was taken out are waited for so long: SLURM gives them 10 s (KillWait) before it kills... */
export const stepsEndTimeoutMs = 20_000;
/** ...and this is the time between two looks. */
export const stepsEndPollMs = 200;
/** Jobs of one node that are looked at in one pass; a machine with more cores has its others looked at by the next. */
export const nodeJobsMax = 256;
/** Of them, so many are named in a report. */
export const jobsShownMax = 8;
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
/** A state folder is looked at this long after the last sign of a change: SLURM replaces its files in a row, within a few milliseconds... */
export const stateQuietMs = 20;
/** ...and at most this long after the first one, however busy it is: what was not copied is lost with the machine. */
export const stateQuietMaxMs = 200;
/** It is looked at without a sign, too: the kernel drops signs when there are too many, and not every folder is watched. */
export const stateLookMs = 5000;
/** Such a look takes at most one part in so many of the time, however large the folder is. */
export const stateLookShare = 20;
/** Folders within it that are watched; each takes some kernel memory. The oldest are left to the looks: a job's folder is written once. */
export const watchedFoldersMax = 2048;
/** SLURM takes a file away for a moment before it puts the new one in its place: so often it is looked for again, */
export const missingLooksMax = 8;
/** so long after the last time; together far longer than the moment, and short beside the time between two saves. */
export const missingLookMs = 4;
/** A file that changes while it is read is read again so often, then left as it was before until the next look. */
export const steadyReadsMax = 5;
/** Times of change in a file system are this coarse (100 timer ticks a second, and some): a file read so soon after its change is read again next time. */
export const changeTimeGrainMs = 12;
/** Files or folders of a state folder read at once: the threads that read also write the election's log, and there are four. */
export const stateReadsAtOnce = 3;
/** Contents kept in memory for the candidates; larger ones are read from the folder again. */
export const stateMemoryBytesMax = 64 * 1024 * 1024;
/** Files of one copy: 50 000 jobs have twice as many, and the list stays below 50 MB. */
export const copyFilesMax = 200_000;
/** One file of it, which is held in memory whole while it is passed on; the queue of 100 000 jobs takes less than half. */
export const copyFileBytesMax = 256 * 1024 * 1024;
/** All files of it; a candidate's disk holds up to three times as much. */
export const copyBytesMax = 1024 * 1024 * 1024;
/** Bytes of a path within a copy, far above what SLURM has, and few enough for a message. */
export const copyPathBytesMax = 512;
/** Folders on the way to a file of a copy; SLURM has two. */
export const copyDepthMax = 8;
/** Contents are hashed, and lists are worked on, in pieces of this many bytes, */
export const pieceBytes = 1024 * 1024;
/** or entries, so that the one thread of the agent is never held for more than some milliseconds. */
export const pieceEntries = 1000;
/** Numbers of generations taken from the disk at once; they are milliseconds, so it is written once in an hour. */
export const generationsReserved = 3_600_000;
/** Contents are appended to one file of the store until it is this large: few files, each synced once for many contents. */
export const packBytes = 8 * 1024 * 1024;
/** Contents wait in memory up to this before they are appended. */
export const packPendingBytesMax = 4 * 1024 * 1024;
/** Up to so many files of a copy are synced one by one; above, the whole file system once, which also waits for what others have written. */
export const syncEachMax = 256;
/** Former state folders that are kept beside the one in use: the last, and the one before in case that was a mistake. */
export const formerFoldersKept = 2;
/** Largest job id that SLURM gives (MaxJobId of slurm.conf(5), 0x03ff0000). */
export const jobIdMax = 67_043_328;
/** After a start slurmctld gives ids this far above all that are known to have been given: those of srun, and of tasks of arrays, leave no folder; 2000 a second between two saves. */
export const jobIdGap = 10_000;
/** Submissions of which it is kept what was asked for: 200 a second between two saves, 5 s apart. Each is a small file of the state folder. */
export const requestsMax = 1024;
/** sbatch answers at once, or tries for some seconds; with "#SBATCH --wait" it would wait for a job that is held. */
export const offerTimeoutMs = 10_000;
/** Characters of a job's name, and of its user's, in the list of recovered jobs; more does not help a person to know it again. */
export const jobNameLengthMax = 64;
/** A clock before this was never set: 1 January 2026, when there was no such program. Milliseconds since 1970. */
export const clockEarliestMs = 1_767_225_600_000;
