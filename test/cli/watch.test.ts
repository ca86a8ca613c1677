// Watches and the life of the process: what a change prints, and how it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { launcher, startClusterctl } from './clusterctl.ts';
import { fakeAgent } from './fake-agent.ts';
import { event, operation, soundLab } from './lab.ts';

test('a watch of members prints the list, then one line for each member that changes', async () => {
  await using agent = await fakeAgent(soundLab());
  const watch = startClusterctl('members -w', agent);
  await watch.lines(4);
  const [atlas, borea, ceres] = agent.lab.members.members;
  // Only its age has changed, which is no news.
  agent.lab.members.members = [{ ...atlas }, { ...borea, seenMs: 900 }, { ...ceres, state: 'suspect' }];
  agent.announce();
  await watch.lines(5);
  watch.process.kill('SIGINT');
  const { code, stdout, stderr } = await watch.ended;
  assert.equal(code, 130);
  assert.equal(
    stdout,
    `NAME    STATE    ROLE     ADDRESS      SEEN     VERSION  SERVICES
atlas   alive    leader   100.64.0.1   now      1.4.0    slurm,k3s
borea   alive    voter    100.64.0.2   now      1.4.0    slurm,k3s
ceres   alive    voter    100.64.0.3   now      1.4.0    slurm,k3s
ceres   suspect  voter    100.64.0.3   1s ago   1.4.0    slurm,k3s
`,
  );
  assert.equal(stderr, '');
});

test('a watch as JSON prints one object a line', async () => {
  await using agent = await fakeAgent(soundLab());
  const watch = startClusterctl('operations -wo json', agent);
  await watch.lines(1);
  agent.lab.operations = [...agent.lab.operations, operation(22, 'borea', 'running')];
  agent.announce();
  await watch.lines(2);
  agent.lab.operations = [operation(21, 'atlas', 'done'), operation(22, 'borea', 'done')];
  agent.announce();
  await watch.lines(3);
  watch.process.kill('SIGINT');
  const { code, stdout } = await watch.ended;
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ id, outcome }) => [id, outcome]),
    [
      [21, 'done'],
      [22, 'running'],
      [22, 'done'],
    ],
  );
  assert.equal(code, 130);
});

test('a watch of events prints the past and then each event as it happens', async () => {
  await using agent = await fakeAgent(soundLab());
  const watch = startClusterctl('events -w -o json --member ceres', agent);
  await watch.lines(1);
  agent.lab.events.push(event(0, 'member.alive', 'borea', 'borea is back'));
  agent.lab.events.push(event(0, 'member.failed', 'ceres', 'ceres is dead'));
  agent.announce();
  await watch.lines(2);
  watch.process.kill('SIGINT');
  const { stdout } = await watch.ended;
  const names = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line).event);
  assert.deepEqual(names, ['member.suspected', 'member.failed']);
});

for (const verb of ['members -w', 'operations -w', 'events -w']) {
  test(`"${verb}" ends with 3 when its agent goes away, and the agent forgets an interrupted one`, async () => {
    const agent = await fakeAgent(soundLab());
    const interrupted = startClusterctl(verb, agent);
    const left = startClusterctl(verb, agent);
    await Promise.all([interrupted.lines(2), left.lines(2)]);
    interrupted.process.kill('SIGINT');
    await interrupted.ended;
    while (agent.watchers() > 1) await new Promise(resolve => setTimeout(resolve, 10));
    await agent.close();
    const { code, stderr } = await left.ended;
    assert.equal(code, 3, stderr);
    assert.match(
      stderr,
      /^error: cannot reach an agent .*\((connection lost|the agent has ended the watch)\)/,
    );
  });
}

test('a reader that has seen enough ends clusterctl quietly', async () => {
  await using agent = await fakeAgent(soundLab());
  agent.lab.events = Array.from({ length: 5000 }, (_, at) =>
    event(at, 'member.alive', 'borea', `number ${at}, ${'and so on '.repeat(20)}`),
  );
  const shell = spawn(
    'bash',
    [
      '-c',
      `"${launcher}" events -o name | head -n 2; echo "\${PIPESTATUS[0]}"; "${launcher}" events -w | head -n 1`,
    ],
    { env: { ...process.env, CLUSTERCTL_ENDPOINT: agent.endpoint }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let stdout = '';
  let stderr = '';
  shell.stdout.on('data', data => (stdout += data));
  shell.stderr.on('data', data => (stderr += data));
  await once(shell, 'close');
  const [first, second, code, ...rest] = stdout.trimEnd().split('\n');
  assert.deepEqual([first, second, code], ['member.alive', 'member.alive', '0']);
  assert.match(rest.join('\n'), /^TIME +EVENT +MEMBER +MESSAGE$/);
  assert.equal(stderr, '');
});

test('Ctrl-C while waiting for an agent ends with 130', async () => {
  const waiting = startClusterctl('wait --for leader --endpoint unix:/nonexistent/agent.sock');
  await once(waiting.process.stderr ?? waiting.process, 'data');
  waiting.process.kill('SIGINT');
  const { code, stderr } = await waiting.ended;
  assert.equal(code, 130);
  assert.equal(
    stderr,
    'waiting for leader: no such socket (0s)\n'.replace('0s', /\((.*)\)/.exec(stderr)?.[1] ?? ''),
  );
});

test('the launcher finds its checkout through links, and says how to install what is missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clusterctl-test-'));
  await symlink(launcher, join(folder, 'cc'));
  await symlink(join(folder, 'cc'), join(folder, 'ccc'));
  const linked = await startClusterctl('--version', undefined, { program: join(folder, 'ccc') }).ended;
  assert.equal(linked.code, 0);
  assert.match(linked.stdout, /^\d+\.\d+\.\d+\n$/);
  await mkdir(join(folder, 'bin'));
  await copyFile(launcher, join(folder, 'bin', 'clusterctl'));
  const bare = await startClusterctl('--version', undefined, { program: join(folder, 'bin', 'clusterctl') })
    .ended;
  assert.equal(bare.code, 1);
  assert.match(bare.stderr, /^error: .* has no node_modules yet\nhint: run "npm ci" in .*\n$/);
  await rm(folder, { recursive: true });
});
