// Who is here, as an operator has it: real agents on four hosts, stopped, cut, moved and cloned.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { clusterctl, clusterctlText, nodeAgent, peerAddress } from './agent-host.ts';
import { LabCluster } from './lab-cluster.ts';
import type { Machine } from './machine.ts';
import { missingForLab } from './requirements.ts';
import { waitFor } from './wait-for.ts';

interface MemberRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly address: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
}
interface Shown extends MemberRow {
  readonly sights: readonly {
    readonly peer: string;
    readonly ofMember: { readonly state: string };
    readonly ofPeer: { readonly state: string };
  }[];
}

const missing = missingForLab();
const options = missing === undefined ? { timeout: 200_000 } : { skip: missing };
const settings = { 'integrations.slurm.enabled': false };

const members = async (on: Machine) => (await clusterctl(on, ['members'])) as MemberRow[];
const show = async (on: Machine, name: string) => (await clusterctl(on, ['member', 'show', name])) as Shown;

const cluster = new LabCluster(settings);
after(() => cluster.stop());

test(
  'four agents know of each other what their machines are, and tags that are set on one are seen on all',
  options,
  async () => {
    await cluster.start(4);
    const [first] = cluster.hosts;
    assert.ok(first);
    await clusterctlText(
      first,
      ['wait', '--for', 'members=4', '--for', 'leader', '--timeout', '30s'],
      40_000,
    );
    for (const { capabilities } of await members(first)) {
      assert.ok(
        capabilities.some(each => /^cores=[1-9]/.test(each)),
        `${capabilities}`,
      );
      assert.ok(
        capabilities.some(each => each.startsWith('kernel=')),
        `${capabilities}`,
      );
    }
    await clusterctlText(first, ['member', 'tag', 'node-c', 'site=north', 'rack=r2']);
    for (const host of cluster.hosts) {
      const told = async () => (await members(host)).find(({ name }) => name === 'node-c')?.tags;
      await waitFor(async () => (await told())?.rack === 'r2', {
        timeoutMs: 3000,
        what: `the tags on ${host.name}`,
      });
    }
  },
);

test(
  'a process that is stopped for four seconds goes on as if nothing were, one that is stopped for eight is suspected and refutes it; neither is called dead or blames anybody',
  options,
  async () => {
    const victim = cluster.agentOn('node-b');
    victim.kill('SIGSTOP');
    await new Promise(resolve => setTimeout(resolve, 4000));
    victim.kill('SIGCONT');
    await victim.untilEvent('agent.stalled');
    victim.kill('SIGSTOP');
    await new Promise(resolve => setTimeout(resolve, 8000));
    victim.kill('SIGCONT');
    await victim.untilEvent('member.refuted');
    await new Promise(resolve => setTimeout(resolve, 3000));
    for (const { name } of cluster.hosts)
      assert.deepEqual(cluster.eventsOf(name, 'member.failed'), [], `nobody failed for ${name}`);
    assert.deepEqual(
      cluster.eventsOf('node-b', 'member.suspected'),
      [],
      'it blames nobody for its own sleep',
    );
  },
);

test(
  'a path that is cut between two of them is shown from both sides, and nobody is called dead for it',
  options,
  async () => {
    const [first] = cluster.hosts;
    assert.ok(first);
    await cluster.lab.cut('node-c', 'node-d');
    const seen = async () => (await show(first, 'node-c')).sights.find(({ peer }) => peer === 'node-d');
    // All of it, waited for: a path to what was stopped in the test before may still count as lossy.
    const wanted = [
      ['node-a', 'up', 'up'],
      ['node-b', 'up', 'up'],
      ['node-d', 'silent', 'silent'],
    ];
    const sights = async () =>
      (await show(first, 'node-c')).sights.map(({ peer, ofMember, ofPeer }) => [
        peer,
        ofMember.state,
        ofPeer.state,
      ]);
    await waitFor(async () => isDeepStrictEqual(await sights(), wanted), {
      timeoutMs: 60_000,
      what: 'node-d and node-c to say that they do not see each other, and the others that they do',
      explain: async () => JSON.stringify(await sights()),
    });
    await new Promise(resolve => setTimeout(resolve, 12_000));
    for (const { name } of cluster.hosts)
      assert.deepEqual(cluster.eventsOf(name, 'member.failed'), [], `nobody failed for ${name}`);
    await cluster.lab.heal();
    await waitFor(async () => (await seen())?.ofMember.state === 'up', {
      timeoutMs: 20_000,
      what: 'the path to be well',
    });
  },
);

test('an agent that comes back at another address is the same member there', options, async () => {
  const host = cluster.lab.host('node-d');
  const before = (await members(cluster.lab.host('node-a'))).find(({ name }) => name === 'node-d');
  cluster.agentOn('node-d').kill('SIGKILL');
  await cluster.agentOn('node-d').child.exited;
  const address = peerAddress(host).replace(/:\d+$/, ':7543');
  await cluster.restart('node-d', { bind: address });
  for (const other of cluster.hosts) {
    const row = async () => (await members(other)).find(({ name }) => name === 'node-d');
    await waitFor(async () => (await row())?.address === address && (await row())?.state === 'alive', {
      timeoutMs: 10_000,
      what: `the new address on ${other.name}`,
    });
    assert.equal((await row())?.id, before?.id);
    assert.equal((await members(other)).length, 4, 'nobody is there twice');
  }
});

test(
  'a clone of a running agent: the earlier boot ends and stays ended, both machines say why, and nobody sees it flap',
  options,
  async () => {
    const original = cluster.lab.host('node-b');
    const { dataDir } = original.paths;
    const copy = `mkdir ${dataDir}/clone && cd ${dataDir} && cp -r node.key epoch log log.begun members clone`;
    const moved = await original.run(['sh', '-c', copy], { timeoutMs: 10_000 });
    assert.equal(moved.exitCode, 0, moved.stderr);
    const argv = [nodeAgent, 'start', '--config', original.paths.config, '--data-dir', `${dataDir}/clone`];
    const clone = await original.spawn([
      ...[
        ...argv,
        '--bind',
        peerAddress(original).replace(/:\d+$/, ':7643'),
        '--peer',
        peerAddress(cluster.lab.host('node-a')),
      ],
      ...['--set', `admin.socket=${original.paths.socket}.clone`, '--set', 'http.enabled=false'],
    ]);
    await waitFor(() => !cluster.agentOn('node-b').child.isRunning, {
      timeoutMs: 15_000,
      what: 'the earlier boot to end',
      explain: () => `the clone says:\n${clone.stdout.slice(-12).join('\n')}\n${clone.stderr}`,
    });
    const exit = await cluster.agentOn('node-b').child.exited;
    assert.equal(exit.exitCode, 4, cluster.agentOn('node-b').lastWords());
    assert.equal(cluster.eventsOf('node-b', 'identity.conflict').length, 1);
    await waitFor(() => clone.stdout.some(line => line.includes('identity.conflict')), {
      timeoutMs: 10_000,
      what: 'the clone to be told',
    });
    const again = await original.run([nodeAgent, 'start', '--config', original.paths.config], {
      timeoutMs: 20_000,
    });
    assert.equal(again.exitCode, 4, again.stdout);
    assert.match(again.stderr, /remove \S+identity-conflict and start this one again/);
    for (const name of ['node-a', 'node-c', 'node-d'])
      assert.deepEqual(
        cluster.eventsOf(name, 'member.failed').filter(({ member }) => member === 'node-b'),
        [],
        `no flapping on ${name}`,
      );
    clone.kill('SIGKILL');
    await clone.exited;
  },
);
