// Accounts of what jobs have used, on machines in memory: where slurmdbd and its database run, what goes with the controller's role, and
// that slurmctld serves whatever becomes of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountsWriteMs } from '../../src/integrations/limits.ts';
import { defaultSettings } from '../../src/integrations/slurm/settings.ts';
import { accountsOf, giveAccounting, record } from './memory-accounting.ts';
import { type Bench, type Node, readyCluster } from './slurm-bench.ts';

const dump = '/var/lib/slurm/slurmctld/accounting.sql.gz';
const withAccounting = (enabled: boolean) => ({
  slurm: {
    version: enabled ? 1 : 2,
    settings: { ...defaultSettings, accounting: { enabled, keepMonths: 3 } },
  },
});
const reportOf = ({ reports }: Node, role: string) => reports.find(each => each.role === role);
const runsOn = ({ host }: Node) => ['mariadbd', 'slurmdbd'].filter(each => host.runs(each));

/** Three machines, `a` serves and keeps accounts. */
async function accountingCluster(): Promise<{ bench: Bench; a: Node; b: Node; c: Node }> {
  const cluster = await readyCluster();
  for (const { host } of cluster.bench.nodes) giveAccounting(host);
  cluster.bench.settings = withAccounting(true);
  await cluster.bench.settle(cluster.a);
  return cluster;
}

/** `to` becomes the controller instead of whoever is. */
async function move(bench: Bench, to: Node): Promise<void> {
  const from = bench.grants.find(({ role }) => role === 'controller')?.token ?? 0;
  bench.apply({ kind: 'move', service: 'slurm', role: 'controller', node: to.id, from });
  await bench.settle(to);
}

test('accounts are kept on the machine of the controller, and asked for there by all', async () => {
  const { a, b, c } = await accountingCluster();
  assert.deepEqual([a, b, c].map(runsOn), [['mariadbd', 'slurmdbd'], [], []]);
  assert.equal(reportOf(a, 'accounting')?.state, 'ready');
  for (const { host } of [a, b, c])
    assert.match(host.text('/etc/slurm/slurm.conf'), /^AccountingStorageHost=100\.64\.0\.1$/m);
  assert.match(a.host.text('/etc/slurm/clusteros-slurmctld.conf'), /^AccountingStorageHost=localhost$/m);
  const conf = a.host.files.get('/etc/slurm/slurmdbd.conf');
  assert.deepEqual([conf?.mode, conf?.owner], [0o600, 'slurm']);
  assert.match(a.host.text('/etc/slurm/slurmdbd.conf'), /^PurgeJobAfter=3months$/m);
});

test('slurmctld is told of accounts only once it has some, or slurmdbd to ask: without both it would not start', async () => {
  const { bench, a } = await readyCluster();
  bench.settings = withAccounting(true);
  await bench.settle(a);
  assert.equal(reportOf(a, 'controller')?.state, 'ready');
  assert.match(a.host.text('/etc/slurm/clusteros-slurmctld.conf'), /accounting_storage\/none/);
  const report = reportOf(a, 'accounting');
  assert.deepEqual([report?.state, report?.reason], ['failing', 'slurmdbd-missing']);
  assert.match(report?.detail ?? '', /apt-get install slurmdbd/);
  a.host.put('/var/lib/slurm/slurmctld/last_tres', 'as of earlier');
  await bench.settle(a);
  assert.match(a.host.text('/etc/slurm/clusteros-slurmctld.conf'), /accounting_storage\/slurmdbd/);
});

test('a move in order takes all accounts along, and ends what kept them before', async () => {
  const { bench, a, b, c } = await accountingCluster();
  record(a.host, 'job 1');
  // It was the controller once, and has a database of that time.
  giveAccounting(c.host);
  await c.host.ensureFolder('/var/lib/slurm/accounting', { mode: 0o755 });
  c.host.put('/var/lib/slurm/accounting/data/content', 'job 0\n');
  await move(bench, b);
  assert.equal(accountsOf(b.host), 'job 1\n');
  assert.deepEqual([a, b].map(runsOn), [[], ['mariadbd', 'slurmdbd']]);
  record(b.host, 'job 2');
  await move(bench, c);
  assert.equal(accountsOf(c.host), 'job 1\njob 2\n', 'and not what this machine had before');
});

test('a machine that dies takes along what was not written down since the last time', async () => {
  const { bench, a, b } = await accountingCluster();
  record(a.host, 'job 1');
  bench.wallMs += accountsWriteMs;
  await bench.settle(a);
  const written = a.host.text(dump);
  assert.match(written, /job 1/);
  record(a.host, 'job 2');
  await bench.settle(a);
  assert.equal(a.host.text(dump), written, 'not again before its time');
  bench.away.add(a.id);
  a.host.reboot();
  await move(bench, b);
  assert.equal(accountsOf(b.host), 'job 1\n');
});

test('accounts that have not changed are not written again', async () => {
  const { bench, a } = await accountingCluster();
  bench.wallMs += accountsWriteMs;
  await bench.settle(a);
  const dumps = () => a.host.commands.filter(each => each.startsWith('mariadb-dump')).length;
  const before = dumps();
  bench.wallMs += 10 * accountsWriteMs;
  await bench.settle(a);
  assert.equal(dumps(), before);
});

test('a machine that only restarts goes on with its own database', async () => {
  const { bench, a } = await accountingCluster();
  record(a.host, 'job 1');
  a.host.reboot();
  await bench.settle(a);
  assert.equal(accountsOf(a.host), 'job 1\n');
  assert.deepEqual(runsOn(a), ['mariadbd', 'slurmdbd']);
});

test('accounts that cannot be read are told of with their file, and slurmctld serves', async () => {
  const { bench, a, b } = await accountingCluster();
  record(a.host, 'job 1');
  bench.wallMs += accountsWriteMs;
  await bench.settle(a);
  a.host.put(dump, 'nonsense');
  bench.away.add(a.id);
  await move(bench, b);
  assert.equal(reportOf(b, 'controller')?.state, 'ready');
  const report = reportOf(b, 'accounting');
  assert.deepEqual([report?.state, report?.reason], ['failing', 'accounts-damaged']);
  assert.match(report?.detail ?? '', /accounting\.sql\.gz: .*not in gzip format: move it aside/);
});

test('switched off, the accounts are written down and their daemons end; slurmctld asks for none', async () => {
  const { bench, a } = await accountingCluster();
  record(a.host, 'job 1');
  bench.settings = withAccounting(false);
  await bench.settle(a);
  assert.deepEqual(runsOn(a), []);
  assert.match(a.host.text(dump), /job 1/);
  assert.match(a.host.text('/etc/slurm/clusteros-slurmctld.conf'), /accounting_storage\/none/);
});

test('a member that was taken out keeps neither the daemons nor their settings', async () => {
  const { a } = await accountingCluster();
  assert.equal(await a.slurm.withdraw(a.host), '');
  assert.deepEqual(runsOn(a), []);
  assert.equal(a.host.text('/etc/slurm/slurmdbd.conf'), '');
});
