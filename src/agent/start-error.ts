// An error that an operator can mend: one line that names the thing and the mend, and the exit code that goes with it.

/** Exit codes of node-agent (docs/operations.md). */
export const exitCode = { done: 0, failed: 1, usage: 2, notRunning: 3, denied: 4 } as const;

export class StartError extends Error {
  override readonly name = 'StartError';
  readonly exitCode: number;

  /** @param message one line: what is wrong with which thing, then how to mend it */
  constructor(message: string, code: number = exitCode.failed) {
    super(message);
    this.exitCode = code;
  }
}

/** The cluster has no place for this node any more. Starting again would not mend it. */
export class Expelled extends StartError {
  constructor(message: string) {
    super(message, exitCode.denied);
  }
}

/** Another process runs with this node's identity. Starting again would not mend it, so the next start refuses, too. */
export class IdentityConflict extends StartError {
  constructor(message: string) {
    super(message, exitCode.denied);
  }
}
