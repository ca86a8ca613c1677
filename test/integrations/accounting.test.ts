// Accounts of what jobs have used, on machines in memory: where slurmdbd and its database run, what goes with the controller's role, and
// that slurmctld serves whatever becomes of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountsBytesMax, accountsWriteMs } from '../../src/integrations/limits.ts';
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
  c.host.put('/var/lib/slurm/accounting/taken', 'c 3\n');
  c.host.put('/var/lib/slurm/accounting/database.cnf', '[mariadbd]\n');
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

test('accounts that end in the middle, or hold an error, are told of, and what is here is not touched by the first', async () => {
  for (const [packed, pattern] of [
    ['gzip half of it\n', /its end is missing/],
    ['gzip one\nERROR\n-- Dump completed\n', /loading the accounts failed: ERROR 1064/],
  ] as const) {
    const { bench, a, b } = await accountingCluster();
    record(a.host, 'job 1');
    bench.wallMs += accountsWriteMs;
    await bench.settle(a);
    a.host.put(dump, packed);
    bench.away.add(a.id);
    await move(bench, b);
    const report = reportOf(b, 'accounting');
    assert.equal(report?.state, 'failing');
    assert.match(report?.detail ?? '', pattern);
    assert.equal(b.host.text(dump), packed, 'what was there stays, to be looked at');
    assert.equal(reportOf(b, 'controller')?.state, 'ready');
  }
});

test('accounts that are too large for the copies are told of, and the former ones stay', async () => {
  const { bench, a } = await accountingCluster();
  record(a.host, 'job 1');
  bench.wallMs += accountsWriteMs;
  await bench.settle(a);
  const before = a.host.text(dump);
  record(a.host, 'x'.repeat(accountsBytesMax));
  bench.wallMs += accountsWriteMs;
  await bench.settle(a);
  assert.equal(a.host.text(dump), before);
  const report = reportOf(a, 'accounting');
  assert.deepEqual([report?.state, report?.reason], ['ready', 'accounts-too-large']);
  assert.ok(![...a.host.files.keys()].some(path => path.includes('/work/')), 'nothing is left of it');
});

test('too little room for the text is told of before anything is written', async () => {
  const { bench, a } = await accountingCluster();
  record(a.host, 'job 1');
  a.host.freeBytes = 100 * 2 ** 20;
  bench.wallMs += accountsWriteMs;
  await bench.settle(a);
  assert.equal(reportOf(a, 'accounting')?.reason, 'accounts-no-room');
});

test('what is left of another cluster is no account of this one', async () => {
  const { bench, a } = await readyCluster();
  giveAccounting(a.host);
  a.host.put('/var/lib/slurm/accounting/taken', 'another-cluster 5000\n');
  a.host.put('/var/lib/slurm/accounting/database.cnf', '[mariadbd]\n');
  record(a.host, 'job of another cluster');
  bench.settings = withAccounting(true);
  await bench.settle(a);
  assert.equal(reportOf(a, 'accounting')?.state, 'ready');
  assert.equal(accountsOf(a.host), '');
});

test('a database that was half made when the power went is made anew', async () => {
  const { bench, a } = await readyCluster();
  giveAccounting(a.host);
  a.host.put('/var/lib/slurm/accounting/data/half', 'x');
  bench.settings = withAccounting(true);
  await bench.settle(a);
  assert.equal(a.host.text('/var/lib/slurm/accounting/data/half'), '');
  assert.deepEqual(runsOn(a), ['mariadbd', 'slurmdbd']);
});

test('a hand-over goes on though the last accounts cannot be written down, and says so', async () => {
  const { bench, a, b } = await accountingCluster();
  record(a.host, 'job 1');
  a.host.programs.set('mariadb-dump', () => ({ exitCode: 2, stderr: 'Got errno 28 on write\n' }));
  const from = bench.grants.find(({ role }) => role === 'controller')?.token ?? 0;
  bench.apply({ kind: 'move', service: 'slurm', role: 'controller', node: b.id, from });
  const [released] = await a.slurm.pass(a.host, bench.view(a), () => {});
  assert.equal(released?.state, 'released');
  assert.match(released?.detail ?? '', /accounts since they were last written down are lost: .*errno 28/);
  await bench.settle(b);
  assert.equal(reportOf(b, 'controller')?.state, 'ready');
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
