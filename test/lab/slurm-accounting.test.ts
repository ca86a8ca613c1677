// What every job has used, kept by real slurmdbd on a real MariaDB beside the controller: switched on while jobs run, moved in order,
// lost with its machine, and switched off.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clusterctl, clusterctlProgram, clusterctlText } from './agent-host.ts';
import type { Host } from './host.ts';
import { LabCluster } from './lab-cluster.ts';
import { missingForAccounting } from './requirements.ts';
import { controllerSeenBy } from './slurm-controller.ts';
import { hasEndedOnce, submit } from './slurm-queue.ts';
import { waitFor } from './wait-for.ts';

const missing = missingForAccounting();
const options = missing === undefined ? { timeout: 300_000 } : { skip: missing };
const cluster = new LabCluster({});
after(() => cluster.stop());

const names = ['node-a', 'node-b', 'node-c'];
const partition = { name: 'main', default: true };

async function configure(host: Host, settings: object): Promise<void> {
  const file = '/var/lib/clusteros/slurm-settings.yaml';
  host.writeFile(file, JSON.stringify({ partitions: [partition], ...settings }), { mode: 0o600 });
  const argv = [clusterctlProgram, 'service', 'configure', 'slurm', '--file', file, '--yes'];
  const { exitCode, stderr } = await host.run(argv, { timeoutMs: 60_000 });
  assert.equal(exitCode, 0, stderr);
}

/** The records of a job, as `JobID|State|ExitCode|User`; the steps' too. */
async function recordsOf(host: Host, job: string): Promise<readonly string[]> {
  const argv = ['sacct', '-n', '-P', '--duplicates', '-j', job, '-o', 'JobID,State,ExitCode,User'];
  const { stdout } = await host.run(argv, { timeoutMs: 15_000 });
  return stdout.split('\n').filter(line => line !== '');
}

const untilRecorded = (host: Host, job: string, record: string) =>
  waitFor(async () => (await recordsOf(host, job)).includes(record), {
    timeoutMs: 60_000,
    what: `sacct on ${host.name} to show ${record}`,
    explain: async () =>
      JSON.stringify([await recordsOf(host, job), await clusterctl(host, ['service', 'show', 'slurm'])]),
  });

const runs = async (host: Host, program: string) => (await host.run(['pgrep', '-x', program])).exitCode === 0;

const dumpIn = async (host: Host) => {
  const { stdout } = await host.run(['stat', '-c', '%.Y', '/var/lib/slurm/slurmctld/accounting.sql.gz']);
  return Number(stdout);
};

let holder: Host;
/** Runs through the switching on and the move. */
let long = '';
/** Jobs that have ended, of each part of the test. */
const ended: string[] = [];

async function runToItsEnd(script: string): Promise<string> {
  const job = await submit(holder, script, '--mem', '10');
  await waitFor(() => hasEndedOnce(holder, job), { timeoutMs: 30_000, what: `job ${job} to end` });
  return job;
}

test('three hosts are a SLURM that keeps no accounts', options, async () => {
  await cluster.start(names.length);
  const host = cluster.lab.host('node-a');
  await clusterctlText(host, ['wait', '--for', 'members=3', '--timeout', '40s'], 50_000);
  await clusterctlText(host, ['wait', '--for', 'healthy', '--timeout', '90s'], 100_000);
  holder = cluster.lab.host(await controllerSeenBy(host));
  long = await submit(holder, 'sleep 600', '--mem', '10');
  await runToItsEnd('true');
  assert.equal(await runs(holder, 'slurmdbd'), false);
  assert.match((await holder.run(['sacct'])).stderr, /accounting storage is disabled/i);
});

test('switched on, jobs are recorded with what they used, and a job runs on', options, async () => {
  await configure(holder, { accounting: { enabled: true } });
  await waitFor(
    async () => (await holder.run(['sacctmgr', '-n', 'show', 'cluster'])).stdout.includes('lab'),
    {
      timeoutMs: 60_000,
      what: 'the cluster to be known to slurmdbd',
      explain: async () => JSON.stringify(await clusterctl(holder, ['service', 'show', 'slurm'])),
    },
  );
  const job = await runToItsEnd('sleep 12');
  ended.push(job);
  for (const name of names) await untilRecorded(cluster.lab.host(name), job, `${job}|COMPLETED|0:0|games`);
  const { stdout } = await holder.run(['sacct', '-n', '-P', '-j', `${job}.batch`, '-o', 'MaxRSS']);
  assert.match(stdout, /^[1-9]\d*(\.\d+)?[KM]$/m, 'the memory that it used was measured');
  assert.match(
    (await holder.run(['scontrol', '-o', 'show', 'job', long])).stdout,
    /JobState=RUNNING .*Restarts=0 /,
  );
  await untilRecorded(holder, long, `${long}|RUNNING|0:0|games`);
});

test('only the holder runs a database, which nobody reaches from outside', options, async () => {
  for (const name of names)
    assert.equal(await runs(cluster.lab.host(name), 'mariadbd'), name === holder.name, name);
  const { stdout } = await holder.run(['ss', '-ltnH']);
  assert.doesNotMatch(stdout, /:3306\b/);
  const { stdout: secrets } = await holder.run(['cat', '/etc/slurm/slurmdbd.conf']);
  assert.doesNotMatch(secrets, /StoragePass/);
});

test('a move in order loses no record, and waits hardly longer', options, async () => {
  const job = await runToItsEnd('true');
  ended.push(job);
  const to = names.find(name => name !== holder.name) ?? '';
  await clusterctlText(holder, ['service', 'move', 'slurm', '--to', to], 40_000);
  const former = holder;
  holder = cluster.lab.host(to);
  for (const each of ended) await untilRecorded(holder, each, `${each}|COMPLETED|0:0|games`);
  await untilRecorded(holder, long, `${long}|RUNNING|0:0|games`);
  assert.equal((await recordsOf(holder, long)).filter(line => line.startsWith(`${long}|`)).length, 1);
  await waitFor(async () => !(await runs(former, 'mariadbd')), {
    what: `the database on ${former.name} to end`,
  });
});

test('a fail-over keeps what was recorded before the last copy', options, async () => {
  const job = await runToItsEnd('true');
  ended.push(job);
  await untilRecorded(holder, job, `${job}|COMPLETED|0:0|games`);
  const recordedAt = Date.now() / 1000;
  await waitFor(async () => (await dumpIn(holder)) > recordedAt, {
    timeoutMs: 60_000,
    what: 'the accounts to be written down',
  });
  const kept = await dumpIn(holder);
  await waitFor(
    async () => {
      const { parts } = (await clusterctl(holder, ['service', 'show', 'slurm'])) as {
        readonly parts: readonly {
          readonly role: string;
          readonly copy: string;
          readonly copiedAtMs: number;
        }[];
      };
      return parts.filter(each => each.role === 'standby' && each.copiedAtMs >= kept * 1000).length === 2;
    },
    {
      ...{ timeoutMs: 30_000, what: 'two copies with them' },
      explain: async () => JSON.stringify([kept, await clusterctl(holder, ['service', 'show', 'slurm'])]),
    },
  );
  await cluster.lab.powerOff(holder.name);
  const other = cluster.lab.host(names.find(name => name !== holder.name) ?? '');
  // For two seconds nobody knows that it is dead.
  const next = await controllerSeenBy(other, {
    ...{ except: holder.name, timeoutMs: 60_000 },
    explain: async () => JSON.stringify(await clusterctl(other, ['service', 'show', 'slurm'])),
  });
  holder = cluster.lab.host(next);
  for (const each of ended) await untilRecorded(holder, each, `${each}|COMPLETED|0:0|games`);
  const fresh = await runToItsEnd('true');
  await untilRecorded(holder, fresh, `${fresh}|COMPLETED|0:0|games`);
});

test('switched off, slurmdbd and the database end, and jobs run as before', options, async () => {
  await configure(holder, { accounting: { enabled: false } });
  await waitFor(async () => !(await runs(holder, 'slurmdbd')) && !(await runs(holder, 'mariadbd')), {
    timeoutMs: 30_000,
    what: 'slurmdbd and its database to end',
  });
  await runToItsEnd('true');
});
