// `clusterctl member`: what people see of one member, and how tags are changed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { parse } from 'yaml';
import { clusterctl } from './clusterctl.ts';
import { fakeAgent } from './fake-agent.ts';
import { ailingLab, report, soundLab } from './lab.ts';

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
  assert.equal(
    stderr,
    '1 of 2 peers hears ceres; atlas does not, and ceres could not be asked: ' +
      'it is going down, or the way from it to atlas is broken.\n',
  );
  assert.equal(code, 0);
});

test('a member that nobody hears well is told from a path that is broken', async () => {
  const { stderr } = await answer('member show borea');
  assert.equal(
    stderr,
    "All 2 peers hear borea; much is lost between borea and atlas and ceres: the fault is on borea's side.\n",
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

test('a member without SLURM says what to install', async () => {
  const lab = ailingLab();
  const [ceres] = lab.shown;
  const detail = 'install slurm-wlm and munge, then "systemctl restart node-agent"';
  if (ceres?.member) ceres.member.services = [{ ...report('slurm', 'worker', 'absent', detail), token: 0 }];
  const { stdout } = await answer('member show ceres', lab);
  assert.match(
    stdout,
    /^services {4}slurm absent \(install slurm-wlm and munge, then "systemctl restart node-agent"\)$/m,
  );
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
  assert.equal(stderr, 'Nothing was changed; ceres would get gpu=a100, lose site=north.\n');
  assert.deepEqual(lab.shown[0]?.member?.tags, { site: 'north' });
});

test('what is no change of a tag is a usage error, and so is a tag that the agent refuses', async () => {
  for (const [args, expected] of [
    ['member tag ceres =x', /"=x" is no change of a tag/],
    ['member tag ceres -', /"-" is no change of a tag/],
    // protobuf would drop this key in silence.
    ['member tag ceres __proto__=x', /"__proto__=x" is no change of a tag/],
    ['member tag ceres a=1 a=2', /"a" is to be set twice/],
    ['member tag ceres word', /"word" is no change of a tag/],
    ['member tag ceres a=1 a-', /"a" is to be set and removed at once/],
    ['member show', /missing required argument/],
    ['member show ceres borea', /too many arguments/],
    ['member show ceres -o wide', /-o "wide" is no format/],
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
    /hint: borea \(0% from here\) loses most of the messages to and fro; try "clusterctl member show borea"/,
  );
});

test('a silent member and degraded ones each get a hint, with the loss where it is measured', async () => {
  const lab = ailingLab();
  const [atlas, borea] = lab.members.members;
  if (atlas) Object.assign(atlas, { state: 'degraded' });
  if (borea) Object.assign(borea, { state: 'degraded', seenMs: 400, loss: 0.618 });
  const { stdout, stderr } = await answer('members -o wide', lab);
  assert.match(stdout, /^borea {3}degraded {2}voter {5}100\.64\.0\.2:7443 {2}now .* 62% /m);
  const [, ...hints] = stderr.trimEnd().split('\n');
  assert.match(hints[0] ?? '', /^hint: ceres does not answer; /);
  assert.equal(
    hints[1],
    'hint: atlas, borea (62% from here) lose most of the messages to and fro; try "clusterctl member show atlas"',
  );
  assert.equal((await answer('members --state degraded -o name', lab)).stdout, 'atlas\nborea\n');
});

test('a member can be named by its id', async () => {
  const byName = await answer('member show ceres');
  assert.deepEqual(await answer(`member show ${'0c'.repeat(16)}`), byName);
  assert.equal((await answer(`member tag ${'0c'.repeat(16)} site-`)).stdout, '-\n');
});

test('YAML says the same as JSON of one member and of its tags', async () => {
  for (const args of ['member show ceres', 'member tag ceres rack=r2']) {
    const [json, yaml] = await Promise.all([answer(`${args} -o json`), answer(`${args} -o yaml`)]);
    assert.deepEqual(parse(yaml.stdout), JSON.parse(json.stdout), args);
    assert.equal(json.stderr, '');
  }
});

test('a member that has left and was never heard from here has no age', async () => {
  const lab = ailingLab();
  Object.assign(lab.shown[0]?.member ?? {}, { state: 'left', seenMs: 0 });
  assert.match((await answer('member show ceres', lab)).stdout, /^heard {7}-$/m);
});

test('what a member reports of itself cannot steer the terminal', async () => {
  const lab = ailingLab();
  const { member } = lab.shown[0] ?? {};
  Object.assign(member ?? {}, {
    ...{ version: '1.4.0\u001b[2J', capabilities: ['gpu=a\nname  atlas'], tags: { site: '\u001b[31mred' } },
  });
  const shown = await answer('member show ceres', lab);
  const tagged = await answer('member tag ceres rack=r2', lab);
  const dry = await answer('member tag ceres site- --dry-run', lab);
  for (const text of [shown.stdout, shown.stderr, tagged.stdout, dry.stdout, dry.stderr])
    assert.doesNotMatch(text, /(?!\n)\p{Cc}/u);
  assert.match(shown.stdout, /^machine {5}gpu=a name atlas$/m);
  assert.equal(tagged.stdout, 'rack=r2,site=?[31mred\n');
});

test('a dry run tells what is new, what changes and when nothing would', async () => {
  const changed = await answer('member tag ceres site=south rack=r2 nothing- --dry-run');
  assert.equal(
    changed.stderr,
    'Nothing was changed; ceres would get rack=r2, change site=north to site=south.\n',
  );
  const same = await answer('member tag ceres site=north nothing- --dry-run -o json');
  assert.deepEqual(JSON.parse(same.stdout), { site: 'north' });
  assert.equal(same.stderr, 'Nothing was changed, and nothing would be: ceres has these tags.\n');
});

test('tags of a member that cannot be reached are not changed, and the agent says why', async () => {
  const lab = ailingLab();
  Object.assign(lab.shown[0]?.member ?? {}, { state: 'dead' });
  const { code, stdout, stderr } = await answer('member tag ceres rack=r2', lab);
  assert.equal(code, 6);
  assert.equal(stdout, '');
  assert.equal(
    stderr,
    'error: ceres cannot be reached at 100.64.0.3:7443: no connection\n' +
      'hint: run "clusterctl members" to see its state\n',
  );
});

test('without an agent, or with one that is stuck, member ends as every verb does', async () => {
  await using agent = await fakeAgent(ailingLab());
  for (const call of ['showMember', 'tagMember']) agent.stuck.add(call);
  for (const args of ['member show ceres', 'member tag ceres a=1', 'member tag ceres a=1 --dry-run']) {
    assert.equal((await clusterctl(`${args} --timeout 100ms`, agent)).code, 7, args);
    assert.equal((await clusterctl(`${args} --endpoint unix:/nonexistent/agent.sock`)).code, 3, args);
  }
});

test('help of member begins with examples, and says that tags are public', async () => {
  for (const args of ['member --help', 'member show --help', 'member tag --help']) {
    const { code, stdout } = await clusterctl(args);
    assert.equal(code, 0);
    assert.match(stdout, /^Examples:\n {2}clusterctl member /, args);
  }
  assert.match((await clusterctl('member tag --help')).stdout, /public[\s\S]*never a\s+secret/);
});

/** A lab in which atlas is a worker and nothing else, so that it can be drained, and borea's worker never ends. */
function workerLab() {
  const lab = ailingLab();
  const [atlas, borea] = lab.members.members;
  if (atlas) atlas.services = [report('slurm', 'worker'), report('slurm', 'standby')];
  if (borea) borea.services = [report('slurm', 'worker', 'draining', 'still runs: 17 (games)')];
  return lab;
}

test('a drain returns when nothing runs any more', async () => {
  const { code, stdout } = await answer('member drain atlas --reason fans', workerLab());
  assert.equal(stdout, 'atlas is drained. "clusterctl member resume atlas" takes it back.\n');
  assert.equal(code, 0);
});

test('a drain that has to wait says for what, and at its deadline that it is not done', async () => {
  const { code, stdout, stderr } = await answer('member drain borea --deadline 300ms', workerLab());
  assert.deepEqual([code, stdout], [7, '']);
  assert.match(stderr, /^borea: slurm still runs: 17 \(games\)$/m);
  assert.match(stderr, /^error: borea gets no new work, but after \S+: slurm still runs: 17 \(games\)$/m);
});

test('a drain of whoever was the controller waits until another serves', async () => {
  const lab = workerLab();
  const [atlas] = lab.members.members ?? [];
  atlas?.services?.push(report('slurm', 'controller', 'released', ''));
  const { code, stderr } = await answer('member drain atlas --deadline 300ms', lab);
  assert.match(stderr, /the slurm controller does not serve elsewhere yet/);
  assert.equal(code, 7);
});

test('a drain of a member that is dead does not wait for its word', async () => {
  const lab = workerLab();
  Object.assign(lab.members.members[1] ?? {}, { state: 'dead' });
  const { code, stderr } = await answer('member drain borea', lab);
  assert.equal(code, 0);
  assert.match(stderr, /borea is dead: it says nothing of what runs there/);
});

test('a dry drain changes nothing and tells what runs', async () => {
  const { code, stdout } = await answer('member drain borea --deadline 2h --requeue --dry-run', workerLab());
  assert.equal(
    stdout,
    'borea would get no new work; what runs there would be started anew elsewhere after 2h. slurm still runs: 17 (games)\n',
  );
  assert.equal(code, 0);
});

test('who is not drained cannot be resumed', async () => {
  const { code, stderr } = await answer('member resume atlas', workerLab());
  assert.equal(code, 2);
  assert.match(stderr, /it is not drained/);
});
