// Every number of clusterctl: a name, a unit, a reason.

/** Deadline of a question to the local agent; a leader may need 3 s to hear from a majority, and a busy machine some more. */
export const timeoutMsDefault = 10_000;
/** Deadline of `wait`: a first join installs nothing but starts SLURM and k3s, which takes minutes on slow disks. */
export const waitTimeoutMsDefault = 5 * 60_000;
/** Deadline of `service move`: the former holder has 5 s to end, the next one 20 s to begin. */
export const moveTimeoutMsDefault = 30_000;
/** The longest deadline; a timer of Node holds 2^31-1 ms and fires at once beyond that. */
export const timeoutMsMax = 24 * 24 * 3600_000;
/** How often `wait` looks: soon enough for scripts, and each look costs a leader one round to its voters. */
export const waitIntervalMs = 250;
/** `wait` tells what it waits for no more often; ages in it change every second. */
export const waitNoteIntervalMs = 5000;
/** Names of members for a press of the completion key: a local agent answers in some milliseconds, and a shell waits. */
export const completionTimeoutMs = 500;
/** A person at a terminal is told what is being waited for when nothing came by then. */
export const connectNoticeMs = 100;
/** Younger proof of life reads as "now": a probe round and a little more. */
export const seenNowMs = 2000;
/** Names in one line before the rest is counted only; a line should fit a terminal. */
export const namesShownMax = 3;
/** A path of a unix socket holds 107 bytes and a NUL on Linux (unix(7)). */
export const socketPathBytesMax = 107;
/** The members that `wait --for members=N` may name; beyond it is a typing error. */
export const membersMax = 100_000;
/** The cluster key: 256 bits, as `agent` expects it. */
export const clusterKeyBytes = 32;
/** Largest file that is taken for a service's settings: some hundred lines are much. */
export const settingsBytesMax = 256 * 1024;
/** The doctor waits for what does not answer, one link after the other, some seconds each. */
export const doctorTimeoutMsDefault = 60_000;
/** Characters of a secret of an OAuth client: Tailscale's have some 60. */
export const secretBytesMax = 500;
/** Largest file that is taken for a backup: gRPC carries 4 MiB, and the decided state is far smaller (DESIGN). */
export const backupBytesMax = 4_000_000;
/** Deadline of `k3s snapshot save`: all of a datastore is written. */
export const snapshotTimeoutMsDefault = 150_000;
/** Deadline of `k3s recover` and `restore`: servers end, a datastore is copied and read, and k3s starts. */
export const recoverTimeoutMsDefault = 900_000;
/** A credential of `k3s kubeconfig` is good for at least this: less is a typing error. */
export const credentialLifeMsMin = 60_000;
/** ...and for at most this, as k3s's own are; the agent holds to it too. */
export const credentialLifeMsMax = 365 * 86_400_000;
/** A server that is asked what it has stored answers within this: it looks at some files; the command itself may take much longer. */
export const serverLookMs = 10_000;
/** Between two looks how a recovery fares. */
export const recoveryPollMs = 1000;
