// Whether a cluster is well, from what one agent says: the checks of `status`, and what `wait --for healthy` waits for.
// Asks nobody but that agent.
import { type AdminClient, AdminError } from '../api/admin-client.ts';
import type { LeaderReply__Output } from '../api/gen/clusteros/v1/LeaderReply.ts';
import type { Member__Output } from '../api/gen/clusteros/v1/Member.ts';
import type { Operation__Output } from '../api/gen/clusteros/v1/Operation.ts';
import type { ServiceReport__Output } from '../api/gen/clusteros/v1/ServiceReport.ts';
import type { StatusReply__Output } from '../api/gen/clusteros/v1/StatusReply.ts';
import { ageText, spanText } from './duration.ts';
import { namesShownMax } from './limits.ts';
import { operationText, standingFailures } from './operation-text.ts';
import { isWarning, worstReports } from './services.ts';

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** One word: `ok`, `running` and `starting` for what will pass by itself, or what is wrong. */
  readonly state: string;
  readonly detail: string;
}

export interface Health {
  readonly status: StatusReply__Output;
  readonly checks: readonly Check[];
  readonly healthy: boolean;
}

/** Everything the checks look at, as one agent tells it. */
export interface Answers {
  readonly status: StatusReply__Output;
  readonly members: readonly Member__Output[];
  readonly operations: readonly Operation__Output[];
  /** Or why there is none. */
  readonly leader: LeaderReply__Output | AdminError;
}

/** Asks the agent and checks the answers. @throws AdminError when the agent itself cannot be asked */
export async function askHealth(client: AdminClient): Promise<Health> {
  const [status, { members }, { operations }, leader] = await Promise.all([
    client.status(),
    client.members(),
    client.operations(),
    client.leader().catch((error: unknown) => {
      // That nobody leads is what a check is for.
      if (error instanceof AdminError && !['no-agent', 'denied'].includes(error.reason)) return error;
      throw error;
    }),
  ]);
  return healthFrom({ status, members, operations, leader });
}

/** Checks what an agent has said. */
export function healthFrom(answers: Answers): Health {
  const checks = [
    leaderCheck(answers),
    votersCheck(answers),
    membersCheck(answers),
    operationsCheck(answers),
    ...serviceChecks(answers),
  ];
  return { status: answers.status, checks, healthy: checks.every(({ ok }) => ok) };
}

/** Whether what is not ok is under way and needs nobody. */
export function passesByItself({ ok, state }: Check): boolean {
  return ok || state === 'running' || state === 'starting';
}

/**
 * A leader that is asked itself confirms with a majority or refuses; a follower has its leader asked, which may take too
 * long. So an unconfirmed answer counts when it is about another node.
 */
export function leaderFault(reply: LeaderReply__Output, ownId: string): string {
  return reply.confirmed || reply.id !== ownId ? '' : `${reply.name} leads, but no majority has confirmed it`;
}

function leaderCheck({ leader, status }: Answers): Check {
  const check = (state: string, detail: string): Check => ({
    name: 'leader',
    ok: state === 'ok',
    state,
    detail,
  });
  if (leader instanceof AdminError) return check('none', leader.detail);
  const fault = leaderFault(leader, status.id);
  if (fault !== '') return check('unsure', fault);
  return check('ok', `${leader.name}, term ${leader.term}, for ${spanText(leader.sinceMs)}`);
}

function votersCheck({ status: { voters, votersAnswering, quorum } }: Answers): Check {
  const ok = voters > 0 && votersAnswering >= quorum;
  const detail = voters === 0 ? 'no voters yet' : `${votersAnswering} of ${voters} answering, need ${quorum}`;
  return { name: 'voters', ok, state: ok ? 'ok' : voters === 0 ? 'none' : 'lost', detail };
}

/** Members that have left said so themselves: they are no fault. */
function membersCheck({ members }: Answers): Check {
  const name = 'members';
  const here = members.filter(({ admitted, state }) => admitted && state !== 'left');
  if (here.length === 0) return { name, ok: false, state: 'none', detail: 'no node is admitted yet' };
  const missing = here.filter(({ state }) => state !== 'alive');
  const [worst] = ['dead', 'suspect'].filter(state => missing.some(member => member.state === state));
  if (missing.length > 0) {
    const word = worst ?? 'degraded';
    return { name, ok: false, state: word, detail: someOf(missing.map(member => silenceOf(member, word))) };
  }
  const others = [
    [members.filter(({ state }) => state === 'left').length, 'left'],
    [members.filter(({ admitted, state }) => !admitted && state === 'alive').length, 'not admitted yet'],
  ] as const;
  const besides = others.filter(([count]) => count > 0).map(([count, what]) => `, ${count} ${what}`);
  return { name, ok: true, state: 'ok', detail: `${here.length} of ${here.length} alive${besides.join('')}` };
}

function silenceOf({ name, state, seenMs }: Member__Output, word: string): string {
  const told = state === word ? '' : `${state}, `;
  if (state === 'degraded') return `${name}: ${told}loses messages`;
  return `${name}: ${told}${seenMs > 0 ? `silent for ${ageText(seenMs)}` : 'not heard since this agent started'}`;
}

function operationsCheck({ status, operations }: Answers): Check {
  const { operationsFailed, operationsRunning, decisionsDue } = status;
  const name = 'operations';
  if (operationsFailed > 0) {
    const texts = standingFailures(operations).map(operationText);
    return { name, ok: false, state: 'failed', detail: someOf(texts) || `${operationsFailed} failed` };
  }
  if (operationsRunning > 0) {
    const texts = operations.filter(({ outcome }) => outcome === 'running').map(operationText);
    return { name, ok: false, state: 'running', detail: someOf(texts) || `${operationsRunning} running` };
  }
  if (decisionsDue > 0)
    return { name, ok: false, state: 'starting', detail: `${decisionsDue} about to begin` };
  return { name, ok: true, state: 'ok', detail: 'none running' };
}

function serviceChecks({ members }: Answers): Check[] {
  const nodes = new Map<string, { readonly member: string; readonly report: ServiceReport__Output }[]>();
  // A node that is gone reports nothing; that it is gone is told by the check of the members.
  for (const member of members.filter(({ state }) => state !== 'dead' && state !== 'left')) {
    for (const report of worstReports(member)) {
      // Without the programs, or once it has given its role up, it has no part in the service, and is a member like any other.
      if (report.state === 'absent' || report.state === 'released') continue;
      const known = nodes.get(report.service) ?? [];
      known.push({ member: member.name, report });
      nodes.set(report.service, known);
    }
  }
  return [...nodes].map(([name, reports]): Check => {
    const unready = reports.filter(({ report }) => !['ready', 'draining', 'drained'].includes(report.state));
    if (unready.length === 0) {
      const { length } = reports;
      const warned = reports.filter(({ report }) => isWarning(report));
      const warnings =
        warned.length === 0
          ? []
          : [someOf(warned.map(({ member, report }) => `${member}: ${report.detail}`))];
      return {
        name,
        ok: true,
        state: 'ok',
        detail: [`${length} of ${length} ${length === 1 ? 'node' : 'nodes'} ready`, ...warnings].join('; '),
      };
    }
    const state = unready.some(({ report }) => report.state === 'failing') ? 'failing' : 'starting';
    const shown = unready.filter(({ report }) => state !== 'failing' || report.state === 'failing');
    return {
      name,
      ok: false,
      state,
      detail: someOf(shown.map(({ member, report }) => `${member}: ${reportText(report)}`)),
    };
  });
}

function reportText({ state, step, reason, detail }: ServiceReport__Output): string {
  const what = detail || reason || state;
  return step === '' ? what : `${what} (step ${step})`;
}

/** The first few of `texts`, and how many more there are. */
function someOf(texts: readonly string[]): string {
  const shown = texts.slice(0, namesShownMax).join('; ');
  return texts.length > namesShownMax ? `${shown}; and ${texts.length - namesShownMax} more` : shown;
}
