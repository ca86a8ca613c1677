// Jobs held to the processors, memory and devices that they asked for: where the machine can, and that it is said where it cannot.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slurmCapabilities } from '../../src/integrations/slurm/capabilities.ts';
import type { MemoryHost } from './memory-host.ts';
import { withSystemd } from './memory-systemd.ts';
import { Bench } from './slurm-bench.ts';

const controllersFile = '/sys/fs/cgroup/cgroup.controllers';
const cgroupConf = '/etc/slurm/cgroup.conf';

function withCgroups(host: MemoryHost): void {
  withSystemd(host);
  host.put(controllersFile, 'cpuset cpu io memory hugetlb pids rdma misc\n');
}

/** One machine, which is changed before the agent looks at it. */
async function machine(change: (host: MemoryHost) => void) {
  const bench = new Bench();
  const node = await bench.add('atlas');
  change(node.host);
  node.capabilities = [...node.capabilities, ...(await slurmCapabilities(node.host))];
  await bench.settle(node);
  return { bench, node, worker: () => node.reports.find(({ role }) => role === 'worker') };
}

test('with systemd and cgroups of version 2 slurmd holds jobs by them', async () => {
  const { node, worker } = await machine(withCgroups);
  assert.match(node.host.text(cgroupConf), /^ConstrainRAMSpace=yes$/m);
  assert.match(node.host.text('/etc/slurm/slurm.conf'), /^TaskPlugin=task\/cgroup,task\/affinity$/m);
  assert.match(
    node.host.text('/etc/slurm/clusteros-slurmctld.conf'),
    /^ProctrackType=proctrack\/linuxproc$/m,
  );
  assert.deepEqual([worker()?.state, worker()?.detail], ['ready', '']);
});

test('without one of the controllers that slurmd asks for, or without systemd, jobs are booked only, and the worker says so', async () => {
  const noMemory = (host: MemoryHost) => {
    withCgroups(host);
    host.put(controllersFile, 'cpuset cpu io pids\n');
  };
  const noSystemd = (host: MemoryHost) => host.put(controllersFile, 'cpuset cpu memory\n');
  for (const change of [noMemory, noSystemd]) {
    const { node, worker } = await machine(change);
    assert.match(node.host.text('/etc/slurm/slurm.conf'), /^ProctrackType=proctrack\/linuxproc$/m);
    assert.equal(node.host.text(cgroupConf), '');
    assert.equal(worker()?.state, 'ready');
    assert.match(worker()?.detail ?? '', /not held to the memory they asked for/);
  }
});

test('an operator keeps a cgroup.conf of his own; ours is made right again, and goes with the member', async () => {
  const own = await machine(host => {
    withCgroups(host);
    host.put(cgroupConf, 'ConstrainSwapSpace=yes\n');
  });
  assert.equal(own.node.host.text(cgroupConf), 'ConstrainSwapSpace=yes\n');
  await own.node.slurm.withdraw(own.node.host);
  assert.equal(own.node.host.text(cgroupConf), 'ConstrainSwapSpace=yes\n');

  const ours = await machine(withCgroups);
  const whole = ours.node.host.text(cgroupConf);
  ours.node.host.put(cgroupConf, whole.replace('ConstrainCores=yes', 'ConstrainCores=no'));
  await ours.bench.settle(ours.node);
  assert.equal(ours.node.host.text(cgroupConf), whole);
  await ours.node.slurm.withdraw(ours.node.host);
  assert.equal(ours.node.host.text(cgroupConf), '');
});

test('on systemd each daemon is started as a unit of its own, which no restart of the agent ends', async () => {
  const { node } = await machine(withCgroups);
  const started = node.host.commands.filter(each => each.startsWith('systemd-run'));
  const units = started.map(each => /--unit=(\S+)/.exec(each)?.[1]).toSorted();
  assert.deepEqual(units, ['clusteros-munged', 'clusteros-slurmctld', 'clusteros-slurmd']);
  for (const each of started) assert.match(each, /--service-type=exec .*--property=Delegate=yes /);
  assert.match(started.join('\n'), /-- slurmd -Z -N atlas .*-D$/m);
});

test('a unit that systemd has not let go of yet is waited for', async () => {
  let refusals = 2;
  const { node, worker } = await machine(host => {
    withCgroups(host);
    const start = host.programs.get('systemd-run');
    host.programs.set('systemd-run', (args, on, input) => {
      if (!args.includes('--unit=clusteros-slurmctld') || refusals === 0)
        return start?.(args, on, input) ?? { exitCode: 1 };
      refusals -= 1;
      const stderr =
        'Failed to start transient service unit: Unit clusteros-slurmctld.service was already loaded or has a fragment file.\n';
      return { exitCode: 1, stderr };
    });
  });
  assert.equal(refusals, 0);
  assert.ok(node.host.runs('slurmctld'));
  assert.equal(worker()?.state, 'ready');
});

test('a slurmd whose former unit a job still has is started under another name', async () => {
  const { node, worker } = await machine(host => {
    withCgroups(host);
    const start = host.programs.get('systemd-run');
    host.programs.set('systemd-run', (args, on, input) =>
      args.includes('--unit=clusteros-slurmd')
        ? {
            exitCode: 1,
            stderr: 'Unit clusteros-slurmd.service was already loaded or has a fragment file.\n',
          }
        : (start?.(args, on, input) ?? { exitCode: 1 }),
    );
  });
  assert.equal(worker()?.state, 'ready');
  assert.ok(node.host.commands.some(each => each.includes('--unit=clusteros-slurmd-2 ')));
});

test('a daemon that dies before it has a log is told of with what systemd has of it', async () => {
  const { worker } = await machine(host => {
    withCgroups(host);
    host.programs.set('slurmd', args => (args[0] === '-V' ? { stdout: 'slurm-wlm 22.05.8\n' } : {}));
    host.programs.set('journalctl', () => ({ stdout: 'error: first\nfatal: no cgroup plugin\n' }));
  });
  assert.equal(worker()?.state, 'failing');
  assert.match(worker()?.detail ?? '', /running slurmd .*failed: fatal: no cgroup plugin/);
});
