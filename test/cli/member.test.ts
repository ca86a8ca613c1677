// `clusterctl member`: what people see of one member, and how tags are changed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { clusterctl } from './clusterctl.ts';
import { fakeAgent } from './fake-agent.ts';
import { ailingLab, soundLab } from './lab.ts';

async function answer(args: string, lab = ailingLab()) {
  await using agent = await fakeAgent(lab);
  return await clusterctl(args, agent);
}

test('a silent member is shown with who sees it, in both directions, and what that amounts to', async () => {
  const { stdout, stderr, code } = await answer('member show ceres');
  assert.equal(
    stdout,
    `name        ceres
id          0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c
state       suspect
role        voter
address     100.64.0.3:7443
epoch       2, incarnation 3
version     1.4.0
heard       9s ago
tags        site=north
machine     arch=x86_64, cores=8
services    slurm ready, k3s ready
accused by  atlas

PEER      SEES IT    RTT      LOSS  HEARD    SEEN BY IT  RTT      LOSS  HEARD
atlas     silent     1.3ms    40%   9s ago   unknown     -        -     -
borea     up         0.6ms    0%    now      unknown     -        -     -
`,
  );
  assert.equal(stderr, '1 of 2 peers hear ceres; atlas does not: the path between them is broken.\n');
  assert.equal(code, 0);
});

test('a member that nobody hears well is told from a path that is broken', async () => {
  const { stderr } = await answer('member show borea');
  assert.equal(
    stderr,
    "2 of 2 peers hear borea; atlas, ceres lose most of it: the fault is on borea's side.\n",
  );
});

test('a member as JSON has what the list has, its accusers and its sights', async () => {
  const shown = JSON.parse((await answer('member show ceres -o json')).stdout);
  assert.deepEqual(shown.tags, { site: 'north' });
  assert.deepEqual(shown.accusers, ['atlas']);
  assert.deepEqual(shown.sights[0], {
    peer: 'atlas',
    ofMember: { state: 'silent', rttMs: 1.3, loss: 0.4, heardMs: 9000 },
    ofPeer: { state: 'unknown', rttMs: 0, loss: 0, heardMs: 0 },
  });
});

test("a name that is nobody's is not found", async () => {
  for (const args of ['member show nobody', 'member tag nobody site=x']) {
    const { stderr, code } = await answer(args);
    assert.equal(code, 5, args);
    assert.match(stderr, /^error: no member is called nobody\nhint: run "clusterctl members -o name"/);
  }
});

test('tags are set and removed, and all of them are printed', async () => {
  const lab = ailingLab();
  assert.equal(
    (await answer('member tag ceres gpu=a100 rack=r=2', lab)).stdout,
    'gpu=a100,rack=r=2,site=north\n',
  );
  assert.equal(
    (await answer('member tag ceres site- -o json', lab)).stdout,
    '{\n  "gpu": "a100",\n  "rack": "r=2"\n}\n',
  );
  assert.equal((await answer('member tag ceres gpu- rack-', lab)).stdout, '-\n');
});

test('a dry run says what would be, and changes nothing', async () => {
  const lab = ailingLab();
  const { stdout, stderr } = await answer('member tag ceres gpu=a100 site- --dry-run', lab);
  assert.equal(stdout, 'gpu=a100\n');
  assert.match(stderr, /^Nothing was changed/);
  assert.deepEqual(lab.shown[0]?.member?.tags, { site: 'north' });
});

test('what is no change of a tag is a usage error, and so is a tag that the agent refuses', async () => {
  for (const [args, expected] of [
    ['member tag ceres =x', /"=x" is no change of a tag/],
    ['member tag ceres word', /"word" is no change of a tag/],
    ['member tag ceres a=1 a-', /"a" is to be set and removed at once/],
    ['member tag ceres', /missing required argument/],
    ['member tag ceres Bad=1', /tag key "Bad" is not allowed/],
  ] as const) {
    const { stderr, code } = await answer(args);
    assert.equal(code, 2, args);
    assert.match(stderr, expected);
  }
});

test('member list is members, and a degraded member gets a hint', async () => {
  assert.equal((await answer('member list')).stdout, (await answer('members')).stdout);
  const lab = soundLab();
  const [, borea] = lab.members.members;
  if (borea) borea.state = 'degraded';
  const { stderr } = await answer('members', lab);
  assert.match(stderr, /3 members: 2 alive, 1 degraded\./);
  assert.match(
    stderr,
    /hint: most of what borea should hear is late or lost; try "clusterctl member show borea"/,
  );
});
