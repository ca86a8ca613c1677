// Every limit of the build, with its unit and its reason.

/** Milliseconds that one program of the build may take: xz on two slow cores had 60 s for the whole package. */
export const programTimeoutMs = 600_000;
/** Bytes of a program's output that are kept: warnings, and the list of a large folder. */
export const outputBytesMax = 16 * 2 ** 20;
/** Columns of the texts in the manual pages: those of `--help`. */
export const helpColumns = 80;
