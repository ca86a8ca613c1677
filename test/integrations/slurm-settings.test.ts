// What an operator sets for SLURM: what is taken, how it reaches slurm.conf, machines and partitions, and what happens to
// settings that slurmctld does not take.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gpuDevices, gresText } from '../../src/integrations/slurm/gpus.ts';
import { featuresOf, memoryPerCpuMib } from '../../src/integrations/slurm/machine-shape.ts';
import { namesIn, partitionChanges } from '../../src/integrations/slurm/partition-upkeep.ts';
import { changesBetween, defaultSettings, settingsFrom } from '../../src/integrations/slurm/settings.ts';
import { slurmConfText } from '../../src/integrations/slurm/slurm-conf.ts';
import { MemoryHost } from './memory-host.ts';
import { readyCluster } from './slurm-bench.ts';

const main = { name: 'main', default: true };
const fast = { name: 'fast', tags: { site: 'east' }, maxTime: '2-00:00:00', options: { PriorityTier: '10' } };

const refusedOf = (value: unknown) => {
  const read = settingsFrom(value);
  return 'refused' in read ? read.refused : '';
};

test('settings are read whole, or refused with the place and the reason', () => {
  const read = settingsFrom({ partitions: [main, fast], memoryPerCpuMib: 2000, extra: ['KillWait=20'] });
  assert.deepEqual(read, {
    partitions: [
      { ...main, tags: {}, maxTime: 'infinite', options: {} },
      { default: false, ...fast },
    ],
    memoryPerCpuMib: 2000,
    extra: ['KillWait=20'],
    accounting: { enabled: false, keepMonths: 24 },
    users: [],
  });
  const ada = { name: 'ada', uid: 2001 };
  const people = settingsFrom({ partitions: [main], users: [ada], accounting: { enabled: true } });
  assert.deepEqual('refused' in people ? people : [people.users, people.accounting], [
    [{ ...ada, gid: 2001, home: '/home/ada', shell: '/bin/bash' }],
    { enabled: true, keepMonths: 24 },
  ]);
  for (const [value, text] of [
    ['nonsense', /expected object/],
    [{ partitions: [] }, /^partitions: /],
    [{ partitions: [main], colour: 'red' }, /colour/],
    [{ partitions: [main, main] }, /two called main/],
    [{ partitions: [{ name: 'a' }, { name: 'b' }] }, /one of them is the default, and 0 are marked/],
    [{ partitions: [{ ...main, name: 'a b' }] }, /^partitions\.0\.name: a name is/],
    [{ partitions: [{ ...main, maxTime: 'soon' }] }, /^partitions\.0\.maxTime: /],
    [{ partitions: [{ ...main, options: { Nodes: 'x' } }] }, /ClusterOS sets Nodes itself/],
    [{ partitions: [{ ...main, options: { PriorityTier: '1\nFoo=2' } }] }, /one word/],
    [{ partitions: [main], extra: ['SlurmUser=root'] }, /^extra\.0: ClusterOS sets SlurmUser itself/],
    [{ partitions: [main], extra: ['KillWait=1\nSlurmUser=root'] }, /^extra\.0: /],
    [{ partitions: [main], memoryPerCpuMib: -1 }, /^memoryPerCpuMib: /],
    [{ partitions: [main], accounting: { enabled: 'yes' } }, /^accounting\.enabled: /],
    [{ partitions: [main], accounting: { keepMonths: 0 } }, /^accounting\.keepMonths: /],
    [
      { partitions: [main], accounting: { enabled: true }, extra: ['AccountingStorageHost=db'] },
      /^extra: with accounting enabled ClusterOS sets AccountingStorageHost itself/,
    ],
    [{ partitions: [main], users: [{ name: 'ada', uid: 7 }] }, /^users\.0\.uid: numbers below 1000/],
    [{ partitions: [main], users: [{ name: 'ada', uid: 65534 }] }, /^users\.0\.uid: .* nobody/],
    [{ partitions: [main], users: [{ name: '-rf', uid: 2001 }] }, /^users\.0\.name: a user name/],
    [{ partitions: [main], users: [ada, { name: 'bea', uid: 2001 }] }, /users: two have the uid 2001/],
    [{ partitions: [main], users: [{ ...ada, shell: 'bash -i' }] }, /^users\.0\.shell: a path/],
  ] as const)
    assert.match(refusedOf(value), text, JSON.stringify(value));
});

test('what a change of settings means is told in words', () => {
  const after = settingsFrom({
    partitions: [{ ...fast, default: true }],
    extra: ['KillWait=20'],
    memoryPerCpuMib: 500,
  });
  assert.ok(!('refused' in after));
  assert.deepEqual(changesBetween(defaultSettings, after), [
    'partition main goes',
    'partition fast is new: machines with site=east, at most 2-00:00:00, the default, PriorityTier=10',
    'memory of a job that asks for none, for each processor: 500 MiB (was: by the smallest machine)',
    'slurm.conf: KillWait=20',
  ]);
  assert.deepEqual(changesBetween(after, after), []);
});

test('a partition by tags is a node set of its own feature, and machines with the tags have it', () => {
  const settings = settingsFrom({ partitions: [main, fast] });
  assert.ok(!('refused' in settings));
  const text = slurmConfText({
    clusterName: 'lab',
    controllers: [],
    settings,
    memoryPerCpuMib: 640,
    local: 'KillWait=7\n',
  });
  assert.match(
    text,
    /^DefMemPerCPU=640\nPartitionName=main Nodes=ALL Default=YES MaxTime=infinite State=UP\nNodeSet=nodes_fast Feature=partition_fast\nPartitionName=fast Nodes=nodes_fast Default=NO MaxTime=2-00:00:00 State=UP PriorityTier=10\n/m,
  );
  assert.match(text, /KillWait=7\n$/);
  const capabilities = ['arch=x86_64', 'cores=8', 'gpu=nvidia:NVIDIA A100', 'link=wired'];
  assert.deepEqual(featuresOf({ capabilities, tags: { site: 'east', owner: 'a-b' } }, settings), [
    ...['arch_x86_64', 'gpu_nvidia', 'link_wired', 'owner_a_b', 'partition_fast', 'site_east'],
  ]);
  assert.deepEqual(featuresOf({ capabilities: [], tags: { site: 'west' } }, settings), ['site_west']);
});

test('a partition gets the nodes that have its feature, and others lose it', () => {
  const settings = settingsFrom({ partitions: [main, fast] });
  assert.ok(!('refused' in settings));
  const nodes = [
    { name: 'n2', features: ['partition_fast'] },
    { name: 'n1', features: ['partition_fast', 'site_east'] },
    { name: 'n3', features: [] },
  ];
  const shown = (list: string) =>
    `PartitionName=main Nodes=n[1-3]\nPartitionName=fast AllowGroups=ALL Nodes=${list} State=UP`;
  assert.deepEqual(partitionChanges(settings, nodes, shown('n[1-2]')), []);
  assert.deepEqual(partitionChanges(settings, nodes, shown('(null)')), [
    { partition: 'fast', nodes: ['n1', 'n2'] },
  ]);
  assert.deepEqual(partitionChanges(settings, [], shown('n3')), [{ partition: 'fast', nodes: [] }]);
  assert.deepEqual(partitionChanges(settings, nodes, 'PartitionName=main Nodes=n[1-3]'), [], 'not there yet');
});

test('lists of hosts are read as SLURM writes them', () => {
  assert.deepEqual(namesIn('a,n[01-03,7],x-1'), ['a', 'n01', 'n02', 'n03', 'n7', 'x-1']);
  assert.deepEqual(namesIn(''), []);
});

test('a job that asks for no memory gets what the least endowed worker has for a processor', () => {
  const grants = [{ service: 'slurm', role: 'worker', node: 'a', token: 1 }];
  const machine = (id: string, mib: number, cores: number) => ({
    id,
    capabilities: [`memory-mib=${mib}`, `cores=${cores}`],
  });
  const of = (nodes: readonly object[], settings = {}) =>
    memoryPerCpuMib({ grants, nodes, settings } as never);
  assert.equal(of([machine('a', 64_000, 8)]), 1024, 'never more than the default');
  assert.equal(of([machine('a', 4000, 8)]), 384, 'in steps');
  assert.equal(
    of([machine('a', 64_000, 8), machine('b', 1000, 8)]),
    1024,
    'one without a worker does not count',
  );
  assert.equal(of([machine('a', 100, 8)]), 64);
  const silent = { id: 'a', capabilities: ['memory-mib=1500'] };
  assert.equal(of([silent]), 960, 'one that does not tell its processors');
  assert.equal(of([]), 1024);
  const settings = { slurm: { version: 3, settings: { partitions: [main], memoryPerCpuMib: 300 } } };
  assert.equal(of([machine('a', 64_000, 8)], settings), 300);
});

test('GPUs are those whose device files are there', async () => {
  const host = new MemoryHost();
  assert.deepEqual(await gpuDevices(host), []);
  for (const file of ['nvidia10', 'nvidia2', 'nvidiactl', 'nvidia-uvm', 'zero']) host.put(`/dev/${file}`, '');
  host.put('/dev/dri/renderD128', '');
  host.put('/dev/dri/renderD129', '');
  host.put('/sys/class/drm/renderD128/device/vendor', '0x8086\n');
  host.put('/sys/class/drm/renderD129/device/vendor', '0x1002\n');
  const nvidia = [2, 10].map(number => ({ type: 'nvidia', file: `/dev/nvidia${number}` }));
  assert.deepEqual(await gpuDevices(host), nvidia, 'without the compute driver a render node is no GPU');
  host.put('/dev/kfd', '');
  const all = await gpuDevices(host);
  assert.deepEqual(all, [...nvidia, { type: 'amd', file: '/dev/dri/renderD129' }]);
  assert.equal(gresText(all), 'gpu:nvidia:2,gpu:amd:1');
});

test('new settings reach a running slurmctld, and a node its features', async () => {
  const { bench, a, b } = await readyCluster();
  bench.tags.set(b.id, { site: 'east' });
  bench.settings = { slurm: { version: 40, settings: { partitions: [main, fast] } } };
  const before = a.host.text('/run/slurmctld.pid');
  await bench.settle(a);
  assert.match(a.host.text('/etc/slurm/clusteros-slurmctld.conf'), /^PartitionName=fast /m);
  assert.notEqual(a.host.text('/run/slurmctld.pid'), before, 'it was started anew');
  assert.doesNotMatch(
    a.host.text('/etc/slurm/clusteros-slurmctld.conf'),
    /FirstJobId/,
    'and goes on with the next id',
  );
  assert.match(
    a.host.text('/var/lib/slurm/slurmctld/nodes/borea'),
    /AvailableFeatures=arch_x86_64,partition_fast,site_east/,
  );
  const settled = a.host.text('/run/slurmctld.pid');
  await bench.settle(a);
  assert.equal(a.host.text('/run/slurmctld.pid'), settled, 'once');
});

test('settings that SLURM cannot read leave slurmctld alone, and are told of until others come', async () => {
  const { bench, a } = await readyCluster();
  const [before, conf] = [
    a.host.text('/run/slurmctld.pid'),
    a.host.text('/etc/slurm/clusteros-slurmctld.conf'),
  ];
  bench.settings = { slurm: { version: 40, settings: { partitions: [main], extra: ['WrongKey=1'] } } };
  await bench.settle(a);
  assert.equal(a.host.text('/run/slurmctld.pid'), before);
  assert.equal(a.host.text('/etc/slurm/clusteros-slurmctld.conf'), conf);
  const controller = () => a.reports.find(({ role }) => role === 'controller');
  assert.equal(controller()?.state, 'ready');
  assert.match(
    controller()?.detail ?? '',
    /does not take \(.*unrecognized key: WrongKey\).*clusterctl service configure/,
  );
  bench.settings = {};
  await bench.settle(a);
  assert.equal(controller()?.detail, '');
});

test('an operator’s own lines on the machine are taken in, and are his to change', async () => {
  const { bench, a } = await readyCluster();
  assert.match(a.host.text('/etc/slurm/local.conf'), /^# Lines of slurm.conf/);
  a.host.put('/etc/slurm/local.conf', 'KillWait=9\n');
  await bench.settle(a);
  assert.match(a.host.text('/etc/slurm/clusteros-slurmctld.conf'), /\nKillWait=9\n# Of this start only\.\n/);
  assert.equal(a.host.text('/etc/slurm/local.conf'), 'KillWait=9\n');
});

test('a card that comes or goes makes slurmd and its node new, once nothing runs there', async () => {
  const { bench, a, b } = await readyCluster();
  b.host.put('/dev/nvidia0', '');
  bench.slurms.jobs.set(7, 'borea');
  await bench.settle(a);
  const record = () => a.host.text('/var/lib/slurm/slurmctld/nodes/borea');
  assert.match(b.host.text('/etc/slurm/gres.conf'), /\nName=gpu Type=nvidia File=\/dev\/nvidia0\n$/);
  assert.match(record(), /Gres=\(null\)/, 'a job runs there');
  bench.slurms.jobs.clear();
  await bench.settle(a);
  assert.match(record(), /Gres=gpu:nvidia:1/);
  b.host.files.delete('/dev/nvidia0');
  await bench.settle(a);
  assert.match(record(), /Gres=\(null\)/);
  assert.deepEqual(
    b.reports.map(({ role, state }) => `${role} ${state}`),
    ['standby ready', 'worker ready'],
  );
});

test('a gres.conf of an operator’s own stays', async () => {
  const { bench, a, b } = await readyCluster();
  b.host.put('/etc/slurm/gres.conf', 'Name=gpu Type=mine File=/dev/zero\n');
  b.host.put('/dev/nvidia0', '');
  await bench.settle(a);
  assert.equal(b.host.text('/etc/slurm/gres.conf'), 'Name=gpu Type=mine File=/dev/zero\n');
});

test('settings that a newer program has decided, and this one cannot read, change nothing', async () => {
  const { bench, a } = await readyCluster();
  bench.settings = { slurm: { version: 40, settings: { partitions: [main], colour: 'red' } } };
  await bench.settle(a);
  const controller = a.reports.find(({ role }) => role === 'controller');
  assert.match(
    controller?.detail ?? '',
    /the settings that entry 40 decided cannot be read \(.*colour.*\): update ClusterOS/,
  );
  assert.ok(a.host.runs('slurmctld'));
});
