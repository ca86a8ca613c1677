// What a fake agent says: the lab of STYLE.md section C, atlas to dione, in which some things have gone wrong.
import { readFileSync } from 'node:fs';
import type { status } from '@grpc/grpc-js';
import type { Event } from '../../src/api/gen/clusteros/v1/Event.ts';
import type { Finding } from '../../src/api/gen/clusteros/v1/Finding.ts';
import type { LeaderReply } from '../../src/api/gen/clusteros/v1/LeaderReply.ts';
import type { Member } from '../../src/api/gen/clusteros/v1/Member.ts';
import type { MembersReply } from '../../src/api/gen/clusteros/v1/MembersReply.ts';
import type { Operation } from '../../src/api/gen/clusteros/v1/Operation.ts';
import type { RecoveredJob } from '../../src/api/gen/clusteros/v1/RecoveredJob.ts';
import type { ServicePart } from '../../src/api/gen/clusteros/v1/ServicePart.ts';
import type { ServiceReport } from '../../src/api/gen/clusteros/v1/ServiceReport.ts';
import type { ShowMemberReply } from '../../src/api/gen/clusteros/v1/ShowMemberReply.ts';
import type { ShowServiceReply } from '../../src/api/gen/clusteros/v1/ShowServiceReply.ts';
import type { StatusReply } from '../../src/api/gen/clusteros/v1/StatusReply.ts';
import type { VersionReply } from '../../src/api/gen/clusteros/v1/VersionReply.ts';
import type { VotingReply } from '../../src/api/gen/clusteros/v1/VotingReply.ts';

export interface Lab {
  version: VersionReply;
  status: StatusReply;
  members: MembersReply & { members: Member[] };
  shown: ShowMemberReply[];
  leader: LeaderReply | { refused: string; detail: string; status?: status };
  voting: VotingReply;
  /** How Kubernetes fares; of a lab that has none it has no parts. */
  k3s: ShowServiceReply & { parts: ServicePart[] };
  /** How SLURM fares. */
  slurm: ShowServiceReply & { parts: ServicePart[] };
  recoveredJobs: RecoveredJob[];
  /** What members answer for a service, by `SERVICE VERB MEMBER`, or by `SERVICE VERB` when none is named; an Error says why one cannot. */
  serviceAnswers: Record<string, unknown>;
  /** What the agent would write into a backup. */
  backup: string;
  operations: Operation[];
  events: Event[];
  findings: Finding[];
  tailnetClient?:
    | {
        readonly id: string;
        readonly secret: string;
        readonly tags: readonly string[];
        readonly apiUrl: string;
      }
    | undefined;
  /** The wall clock. */
  nowMs: number;
}

const second = 1000;
const hour = 3600 * second;
export const nowMs = Date.parse('2026-11-23T12:00:00Z');

export const ownVersion = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

const ids = {
  atlas: '0a'.repeat(16),
  borea: '0b'.repeat(16),
  ceres: '0c'.repeat(16),
  dione: '0d'.repeat(16),
};

export function report(service: string, role: string, state = 'ready', detail = ''): ServiceReport {
  const failed = state === 'failing';
  return {
    ...{ service, role, token: 21, state, detail },
    step: failed ? 'start-slurmd' : '',
    reason: failed ? 'config-differs' : '',
  };
}

function member(name: keyof typeof ids, more: Partial<Member>): Member {
  const number = Object.keys(ids).indexOf(name) + 1;
  return {
    ...{ id: ids[name], name, state: 'alive', role: 'voter', address: `100.64.0.${number}:7443`, epoch: 2 },
    ...{ incarnation: number, version: '1.4.0', rttMs: number === 1 ? 0 : 1.25, seenMs: 0, admitted: true },
    services: [report('slurm', 'worker'), report('k3s', 'agent')],
    ...{ loss: 0, tags: {}, capabilities: [] },
    ...more,
  };
}

/** A lab in which ceres is silent, dione has left and SLURM fails on borea, seen from atlas, its leader. */
export function ailingLab(): Lab {
  const lab = soundLab();
  lab.members.members = [
    member('atlas', {
      role: 'leader',
      services: [report('slurm', 'controller'), report('slurm', 'worker'), report('k3s', 'server')],
    }),
    member('borea', {
      seenMs: 1900 + 100,
      services: [
        report('slurm', 'worker', 'failing', 'slurm.conf differs from desired; retry in 20s, attempt 4'),
        report('slurm', 'submit'),
        report('k3s', 'server'),
      ],
    }),
    member('ceres', { state: 'suspect', seenMs: 9 * second }),
    member('dione', {
      ...{ state: 'left', role: 'observer', version: '1.3.2', seenMs: 2 * hour, rttMs: 0, services: [] },
    }),
  ];
  const well = { state: 'up', rttMs: 0.6, loss: 0, heardMs: 300 };
  lab.shown = [
    {
      member: {
        ...member('ceres', { state: 'suspect', seenMs: 9 * second }),
        ...{ tags: { site: 'north' }, capabilities: ['arch=x86_64', 'cores=8'] },
      },
      sights: [
        {
          ...{ peer: 'atlas', ofPeer: { state: 'unknown' } },
          ofMember: { state: 'silent', rttMs: 1.3, loss: 0.4, heardMs: 9 * second },
        },
        { peer: 'borea', ofMember: well, ofPeer: { state: 'unknown' } },
      ],
      accusers: ['atlas'],
    },
    {
      member: member('borea', { state: 'degraded' }),
      sights: ['atlas', 'ceres'].map(peer => ({
        ...{ peer, ofMember: { ...well, state: 'lossy', loss: 0.62 } },
        ofPeer: { ...well, state: 'lossy', loss: 0.55 },
      })),
      accusers: [],
    },
  ];
  lab.members.votersAnswering = 2;
  lab.status.votersAnswering = 2;
  lab.status.operationsRunning = 1;
  lab.status.operationsFailed = 1;
  lab.operations = [
    operation(21, 'atlas', 'done'),
    operation(22, 'borea', 'failed'),
    operation(23, 'ceres', 'running'),
  ];
  return lab;
}

/** One member's part in SLURM, as `clusterctl service show` is told of it. */
function part(member: string, role: string, change: Partial<ServicePart> = {}): ServicePart {
  const nothing = { memberState: 'alive', holds: false, copy: '', behindMs: 0, copiedAtMs: 0 };
  return { member, report: report('slurm', role), ...nothing, ...change };
}

const copiedAtMs = nowMs - 4000;

/** The same lab on a good day: atlas, borea and ceres, all well. */
export function soundLab(): Lab {
  const voters = { voters: 3, votersAnswering: 3, quorum: 2 };
  return {
    version: { version: ownVersion, node: process.version, protocol: 1 },
    slurm: {
      service: 'slurm',
      parts: [
        part('atlas', 'controller', { holds: true, copy: 'current', copiedAtMs }),
        part('borea', 'standby', { copy: 'current', copiedAtMs }),
        part('ceres', 'standby', { copy: 'behind', behindMs: 1500, copiedAtMs: copiedAtMs - 1500 }),
        part('borea', 'worker'),
        part('ceres', 'worker', { report: report('slurm', 'worker', 'failing', 'slurmd does not start') }),
      ],
    },
    k3s: { service: 'k3s', parts: [] },
    serviceAnswers: {},
    recoveredJobs: [
      { formerId: 1234, id: 11_236, user: 'ann', name: 'train', note: '', atMs: nowMs - 60_000 },
      {
        ...{ formerId: 1235, id: 0, user: '', name: '', atMs: nowMs - 60_000 },
        note: 'it is not known whose it was',
      },
    ],
    status: {
      ...{ id: ids.atlas, name: 'atlas', address: '100.64.0.1:7443', version: '1.4.0', clusterId: 'c1' },
      ...{ clusterName: 'lab', epoch: 2, uptimeMs: 76 * hour, role: 'leader', term: 7, leader: 'atlas' },
      ...{ leaderSinceMs: 76 * hour, logIndex: 40, appliedIndex: 40, inputsDropped: 0, waitingFor: '' },
      ...{ ...voters, operationsRunning: 0, operationsFailed: 0, decisionsDue: 0 },
    },
    members: {
      members: [
        member('atlas', { role: 'leader' }),
        member('borea', { seenMs: 400 }),
        member('ceres', { seenMs: 1999 }),
      ],
      ...{ leader: 'atlas', term: 7, ...voters },
    },
    shown: [],
    leader: {
      ...{ id: ids.atlas, name: 'atlas', address: '100.64.0.1:7443', term: 7, sinceMs: 76 * hour },
      confirmed: true,
    },
    backup: '{}',
    voting: {
      wanted: 3,
      nodes: [
        { id: ids.atlas, name: 'atlas', role: 'leader', wish: '', why: 'one of the 3 chosen' },
        { id: ids.borea, name: 'borea', role: 'voter', wish: '', why: 'one of the 3 chosen' },
        { id: ids.ceres, name: 'ceres', role: 'voter', wish: 'always', why: 'an operator wants it to vote' },
        {
          id: ids.dione,
          name: 'dione',
          role: 'learner',
          wish: '',
          why: 'up to date, takes the place of a voter',
        },
      ],
    },
    operations: [operation(21, 'atlas', 'done')],
    findings: [
      { stage: 'clock', state: 'ok', text: '2026-11-27 01:00:00 UTC, synchronised', mend: '' },
      {
        stage: 'login',
        state: 'broken',
        text: 'this machine is not signed in',
        mend: 'run "tailscale-auth"',
      },
    ],
    events: [
      event(2 * hour, 'leader.elected', 'atlas', 'atlas leads in term 7', { term: '7' }),
      event(9 * second, 'member.suspected', 'ceres', 'ceres does not answer', { accusers: '2' }),
    ],
    nowMs,
  };
}

/** A sound lab whose three members are servers of Kubernetes; atlas is the keeper and has the newest datastore. */
export function kubernetesLab(): Lab {
  const lab = soundLab();
  const names = ['atlas', 'borea', 'ceres'] as const;
  lab.members.members = names.map((name, i) =>
    member(name, {
      role: i === 0 ? 'leader' : 'voter',
      services: [
        ...(i === 0 ? [report('k3s', 'keeper')] : []),
        { ...report('k3s', 'server'), token: 30 + i },
      ],
    }),
  );
  lab.k3s.parts = lab.members.members.flatMap(({ name, services = [] }) =>
    services.map(each => part(name ?? '', each.role ?? '', { report: each, holds: each.role === 'keeper' })),
  );
  const snapshot = (name: string, ageMs: number, bytes: number) => ({ name, atMs: nowMs - ageMs, bytes });
  const datastore = (index: number, ageMs: number) => ({
    ...{ isMember: true, running: true, index, changedAtMs: nowMs - ageMs },
  });
  lab.serviceAnswers = {
    'k3s snapshots atlas': { snapshots: [snapshot('before-upgrade-atlas-1764000000', 2 * hour, 3_400_000)] },
    'k3s snapshots borea': { snapshots: [snapshot('etcd-snapshot-borea-1764040000', hour, 3_500_000)] },
    'k3s snapshots ceres': { snapshots: [] },
    'k3s datastore atlas': datastore(900, 5 * second),
    'k3s datastore borea': { ...datastore(700, 300 * second), running: false },
    'k3s datastore ceres': datastore(700, 60 * second),
  };
  return lab;
}

export function event(
  ageMs: number,
  name: string,
  about: string,
  message: string,
  fields: Record<string, string> = {},
): Event {
  return { atMs: nowMs - ageMs, event: name, member: about, message, fields };
}

export function operation(id: number, member: string, outcome: 'running' | 'done' | 'failed'): Operation {
  const openedAtMs = nowMs - 300 * second + id * second;
  return {
    ...{ id, kind: 'join', service: 'slurm', role: 'worker', member, outcome, token: id, openedAtMs },
    reason: outcome === 'failed' ? 'munge-missing' : '',
    closedAtMs: outcome === 'running' ? 0 : openedAtMs + 95 * second,
    steps: [
      { name: 'write-config', state: 'done', detail: '' },
      {
        name: 'start-slurmd',
        state: outcome,
        detail: outcome === 'failed' ? 'munged is not installed: run "apt install munge"' : '',
      },
    ],
  };
}
