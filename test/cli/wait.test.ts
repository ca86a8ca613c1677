// `wait`: what each condition waits for, that it notices, and that it always ends.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { clusterctl } from './clusterctl.ts';
import { fakeAgent } from './fake-agent.ts';
import { ailingLab, type Lab, soundLab } from './lab.ts';

const met: readonly (readonly [condition: string, answer: string])[] = [
  ['leader', 'leader: atlas, term 7\n'],
  ['members=3', 'members=3: 3 alive\n'],
  ['healthy', 'healthy: 6 checks are ok\n'],
  ['operations', 'operations: none running\n'],
];

for (const [condition, answer] of met) {
  test(`${condition} is met at once in a sound lab`, async () => {
    await using agent = await fakeAgent(soundLab());
    const { code, stdout, stderr } = await clusterctl(`wait --for ${condition} --timeout 5s`, agent);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: answer, stderr: '' });
  });
}

const unmet: readonly (readonly [condition: string, change: (lab: Lab) => void, detail: RegExp])[] = [
  [
    'leader',
    lab => {
      lab.leader = { refused: 'no-leader', detail: 'no leader is known' };
    },
    /no leader is known/,
  ],
  ['members=2', () => {}, /3 alive/],
  ['members=4', () => {}, /3 alive/],
  [
    'healthy',
    lab => {
      lab.members.members = ailingLab().members.members;
    },
    /members: ceres: silent for 9s; slurm: borea: slurm\.conf differs/,
  ],
  [
    'healthy',
    lab => {
      lab.status.operationsRunning = 1;
    },
    /operations: 1 running/,
  ],
  [
    'operations',
    lab => {
      lab.status.operationsRunning = 2;
    },
    /2 running/,
  ],
  [
    'operations',
    lab => {
      lab.status.decisionsDue = 1;
    },
    /0 running, 1 about to begin/,
  ],
];

for (const [condition, change, detail] of unmet) {
  test(`${condition} times out with 7 and says what was found (${detail.source})`, async () => {
    const lab = soundLab();
    change(lab);
    await using agent = await fakeAgent(lab);
    const { code, stdout, stderr } = await clusterctl(`wait --for ${condition} --timeout 300ms`, agent);
    assert.equal(code, 7);
    assert.equal(stdout, '');
    assert.match(stderr, /^waiting for .*\nerror: timed out after 300ms waiting for .*\nhint: .*\n$/);
    assert.match(stderr, detail);
  });
}

test('several conditions must hold at once', async () => {
  await using agent = await fakeAgent(soundLab());
  const both = await clusterctl('wait --for leader --for members=3 --timeout 5s', agent);
  assert.equal(both.stdout, 'leader and members=3: atlas, term 7; 3 alive\n');
  assert.equal((await clusterctl('wait --for leader --for members=9 --timeout 100ms', agent)).code, 7);
});

test('a change is noticed', async () => {
  await using agent = await fakeAgent(soundLab());
  const waiting = clusterctl('wait --for members=2 --timeout 20s', agent);
  setTimeout(() => agent.lab.members.members.pop(), 300);
  assert.equal((await waiting).code, 0);
});

test('an agent that starts later is waited for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clusterctl-test-'));
  const waiting = clusterctl(`wait --for leader --timeout 20s --endpoint unix:${folder}/agent.sock`);
  await new Promise(resolve => setTimeout(resolve, 300));
  await using _agent = await fakeAgent(soundLab(), folder);
  const { code, stdout } = await waiting;
  assert.deepEqual({ code, stdout }, { code: 0, stdout: 'leader: atlas, term 7\n' });
  await rm(folder, { recursive: true });
});

test('an agent that never starts is no agent', async () => {
  const { code, stderr } = await clusterctl(
    'wait --for leader --timeout 100ms --endpoint unix:/nonexistent/agent.sock',
  );
  assert.equal(code, 3);
  assert.match(stderr, /error: cannot reach an agent .*no such socket.*tried for 100ms/);
});

test('an agent that is stuck does not hold wait beyond its deadline', async () => {
  await using agent = await fakeAgent(soundLab());
  agent.stuck.add('status');
  const startedMs = performance.now();
  assert.equal((await clusterctl('wait --for healthy --timeout 200ms', agent)).code, 7);
  assert.ok(performance.now() - startedMs < 2000);
});
