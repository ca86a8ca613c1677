// Each way to fail: its exit code, what is told, and what to type next.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { status } from '@grpc/grpc-js';
import { clusterctl, startClusterctl } from './clusterctl.ts';
import { fakeAgent } from './fake-agent.ts';
import { soundLab } from './lab.ts';

const usage: readonly (readonly [args: string, error: RegExp, hint: RegExp])[] = [
  ['membrs', /unknown command 'membrs'/, /did you mean "members"\?/],
  ['key crate', /unknown command 'crate'/, /did you mean "create"\?/],
  ['members --stat alive', /unknown option '--stat'/, /did you mean "--state"\?/],
  ['members --state asleep', /--state "asleep"/, /alive, suspect, degraded, dead, left/],
  ['members --role worker', /--role "worker"/, /leader, voter, learner, observer/],
  ['members -o xml', /-o "xml" is no format/, /table, wide, json, yaml, name/],
  ['-o wide status', /-o "wide" is no format/, /table, json, yaml/],
  ['status --timeout 5', /--timeout "5" is no duration/, /500ms, 10s, 2m, 1h/],
  ['status --timeout 0s', /--timeout "0s" is no duration/, /500ms/],
  ['status --timeout 99d', /--timeout 99d is too long/, /24d/],
  ['events --since soon', /--since "soon" is no duration/, /10s/],
  ['status extra', /too many arguments/, /--help/],
  ['wait', /required option '--for/, /--help/],
  ['wait --for sunrise', /"sunrise" is no condition/, /members=N/],
  ['wait --for members=0', /members=0/, /members=3/],
  ['wait --for leader=atlas', /"leader=atlas" is no condition/, /--for leader/],
  ['key create', /required option '--out/, /--help/],
  ['key create --out -', /never printed/, /--out/],
  ['members --endpoint 100.64.0.1:7443', /remote administration is not built yet/, /ssh root@100\.64\.0\.1/],
  ['--endpoint [fd7a::1]:7443 members', /remote administration is not built yet/, /ssh root@fd7a::1 /],
  ['members --endpoint /run/agent.sock', /lacks its kind/, /"unix:\/run\/agent\.sock"/],
  ['members --endpoint unix:', /names no socket/, /unix:\/run\/clusteros\/agent\.sock/],
  ['members --endpoint atlas', /neither unix:PATH nor HOST:PORT/, /unix:/],
  [`members --endpoint unix:/${'x'.repeat(120)}`, /too long/, /symbolic link/],
];

for (const [args, error, hint] of usage) {
  test(`"clusterctl ${args.slice(0, 60)}" is a usage error with a mend`, async () => {
    const { code, stdout, stderr } = await clusterctl(args);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    const [first = '', second = '', ...rest] = stderr.trimEnd().split('\n');
    assert.match(first, /^error: /);
    assert.match(first, error);
    assert.match(second, /^hint: /);
    assert.match(second, hint);
    assert.deepEqual(rest, []);
  });
}

test('without a verb the help goes to stderr and the exit code is 2', async () => {
  const { code, stdout, stderr } = await clusterctl('');
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /^Examples:/);
});

test('help that was asked for goes to stdout, examples first', async () => {
  for (const args of ['--help', 'help']) {
    const { code, stdout, stderr } = await clusterctl(args);
    assert.equal(code, 0);
    assert.match(stdout, /^Examples:[\s\S]*Common flags:[\s\S]*Exit codes:/);
    assert.equal(stderr, '');
  }
});

test('no socket is no agent', async () => {
  const { code, stderr } = await clusterctl('members --endpoint unix:/nonexistent/agent.sock');
  assert.equal(code, 3);
  assert.equal(
    stderr,
    'error: cannot reach an agent at unix:/nonexistent/agent.sock (no such socket)\n' +
      'hint: on this machine run "node-agent doctor", which says what is missing\n',
  );
});

test('a socket that nobody listens on is no agent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clusterctl-test-'));
  await writeFile(join(folder, 'agent.sock'), '');
  for (const verb of ['status', 'leader', 'operations', 'events', 'events -w', 'members -w']) {
    const { code, stderr } = await clusterctl(`${verb} --endpoint unix:${folder}/agent.sock`);
    assert.equal(code, 3, verb);
    assert.match(stderr, /connection refused/);
  }
  await rm(folder, { recursive: true });
});

test('a socket of another user is denied, and sudo is the mend', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clusterctl-test-'));
  await using _agent = await fakeAgent(soundLab(), folder);
  await chmod(join(folder, 'agent.sock'), 0);
  const root = process.getuid?.() === 0;
  // Root may use every socket, so it asks as nobody does.
  const { ended } = startClusterctl(
    `members --endpoint unix:${folder}/agent.sock`,
    undefined,
    root ? { uid: 65534, gid: 65534 } : {},
  );
  const { code, stderr } = await ended;
  assert.equal(code, 4, stderr);
  assert.match(stderr, /^error: not permitted .*permission denied/);
  assert.match(stderr, /hint: .*sudo/);
  await rm(folder, { recursive: true });
});

test('an agent that never answers is given up at the deadline', async () => {
  await using agent = await fakeAgent(soundLab());
  for (const call of ['version', 'status', 'members', 'operations', 'leader']) agent.stuck.add(call);
  for (const verb of ['status', 'members', 'leader', 'operations', 'events -w', 'members -w', 'version']) {
    const { code, stderr } = await clusterctl(`${verb} --timeout 100ms`, agent);
    assert.equal(code, 7, verb);
    assert.match(stderr, /did not answer within 100ms/);
  }
});

test('whoever listens but does not speak is given up at the deadline', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clusterctl-test-'));
  const callers = new Set<Socket>();
  const mute = createServer(socket => callers.add(socket)).listen(join(folder, 'agent.sock'));
  const { code } = await clusterctl(`status --timeout 100ms --endpoint unix:${folder}/agent.sock`);
  assert.equal(code, 7);
  // gRPC does not let go of a session that is half made; clusterctl itself ends by process.exit.
  for (const caller of callers) caller.destroy();
  mute.close();
  await rm(folder, { recursive: true });
});

test('an agent that knows no leader answers, so the exit code is 6', async () => {
  await using agent = await fakeAgent({
    ...soundLab(),
    leader: { refused: 'no-leader', detail: 'no leader is known' },
  });
  const { code, stdout, stderr } = await clusterctl('leader -o json', agent);
  assert.equal(code, 6);
  assert.equal(stdout, '');
  assert.equal(stderr, 'error: no leader is known\nhint: run "clusterctl status" to see who is missing\n');
});

test('a leader that only its follower knows is told as unconfirmed', async () => {
  const lab = soundLab();
  await using agent = await fakeAgent({ ...lab, leader: { ...lab.leader, confirmed: false } });
  const { code, stdout, stderr } = await clusterctl('leader --no-headers', agent);
  assert.equal(code, 0);
  assert.match(stdout, /no$/m);
  assert.match(stderr, /^This node follows atlas/);
});

for (const [name, wireStatus, code] of [
  ['PERMISSION_DENIED', status.PERMISSION_DENIED, 4],
  ['UNIMPLEMENTED', status.UNIMPLEMENTED, 1],
  ['INTERNAL', status.INTERNAL, 1],
  ['DEADLINE_EXCEEDED', status.DEADLINE_EXCEEDED, 7],
] as const) {
  test(`an agent that answers ${name} ends clusterctl with ${code}`, async () => {
    const leader = { refused: '', detail: 'for a reason', status: wireStatus };
    await using agent = await fakeAgent({ ...soundLab(), leader });
    const result = await clusterctl('leader', agent);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, /^error: .*\nhint: .*\n$/);
  });
}

test('a name that is nobody’s is not found, and the others are shown', async () => {
  await using agent = await fakeAgent(soundLab());
  const { code, stdout, stderr } = await clusterctl('members nobody borea -o name', agent);
  assert.equal(code, 5);
  assert.equal(stdout, 'borea\n');
  assert.match(stderr, /^error: no member is called "nobody"\nhint: /);
  assert.equal((await clusterctl('members nobody -w', agent)).code, 5);
});

test('a flag before the verb means the same as after it, and the later one wins', async () => {
  await using agent = await fakeAgent(soundLab());
  const { stdout } = await clusterctl(`--endpoint ${agent.endpoint} -o name --no-headers leader`);
  assert.equal(stdout, 'atlas\n');
  assert.match((await clusterctl('-o name leader -o json', agent)).stdout, /^\{/);
});
