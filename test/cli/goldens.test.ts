// What people see, byte for byte. The samples of STYLE.md section C live here, so that they cannot drift.
import assert from 'node:assert/strict';
import test from 'node:test';
import { clusterctl } from './clusterctl.ts';
import { fakeAgent } from './fake-agent.ts';
import { ailingLab, kubernetesLab, type Lab, operation, soundLab } from './lab.ts';

interface Golden {
  readonly title: string;
  readonly lab: () => Lab;
  readonly args: string;
  readonly code?: number;
  readonly stdout: string;
  readonly stderr: string;
}

const absentReport = {
  ...{ service: 'slurm', role: 'worker', token: 0, state: 'absent', step: '', reason: '' },
  detail: 'install slurm-wlm and munge, then "systemctl restart node-agent"',
};

function kubernetesOperationsLab(): Lab {
  const lab = kubernetesLab();
  const named = (states: Readonly<Record<string, string>>) =>
    Object.entries(states).map(([name, state]) => ({ name, state, detail: '' }));
  const service = { service: 'k3s', role: 'server' };
  lab.operations = [
    {
      ...operation(41, 'borea', 'running'),
      ...{ ...service, kind: 'leave' },
      steps: named({ drain: 'running', forget: 'pending', stop: 'pending' }),
    },
    {
      ...operation(42, 'atlas', 'failed'),
      ...{ ...service, kind: 'recover', reason: 'asked-anew' },
      steps: named({ fence: 'running', reset: 'pending' }),
    },
    {
      ...operation(43, 'ceres', 'running'),
      ...{ ...service, kind: 'recover' },
      steps: named({ fence: 'done', reset: 'running' }),
    },
  ];
  lab.status.operationsRunning = 2;
  return lab;
}

const goldens: readonly Golden[] = [
  {
    title: 'a service is shown by its roles, with how near the copies of its state are',
    lab: soundLab,
    args: 'service show slurm',
    stdout: `
ROLE        MEMBER  STATE           COPY       DETAIL
controller  atlas   ready           source     -
standby     borea   ready           current    -
standby     ceres   ready           1s behind  -
worker      borea   ready           -          -
worker      ceres   config-differs  -          slurmd does not start
`,
    stderr: '',
  },
  {
    title: 'a member without SLURM is shown among the others, and is no fault',
    lab: () => {
      const lab = soundLab();
      const [atlas, borea, ceres] = lab.members.members;
      const report = absentReport;
      lab.members.members = [{ ...atlas }, { ...borea }, { ...ceres, services: [report] }];
      return lab;
    },
    args: 'status',
    stdout: `
cluster lab   HEALTHY    6 of 6 checks are ok
leader        ok         atlas, term 7, for 3d 4h
voters        ok         3 of 3 answering, need 2
members       ok         3 of 3 alive
operations    ok         none running
slurm         ok         2 of 2 nodes ready
k3s           ok         2 of 2 nodes ready
`,
    stderr: `
Seen from atlas (100.64.0.1:7443), version 1.4.0, up 3d 4h.
`,
  },
  {
    title: 'members name who has no SLURM',
    lab: () => {
      const lab = soundLab();
      const [atlas, , ceres] = lab.members.members;
      lab.members.members = [{ ...atlas }, { ...ceres, services: [absentReport] }];
      return lab;
    },
    args: 'members --no-headers',
    stdout: `
atlas   alive    leader   100.64.0.1   now      1.4.0    slurm,k3s
ceres   alive    voter    100.64.0.3   now      1.4.0    slurm:absent
`,
    stderr: `
2 members: 2 alive. Leader atlas, term 7. Quorum 2 of 3 voters.
`,
  },
  {
    title: 'a move is told by who holds the role then',
    lab: soundLab,
    args: 'service move slurm --to borea --no-headers',
    stdout: `
controller  borea   ready           source     -
standby     atlas   ready           current    -
standby     ceres   ready           1s behind  -
worker      borea   ready           -          -
worker      ceres   config-differs  -          slurmd does not start
`,
    stderr: '',
  },
  {
    title: 'a move to one that has no current copy is refused',
    lab: soundLab,
    args: 'service move slurm --to ceres',
    code: 2,
    stdout: '',
    stderr: `
error: ceres does not stand by
`,
  },
  {
    title: 'who would get a new key is told without giving it',
    lab: soundLab,
    args: 'service rotate-key slurm --dry-run',
    stdout: `
atlas would get a new key
borea would get a new key
ceres would get it when it is back
`,
    stderr: `
Nothing was changed.
`,
  },
  {
    title: 'a new key is told by who uses it, and who does not',
    lab: soundLab,
    args: 'service rotate-key slurm --yes',
    code: 6,
    stdout: `
atlas has the new key
borea does not use it yet
ceres cannot be reached: gets it when it is back
`,
    stderr: `
hint: "clusterctl service show slurm" says how borea fare
`,
  },
  {
    title: 'a service without a key has none to replace',
    lab: soundLab,
    args: 'service rotate-key k3s --yes',
    code: 5,
    stdout: '',
    stderr: `
error: no service k3s has a key that could be replaced
hint: run "clusterctl members" for the services there are
`,
  },
  {
    title: 'the keeper of Kubernetes holds its role alone, and nothing of it is copied',
    lab: kubernetesLab,
    args: 'service show k3s',
    stdout: `
ROLE        MEMBER  STATE     COPY     DETAIL
keeper      atlas   ready     -        -
server      atlas   ready     -        -
server      borea   ready     -        -
server      ceres   ready     -        -
`,
    stderr: '',
  },
  {
    title: 'what a member that is gone said last is not told as if it were so now',
    lab: () => {
      const lab = kubernetesLab();
      const [keeper, server] = lab.k3s.parts;
      for (const part of [keeper, server]) Object.assign(part ?? {}, { memberState: 'dead' });
      return lab;
    },
    args: 'service show k3s',
    code: 6,
    stdout: `
ROLE        MEMBER  STATE     COPY     DETAIL
keeper      atlas   dead      -        -
server      atlas   dead      -        -
server      borea   ready     -        -
server      ceres   ready     -        -
`,
    stderr: '',
  },
  {
    title: 'Kubernetes without a keeper that is ready is told with its exit code',
    lab: () => {
      const lab = kubernetesLab();
      const [keeper, , borea, ceres] = lab.k3s.parts;
      const trouble = 'listing its nodes failed: connect ECONNREFUSED 127.0.0.1:6443';
      Object.assign(keeper?.report ?? {}, { state: 'failing', reason: 'api-unreachable', detail: trouble });
      Object.assign(borea?.report ?? {}, { role: 'agent', state: 'draining', detail: 'still runs: web-1' });
      Object.assign(ceres?.report ?? {}, {
        ...{ role: 'agent', token: 0, state: 'absent' },
        detail: 'put k3s (github.com/k3s-io/k3s/releases) into /usr/local/bin',
      });
      return lab;
    },
    args: 'service show k3s',
    code: 6,
    stdout: `
ROLE        MEMBER  STATE            COPY     DETAIL
keeper      atlas   api-unreachable  -        listing its nodes failed: connect ECONNREFUSED 127.0.0.1:6443
server      atlas   ready            -        -
agent       borea   draining         -        still runs: web-1
agent       ceres   absent           -        put k3s (github.com/k3s-io/k3s/releases) into /usr/local/bin
`,
    stderr: '',
  },
  {
    title: 'a server that gives up its role, and one that makes Kubernetes anew, are operations like joins',
    lab: kubernetesOperationsLab,
    args: 'operations',
    stdout: `
ID    KIND     SERVICE  ROLE        MEMBER  OUTCOME  OPENED   TOOK    STEP          REASON
41    leave    k3s      server      borea   running  4m ago   -       drain 1/3     -
42    recover  k3s      server      atlas   failed   4m ago   1m 35s  fence 1/2     asked-anew
43    recover  k3s      server      ceres   running  4m ago   -       reset 2/2     -
`,
    stderr: `
3 operations: 2 running, 1 failed.
`,
  },
  {
    title: 'a status tells of them as what is under way',
    lab: kubernetesOperationsLab,
    args: 'status',
    code: 6,
    stdout: `
cluster lab   SETTLING   1 of 5 checks needs some time
leader        ok         atlas, term 7, for 3d 4h
voters        ok         3 of 3 answering, need 2
members       ok         3 of 3 alive
operations    running    leave of k3s server borea: drain 1/3; recover of k3s server ceres: reset 2/2
k3s           ok         3 of 3 nodes ready
`,
    stderr: `
Seen from atlas (100.64.0.1:7443), version 1.4.0, up 3d 4h.
`,
  },
  {
    title: 'jobs that were lost with the controller are listed with their new ids',
    lab: soundLab,
    args: 'slurm recovered',
    stdout: `
FORMER  NOW     USER      NAME      FOUND    NOTE
1234    11236   ann       train     1m ago   -
1235    -       -         -         1m ago   it is not known whose it was
`,
    stderr: `
1 offered again and held, 1 not.
hint: "scontrol release ID" lets one run; its owner may, too
`,
  },
  {
    title: 'the doctor shows what it found up to the first thing that is broken, and its mend',
    lab: soundLab,
    args: 'doctor',
    code: 6,
    stdout: `
STAGE       STATE    FOUND
clock       ok       2026-11-27 01:00:00 UTC, synchronised
login       broken   this machine is not signed in
`,
    stderr: `
login: run "tailscale-auth"
`,
  },
  {
    title: 'members of an ailing lab come with a summary and a hint',
    lab: ailingLab,
    args: 'members',
    stdout: `
NAME    STATE    ROLE      ADDRESS      SEEN     VERSION  SERVICES
atlas   alive    leader    100.64.0.1   now      1.4.0    slurm,k3s
borea   alive    voter     100.64.0.2   2s ago   1.4.0    slurm:failing,k3s
ceres   suspect  voter     100.64.0.3   9s ago   1.4.0    slurm,k3s
dione   left     observer  100.64.0.4   2h ago   1.3.2    -
`,
    stderr: `
4 members: 2 alive, 1 suspect, 1 left. Leader atlas, term 7. Quorum 2 of 3 voters.
hint: ceres does not answer; see "clusterctl events --member ceres", and there "systemctl status node-agent"
`,
  },
  {
    title: 'the columns of members stand still on a good day',
    lab: soundLab,
    args: 'members',
    stdout: `
NAME    STATE    ROLE     ADDRESS      SEEN     VERSION  SERVICES
atlas   alive    leader   100.64.0.1   now      1.4.0    slurm,k3s
borea   alive    voter    100.64.0.2   now      1.4.0    slurm,k3s
ceres   alive    voter    100.64.0.3   now      1.4.0    slurm,k3s
`,
    stderr: `
3 members: 3 alive. Leader atlas, term 7. Quorum 2 of 3 voters.
`,
  },
  {
    title: 'wide members have ports, round trips, counters and ids',
    lab: ailingLab,
    args: 'members borea dione -o wide --no-headers',
    stdout: `
borea   alive    voter     100.64.0.2:7443  2s ago   1.4.0    1.3ms  0%  2  2  0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b  -  slurm:failing,k3s
dione   left     observer  100.64.0.4:7443  2h ago   1.3.2    -      -   2  4  0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d  -  -
`,
    stderr: `
2 of 4 members: 1 alive, 1 left. Leader atlas, term 7. Quorum 2 of 3 voters.
`,
  },
  {
    title: 'wide members have a header, losses and tags, and "-" where this node measures nothing',
    lab: () => {
      const lab = soundLab();
      const [atlas, borea, ceres] = lab.members.members;
      lab.members.members = [
        { ...atlas, tags: { site: 'north', rack: 'r2' } },
        { ...borea, state: 'degraded', loss: 0.618, tags: { gpu: '' } },
        { ...ceres, rttMs: 0 },
      ];
      return lab;
    },
    args: 'members -o wide',
    stdout: `
NAME    STATE     ROLE     ADDRESS          SEEN     VERSION  RTT    LOSS  EPOCH  INCARNATION  ID                                TAGS                SERVICES
atlas   alive     leader   100.64.0.1:7443  now      1.4.0    -      -     2      1            0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a  rack=r2,site=north  slurm,k3s
borea   degraded  voter    100.64.0.2:7443  now      1.4.0    1.3ms  62%   2      2            0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b  gpu                 slurm,k3s
ceres   alive     voter    100.64.0.3:7443  now      1.4.0    -      -     2      3            0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c  -                   slurm,k3s
`,
    stderr: `
3 members: 2 alive, 1 degraded. Leader atlas, term 7. Quorum 2 of 3 voters.
hint: borea (62% from here) loses most of the messages to and fro; try "clusterctl member show borea"
`,
  },
  {
    title: 'a lost quorum and an unusual port are told by members',
    lab: () => {
      const lab = soundLab();
      const [atlas, borea, ceres] = lab.members.members;
      lab.members = {
        ...{ members: [{ ...atlas, address: '127.0.0.1:17443', role: 'voter' }], leader: '', term: 8 },
        ...{ voters: 3, votersAnswering: 1, quorum: 2 },
      };
      lab.members.members.push({ ...borea, state: 'dead', seenMs: 0 }, { ...ceres, state: 'suspect' });
      return lab;
    },
    args: '-o table members',
    stdout: `
NAME    STATE    ROLE     ADDRESS          SEEN     VERSION  SERVICES
atlas   alive    voter    127.0.0.1:17443  now      1.4.0    slurm,k3s
borea   dead     voter    100.64.0.2       -        1.4.0    slurm,k3s
ceres   suspect  voter    100.64.0.3       1s ago   1.4.0    slurm,k3s
`,
    stderr: `
3 members: 1 alive, 1 suspect, 1 dead. No leader, term 8. Quorum lost: 1 of 3 voters answer, need 2.
hint: borea, ceres do not answer; see "clusterctl events --member borea", and on each "systemctl status node-agent"
`,
  },
  {
    title: 'status of an ailing lab says what needs attention and fails with 6',
    lab: ailingLab,
    args: 'status',
    code: 6,
    stdout: `
cluster lab   DEGRADED   3 of 6 checks need attention
leader        ok         atlas, term 7, for 3d 4h
voters        ok         2 of 3 answering, need 2
members       suspect    ceres: silent for 9s
operations    failed     join of slurm worker borea: start-slurmd 2/2, munge-missing: munged is not installed: run "apt install munge"
slurm         failing    borea: slurm.conf differs from desired; retry in 20s, attempt 4 (step start-slurmd)
k3s           ok         3 of 3 nodes ready
`,
    stderr: `
Seen from atlas (100.64.0.1:7443), version 1.4.0, up 3d 4h.
`,
  },
  {
    title: 'status on a good day is healthy',
    lab: soundLab,
    args: 'status',
    stdout: `
cluster lab   HEALTHY    6 of 6 checks are ok
leader        ok         atlas, term 7, for 3d 4h
voters        ok         3 of 3 answering, need 2
members       ok         3 of 3 alive
operations    ok         none running
slurm         ok         3 of 3 nodes ready
k3s           ok         3 of 3 nodes ready
`,
    stderr: `
Seen from atlas (100.64.0.1:7443), version 1.4.0, up 3d 4h.
`,
  },
  {
    title: 'the leader is told with its term and whether a majority confirms it',
    lab: soundLab,
    args: 'leader',
    stdout: `
NAME    ADDRESS      TERM  SINCE      CONFIRMED
atlas   100.64.0.1   7     3d 4h ago  yes
`,
    stderr: '',
  },
  {
    title: 'operations show the step and the reason',
    lab: ailingLab,
    args: 'operations',
    stdout: `
ID    KIND     SERVICE  ROLE        MEMBER  OUTCOME  OPENED   TOOK    STEP              REASON
21    join     slurm    worker      atlas   done     4m ago   1m 35s  2/2               -
22    join     slurm    worker      borea   failed   4m ago   1m 35s  start-slurmd 2/2  munge-missing
23    join     slurm    worker      ceres   running  4m ago   -       start-slurmd 2/2  -
`,
    stderr: `
3 operations: 1 running, 1 done, 1 failed.
hint: join of slurm worker borea: start-slurmd 2/2, munge-missing: munged is not installed: run "apt install munge"; see "clusterctl events --member borea"
`,
  },
  {
    title: 'an empty list has a header and is no failure',
    lab: () => ({ ...soundLab(), operations: [] }),
    args: 'operations',
    stdout: `
ID    KIND     SERVICE  ROLE        MEMBER  OUTCOME  OPENED   TOOK    STEP          REASON
`,
    stderr: `
0 operations.
`,
  },
  {
    title: 'events are told in UTC, the oldest first',
    lab: soundLab,
    args: 'events',
    stdout: `
TIME                  EVENT               MEMBER    MESSAGE
2026-11-23T10:00:00Z  leader.elected      atlas     atlas leads in term 7
2026-11-23T11:59:51Z  member.suspected    ceres     ceres does not answer
`,
    stderr: '',
  },
  {
    title: 'events can be chosen by age',
    lab: soundLab,
    args: 'events --since 10m -o wide --no-headers',
    stdout: `
2026-11-23T11:59:51Z  member.suspected    ceres     ceres does not answer  accusers=2
`,
    stderr: '',
  },
];

for (const { title, lab, args, code = 0, stdout, stderr } of goldens) {
  test(title, async () => {
    await using agent = await fakeAgent(lab());
    const result = await clusterctl(args, agent);
    assert.equal(result.stdout, stdout.replace(/^\n/, ''));
    assert.equal(result.stderr, stderr.replace(/^\n/, ''));
    assert.equal(result.code, code);
  });
}

test('a reported text cannot steer the terminal', async () => {
  const lab = soundLab();
  lab.events = [{ ...lab.events[0], message: 'one\ntwo \u001b[31mred' }];
  await using agent = await fakeAgent(lab);
  const { stdout } = await clusterctl('events --no-headers', agent);
  assert.match(stdout, /one two \?\[31mred\n$/);
});
