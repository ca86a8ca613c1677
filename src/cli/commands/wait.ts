// `clusterctl wait`: returns when something has come true, for scripts. An agent that does not answer yet is waited for too.
import { setTimeout as sleep } from 'node:timers/promises';
import { type AdminClient, AdminError, openAdminClient } from '../../api/admin-client.ts';
import { spanText } from '../duration.ts';
import { CliError, exitCode } from '../exit.ts';
import { askHealth, leaderFault } from '../health.ts';
import { membersMax, timeoutMsDefault, waitIntervalMs, waitNoteIntervalMs } from '../limits.ts';
import type { Request } from '../request.ts';
import { note } from '../shell.ts';

export interface WaitFlags {
  /** The conditions as typed; all of them must hold at once. */
  readonly conditions: readonly string[];
}

interface Finding {
  readonly met: boolean;
  /** What was found, for people. */
  readonly detail: string;
}

type Condition = (client: AdminClient) => Promise<Finding>;

const conditionHint = 'use --for leader, --for members=N, --for healthy or --for operations';

/** Waits until all conditions hold. Times out with the last thing found. */
export async function wait(request: Request, { conditions }: WaitFlags): Promise<number> {
  const { shell, endpoint, timeoutMs } = request;
  const looks = conditions.map(conditionFrom);
  const wanted = conditions.join(' and ');
  const startedMs = performance.now();
  const client = await openAdminClient(endpoint, Math.min(timeoutMs, timeoutMsDefault));
  let deadline: NodeJS.Timeout | undefined;
  const timedOut = new Promise<'timed-out'>(resolve => {
    deadline = setTimeout(() => resolve('timed-out'), timeoutMs);
  });
  let last: (Finding & { readonly silent: boolean }) | undefined;
  let notedMs = Number.NEGATIVE_INFINITY;
  try {
    for (;;) {
      const found = await Promise.race([lookAt(client, looks), timedOut]);
      if (found === 'timed-out') break;
      if (found.met) {
        shell.stdout.write(`${wanted}: ${found.detail}\n`);
        return exitCode.done;
      }
      const elapsedMs = performance.now() - startedMs;
      if (found.detail !== last?.detail && elapsedMs >= notedMs + waitNoteIntervalMs) {
        note(shell, `waiting for ${wanted}: ${found.detail} (${spanText(elapsedMs)})`);
        notedMs = elapsedMs;
      }
      last = found;
      if ((await Promise.race([sleep(waitIntervalMs), timedOut])) === 'timed-out') break;
    }
  } finally {
    clearTimeout(deadline);
    client.close();
  }
  const after = spanText(timeoutMs);
  if (last?.silent === true) {
    throw new CliError(
      exitCode.noAgent,
      `cannot reach an agent at ${endpoint} (${last.detail}), tried for ${after}`,
      'on this machine run "node-agent doctor", which says what is missing',
    );
  }
  throw new CliError(
    exitCode.timedOut,
    `timed out after ${after} waiting for ${wanted}: ${last?.detail ?? 'no answer'}`,
    'run "clusterctl status" to see what is missing, or allow more time with --timeout',
  );
}

/** What `text` asks for. @throws CliError (usage) when it is no condition */
export function conditionFrom(text: string): Condition {
  const [, name = '', value] = /^([^=]*)(?:=(.*))?$/.exec(text) ?? [];
  if (name === 'members') {
    const count = /^\d+$/.test(value ?? '') ? Number(value) : 0;
    if (count >= 1 && count <= membersMax) return membersAlive(count);
    throw new CliError(
      exitCode.usage,
      `--for ${text}: N in members=N is a number from 1 to ${membersMax}`,
      'for example --for members=3',
    );
  }
  const condition = value === undefined ? plainConditions.get(name) : undefined;
  if (!condition) throw new CliError(exitCode.usage, `--for "${text}" is no condition`, conditionHint);
  return condition;
}

const plainConditions: ReadonlyMap<string, Condition> = new Map([
  ['leader', leaderKnown],
  ['healthy', allHealthy],
  ['operations', noneRunning],
]);

async function lookAt(
  client: AdminClient,
  looks: readonly Condition[],
): Promise<Finding & { readonly silent: boolean }> {
  try {
    const findings = await Promise.all(looks.map(look => look(client)));
    const unmet = findings.filter(({ met }) => !met);
    const shown = unmet.length > 0 ? unmet : findings;
    return {
      met: unmet.length === 0,
      detail: shown.map(({ detail }) => detail).join('; '),
      silent: false,
    };
  } catch (error) {
    // An agent that starts, restarts or is busy is what waiting is for; a refusal does not go away by itself.
    if (!(error instanceof AdminError) || error.reason === 'denied' || error.reason === 'unsupported')
      throw error;
    return { met: false, detail: error.detail, silent: error.reason === 'no-agent' };
  }
}

async function leaderKnown(client: AdminClient): Promise<Finding> {
  const [{ id }, reply] = await Promise.all([client.status(), client.leader()]);
  const fault = leaderFault(reply, id);
  return { met: fault === '', detail: fault || `${reply.name}, term ${reply.term}` };
}

/** Exactly, so that a script can wait for members to go as well as to come. */
function membersAlive(count: number): Condition {
  return async client => {
    const { members } = await client.members();
    const alive = members.filter(({ state }) => state === 'alive' || state === 'degraded').length;
    return { met: alive === count, detail: `${alive} alive` };
  };
}

async function noneRunning(client: AdminClient): Promise<Finding> {
  const { operationsRunning, decisionsDue } = await client.status();
  const met = operationsRunning === 0 && decisionsDue === 0;
  return {
    met,
    detail: met ? 'none running' : `${operationsRunning} running, ${decisionsDue} about to begin`,
  };
}

async function allHealthy(client: AdminClient): Promise<Finding> {
  const { checks, healthy } = await askHealth(client);
  if (healthy) return { met: true, detail: `${checks.length} checks are ok` };
  const faulty = checks.filter(({ ok }) => !ok);
  return { met: false, detail: faulty.map(({ name, detail }) => `${name}: ${detail}`).join('; ') };
}
