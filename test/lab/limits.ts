// Every limit and timeout of the lab, with its unit and its reason. Nothing else in test/lab holds a number of that kind.

/** Hosts in one lab: node-a to node-z, then node-aa and on. A process and some mounts each; twice twenty join at once in the bench. */
export const hostsMax = 64;
/** Bytes: the MTU of a tailnet interface, so that large messages are cut into packets as they are in production. */
export const mtuBytes = 1280;
/** Bytes: that of the ground below a tailnet, an Ethernet. */
export const groundMtuBytes = 1500;

/** A host's boot is a few mounts; ten times what a loaded two-core machine needed. */
export const bootTimeoutMs = 10_000;
/** From the start of nsenter to its child being there: one fork. */
export const launchTimeoutMs = 5_000;
/** Between two looks for a new child, in milliseconds: a fork takes about one. */
export const launchPollMs = 2;
/** `run` without a timeout of its own: no command of a test may hang for ever. */
export const runTimeoutMs = 30_000;
/** A daemon may keep its parent's pipe open after the parent ended: how long `exited` waits for the rest of it. */
export const drainMs = 300;
/** Kept lines of a child's output; the oldest go first. A chatty daemon must not fill the test's memory. */
export const keptLinesMax = 20_000;
/** Between two looks at a log file that a child writes. */
export const followPollMs = 40;
/** A killed process leaves the process table when the kernel has freed its memory and its parent has reaped it. */
export const deathTimeoutMs = 10_000;
/** Between two looks whether it has. */
export const deathPollMs = 10;
/** One `ip` or `bridge` call: milliseconds in fact, but deleting namespaces waits for the kernel's own clean-up. */
export const networkCommandTimeoutMs = 20_000;
/** One probe of `reaches`: veth answers in well under a millisecond, so a second of silence is silence. */
export const reachTimeoutMs = 1_000;
/** `waitFor` without a timeout of its own. */
export const waitTimeoutMs = 20_000;
/** Between two looks of `waitFor`; the predicate may be a whole clusterctl call. */
export const waitPollMs = 50;

/** An agent with a new identity: its first line comes after about 0.3 s, its `agent.ready` after it listens. */
export const agentReadyTimeoutMs = 20_000;
/** A clusterctl call that is not a `wait`: connects to a local socket and asks once. */
export const clusterctlTimeoutMs = 15_000;
/** SIGTERM to exit: an agent tells its peers that it leaves and saves; then it is killed. */
export const agentStopTimeoutMs = 8_000;

/** One try of a write: above the time for which an agent asks again by itself, so that its own answer comes; then it is unknown. */
export const writeTimeoutMs = 5_000;
/** Longest pause of a client between two writes: some thousand entries a trial, fewer than a log keeps behind its snapshot. */
export const writePauseMaxMs = 80;
/** Until writes go on after a harm and its end, or a cluster agrees on its log: some elections on two busy cores, and a client's patience. */
export const recoveryTimeoutMs = 30_000;

/** The demo: three fresh agents find each other and a leader; some seconds, mostly the discovery window. */
export const demoClusterTimeoutMs = 60_000;
/** The demo: munge, a controller and three workers, one after the other where they depend on each other. */
export const demoServicesTimeoutMs = 180_000;
/** The demo: one job of milliseconds on idle nodes. */
export const demoJobTimeoutMs = 60_000;
/** Above the limit that a command was told to keep by itself, so that its own error comes first. */
export const graceMs = 5_000;
/** The demo tells events this late, in the order of their time: a little over two looks at a log file. */
export const narrationDelayMs = 100;
