// The double's etcd: who is a member, what a majority decides, and what is left when there is none. Tests use the machines in the order
// in which they stand.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../lab/wait-for.ts';
import { askEtcd, membersOf } from './contract.suite.ts';
import type { KubeObject } from './double/objects.ts';
import { stillnessMs } from './limits.ts';
import {
  type K3sMachine,
  type K3sService,
  k3s,
  kubectlJson,
  LoopbackMachines,
  order,
  read,
  serverFolder,
  start,
  startReady,
  tokenOf,
  urlOf,
  wipe,
} from './machines.ts';

const machines = new LoopbackMachines();
after(async () => await machines.end());
const [a, b, c, d] = [machines.add('a'), machines.add('b'), machines.add('c'), machines.add('d')];
const running = new Map<K3sMachine, K3sService>();
const secret = 'members-secret';

async function found(machine: K3sMachine): Promise<void> {
  running.set(machine, await startReady(machine, 'server', { 'cluster-init': true, token: secret }));
}

async function join(machine: K3sMachine, via: K3sMachine): Promise<void> {
  running.set(machine, await startReady(machine, 'server', { server: urlOf(via), token: tokenOf(via) }));
}

async function kill(...which: readonly K3sMachine[]): Promise<void> {
  await Promise.all(which.map(machine => running.get(machine)?.kill()));
}

const names = async (machine: K3sMachine) =>
  (await membersOf(machine)).map(member => member.name.split('-')[0]).sort();
const mark = async (machine: K3sMachine, value: string) =>
  await machine.run(['kubectl', 'annotate', 'node', 'a', `mark=${value}`, '--overwrite']);
const markOf = async (machine: K3sMachine) =>
  (await kubectlJson<KubeObject>(machine, 'node', 'a')).metadata.annotations?.mark;

test('servers join one at a time: while one learns, another is told so', async () => {
  await found(a);
  order(a, { promotesLearners: false });
  const one = await start(b, 'server', { server: urlOf(a), token: secret });
  await one.says('this server has not yet been promoted from learner to voting member');
  const refused = await start(c, 'server', { server: urlOf(a), token: secret });
  await refused.says('etcdserver: too many learner members in cluster');
  assert.equal(await refused.ends(), 1);
  const { body } = await b.request(`${urlOf(b)}/readyz`);
  assert.match(body, /apiserver not ready/);
  order(a, {});
  await one.says('is up and running');
  running.set(b, one);
  await join(c, a);
  assert.deepEqual(await names(c), ['a', 'b', 'c']);
});

test('a member that etcd does not know is not found, in its words and with its codes', async () => {
  const { status, body } = await askEtcd(a, 'member/remove', { ID: '1' });
  const error = 'etcdserver: member not found';
  assert.deepEqual([status, JSON.parse(body)], [404, { error, code: 5, message: error }]);
});

test('a name that is taken by another member is refused', async () => {
  const twin = machines.add('a');
  const refused = await start(twin, 'server', { server: urlOf(b), token: secret });
  await refused.says(
    'etcd cluster join failed: duplicate node name found, please use a unique name for this node',
  );
  assert.equal(await refused.ends(), 1);
  assert.ok(!existsSync(twin.outside(`${serverFolder}/db/etcd/name`)));
});

test('writes go through any server, and are read on any other', async () => {
  await mark(b, 'one');
  assert.equal(await markOf(c), 'one');
});

test('without one of three all goes on, but nobody joins', async () => {
  await kill(c);
  await waitFor(async () => (await mark(a, 'two')).exitCode === 0, { what: 'a write' });
  const refused = await start(d, 'server', { server: urlOf(a), token: secret });
  await refused.says('etcd cluster join failed: etcdserver: unhealthy cluster');
  assert.equal(await refused.ends(), 1);
  wipe(d, '/var/lib/rancher');
});

test('without a majority nothing is written or read, and the one that is left says so', async () => {
  await kill(b);
  const { exitCode, stderr } = await mark(a, 'lost');
  assert.equal(exitCode, 1);
  assert.match(stderr, /etcdserver: request timed out/);
  const ready = await a.run(['kubectl', 'get', '--raw', '/readyz?verbose']);
  assert.equal(ready.exitCode, 1);
  assert.match(ready.stderr, /\[-\]etcd failed: reason withheld/);
  await assert.rejects(membersOf(a), /etcdserver: request timed out/, 'a majority is asked for');
});

test('all come back from their own disks after all were killed, whatever `server` says', async () => {
  await kill(a);
  const [one, two, three] = await Promise.all([
    start(a, 'server', { 'cluster-init': true, token: secret }),
    start(b, 'server', { server: urlOf(a), token: secret }),
    start(c, 'server', { server: urlOf(a), token: secret }),
  ]);
  await Promise.all([one, two, three].map(service => service.says('is up and running')));
  for (const [machine, service] of [
    [a, one],
    [b, two],
    [c, three],
  ] as const)
    running.set(machine, service);
  // What was asked for without a majority may be decided later: its asker was not told either way.
  assert.ok(['two', 'lost'].includes((await markOf(c)) ?? ''));
});

test('a member that is removed leaves its data aside and joins anew at its next start', async () => {
  await k3s(a, 'kubectl', 'annotate', 'node', 'c', 'etcd.k3s.cattle.io/remove=true');
  await running
    .get(c)
    ?.says('This node has been removed from the cluster - please restart k3s to rejoin the cluster');
  assert.deepEqual(await names(a), ['a', 'b']);
  await kill(c);
  await join(c, a);
  assert.deepEqual(await names(a), ['a', 'b', 'c']);
  assert.ok(readdirSync(c.outside(`${serverFolder}/db`)).some(name => name.startsWith('etcd-backup-')));
  await running.get(c)?.says('tombstone file has been detected');
  await waitFor(
    async () => {
      const { annotations } = (await kubectlJson<KubeObject>(a, 'node', 'c')).metadata;
      return annotations?.['etcd.k3s.cattle.io/remove'] === 'false';
    },
    { what: 'the flag to be reset' },
  );
});

test('a node that is deleted takes its member with it', async () => {
  await kill(c);
  await k3s(a, 'kubectl', 'delete', 'node', 'c');
  assert.deepEqual(await names(a), ['a', 'b']);
  const returning = await start(c, 'server', { token: secret });
  await returning.says('the member has been permanently removed from the cluster');
  await returning.kill();
});

test('a reset leaves a cluster of one, the others are told that they were removed and join with empty databases', async () => {
  wipe(c, `${serverFolder}/db`);
  await join(c, a);
  await mark(a, 'three');
  await kill(a, b, c);
  const reset = await start(a, 'server', { 'cluster-init': true, token: secret }, ['--cluster-reset']);
  await reset.says(
    'Managed etcd cluster membership has been reset, restart without --cluster-reset flag now',
  );
  assert.equal(await reset.ends(), 0);
  assert.ok(existsSync(a.outside(`${serverFolder}/db/reset-flag`)));
  const again = await start(a, 'server', { 'cluster-init': true, token: secret }, ['--cluster-reset']);
  await again.says('Managed etcd cluster membership was previously reset');
  assert.equal(await again.ends(), 1);
  await found(a);
  assert.ok(!existsSync(a.outside(`${serverFolder}/db/reset-flag`)));
  assert.equal(await markOf(a), 'three');
  assert.deepEqual(await names(a), ['a']);
  const stale = await start(b, 'server', { token: secret });
  await stale.says('the member has been permanently removed from the cluster');
  await stale.kill();
  wipe(b, `${serverFolder}/db`);
  await join(b, a);
  assert.deepEqual(await names(b), ['a', 'b']);
});

test('snapshots are taken, listed and restored, with the token that they were taken under', async () => {
  await mark(a, 'kept');
  await k3s(a, 'etcd-snapshot', 'save', '--name', 'before');
  const listed = await k3s(a, 'etcd-snapshot', 'ls');
  const name = /(before-a-\d+)/.exec(listed)?.[1] ?? '';
  assert.match(listed, new RegExp(`${name} +file://.*/db/snapshots/${name} +\\d+ `));
  await mark(a, 'gone');
  await kill(a, b);
  const file = a.outside(`${serverFolder}/db/snapshots/${name}`);
  const restore = async (token: string, path = file) =>
    await start(a, 'server', { 'cluster-init': true, token }, [
      '--cluster-reset',
      `--cluster-reset-restore-path=${path}`,
    ]);
  const nowhere = await restore(secret, '/nowhere');
  await nowhere.says('etcd: snapshot path does not exist: /nowhere');
  assert.equal(await nowhere.ends(), 1);
  const other = await restore('another');
  await other.says('bootstrap data already found and encrypted with different token');
  assert.equal(await other.ends(), 1);
  assert.equal(await (await restore(secret)).ends(), 0);
  await found(a);
  assert.equal(await markOf(a), 'kept');
  assert.deepEqual(await names(a), ['a']);
});

test('old snapshots are pruned, and deleted by name', async () => {
  const list = async () => await k3s(a, 'etcd-snapshot', 'ls');
  for (let count = 0; count < 3; count += 1) await k3s(a, 'etcd-snapshot', 'save', '--name', 'many');
  await k3s(a, 'etcd-snapshot', 'prune', '--name', 'many', '--snapshot-retention', '1');
  const left = [...(await list()).matchAll(/^many-a-\d+/gm)].map(([name]) => name);
  assert.equal(left.length, 1);
  await k3s(a, 'etcd-snapshot', 'delete', left[0] ?? '');
  assert.ok(!(await list()).includes('many-a'));
});

test('a server whose address changed is not the member that it was, until a reset', async () => {
  await kill(a);
  // Another machine with the same disk: what a new lease of an address does.
  const moved = machines.add('a', { K3S_DOUBLE_ROOT: a.outside('/').replace(/\/$/, '') });
  const own = { ...moved, outside: a.outside };
  const stuck = await start(own, 'server', { 'cluster-init': true, token: secret });
  await stuck.says(
    new RegExp(
      `this server is (a )?not a member of the etcd cluster\\. Found \\[a-[0-9a-f]{8}=https://${a.address}:2380\\], ` +
        `expect: a-[0-9a-f]{8}=https://${moved.address}:2380`,
    ),
  );
  await sleep(stillnessMs);
  assert.ok(stuck.child.isRunning, 'it tests its etcd for ever');
  await stuck.kill();
  const reset = await start(own, 'server', { 'cluster-init': true, token: secret }, ['--cluster-reset']);
  assert.equal(await reset.ends(), 0);
  const back = await startReady(own, 'server', { 'cluster-init': true, token: secret });
  assert.equal(await markOf(own), 'kept');
  await back.kill();
});

test('a single server moves from SQLite to etcd when it is told cluster-init', async () => {
  const alone = await startReady(d, 'server', { token: secret });
  await k3s(d, 'kubectl', 'annotate', 'node', 'd', 'mark=sqlite');
  assert.ok(existsSync(d.outside(`${serverFolder}/db/state.db`)));
  assert.equal((await d.run(['etcd-snapshot', 'save'])).exitCode, 1);
  await alone.kill();
  const moved = await startReady(d, 'server', { token: secret, 'cluster-init': true });
  await moved.says('Migrating content from sqlite to etcd');
  const { annotations } = (await kubectlJson<KubeObject>(d, 'node', 'd')).metadata;
  assert.equal(annotations?.mark, 'sqlite');
  assert.ok(existsSync(d.outside(`${serverFolder}/db/state.db.migrated`)));
  assert.match(read(d, `${serverFolder}/db/etcd/config`), /listen-peer-urls: https:\/\/127\./);
});
