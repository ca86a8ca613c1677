// The JSON shapes, which scripts rely on: every field, in this spelling.
import assert from 'node:assert/strict';
import test from 'node:test';
import { parse } from 'yaml';
import { clusterctl } from './clusterctl.ts';
import { fakeAgent } from './fake-agent.ts';
import { ailingLab, ownVersion, soundLab } from './lab.ts';

async function answer(args: string, lab = ailingLab()) {
  await using agent = await fakeAgent(lab);
  return await clusterctl(args, agent);
}

test('members as JSON have every promised field and nothing on stderr', async () => {
  const { stdout, stderr, code } = await answer('members borea -o json');
  assert.deepEqual(JSON.parse(stdout), [
    {
      id: '0b'.repeat(16),
      name: 'borea',
      state: 'alive',
      role: 'voter',
      address: '100.64.0.2:7443',
      epoch: 2,
      incarnation: 2,
      version: '1.4.0',
      rttMs: 1.25,
      loss: 0,
      seenMs: 2000,
      tags: {},
      capabilities: [],
      drain: '',
      services: [
        {
          service: 'slurm',
          role: 'worker',
          token: 21,
          state: 'failing',
          step: 'start-slurmd',
          reason: 'config-differs',
          detail: 'slurm.conf differs from desired; retry in 20s, attempt 4',
        },
        { service: 'slurm', role: 'submit', token: 21, state: 'ready', step: '', reason: '', detail: '' },
        { service: 'k3s', role: 'server', token: 21, state: 'ready', step: '', reason: '', detail: '' },
      ],
    },
  ]);
  assert.equal(stderr, '');
  assert.equal(code, 0);
});

test('members can be chosen by state, role, name and id, and printed by name', async () => {
  assert.equal((await answer('members --state suspect,left -o name')).stdout, 'ceres\ndione\n');
  assert.equal((await answer('members --role leader -o name')).stdout, 'atlas\n');
  assert.equal((await answer(`members ${'0d'.repeat(16)} atlas -o name`)).stdout, 'atlas\ndione\n');
  assert.equal((await answer('members --state dead -o json')).stdout, '[]\n');
});

test('YAML says the same as JSON', async () => {
  const [json, yaml] = await Promise.all([answer('members -o json'), answer('members -o yaml')]);
  assert.deepEqual(parse(yaml.stdout), JSON.parse(json.stdout));
});

test('the leader as JSON is one object', async () => {
  assert.deepEqual(JSON.parse((await answer('leader -o json')).stdout), {
    id: '0a'.repeat(16),
    name: 'atlas',
    address: '100.64.0.1:7443',
    term: 7,
    sinceMs: 273_600_000,
    confirmed: true,
  });
  assert.equal((await answer('leader -o name')).stdout, 'atlas\n');
});

test('operations as JSON have ISO times, and none for what is not closed', async () => {
  const operations = JSON.parse((await answer('operations -o json')).stdout);
  assert.deepEqual(operations[1], {
    id: 22,
    kind: 'join',
    service: 'slurm',
    role: 'worker',
    member: 'borea',
    token: 22,
    outcome: 'failed',
    reason: 'munge-missing',
    openedAt: '2026-11-23T11:55:22.000Z',
    closedAt: '2026-11-23T11:56:57.000Z',
    steps: [
      { name: 'write-config', state: 'done', detail: '' },
      {
        name: 'start-slurmd',
        state: 'failed',
        detail: 'munged is not installed: run "apt install munge"',
      },
    ],
  });
  assert.equal(operations[2].closedAt, null);
});

test('events as JSON have an ISO time and their fields', async () => {
  assert.deepEqual(JSON.parse((await answer('events --member atlas -o json')).stdout), [
    {
      at: '2026-11-23T10:00:00.000Z',
      event: 'leader.elected',
      member: 'atlas',
      message: 'atlas leads in term 7',
      fields: { term: '7' },
    },
  ]);
});

test('status as JSON has the fields of the agent, the verdict and the checks', async () => {
  const lab = soundLab();
  const { stdout, code } = await answer('status -o json', lab);
  const { healthy, checks, ...rest } = JSON.parse(stdout);
  assert.deepEqual(rest, lab.status);
  assert.equal(healthy, true);
  assert.deepEqual(checks[0], { name: 'leader', ok: true, detail: 'atlas, term 7, for 3d 4h' });
  assert.deepEqual(
    checks.map(({ name }: { name: string }) => name),
    ['leader', 'voters', 'members', 'operations', 'slurm', 'k3s'],
  );
  assert.equal(code, 0);
});

test('version as JSON has client and agent, and a skew is told on stderr', async () => {
  const build = { version: ownVersion, node: process.version, protocol: 1 };
  const same = await answer('version -o json');
  assert.deepEqual(JSON.parse(same.stdout), { client: build, agent: build });
  assert.equal(same.stderr, '');
  const older = { ...soundLab(), version: { version: '0.0.9', node: 'v26.0.0', protocol: 1 } };
  assert.match(
    (await answer('version', older)).stderr,
    /^warning: the agent runs 0\.0\.9 and clusterctl is /,
  );
  const newer = { ...soundLab(), version: { version: '9.0.0', node: 'v26.0.0', protocol: 2 } };
  assert.match((await answer('version', newer)).stderr, /^warning: the agent speaks protocol 2/);
});

test('version without an agent still tells its own, as null for the agent', async () => {
  const { stdout, stderr, code } = await clusterctl(
    'version -o json --endpoint unix:/nonexistent/agent.sock',
  );
  assert.equal(JSON.parse(stdout).agent, null);
  assert.match(stderr, /^error: cannot reach an agent/);
  assert.equal(code, 3);
  assert.equal((await clusterctl('version --client')).code, 0);
});
