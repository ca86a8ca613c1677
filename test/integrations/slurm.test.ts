// The SLURM integration on machines in memory: from nothing to ready, and back to ready after whatever is broken.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceReport } from '../../src/integrations/cluster-view.ts';
import { type Retry, reconcile, type Step } from '../../src/integrations/reconciler.ts';
import { decideSlurm } from '../../src/integrations/slurm/decide.ts';
import { errorFrom, isPermanent } from '../../src/integrations/slurm/reasons.ts';
import { defaultSettings } from '../../src/integrations/slurm/settings.ts';
import { slurmIntegration } from '../../src/integrations/slurm/slurm.ts';
import { slurmConfText } from '../../src/integrations/slurm/slurm-conf.ts';
import { MemoryCopies } from './memory-copies.ts';
import type { MemoryHost } from './memory-host.ts';
import { inOnePass } from './one-pass.ts';
import { Bench, type Node, readyCluster } from './slurm-bench.ts';

const remember = async () => true;
const once: Retry = attempt => attempt();
const fencingFile = '/var/lib/clusteros/fencing.json';
const takenFile = '/var/lib/clusteros/slurm-taken';

const ofWorker = (reports: readonly ServiceReport[]) => reports.find(({ role }) => role === 'worker');
const states = ({ reports }: Node) => reports.map(({ role, state }) => `${role} ${state}`);

test('three fresh machines become a SLURM: one controller, three workers, every operation done', async () => {
  const { bench, a, b, c } = await readyCluster();
  assert.deepEqual(states(a), ['controller ready', 'worker ready']);
  const standingBy = ['standby ready', 'worker ready'];
  assert.deepEqual([states(b), states(c)], [standingBy, standingBy]);
  assert.equal(bench.grants.filter(({ role }) => role === 'controller').length, 1);
  assert.deepEqual(
    bench.operations.map(({ outcome }) => outcome),
    ['done', 'done', 'done', 'done'],
  );
  for (const { host } of bench.nodes) {
    const key = host.files.get('/etc/munge/munge.key');
    assert.deepEqual([key?.mode, key?.owner, key?.content.length], [0o400, 'munge', 1024]);
  }
});

test('when all is well a pass runs nothing but questions', async () => {
  const { bench, a } = await readyCluster();
  const processes = [...a.host.processes.keys()];
  a.host.commands.length = 0;
  await a.slurm.pass(a.host, bench.view(a), () => assert.fail('no progress is reported'));
  assert.deepEqual([...a.host.processes.keys()], processes);
  for (const command of a.host.commands)
    assert.match(
      command,
      /^(munge --no-input|squeue --noheader|scontrol --oneliner show node|getent passwd|stat --file-system)/,
    );
});

test('an agent that starts anew leaves running daemons alone', async () => {
  const { bench, a } = await readyCluster();
  const processes = [...a.host.processes.keys()];
  const copies = new MemoryCopies(bench.copies, a.id, a.host);
  const again = inOnePass(
    slurmIntegration({
      fencingFile,
      takenFile,
      retry: once,
      copies,
      remember,
      counterparts: bench.counterparts,
    }),
  );
  const reports = await again.pass(a.host, bench.view(a), () => {});
  assert.deepEqual(
    reports.map(({ state }) => state),
    ['ready', 'ready'],
  );
  assert.deepEqual([...a.host.processes.keys()], processes);
});

test('daemons that die, and whole machines that lose power, are brought back', async () => {
  const { bench, a, b } = await readyCluster();
  for (const name of ['munged', 'slurmctld', 'slurmd']) {
    for (const [pid, program] of a.host.processes) if (program === name) a.host.processes.delete(pid);
    await bench.settle(a);
    assert.deepEqual(states(a), ['controller ready', 'worker ready'], `after ${name} died`);
  }
  b.host.reboot();
  await bench.settle(a);
  assert.deepEqual(states(b), ['standby ready', 'worker ready']);
});

test('a munge key that somebody changed is put right, and munged never goes on with the wrong one', async () => {
  const { bench, a, b } = await readyCluster();
  const munged = [...b.host.processes].find(([, name]) => name === 'munged')?.[0];
  b.host.put('/etc/munge/munge.key', 'another');
  await bench.settle(a);
  assert.equal(b.host.files.get('/etc/munge/munge.key')?.content.length, 1024);
  assert.ok(munged !== undefined && !b.host.processes.has(munged), 'munged was restarted');
  assert.deepEqual(states(b), ['standby ready', 'worker ready']);
});

const slurmNode = (controller: Node, name: string) =>
  controller.host.text(`/var/lib/slurm/slurmctld/nodes/${name}`);

test('a drained worker tells what still runs, then that nothing does, and takes work again when it is resumed', async () => {
  const { bench, a, b } = await readyCluster();
  bench.slurms.jobs.set(17, 'borea');
  bench.drains.set(b.id, { reason: 'new fans', requeueAtMs: 5000 });
  await bench.settle(a);
  assert.deepEqual(states(b), ['standby ready', 'worker draining']);
  assert.match(b.reports.find(({ role }) => role === 'worker')?.detail ?? '', /still runs: 17 \(games\)/);
  assert.match(slurmNode(a, 'borea'), /Reason=ClusterOS: new fans/);
  bench.wallMs = 5000;
  await bench.settle(a);
  assert.deepEqual([...bench.slurms.jobs], [], 'it was started anew elsewhere');
  assert.deepEqual(states(b), ['standby ready', 'worker drained']);
  bench.drains.clear();
  await bench.settle(a);
  assert.deepEqual(states(b), ['standby ready', 'worker ready']);
  assert.doesNotMatch(slurmNode(a, 'borea'), /Reason/);
});

test('a drained machine gives the controller to another', async () => {
  const { bench, a, b, c } = await readyCluster();
  bench.tenure = { ...bench.tenure, hasReleased: () => true };
  bench.drains.set(a.id, { reason: 'new fans', requeueAtMs: 0 });
  await bench.settle(b);
  assert.deepEqual(states(b), ['controller ready', 'worker ready']);
  assert.ok(states(a).includes('worker drained'), states(a).join());
  assert.deepEqual(states(c), ['standby ready', 'worker ready']);
});

test('no new work goes to a dead member until it is back, and what a person has drained is left alone', async () => {
  const { bench, a, b, c } = await readyCluster();
  const file = '/var/lib/slurm/slurmctld/nodes/ceres';
  a.host.put(file, `${c.ip}\nReason=bad disk [root@2026-11-23T12:00:00]`);
  bench.away.add(b.id);
  await bench.settle(a);
  assert.doesNotMatch(slurmNode(a, 'borea'), /Reason/, 'only its agent has died: slurmd takes connections');
  b.host.reboot();
  await bench.settle(a);
  assert.match(slurmNode(a, 'borea'), /Reason=ClusterOS: the member is dead/);
  bench.away.clear();
  await bench.settle(a);
  assert.deepEqual(states(b), ['standby ready', 'worker ready']);
  assert.match(slurmNode(a, 'ceres'), /Reason=bad disk/);
});

test('the node of a removed member is deleted, and one that ClusterOS did not make is not', async () => {
  const { bench, a, b } = await readyCluster();
  a.host.put('/var/lib/slurm/slurmctld/nodes/guest', '100.64.7.7');
  bench.nodes.splice(bench.nodes.indexOf(b), 1);
  bench.grants = bench.grants.filter(({ node }) => node !== b.id);
  await bench.settle(a);
  assert.deepEqual([slurmNode(a, 'borea'), slurmNode(a, 'guest')], ['', '100.64.7.7']);
});

test('a worker whose address has changed is found by the controller again', async () => {
  const { bench, a, b } = await readyCluster();
  a.host.put('/var/lib/slurm/slurmctld/nodes/borea', '100.64.9.9');
  await bench.settle(a);
  assert.equal(a.host.text('/var/lib/slurm/slurmctld/nodes/borea').split('\n')[0], b.ip);
});

test('missing programs end the join with a reason and the mend, and it succeeds once they are installed', async () => {
  const bench = new Bench();
  const [a, b] = [await bench.add('atlas'), await bench.add('borea')];
  const slurmd = b.host.programs.get('slurmd');
  assert.ok(slurmd);
  b.host.programs.delete('slurmd');
  await bench.settle(a);
  const report = ofWorker(b.reports);
  assert.deepEqual([report?.state, report?.reason, report?.step], ['failing', 'slurmd-missing', 'slurmd']);
  assert.match(report?.detail ?? '', /slurmd is not installed: run "apt-get install slurmd"/);
  const failed = bench.operations.filter(({ node }) => node === b.id);
  assert.deepEqual(
    failed.map(({ outcome, reason }) => [outcome, reason]),
    [['failed', 'slurmd-missing']],
  );
  b.host.programs.set('slurmd', slurmd);
  await bench.settle(a);
  assert.deepEqual(
    bench.operations.filter(({ node }) => node === b.id).map(({ outcome }) => outcome),
    ['failed', 'done'],
  );
});

test('a member without SLURM says that, and nothing else is said of it', async () => {
  const { bench, a, b } = await readyCluster();
  const dione = await bench.add('dione');
  dione.capabilities = ['cores=2'];
  dione.host.commands.length = 0;
  for (const program of ['munged', 'slurmd', 'slurmctld']) dione.host.programs.delete(program);
  await bench.settle(a);
  assert.deepEqual(
    dione.reports.map(({ role, state, token, detail }) => [role, state, token, detail]),
    [['worker', 'absent', 0, 'install slurm-wlm and munge, then "systemctl restart node-agent"']],
  );
  assert.deepEqual(dione.host.commands, []);
  assert.ok(!bench.operations.some(({ node }) => node === dione.id));
  assert.deepEqual(states(b), ['standby ready', 'worker ready']);
  const other = await bench.add('eos');
  other.capabilities = ['cores=2'];
  await bench.settle(a);
  assert.match(other.reports[0]?.detail ?? '', /^it was installed after the agent had started/);
});

test('where nobody has SLURM nobody says that it is missing', async () => {
  const bench = new Bench();
  const node = await bench.add('atlas');
  node.capabilities = ['cores=2'];
  await bench.settle(node);
  assert.deepEqual(node.reports, []);
});

test('a slurmd that slurmctld would not take is not started, and says which version to install', async () => {
  const bench = new Bench();
  const [a, b] = [await bench.add('atlas'), await bench.add('borea')];
  const withVersion = (version: string) => b.capabilities.map(each => each.replace(/^slurm=.*/, version));
  const sound = b.capabilities;
  b.capabilities = withVersion('slurm=20.02.7');
  await bench.settle(a);
  const report = ofWorker(b.reports);
  assert.deepEqual([report?.state, report?.reason, report?.step], ['failing', 'version-mismatch', 'slurmd']);
  assert.match(
    report?.detail ?? '',
    /slurmd is 20\.02\.7 here, and slurmctld 22\.05\.8 on atlas .*: install SLURM 22\.05 here, then "systemctl restart node-agent"$/,
  );
  assert.ok(!b.host.runs('slurmd'));
  assert.deepEqual(states(a), ['controller ready', 'worker ready']);
  b.capabilities = sound;
  await bench.settle(a);
  assert.deepEqual(states(b), ['standby ready', 'worker ready']);
  const running = [...b.host.processes.keys()];
  b.capabilities = withVersion('slurm=23.02.1');
  await bench.settle(a);
  assert.deepEqual([...b.host.processes.keys()], running, 'one that runs may have jobs');
});

test('an order with an older token than one obeyed is refused, also by an agent that starts anew', async () => {
  const { bench, a, b } = await readyCluster();
  const newest = bench.grants.find(({ node }) => node === b.id);
  assert.ok(newest);
  bench.grants = bench.grants.map(grant => (grant === newest ? { ...grant, token: 1 } : grant));
  b.host.processes.clear();
  const copies = new MemoryCopies(bench.copies, b.id, b.host);
  const again = inOnePass(
    slurmIntegration({
      fencingFile,
      takenFile,
      retry: once,
      copies,
      remember,
      counterparts: bench.counterparts,
    }),
  );
  const report = ofWorker(await again.pass(b.host, bench.view(b), () => {}));
  assert.deepEqual([report?.state, report?.reason], ['failing', 'stale-token']);
  assert.match(report?.detail ?? '', new RegExp(`carries token 1, but this node has obeyed ${newest.token}`));
  assert.equal(b.host.processes.size, 0, 'nothing was started');
  assert.ok(a.reports.length > 0);
});

test('a fencing file that is damaged stops the node from obeying anyone, and says what to do', async () => {
  const { bench, b } = await readyCluster();
  b.host.put(fencingFile, 'x');
  const report = ofWorker(await b.slurm.pass(b.host, bench.view(b), () => {}));
  assert.deepEqual([report?.state, report?.reason], ['failing', 'fencing-damaged']);
});

test('the leader of any node decides the same, and decides nothing twice', async () => {
  const { bench, b, c } = await readyCluster();
  for (const leader of [b, c]) assert.deepEqual(decideSlurm(bench.view(leader)), []);
  assert.equal(bench.secrets.size, 1);
});

test('without a capable machine nothing is decided', async () => {
  const bench = new Bench();
  const node = await bench.add('atlas');
  node.capabilities = ['cores=2'];
  assert.deepEqual(decideSlurm(bench.view(node)), []);
});

test('slurm.conf is the recipe that was seen working', t => {
  t.assert.snapshot(
    slurmConfText({
      settings: defaultSettings,
      clusterName: 'Lab.One',
      controllers: [
        { hostName: 'atlas', ip: '100.64.0.1' },
        { hostName: 'boron', ip: '100.64.0.2' },
      ],
    }),
  );
});

test('a machine that can hold jobs to what they asked for does, and measures them by it', () => {
  const conf = slurmConfText({
    ...{ settings: defaultSettings, clusterName: 'lab', confines: true, accountingHost: '100.64.0.1' },
    controllers: [{ hostName: 'atlas', ip: '100.64.0.1' }],
  });
  assert.match(conf, /^ProctrackType=proctrack\/cgroup\nTaskPlugin=task\/cgroup,task\/affinity$/m);
  assert.match(conf, /^JobAcctGatherType=jobacct_gather\/cgroup$/m);
  assert.match(conf, /^AccountingStorageHost=100\.64\.0\.1$/m);
});

test('known words of SLURM get a reason and a mend, unknown ones count as passing', () => {
  const cases: [string, string, boolean][] = [
    [
      'Munge encode failed: Failed to access "/run/munge/munge.socket.2" (Did you start munged?)',
      'munge-missing',
      false,
    ],
    ['unmunge: Error: Rewound credential (16)', 'clock-skew', false],
    ['slurmd: error: Zero Bytes were transmitted or received', 'munge-key-rejected', false],
    ['fatal: CLUSTER NAME MISMATCH.', 'wrong-cluster-name', true],
    ['fatal: This host (node-e/node-e) not a valid controller', 'wrong-host', true],
    ['fatal: slurm_init_msg_engine_port error Address already in use', 'port-in-use', false],
    [
      'slurm_load_jobs error: Unable to contact slurm controller (connect failure)',
      'controller-unreachable',
      false,
    ],
    ['slurmd: error: Incompatible versions of client and server code', 'version-mismatch', true],
    ['the moon is full', 'unexpected', false],
  ];
  for (const [words, reason, permanent] of cases) {
    const error = errorFrom('starting it', words);
    assert.deepEqual(
      [error.reason, error.permanent, isPermanent(error.reason)],
      [reason, permanent, permanent],
      words,
    );
    assert.ok(error.message.startsWith('starting it failed: ') && !error.message.includes('\n'));
  }
});

test('a plan that never ends is left after a bounded number of steps', async () => {
  let applied = 0;
  const restless = {
    ...{ service: 's', role: 'r', parts: ['p'] },
    ...{ desired: () => ({}), observe: async () => ({}) },
    plan: (): Step[] => [{ part: 'p', summary: 'again' }],
    apply: async () => {
      applied += 1;
    },
  };
  const { bench, a } = await readyCluster();
  const grant = { service: 's', role: 'r', node: a.id, token: 1 };
  const fence = { admit: async () => {} };
  const context = {
    host: a.host,
    view: bench.view(a),
    grant,
    fence,
    retry: once,
    before: undefined,
    onReport: () => {},
  };
  const report = await reconcile(restless, context);
  assert.deepEqual([report.state, applied], ['starting', 20]);
});

test('the controller dies with its machine: another goes on with its queue, and the old one does not start again', async () => {
  const { bench, a, b } = await readyCluster();
  a.host.put('/var/lib/slurm/slurmctld/job_state', 'the queue');
  for (const node of bench.nodes) await node.slurm.pass(node.host, bench.view(node), () => {});
  a.host.reboot();
  bench.away.add(a.id);
  await bench.settle(b);
  const holder = bench.grants.find(({ role }) => role === 'controller');
  assert.ok(holder && holder.node === b.id && holder.former?.node === a.id);
  assert.deepEqual(states(b), ['controller ready', 'worker ready']);
  assert.equal(b.host.text('/var/lib/slurm/slurmctld/job_state'), 'the queue');
  bench.away.delete(a.id);
  await bench.settle(b);
  assert.ok(!a.host.runs('slurmctld'));
  assert.deepEqual(states(a), ['controller released', 'standby ready', 'worker ready']);
  assert.equal(bench.grants.filter(({ role }) => role === 'controller').length, 1);
});

for (const [title, reason, harm] of [
  [
    'whose disk is full',
    'state-disk-full',
    (host: MemoryHost) => {
      host.freeBytes = 0;
    },
  ],
  [
    'whose port another program has taken',
    'port-in-use',
    (host: MemoryHost) => {
      for (const [pid, program] of host.processes) if (program === 'slurmctld') host.processes.delete(pid);
      host.programs.set('slurmctld', () => ({
        exitCode: 1,
        stderr: 'fatal: slurm_init_msg_engine_port error Address already in use',
      }));
    },
  ],
] as const) {
  test(`a controller ${title} gives its role to another, and it does not come back`, async () => {
    const { bench, a, b } = await readyCluster();
    bench.tenure = { ...bench.tenure, hasReleased: () => true };
    harm(a.host);
    a.reports = await a.slurm.pass(a.host, bench.view(a), () => {});
    const [report] = a.reports;
    assert.deepEqual([report?.role, report?.state, report?.reason], ['controller', 'failing', reason]);
    await bench.settle(b);
    assert.deepEqual(states(b), ['controller ready', 'worker ready']);
    assert.ok(!a.host.runs('slurmctld'));
    assert.ok(states(a).includes('worker ready'), states(a).join());
    assert.equal(states(a).includes('standby failing'), reason === 'state-disk-full');
    b.host.reboot();
    bench.away.add(b.id);
    if (reason !== 'state-disk-full') return;
    bench.decide(a);
    const holder = bench.grants.find(({ role }) => role === 'controller')?.node;
    assert.equal(holder, bench.nodes[2]?.id, 'one without room takes over from nobody');
  });
}

test('a full disk is named, and slurmctld goes on, where nobody else can serve', async () => {
  const { bench, a } = await readyCluster();
  for (const { host } of bench.nodes) host.freeBytes = 0;
  for (const node of bench.nodes) node.reports = await node.slurm.pass(node.host, bench.view(node), () => {});
  await bench.settle(a);
  assert.ok(a.host.runs('slurmctld'));
  assert.deepEqual(states(a), ['controller failing', 'worker ready']);
  for (const { host } of bench.nodes) host.freeBytes = 2 ** 30;
  await bench.settle(a);
  assert.deepEqual(states(a), ['controller ready', 'worker ready']);
});

test('a slurmctld that somebody has stopped is told of, and goes on as the same process', async () => {
  const { bench, a } = await readyCluster();
  const pid = await a.host.runningPid('/run/slurmctld.pid', 'slurmctld');
  a.host.put(`/proc/${pid}/stat`, `${pid} (slurmctld) T 1 1`);
  a.reports = await a.slurm.pass(a.host, bench.view(a), () => {});
  const [report] = a.reports;
  assert.deepEqual([report?.state, report?.reason], ['failing', 'slurmctld-stopped']);
  await bench.settle(a);
  assert.deepEqual(states(a), ['controller ready', 'worker ready']);
  assert.equal(await a.host.runningPid('/run/slurmctld.pid', 'slurmctld'), pid);
});

test('a new controller waits until the former one has certainly ended, and one without tenure starts nothing', async () => {
  const { bench, a, b } = await readyCluster();
  a.host.reboot();
  bench.away.add(a.id);
  bench.tenure = { leftMs: () => 1000, stands: () => true, knownForMs: () => 2900, hasReleased: () => false };
  await bench.settle(b);
  assert.deepEqual(states(b)[0], 'controller starting');
  assert.ok(!b.host.runs('slurmctld'), 'it is too early');
  bench.tenure = { leftMs: () => 0, stands: () => true, knownForMs: () => 60_000, hasReleased: () => false };
  await bench.settle(b);
  assert.ok(!b.host.runs('slurmctld'), 'it has no tenure');
  bench.tenure = { leftMs: () => 1000, stands: () => true, knownForMs: () => 10, hasReleased: () => true };
  await bench.settle(b);
  assert.ok(b.host.runs('slurmctld'), 'the former one has said that it has ended');
});

test('without a copy of the queue nobody takes over, and the report says whom to bring back', async () => {
  const { bench, a, b } = await readyCluster();
  a.host.reboot();
  bench.away.add(a.id);
  for (const node of bench.nodes) node.reports = node.reports.filter(({ role }) => role !== 'standby');
  assert.deepEqual(bench.decide(b), []);
});
