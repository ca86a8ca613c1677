// Every limit and timeout of these tests, in milliseconds, with its reason.

/** A build of the packages: 8 s alone. */
export const buildTimeoutMs = 240_000;
/** Bootstrapping a small tree: 20 s, mostly unpacking; a slow mirror comes on top. */
export const treeTimeoutMs = 420_000;
/** A tree from its archive to a shell in it: 2 s. */
export const openTimeoutMs = 60_000;
/** Between two looks whether it is there. */
export const openPollMs = 20;
/** A command in a tree: apt-get with 120 MB to unpack takes 5 s. */
export const commandTimeoutMs = 120_000;
/** The start of an agent to a cluster of one: the discovery window is most of it. */
export const leaderTimeout = '90s';
