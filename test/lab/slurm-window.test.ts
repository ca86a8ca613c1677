// Jobs that sbatch has acknowledged and slurmctld has not saved when its machine loses power: none is lost silently, none is run
// twice, no id is given twice. Real slurmctld, slurmd and munged; the jobs are an ordinary user's.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { clusterctl, clusterctlText } from './agent-host.ts';
import type { Host } from './host.ts';
import { LabCluster } from './lab-cluster.ts';
import { missingForSlurm } from './requirements.ts';
import { controllerSeenBy } from './slurm-controller.ts';
import { hasEndedOnce, jobText, queueKept, runAsUser, submit } from './slurm-queue.ts';
import { waitFor } from './wait-for.ts';

interface MemberRow {
  readonly name: string;
  readonly state: string;
  readonly services: readonly { readonly role: string; readonly state: string }[];
}
interface Recovered {
  readonly formerId: number;
  readonly id: number | null;
  readonly user: string;
  readonly name: string;
  readonly note: string;
}

const missing = missingForSlurm();
const options = missing === undefined ? { timeout: 300_000 } : { skip: missing };
const cluster = new LabCluster({});
after(() => cluster.stop());

const rows = async (on: Host) => (await clusterctl(on, ['members'])) as MemberRow[];
const recoveredOn = async (on: Host) => (await clusterctl(on, ['slurm', 'recovered'])) as Recovered[];

interface Row {
  readonly id: string;
  readonly name: string;
  readonly comment: string;
}
/** All that slurmctld knows, an array as one. */
async function queue(on: Host): Promise<Row[]> {
  const argv = ['squeue', '-a', '-h', '-t', 'all', '-o', '%F|%j|%k'];
  const { stdout } = await on.run(argv, { timeoutMs: 15_000 });
  const found = stdout
    .trim()
    .split('\n')
    .map(line => line.split('|'))
    .map(([id = '', name = '', comment = '']) => ({ id, name, comment }));
  return [...new Map(found.map(row => [row.id, row])).values()];
}

/** Former ids, and the ids under which their jobs are now. */
const now = new Map<string, string>();
let one: Host;

test('jobs are submitted right before the controller loses power', options, async () => {
  await cluster.start(4);
  const host = cluster.lab.host('node-d');
  await clusterctlText(host, ['wait', '--for', 'members=4', '--timeout', '40s'], 50_000);
  await clusterctlText(host, ['wait', '--for', 'healthy', '--timeout', '90s'], 100_000);
  await waitFor(
    async () =>
      (await rows(host)).filter(({ services }) =>
        services.some(({ role, state }) => role === 'standby' && state === 'ready'),
      ).length === 2,
    { timeoutMs: 30_000, what: 'two nodes to stand by' },
  );
  const former = await controllerSeenBy(host);
  [one] = cluster.hosts.filter(({ name }) => name !== former) as [Host];
  one.writeFile('/run/script', '#!/bin/sh\n[ "$1" = "two words" ] && [ "$COLOUR" = "dark red" ]\n', {
    mode: 0o755,
  });

  const saved = await submit(one, 'true', '--hold', '-J', 'saved');
  await queueKept(cluster.lab.host(former), saved, 2);
  const small = ['--mem=20', '-x', former];
  const plain = await submit(
    one,
    '[ "$PWD" = /usr ] || exit 1',
    ...['-J', 'plain', '--time=7', '--mem=33', '--partition=main', '-D', '/usr', '-x', former],
    ...['--comment', 'mine'],
  );
  const array = await submit(one, 'exit 0', '-J', 'array', '--array=1-3%2', ...small);
  const dependent = await submit(one, 'true', '-J', 'dependent', '-d', `afterok:${plain}`, ...small);
  const lines = await submit(one, '#SBATCH --time=9 --job-name=lines\n#SBATCH --mem=21\ntrue', '-x', former);
  const withArguments = await runAsUser(
    one,
    [
      'sbatch',
      '--parsable',
      '-J',
      'arguments',
      '-D',
      '/',
      '-o',
      '/dev/null',
      ...small,
      '/run/script',
      'two words',
    ],
    { env: { COLOUR: 'dark red' } },
  );
  assert.equal(withArguments.exitCode, 0, withArguments.stderr);
  for (const id of [plain, array, dependent, lines, withArguments.stdout.trim()]) now.set(id, id);
  // Far longer than a change of the folder takes to get to the others, far shorter than until the next save.
  await pause(700);
  await cluster.lab.powerOff(former);

  await controllerSeenBy(one, {
    ...{ except: former, timeoutMs: 40_000 },
    explain: () => cluster.agentOn(one.name).lastWords(30),
  });
});

test(
  'each is recorded, or offered again once, held, as it was; the cluster lists it everywhere',
  options,
  async () => {
    const accounted = async () => {
      const known = await queue(one);
      const listed = await recoveredOn(one);
      return [...now.keys()].every(
        id => known.some(row => row.id === id) || listed.some(({ formerId }) => formerId === Number(id)),
      );
    };
    await waitFor(accounted, {
      ...{ timeoutMs: 30_000, what: 'every job to be accounted for' },
      explain: async () => JSON.stringify([[...now.keys()], await queue(one), await recoveredOn(one)]),
    });
    const listed = await recoveredOn(one);
    assert.ok(listed.length > 0, 'the test came too late, and all was saved');
    for (const { formerId, id, user, note } of listed) {
      assert.ok(id, note);
      assert.equal(user, 'games');
      assert.equal(note, '');
      assert.ok(now.has(String(formerId)));
      now.set(String(formerId), String(id));
      assert.match(await jobText(one, String(id)), /UserId=games\(.*Reason=JobHeldUser/);
    }
    const ids = (await queue(one)).map(({ id }) => id);
    for (const [former, id] of now) {
      const row = (await queue(one)).find(each => each.id === id);
      if (former !== id) {
        assert.match(row?.comment ?? '', new RegExp(`^clusteros: recovered job ${former}\\b`));
        assert.ok(!ids.includes(former), `${former} was given again`);
      }
    }
    assert.equal(new Set(now.values()).size, now.size);
    for (const host of cluster.hosts)
      if (host.isOn)
        await waitFor(async () => (await recoveredOn(host)).length === listed.length, {
          what: `${host.name} to list them`,
        });
    assert.equal(cluster.eventsOf(one.name, 'job.recovered').length, listed.length);
    assert.match(await clusterctlText(one, ['slurm', 'recovered']), /FORMER +NOW +USER/);

    const textOf = async (name: string) => {
      const row = (await queue(one)).find(each => each.name === name);
      assert.ok(row, name);
      return jobText(one, row.id);
    };
    const plain = await textOf('plain');
    assert.match(plain, /TimeLimit=00:07:00 .*Partition=main .*MinMemoryNode=33M .*WorkDir=\/usr /);
    assert.match(plain, /Comment=.*mine/);
    assert.match(await textOf('array'), /ArrayTaskId=1-3%2 /);
    assert.match(await textOf('lines'), /TimeLimit=00:09:00 .*MinMemoryNode=21M /);
    const plainId = (await queue(one)).find(({ name }) => name === 'plain')?.id;
    assert.match(await textOf('dependent'), new RegExp(`Dependency=afterok:${plainId}\\b`));
  },
);

test(
  'a controller that dies before it has saved what was offered offers it once more, not twice',
  options,
  async () => {
    const host = cluster.lab.host(await controllerSeenBy(one));
    const before = await recoveredOn(one);
    const pid = Number((await host.run(['cat', '/run/slurmctld.pid'])).stdout);
    await host.run(['kill', '-KILL', String(pid)]);
    await waitFor(async () => (await one.run(['timeout', '5', 'squeue', '-h'])).exitCode === 0, {
      timeoutMs: 40_000,
      what: 'slurmctld to be back',
    });
    const once = async () => {
      const known = await queue(one);
      return (await recoveredOn(one)).every(
        ({ formerId, id }) =>
          known.filter(({ comment }) => new RegExp(`recovered job ${formerId}\\b`).test(comment)).length ===
            1 && known.some(row => row.id === String(id)),
      );
    };
    await waitFor(once, {
      ...{ timeoutMs: 30_000, what: 'each to be offered once' },
      explain: async () => JSON.stringify([await queue(one), await recoveredOn(one)]),
    });
    const listed = await recoveredOn(one);
    assert.deepEqual(
      listed.map(({ formerId }) => formerId).sort(),
      before.map(({ formerId }) => formerId).sort(),
    );
    for (const { formerId, id } of listed) now.set(String(formerId), String(id));
    const next = Number(await submit(one, 'true', '--mem=20'));
    assert.ok(
      [...now].every(pair => pair.every(id => Number(id) < next)),
      'an id was given again',
    );
  },
);

test('once released they run to their good end, and nothing of them stays behind', options, async () => {
  for (const [former, id] of now) {
    if (former === id) continue;
    const { exitCode, stderr } = await runAsUser(one, ['scontrol', 'release', id]);
    assert.equal(exitCode, 0, stderr);
  }
  const names = new Map((await queue(one)).map(({ id, name }) => [id, name]));
  for (const id of now.values()) {
    const parts = names.get(id) === 'array' ? [1, 2, 3].map(task => `${id}_${task}`) : [id];
    for (const part of parts)
      await waitFor(() => hasEndedOnce(one, part), {
        timeoutMs: 60_000,
        what: `${names.get(id)} (${part}) to end`,
        explain: () => jobText(one, part),
      });
  }
  const host = cluster.lab.host(await controllerSeenBy(one));
  const left = async () =>
    (await host.run(['ls', '/var/lib/slurm/slurmctld/unrecorded', '/run/clusteros-offer'])).stdout;
  await waitFor(async () => !/\d+\.\w+|environment|script/.test(await left()), {
    timeoutMs: 40_000,
    what: 'their files to go',
    explain: left,
  });
});
