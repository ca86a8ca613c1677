// Nobody but ClusterOS starts SLURM's daemons while it owns them: the packages' units are masked before slurm.conf is there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withSystemd } from './memory-systemd.ts';
import { Bench } from './slurm-bench.ts';

test('units are masked before slurm.conf is written, once, and again when somebody unmasks one', async () => {
  const bench = new Bench();
  const node = await bench.add('atlas');
  const calls = withSystemd(node.host);
  await bench.settle(node);
  assert.deepEqual(calls, ['mask slurmctld.service slurmd.service munge.service, slurm.conf absent']);
  assert.deepEqual(
    node.reports.map(({ role, state }) => `${role} ${state}`),
    ['controller ready', 'worker ready'],
  );
  await bench.settle(node);
  assert.equal(calls.length, 1);
  node.host.files.delete('/etc/systemd/system/slurmctld.service');
  await bench.settle(node);
  assert.deepEqual(calls.slice(1), ['mask slurmctld.service, slurm.conf there']);
});

test('where a unit cannot be masked nothing is started, and the mend is told', async () => {
  const bench = new Bench();
  const node = await bench.add('atlas');
  withSystemd(node.host);
  node.host.put('/etc/systemd/system/slurmctld.service', '[Service]\n');
  node.host.programs.set('systemctl', () => ({ exitCode: 1, stderr: 'File already exists' }));
  await bench.settle(node);
  const controller = node.reports.find(({ role }) => role === 'controller');
  assert.deepEqual([controller?.state, controller?.reason], ['failing', 'unit-not-masked']);
  assert.match(
    controller?.detail ?? '',
    /move what stands in \/etc\/systemd\/system\/slurmctld.service.* aside/,
  );
  assert.ok(!node.host.runs('slurmctld'));
});

test('a node that stands by tells of it, too, and keeps no copy', async () => {
  const bench = new Bench();
  const [a, b] = [await bench.add('atlas'), await bench.add('borea')];
  withSystemd(b.host);
  b.host.programs.set('systemctl', () => ({ exitCode: 1, stderr: 'File already exists' }));
  await bench.settle(a);
  assert.deepEqual(
    b.reports.map(({ role, state, reason }) => [role, state, reason]),
    [
      ['standby', 'failing', 'unit-not-masked'],
      ['worker', 'failing', 'unit-not-masked'],
    ],
  );
});

test('a member that was taken out has its units back', async () => {
  const bench = new Bench();
  const node = await bench.add('atlas');
  const calls = withSystemd(node.host);
  await bench.settle(node);
  assert.equal(await node.slurm.withdraw(node.host), '');
  assert.match(calls.at(-1) ?? '', /^unmask slurmctld.service slurmd.service/);
});
