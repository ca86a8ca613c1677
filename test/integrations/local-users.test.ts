// Users that operators want on all machines.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSettings } from '../../src/integrations/slurm/settings.ts';
import { readyCluster } from './slurm-bench.ts';

const ada = { name: 'ada', uid: 2001, gid: 2001, home: '/home/ada', shell: '/bin/bash' };
const bea = { ...ada, name: 'bea', uid: 2002, gid: 2002, home: '/home/bea' };

async function clusterWithUsers() {
  const cluster = await readyCluster();
  for (const { host } of cluster.bench.nodes) {
    host.programs.set('groupadd', () => ({}));
    host.programs.set('useradd', args => {
      host.users.set(args.at(-1) ?? '', Number(args[args.indexOf('--uid') + 1]));
      return {};
    });
  }
  cluster.bench.settings = { slurm: { version: 1, settings: { ...defaultSettings, users: [ada, bea] } } };
  return cluster;
}

const madeOn = ({ host }: { readonly host: { readonly commands: readonly string[] } }) =>
  host.commands.filter(each => each.startsWith('useradd'));

test('they are made where they are missing, once, without a password', async () => {
  const { bench, a, b } = await clusterWithUsers();
  b.host.users.set('ada', 2001);
  await bench.settle(a);
  const command = '--no-create-home --home-dir /home/bea --shell /bin/bash bea';
  assert.equal(madeOn(a).length, 2);
  assert.deepEqual(madeOn(b), [`useradd --uid 2002 --gid bea ${command}`]);
  await bench.settle(a);
  assert.equal(madeOn(a).length, 2);
});

test('one that is there with another number is left alone', async () => {
  const { bench, a, b } = await clusterWithUsers();
  b.host.users.set('ada', 1500);
  await bench.settle(a);
  assert.equal(b.host.users.get('ada'), 1500);
});

test('one that cannot be made is told of with the reason, and the node works', async () => {
  const { bench, a, b } = await clusterWithUsers();
  b.host.programs.set('useradd', args =>
    args.at(-1) === 'ada' ? { exitCode: 4, stderr: 'useradd: UID 2001 is not unique\n' } : {},
  );
  await bench.settle(a);
  const report = b.reports.find(({ role }) => role === 'worker');
  assert.deepEqual([report?.state, report?.reason], ['ready', 'user-not-made']);
  assert.match(report?.detail ?? '', /ada \(useradd: UID 2001 is not unique\)/);
});
