// How clusterctl ends: the exit codes, and what each failure says and which one it gets. The codes are a contract.
import { CommanderError } from 'commander';
import { AdminError } from '../api/admin-client.ts';
import { spanText } from './duration.ts';

export const exitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  noAgent: 3,
  denied: 4,
  notFound: 5,
  /** An agent answered, and the answer is that something needs attention. */
  unhealthy: 6,
  timedOut: 7,
  interrupted: 130,
} as const;

/** The last lines of `clusterctl --help`. */
export const exitCodeHelp = `Exit codes:
  0 done  1 failed  2 usage  3 no agent reachable  4 not permitted  5 not found
  6 an agent answered, but something needs attention  7 timed out  130 interrupted`;

/** What is told on stderr before the command ends. */
export interface Failure {
  readonly code: number;
  /** What happened to which thing. */
  readonly error: string;
  /** What to type next; empty when there is nothing to type. */
  readonly hint: string;
}

/** A failure that the command itself has noticed. */
export class CliError extends Error implements Failure {
  override readonly name = 'CliError';
  readonly code: number;
  readonly error: string;
  readonly hint: string;

  constructor(code: number, error: string, hint = '') {
    super(error);
    this.code = code;
    this.error = error;
    this.hint = hint;
  }
}

/**
 * What to tell about anything that was thrown; undefined for a request for help, which is no failure.
 * @throws `thrown` itself when it is a defect of clusterctl, for the trace is of use then
 */
export function failureFrom(
  thrown: unknown,
  context: { readonly endpoint: string; readonly timeoutMs: number },
): Failure | undefined {
  if (thrown instanceof CliError) return thrown;
  if (thrown instanceof AdminError) return adminFailure(thrown, context);
  if (thrown instanceof CommanderError) return usageFailure(thrown);
  throw thrown;
}

function adminFailure(
  { reason, detail, code }: AdminError,
  { endpoint, timeoutMs }: { readonly endpoint: string; readonly timeoutMs: number },
): Failure {
  switch (reason) {
    case 'no-agent':
      return {
        code: exitCode.noAgent,
        error: `cannot reach an agent at ${endpoint} (${detail})`,
        hint: 'on this machine run "node-agent doctor", which says what is missing',
      };
    case 'denied':
      return {
        code: exitCode.denied,
        error: `not permitted to ask the agent at ${endpoint} (${detail})`,
        hint: 'the socket is for its owner only: put "sudo" in front of the command',
      };
    case 'timed-out':
      return {
        code: exitCode.timedOut,
        error: `the agent at ${endpoint} did not answer within ${spanText(timeoutMs)}`,
        hint: 'look at "journalctl -u node-agent -n 50", or allow more time with --timeout',
      };
    case 'unavailable':
      return {
        code: exitCode.unhealthy,
        error: detail,
        hint:
          code === 'no-quorum' || code === 'no-leader'
            ? 'run "clusterctl status" to see who is missing'
            : code === 'unreachable'
              ? 'run "clusterctl members" to see its state'
              : // What the agent itself says is better.
                detail.includes('"clusterctl ')
                ? ''
                : 'run "clusterctl status"',
      };
    case 'not-found':
      return {
        code: exitCode.notFound,
        error: detail,
        hint:
          code === 'no-such-service'
            ? 'run "clusterctl members" for the services there are'
            : code === 'no-such-verb'
              ? 'agent and clusterctl differ: compare them with "clusterctl version"'
              : 'run "clusterctl members -o name" for the names there are',
      };
    case 'refused':
      // A member that was asked could not; the others say that the question was wrong.
      return { code: code === 'member-failed' ? exitCode.failed : exitCode.usage, error: detail, hint: '' };
    case 'unsupported':
      return {
        code: exitCode.failed,
        error: `the agent at ${endpoint} does not know this request`,
        hint: 'agent and clusterctl differ: compare them with "clusterctl version"',
      };
    case 'failed':
      return {
        code: exitCode.failed,
        error: `the agent at ${endpoint} failed to answer (${detail})`,
        hint: 'look at "journalctl -u node-agent -n 50"',
      };
  }
}

function usageFailure({ exitCode: wanted, code, message }: CommanderError): Failure | undefined {
  // `--help` and `--version` come here too, with 0.
  if (wanted === 0) return undefined;
  if (code === 'commander.help') return { code: exitCode.usage, error: '', hint: '' };
  const [first = '', second = ''] = message.split('\n');
  const [, nearest] = /Did you mean (?:one of )?(.*)\?\)/.exec(second) ?? [];
  return {
    code: exitCode.usage,
    error: first.replace(/^error: /, ''),
    hint: nearest === undefined ? 'see "clusterctl --help"' : `did you mean "${nearest}"?`,
  };
}
