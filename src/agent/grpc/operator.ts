// What an operator asks the cluster for, through whichever agent: who leads, who votes, what is kept. Has it decided by the
// leader, wherever that is and though it may change meanwhile; each request is decided once.
import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import type { BackupReply } from '../../api/gen/clusteros/v1/BackupReply.ts';
import type { ChangeVotingRequest__Output } from '../../api/gen/clusteros/v1/ChangeVotingRequest.ts';
import type { DrainMemberReply } from '../../api/gen/clusteros/v1/DrainMemberReply.ts';
import type { DrainMemberRequest__Output } from '../../api/gen/clusteros/v1/DrainMemberRequest.ts';
import type { LeaderReply } from '../../api/gen/clusteros/v1/LeaderReply.ts';
import type { RemoveMemberReply } from '../../api/gen/clusteros/v1/RemoveMemberReply.ts';
import type { RemoveMemberRequest__Output } from '../../api/gen/clusteros/v1/RemoveMemberRequest.ts';
import type { RestoreReply } from '../../api/gen/clusteros/v1/RestoreReply.ts';
import type { RestoreRequest__Output } from '../../api/gen/clusteros/v1/RestoreRequest.ts';
import type { ResumeMemberRequest__Output } from '../../api/gen/clusteros/v1/ResumeMemberRequest.ts';
import type { VotingReply } from '../../api/gen/clusteros/v1/VotingReply.ts';
import { type OperatorCommand, operatorCommandFrom } from '../../election/command.ts';
import { drainReasonLengthMax } from '../../election/limits.ts';
import type { Session } from '../../election/sessions.ts';
import type { Host } from '../../integrations/host.ts';
import { isReachable, type MemberRecord } from '../../membership/member.ts';
import type { Agent } from '../agent.ts';
import { type Backup, backupFrom, backupText, restoreOf } from '../backup.ts';
import type { Finding } from '../doctor/finding.ts';
import { decisionRetryMs, decisionSeenMs, decisionTimeoutMs, handOverSeenMs } from '../limits.ts';
import type { Answer } from '../requests.ts';
import type { StateCopies } from '../state-copies.ts';
import type { Tags } from '../tags.ts';
import { roleOf } from '../view.ts';
import type { PeerCalls } from './peer-calls.ts';
import { Refusal } from './refusal.ts';

export interface Administered {
  readonly agent: Agent;
  readonly peers: PeerCalls;
  /** Of this machine. */
  readonly host: Host;
  /** Changes this node's own tags, durably. */
  readonly tag: (set: Tags, remove: readonly string[]) => Promise<Tags>;
  /** Looks at this machine, link by link. */
  readonly diagnose: () => AsyncIterable<Finding>;
  /** Of the role whose state is copied. */
  readonly copies: Pick<StateCopies, 'service' | 'role' | 'newest'>;
}

/** Who leads, and whether a majority has just confirmed it. @throws Refusal when nobody does */
export async function leaderOf(administered: Administered): Promise<LeaderReply> {
  const { agent } = administered;
  const { leader, role } = agent.leadership;
  const { refused } = await confirmed(administered);
  if (refused !== undefined && role === 'leader')
    throw new Refusal(
      ...([status.UNAVAILABLE, 'no-quorum'] as const),
      `this node led, but no majority of the voters confirms it (${refused})`,
    );
  const address = agent.record(leader)?.address ?? '';
  const { term, sinceMs } = agent.leadership;
  const since = Math.round(agent.nowMs - sinceMs);
  const isConfirmed = refused === undefined;
  return { id: leader, name: agent.nameOf(leader), address, term, sinceMs: since, confirmed: isConfirmed };
}

/** Has the leader confirmed by a majority, wherever it is, and up to where a reader must see. @throws Refusal when none is known */
async function confirmed({ agent, peers }: Administered): Promise<Answer> {
  const { role, leader } = agent.leadership;
  if (leader === '') throw noLeader(agent);
  if (role === 'leader') return agent.readIndex();
  const address = agent.record(leader)?.address ?? '';
  // A leader that does not answer is told of as unconfirmed.
  return peers.confirm({ id: leader, address }).catch(() => ({ index: 0, refused: 'no-answer' }));
}

function noLeader({ waitingFor }: Agent): Refusal {
  const why = 'no leader is known: a majority of the voters cannot be reached';
  return new Refusal(
    status.UNAVAILABLE,
    'no-leader',
    waitingFor === '' ? why : `no cluster yet: ${waitingFor}`,
  );
}

const transferRefusals: Readonly<Record<string, string>> = {
  'target-silent': 'it did not take over in time, and the former leader leads on',
  busy: 'another hand-over is under way',
  'not-leader': 'the leader has just changed: ask again',
};

/** Has the leader hand over, wherever it is, and answers with who leads then. */
export async function transferLeader(administered: Administered, name: string): Promise<LeaderReply> {
  const { agent, peers } = administered;
  const target = name === '' ? '' : memberNamed(administered, name).id;
  const { leader, role } = agent.leadership;
  if (leader === '') return leaderOf(administered);
  if (leader === target) return leaderOf(administered);
  const address = agent.record(leader)?.address ?? '';
  const refused =
    role === 'leader'
      ? ((await agent.handOver(target)) ?? '')
      : await peers.handOver({ id: leader, address }, target).catch(unreachable(agent.nameOf(leader)));
  if (refused === 'no-such-voter')
    throw new Refusal(
      ...([status.FAILED_PRECONDITION, 'no-voter'] as const),
      name === '' ? 'there is no other voter that answers' : `${name} is no voter, and only a voter can lead`,
    );
  if (refused !== '')
    throw new Refusal(
      status.UNAVAILABLE,
      refused,
      transferRefusals[refused] ?? `the leader refused (${refused})`,
    );
  await agent.until(() => !['', leader].includes(agent.leadership.leader), handOverSeenMs);
  return leaderOf(administered);
}

/** Who votes, and why, as this agent sees it. */
export function votingOf(agent: Agent): VotingReply {
  const { voting } = agent.state;
  const why = agent.voterReasons();
  const nodes = [...why].map(([id, reason]) => ({
    ...{ id, name: agent.nameOf(id), why: reason, wish: voting.wishes[id] ?? '' },
    role: roleOf(id, agent.leadership.leader, agent.configuration),
  }));
  return { wanted: voting.wanted, nodes: nodes.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

export async function changeVoting(
  administered: Administered,
  { member, wish, count, client }: ChangeVotingRequest__Output,
): Promise<VotingReply> {
  const { agent } = administered;
  const commands: unknown[] = [];
  if (member !== '') commands.push({ kind: 'wish', node: memberNamed(administered, member).id, wish });
  if (count !== 0) commands.push({ kind: 'want-voters', count });
  const session = sessionsOf(client);
  for (const each of commands) {
    const command = operatorCommandFrom(Buffer.from(JSON.stringify(each)));
    if (!command)
      throw new Refusal(
        status.INVALID_ARGUMENT,
        'bad-request',
        'voters are 1, 3 or 5; a wish is always, never or none',
      );
    await decide(administered, command, session());
  }
  const seen = () =>
    (count === 0 || agent.state.voting.wanted === count) &&
    (member === '' || (agent.state.voting.wishes[memberNamed(administered, member).id] ?? 'none') === wish);
  await agent.until(seen, decisionSeenMs);
  return votingOf(agent);
}

/** Takes a member out for good; one that is alive only when forced. */
export async function removeMember(
  administered: Administered,
  { member, force, client }: RemoveMemberRequest__Output,
): Promise<RemoveMemberReply> {
  const { agent } = administered;
  const { id, state } = memberNamed(administered, member);
  const name = agent.nameOf(id);
  if (isReachable(state) && !force)
    throw new Refusal(
      ...([status.FAILED_PRECONDITION, 'still-alive'] as const),
      `${name} is ${state}: stop its agent first, or use --force`,
    );
  const view = agent.view();
  const harm = agent.options.integrations
    .map(each => each.removalHarm?.(view, id) ?? '')
    .find(each => each !== '');
  // What is lost with a machine is lost, and that it is gone for good only an operator knows; one that is there can do it in order.
  if (harm !== undefined && (isReachable(state) || !force))
    throw new Refusal(
      ...([status.FAILED_PRECONDITION, 'needed'] as const),
      isReachable(state) ? harm : `${harm}; --force takes it out all the same`,
    );
  await decide(
    administered,
    { kind: 'remove', node: id, atMs: Math.round(agent.wallMs) },
    sessionsOf(client)(),
  );
  await agent.until(() => Object.hasOwn(agent.state.removed, id), decisionSeenMs);
  return { id, name };
}

/** No new work for a member, and what runs there moved elsewhere in time when asked for. */
export async function drainMember(
  administered: Administered,
  { member, reason, requeue, requeueAfterMs, client }: DrainMemberRequest__Output,
): Promise<DrainMemberReply> {
  const { agent } = administered;
  const { id } = memberNamed(administered, member);
  const requeueAtMs = requeue ? Math.max(1, Math.round(agent.wallMs + requeueAfterMs)) : 0;
  const asked = JSON.stringify({ kind: 'drain', node: id, reason, requeueAtMs });
  const command = operatorCommandFrom(Buffer.from(asked));
  if (!command)
    throw new Refusal(
      ...([status.INVALID_ARGUMENT, 'bad-request'] as const),
      `a reason is one line of 1 to ${drainReasonLengthMax} characters without quotes`,
    );
  await decide(administered, command, sessionsOf(client)());
  await agent.until(() => Object.hasOwn(agent.state.drains, id), decisionSeenMs);
  return { id, name: agent.nameOf(id) };
}

/** Work for a member again. */
export async function resumeMember(
  administered: Administered,
  { member, client }: ResumeMemberRequest__Output,
): Promise<DrainMemberReply> {
  const { agent } = administered;
  const { id } = memberNamed(administered, member);
  await decide(administered, { kind: 'resume', node: id }, sessionsOf(client)());
  await agent.until(() => !Object.hasOwn(agent.state.drains, id), decisionSeenMs);
  return { id, name: agent.nameOf(id) };
}

/** All that was decided before the call. */
export async function backup(administered: Administered): Promise<BackupReply> {
  const { agent } = administered;
  const { index, refused } = await confirmed(administered);
  if (refused === undefined) await agent.until(() => agent.logIndexes.applied >= index, decisionSeenMs);
  const { applied } = agent.logIndexes;
  if (refused !== undefined || applied < index)
    throw new Refusal(
      ...([status.UNAVAILABLE, 'no-quorum'] as const),
      `a backup needs a majority of the voters (${refused ?? 'this node is behind'}): nothing was written`,
    );
  const text = backupText({ atMs: Math.round(agent.wallMs), index: applied, state: agent.state });
  return { content: Buffer.from(text), index: applied };
}

/** Brings back what a backup holds, or with `dryRun` only says what that would change. */
export async function restore(
  administered: Administered,
  { content, dryRun, client }: RestoreRequest__Output,
): Promise<RestoreReply> {
  const { command, changes } = await restorationFrom(administered, Buffer.from(content).toString('utf8'));
  if (dryRun || changes.length === 0) return { changes: [...changes] };
  await decide(administered, command, sessionsOf(client)());
  return { changes: [...changes] };
}

async function restorationFrom(
  { agent, host }: Pick<Administered, 'agent' | 'host'>,
  text: string,
): Promise<ReturnType<typeof restoreOf>> {
  try {
    const kept: Backup = backupFrom(text);
    const bound = agent.options.integrations.flatMap(each => each.boundSecrets ?? []);
    const refused: Record<string, string> = {};
    for (const { name, settings: book } of agent.options.integrations) {
      const wished = kept.state.settings[name]?.settings;
      const isNews = JSON.stringify(wished) !== JSON.stringify(agent.state.settings[name]?.settings);
      if (!wished || !isNews) continue;
      // What a living cluster cannot be given any more, such as other addresses for its pods.
      const judged = await book.judge(host, agent.view(), wished);
      if ('refused' in judged) refused[name] = judged.refused;
    }
    return restoreOf(kept, agent.state, agent.options.sealer, bound, refused);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Refusal(status.INVALID_ARGUMENT, 'bad-backup', `this backup cannot be restored: ${reason}`);
  }
}

/** One session for one request of a client; its commands are numbered. */
export function sessionsOf(client: string): () => Session {
  const name = client === '' ? randomUUID() : client;
  let seq = 0;
  return () => {
    seq += 1;
    return { client: name, seq };
  };
}

const refusalTexts: Readonly<Record<string, string>> = {
  'unknown-node': 'only a node that was admitted has a part in the cluster',
  'too-large': 'it is larger than any decision may be (1 MiB)',
  'last-node': 'it is the last node: a cluster without nodes decides nothing',
  'moved-meanwhile': 'the role was given to another meanwhile: look again, then ask again',
  'holds-it-already': 'it has the role already',
  'not-drained': 'it is not drained',
  'already-running': 'just that is under way: see "clusterctl operations"',
  'settings-changed-meanwhile': 'somebody has changed the settings meanwhile: look again, then set them',
  'secret-exists': 'somebody has given the cluster such a secret meanwhile: ask again to replace it',
  'no-such-secret': 'the cluster holds no such secret',
};
/** What another leader, or the same one a moment later, may answer differently. */
const passing = [
  ...['no-leader', 'not-leader', 'leadership-lost', 'handing-over'],
  ...['busy', 'timed-out', 'unreachable'],
];

/** Of these, the ones after which it may be decided all the same, by whoever leads next. */
const doubtful = ['leadership-lost', 'timed-out', 'unreachable'];

/**
 * Has a command decided by whoever leads, asking again while leadership changes: with its session it is done once.
 * @throws Refusal when nobody has for `decisionTimeoutMs`, or it was refused
 */
export async function decide(
  administered: Administered,
  command: OperatorCommand,
  session: Session,
): Promise<void> {
  const { agent } = administered;
  const untilMs = agent.nowMs + decisionTimeoutMs;
  let inDoubt = false;
  for (;;) {
    const { refused, leader } = await askToDecide(administered, command, session);
    if (refused === '') return;
    const text = refusalTexts[refused];
    if (text !== undefined) throw new Refusal(status.FAILED_PRECONDITION, refused, text);
    // What is said of this try says nothing of the tries before.
    inDoubt ||= doubtful.includes(refused);
    if (!passing.includes(refused) || agent.nowMs >= untilMs) {
      const what = `it is not known whether this was decided (${refused}); asking again does no harm`;
      if (inDoubt) throw new Refusal(status.UNAVAILABLE, 'outcome-unknown', what);
      if (refused === 'no-leader') throw noLeader(agent);
      throw new Refusal(status.UNAVAILABLE, refused, `the leader did not decide it (${refused})`);
    }
    // A change of leadership ends the wait; while there is none the leader may just be busy.
    await agent.until(() => !['', leader].includes(agent.leadership.leader), decisionRetryMs);
  }
}

async function askToDecide(
  { agent, peers }: Administered,
  command: OperatorCommand,
  session: Session,
): Promise<{ readonly refused: string; readonly leader: string }> {
  const { leader, role } = agent.leadership;
  if (leader === '') return { refused: 'no-leader', leader };
  if (role === 'leader') return { refused: (await agent.decide(command, session)) ?? '', leader };
  const address = agent.record(leader)?.address ?? '';
  const refused = await peers.decide({ id: leader, address }, command, session).catch(() => 'unreachable');
  return { refused, leader };
}

function unreachable(name: string): (error: { readonly details?: string }) => never {
  return error => {
    const why = error.details ?? String(error);
    throw new Refusal(status.UNAVAILABLE, 'unreachable', `${name} cannot be reached: ${why}`);
  };
}

/** The member that goes by `name`, or has it for an id. @throws Refusal when there is none */
export function memberNamed({ agent }: Administered, name: string): MemberRecord {
  const named = agent.records().filter(({ id }) => id === name || agent.nameOf(id) === name);
  // One that was taken out may have had the name before.
  const record = named.find(({ id }) => !Object.hasOwn(agent.state.removed, id)) ?? named[0];
  if (record) return record;
  throw new Refusal(status.NOT_FOUND, 'no-such-member', `no member is called ${name}`);
}
