// Answers clusterctl over the agent's unix socket: reads from the agent, changes nothing. Each answer is this agent's
// own view, at once; only a leader's claim to lead asks the others first.
import { chmod, mkdir, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import {
  Server,
  ServerCredentials,
  type ServerWritableStream,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { AdminServiceHandlers } from '../../api/gen/clusteros/v1/AdminService.ts';
import type { DiagnoseRequest__Output } from '../../api/gen/clusteros/v1/DiagnoseRequest.ts';
import type { Finding as WireFinding } from '../../api/gen/clusteros/v1/Finding.ts';
import type { Member } from '../../api/gen/clusteros/v1/Member.ts';
import type { MembersReply } from '../../api/gen/clusteros/v1/MembersReply.ts';
import type { OperationsReply } from '../../api/gen/clusteros/v1/OperationsReply.ts';
import type { ShowMemberReply } from '../../api/gen/clusteros/v1/ShowMemberReply.ts';
import type { Sight } from '../../api/gen/clusteros/v1/Sight.ts';
import type { StatusReply } from '../../api/gen/clusteros/v1/StatusReply.ts';
import type { TagMemberReply } from '../../api/gen/clusteros/v1/TagMemberReply.ts';
import type { TagMemberRequest__Output } from '../../api/gen/clusteros/v1/TagMemberRequest.ts';
import { protocolVersion, v1 } from '../../api/proto.ts';
import { quorumOf } from '../../election/quorum.ts';
import { accusersOf, isEnded, isReachable, type MemberRecord } from '../../membership/member.ts';
import type { Agent } from '../agent.ts';
import type { ClusterEvent } from '../events.ts';
import { adminBufferBytesMax, eventsMax } from '../limits.ts';
import { lookAt, type Sighting } from '../look.ts';
import { exitCode, StartError } from '../start-error.ts';
import { TagError } from '../tags.ts';
import { roleOf } from '../view.ts';
import {
  type Administered,
  backup,
  changeVoting,
  drainMember,
  leaderOf,
  memberNamed,
  removeMember,
  restore,
  resumeMember,
  transferLeader,
  votingOf,
} from './operator.ts';
import { Refusal, reply } from './refusal.ts';
import { callService, forgetService, recoverService } from './service-calls.ts';
import { moveService, recoveredJobs, rotateKey, showService } from './services.ts';
import { configure, showSettings } from './settings.ts';
import { createTailnetKey, keepTailnetClient } from './tailnet-keys.ts';

export interface AdminServer {
  close(): void;
}

/** Serves an agent on the unix socket `path`, which has been cleared, for its owner only. @throws StartError when the socket cannot be had */
export async function serveAdmin(administered: Administered, path: string): Promise<AdminServer> {
  const server = new Server();
  server.addService(
    v1.AdminService.service,
    handlersOf(administered) as unknown as UntypedServiceImplementation,
  );
  // The socket must not be open to others even for a moment.
  const umask = process.umask(0o077);
  try {
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), error =>
        error ? reject(error) : resolve(),
      );
    });
    await chmod(path, 0o600);
  } catch (error) {
    throw new StartError(
      `admin socket ${path} cannot be made (${(error as Error).message}): choose another with --set admin.socket=PATH`,
    );
  } finally {
    process.umask(umask);
  }
  return { close: () => server.forceShutdown() };
}

/** Makes the folder of the socket, and takes away what a dead agent left. @throws StartError when a living one is behind it */
export async function clearAdminSocket(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const living = await new Promise<boolean>((resolve, reject) => {
      const socket = connect(path, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(false);
        else reject(error);
      });
    });
    if (living)
      throw new StartError(
        `admin socket ${path} is in use by another agent: stop it, or choose another with --set admin.socket=PATH`,
      );
    await unlink(path).catch(error => {
      if (error.code !== 'ENOENT') throw error;
    });
  } catch (error) {
    if (error instanceof StartError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const mend = 'start the agent as root, or choose another with --set admin.socket=PATH';
    throw new StartError(
      `admin socket ${path} cannot be made (${code}): ${mend}`,
      code === 'EACCES' ? exitCode.denied : exitCode.failed,
    );
  }
}

function handlersOf(administered: Administered): AdminServiceHandlers {
  const { agent } = administered;
  return {
    Version: (_call, answer) =>
      answer(null, { version: agent.options.version, node: process.version, protocol: protocolVersion }),
    Status: (_call, answer) => answer(null, statusOf(agent)),
    Members: (_call, answer) => answer(null, membersOf(agent)),
    WatchMembers: call => watch(agent, call, () => membersOf(agent)),
    Voting: (_call, answer) => answer(null, votingOf(agent)),
    ChangeVoting: ({ request }, answer) => reply(changeVoting(administered, request), answer),
    RemoveMember: ({ request }, answer) => reply(removeMember(administered, request), answer),
    DrainMember: ({ request }, answer) => reply(drainMember(administered, request), answer),
    ResumeMember: ({ request }, answer) => reply(resumeMember(administered, request), answer),
    Backup: (_call, answer) => reply(backup(administered), answer),
    Restore: ({ request }, answer) => reply(restore(administered, request), answer),
    ShowMember: ({ request }, answer) => reply(showMember(administered, request.member), answer),
    TagMember: ({ request }, answer) => reply(tagMember(administered, request), answer),
    ShowService: ({ request }, answer) => reply(showService(administered, request.service), answer),
    MoveService: ({ request }, answer) => reply(moveService(administered, request), answer),
    RotateKey: ({ request }, answer) => reply(rotateKey(administered, request), answer),
    KeepTailnetClient: ({ request }, answer) => reply(keepTailnetClient(administered, request), answer),
    CreateTailnetKey: ({ request }, answer) => reply(createTailnetKey(administered, request), answer),
    ShowSettings: ({ request: { service } }, answer) =>
      reply(Promise.try(showSettings, administered, service), answer),
    Configure: ({ request }, answer) => reply(configure(administered, request), answer),
    RecoveredJobs: ({ request }, answer) => answer(null, recoveredJobs(agent, request.service)),
    CallService: ({ request }, answer) => reply(callService(administered, request), answer),
    RecoverService: ({ request }, answer) => reply(recoverService(administered, request), answer),
    ForgetService: ({ request }, answer) => reply(forgetService(administered, request), answer),
    Operations: (_call, answer) => answer(null, operationsOf(agent)),
    WatchOperations: call => watch(agent, call, () => operationsOf(agent)),
    Leader: (_call, answer) => reply(leaderOf(administered), answer),
    TransferLeader: ({ request }, answer) => reply(transferLeader(administered, request.member), answer),
    Events: call => {
      const { follow, sinceMs } = call.request;
      const oldestMs = sinceMs > 0 ? agent.wallMs - sinceMs : 0;
      for (const event of agent.events.recent()) if (event.atMs >= oldestMs) call.write(wireEvent(event));
      if (!follow) {
        call.end();
        return;
      }
      const stop = agent.events.listen(event => {
        if (call.writableLength > adminBufferBytesMax)
          call.emit('error', {
            code: status.RESOURCE_EXHAUSTED,
            details: `the reader is more than ${eventsMax} events behind`,
          });
        else call.write(wireEvent(event));
      });
      call.on('cancelled', stop);
      call.on('error', stop);
      call.on('close', stop);
    },
    Diagnose: call => {
      tellFindings(administered, call).catch((error: Error) =>
        call.emit('error', { code: status.INTERNAL, details: error.message }),
      );
    },
  };
}

async function tellFindings(
  { diagnose }: Administered,
  call: ServerWritableStream<DiagnoseRequest__Output, WireFinding>,
): Promise<void> {
  for await (const finding of diagnose()) {
    if (call.cancelled) return;
    call.write(finding);
  }
  call.end();
}

/** Sends the answer now and after each change of it. */
function watch<Request, Reply extends object>(
  agent: Agent,
  call: ServerWritableStream<Request, Reply>,
  answer: () => Reply,
): void {
  let last = '';
  const send = () => {
    const reply = answer();
    // Ages, round trips and losses change all the time; they are no news.
    const text = JSON.stringify(reply, (key, value) =>
      key === 'rttMs' || key === 'seenMs' || key === 'loss' ? undefined : value,
    );
    if (text === last || call.writableLength > adminBufferBytesMax) return;
    last = text;
    call.write(reply);
  };
  const stop = agent.listen(send);
  call.on('cancelled', stop);
  call.on('error', stop);
  call.on('close', stop);
  send();
}

function votersOf(agent: Agent): { voters: number; votersAnswering: number; quorum: number } {
  const { voters } = agent.configuration;
  const alive = new Set(
    agent
      .records()
      .filter(({ state }) => isReachable(state))
      .map(record => record.id),
  );
  return {
    voters: voters.length,
    votersAnswering: voters.filter(id => alive.has(id)).length,
    quorum: voters.length === 0 ? 0 : quorumOf(voters.length),
  };
}

function statusOf(agent: Agent): StatusReply {
  const { id, epoch, name, address, version } = agent.options;
  const { term, leader, sinceMs } = agent.leadership;
  const { clusterId, clusterName, operations } = agent.state;
  const { last, applied } = agent.logIndexes;
  return {
    ...{ id, epoch, address, version, clusterId, clusterName, term },
    ...votersOf(agent),
    name: clusterId === '' ? name : agent.nameOf(id),
    uptimeMs: Math.round(agent.nowMs - agent.startedAtMs),
    role: roleOf(id, leader, agent.configuration),
    leader: leader === '' ? '' : agent.nameOf(leader),
    leaderSinceMs: leader === '' ? 0 : Math.round(agent.nowMs - sinceMs),
    logIndex: last,
    appliedIndex: applied,
    inputsDropped: agent.inputsDropped,
    operationsRunning: operations.filter(({ outcome }) => outcome === 'running').length,
    operationsFailed: standingFailures(agent),
    decisionsDue: agent.decisionsDue(),
    waitingFor: agent.waitingFor,
  };
}

/** Why operations ended that somebody else has taken on. */
const isNoTrouble: ReadonlySet<string> = new Set(['role-moved', 'asked-anew']);

/** Failed operations that no later operation of the same grant has made good, and that nobody else has taken on. */
function standingFailures(agent: Agent): number {
  const latest = new Map<string, string>();
  for (const { service, role, node, outcome, reason } of agent.state.operations)
    latest.set(`${service}/${role}/${node}`, isNoTrouble.has(reason) ? reason : outcome);
  return [...latest.values()].filter(outcome => outcome === 'failed').length;
}

function memberOf(agent: Agent, record: MemberRecord): Member {
  const { id, state, address, epoch, incarnation, version, services, tags, capabilities } = record;
  const { rttMs, loss, heardAgoMs } = agent.contact(id);
  const own = id === agent.options.id;
  return {
    ...{ id, state, address, epoch, incarnation, version, services: [...services] },
    ...{ tags: { ...tags }, capabilities: [...capabilities] },
    name: agent.nameOf(id),
    role: roleOf(id, agent.leadership.leader, agent.configuration),
    ...{ rttMs: rttMs ?? 0, loss: rttMs === undefined ? 0 : loss },
    // One that was never heard of has been silent at least since this agent started.
    seenMs: own ? 0 : Math.round(heardAgoMs ?? agent.nowMs - agent.startedAtMs),
    admitted: Object.hasOwn(agent.state.nodes, id),
    drain: agent.state.drains[id]?.reason ?? '',
  };
}

function membersOf(agent: Agent): MembersReply {
  const { leader, term } = agent.leadership;
  const members = agent
    .records()
    // The last word of one that was taken out is news to nobody, unless it is still there.
    .filter(({ id, state }) => !Object.hasOwn(agent.state.removed, id) || isReachable(state))
    .map(record => memberOf(agent, record))
    .sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
  return { members, leader: leader === '' ? '' : agent.nameOf(leader), term, ...votersOf(agent) };
}

function operationsOf(agent: Agent): OperationsReply {
  return {
    operations: agent.state.operations.map(({ node, openedAtMs, closedAtMs, steps, ...rest }) => ({
      ...rest,
      member: agent.nameOf(node),
      openedAtMs,
      closedAtMs,
      steps: steps.map(step => ({ ...step })),
    })),
  };
}

/** A member, and what it and those that are meant to watch it see of each other; all are asked at once, within `lookTimeoutMs`. */
async function showMember(administered: Administered, name: string): Promise<ShowMemberReply> {
  const { agent, peers } = administered;
  const subject = memberNamed(administered, name);
  const own = agent.options.id;
  const meant = agent.watchersOf(subject.id);
  const watchers = agent.records().filter(({ id, state }) => meant.has(id) && !isEnded(state));
  const look = async (from: MemberRecord, at: readonly string[]) =>
    from.id === own ? at.map(id => lookAt(agent, id)) : peers.look(from, at);
  const [seen, ...sights] = await Promise.all([
    look(
      subject,
      watchers.map(({ id }) => id),
    ),
    ...watchers.map(watcher => look(watcher, [subject.id])),
  ]);
  const pairs = watchers.map((watcher, i) => ({
    peer: agent.nameOf(watcher.id),
    ofMember: sightFrom(sights[i], subject.id),
    ofPeer: sightFrom(seen, watcher.id),
  }));
  return {
    member: memberOf(agent, subject),
    sights: pairs.sort((a, b) => (a.peer < b.peer ? -1 : 1)),
    accusers: accusersOf(subject.accusations)
      .map(id => agent.nameOf(id))
      .sort(),
  };
}

function sightFrom(looks: readonly Sighting[] | undefined, subject: string): Sight {
  const look = looks?.find(each => each.subject === subject);
  if (!look) return { state: 'unknown', rttMs: 0, loss: 0, heardMs: 0 };
  const { state, rttMs, loss, heardMs } = look;
  return { state, rttMs, loss, heardMs };
}

/** Changes tags where they belong: on the member itself. */
async function tagMember(
  administered: Administered,
  request: TagMemberRequest__Output,
): Promise<TagMemberReply> {
  const { agent, peers, tag } = administered;
  const { id, address } = memberNamed(administered, request.member);
  try {
    const tags = await (id === agent.options.id
      ? tag(request.set, request.remove)
      : peers.tag({ id, address }, request.set, request.remove));
    return { tags: { ...tags } };
  } catch (error) {
    const { code, details } = error as { code?: status; details?: string };
    if (error instanceof TagError) throw new Refusal(status.INVALID_ARGUMENT, 'bad-tag', error.message);
    if (code === status.INVALID_ARGUMENT)
      throw new Refusal(code, 'bad-tag', details ?? 'the tags are not allowed');
    const why = details ?? (error instanceof Error ? error.message : String(error));
    throw new Refusal(
      status.UNAVAILABLE,
      'unreachable',
      `${request.member} cannot be reached at ${address}: ${why}`,
    );
  }
}

function wireEvent({ atMs, event, member, message, fields }: ClusterEvent) {
  return {
    atMs,
    event,
    member,
    message,
    fields: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, String(value)])),
  };
}
