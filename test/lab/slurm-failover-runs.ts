// `npm run lab:slurm-failover -- --runs 20`: the controller's machine loses power again and again under jobs, and each time it is
// measured when another serves, while a bystander watches who takes connections. Prints each run and a table: minimum, median, maximum, and what
// the time was spent on.
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { type AgentEvent, clusterctl, clusterctlText } from './agent-host.ts';
import type { Host } from './host.ts';
import { LabCluster } from './lab-cluster.ts';
import { PortWatch } from './port-watch.ts';
import { missingForSlurm } from './requirements.ts';
import { hasEndedOnce, jobText, queueKept, runAsUser, submit } from './slurm-queue.ts';
import { waitFor } from './wait-for.ts';

interface Row {
  readonly name: string;
  readonly state: string;
  readonly services: readonly { readonly role: string; readonly state: string }[];
}

interface Run {
  readonly failedMs: number;
  readonly grantedMs: number;
  readonly readyMs: number;
  readonly srunMs: number;
}

const { values } = parseArgs({ options: { runs: { type: 'string', default: '20' } } });
const runs = Number(values.runs);
const missing = missingForSlurm();
if (!Number.isSafeInteger(runs) || runs < 1 || missing !== undefined) {
  console.error(missing ?? 'usage: npm run lab:slurm-failover -- [--runs N]   N from 1 on');
  process.exit(2);
}

const cluster = new LabCluster({});
const rows = async (on: Host) => (await clusterctl(on, ['members'])) as Row[];
const has = (row: Row, role: string) =>
  row.state === 'alive' && row.services.some(each => each.role === role && each.state === 'ready');

async function settled(on: Host): Promise<string> {
  return waitFor(
    async () => {
      const all = await rows(on);
      const holder = all.find(row => has(row, 'controller'));
      const ready =
        all.filter(row => has(row, 'standby')).length >= 2 && all.every(row => has(row, 'worker'));
      return holder && ready ? holder.name : undefined;
    },
    { timeoutMs: 120_000, what: 'a controller, two that stand by, and all workers' },
  );
}

/** Running, waiting, array and dependent jobs, none of which runs on `except`. */
async function jobs(on: Host, except: string): Promise<{ readonly running: string; readonly all: string[] }> {
  const running = await submit(on, 'sleep 25', '-x', except);
  const dependent = await submit(on, 'true', '-x', except, '-d', `afterok:${running}`);
  const array = await submit(on, 'sleep 1', '-x', except, '--array=1-4');
  const tasks = [1, 2, 3, 4].map(n => `${array}_${n}`);
  // What starts or ends while SLURM has not written it down is lost with the machine: not what is measured here.
  await ended(on, tasks);
  return { running, all: [running, dependent, ...tasks] };
}

async function ended(on: Host, ids: readonly string[]): Promise<void> {
  for (const id of ids)
    await waitFor(() => hasEndedOnce(on, id), {
      timeoutMs: 120_000,
      what: `job ${id} to end, once`,
      explain: () => jobText(on, id),
    });
}

async function failOver(): Promise<Run> {
  const [first] = cluster.hosts;
  assert.ok(first);
  const former = await settled(first);
  const others = cluster.hosts.filter(({ name }) => name !== former);
  const [one] = others;
  assert.ok(one);
  turns.push(cluster.lab.host(former).ip);
  const { running, all } = await jobs(one, former);
  await queueKept(cluster.lab.host(former), running, 2);
  const atMs = Date.now();
  await cluster.lab.powerOff(former);
  const seen = (event: string, isIt: (each: AgentEvent) => boolean) =>
    waitFor(
      () =>
        others
          .flatMap(({ name }) => cluster.eventsOf(name, event))
          .filter(each => each.atMs >= atMs && isIt(each))
          .sort((a, b) => a.atMs - b.atMs)[0],
      { timeoutMs: 60_000, what: `${event} after the power cut` },
    );
  const srun = (async () => {
    const argv = ['timeout', '4', 'srun', '-N1', 'true'];
    await waitFor(async () => (await runAsUser(one, argv, { timeoutMs: 20_000 })).exitCode === 0, {
      timeoutMs: 90_000,
      what: 'srun to work',
    });
    return Date.now() - atMs;
  })();
  const failed = await seen('member.failed', ({ member }) => member === former);
  const granted = await seen('service.granted', ({ text }) => text.includes('slurm controller'));
  const ready = await seen('service.ready', ({ text }) => text.includes('slurm controller'));
  const srunMs = await srun;
  await ended(one, all);
  await cluster.lab.powerOn(former);
  await cluster.restart(former);
  return {
    ...{ failedMs: failed.atMs - atMs, grantedMs: granted.atMs - atMs },
    ...{ readyMs: ready.atMs - atMs, srunMs },
  };
}

function line(what: string, figures: readonly number[]): string {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share: number) => ((sorted[Math.round((sorted.length - 1) * share)] ?? 0) / 1000).toFixed(2);
  return `| ${what} | ${at(0)} / **${at(0.5)}** / ${at(1)} s |`;
}

/** Addresses of those that were the controller, one after the other. */
const turns: string[] = [];
const done: Run[] = [];
try {
  await cluster.start(5, async () => {}, 1);
  const ips = cluster.hosts.map(({ ip }) => ip);
  const watch = await PortWatch.begin(cluster.bystander, 6817, ips);
  const [first] = cluster.hosts;
  assert.ok(first);
  await clusterctlText(first, ['wait', '--for', 'members=5', '--timeout', '60s'], 70_000);
  for (let n = 1; n <= runs; n++) {
    const run = await failOver();
    done.push(run);
    console.error(`run ${n} of ${runs}: ${JSON.stringify(run)}`);
  }
  turns.push(cluster.lab.host(await settled(first)).ip);
  assert.deepEqual(watch.turns(), turns, 'on the wire one served after the other');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await cluster.stop();
}
console.log(
  `${done.length} of ${runs} fail-overs; in each 6 jobs ended once, and never did two serve at once. From the power cut of the controller's machine until:`,
);
console.log('| | minimum / median / maximum |\n| --- | --- |');
console.log(
  line(
    'another calls it failed',
    done.map(({ failedMs }) => failedMs),
  ),
);
console.log(
  line(
    'the role is given to another',
    done.map(({ grantedMs }) => grantedMs),
  ),
);
console.log(
  line(
    'its slurmctld answers',
    done.map(({ readyMs }) => readyMs),
  ),
);
console.log(
  line(
    'srun works on a worker',
    done.map(({ srunMs }) => srunMs),
  ),
);
