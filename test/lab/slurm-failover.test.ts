// SLURM's controller dies with its machine, is frozen, or loses its agent: another goes on with the queue, and the old one
// never serves again. Real slurmctld, slurmd and munged; the jobs are an ordinary user's.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clusterctl, clusterctlProgram, clusterctlText } from './agent-host.ts';
import type { Host } from './host.ts';
import { LabCluster } from './lab-cluster.ts';
import { PortWatch } from './port-watch.ts';
import { missingForSlurm } from './requirements.ts';
import { controllerSeenBy } from './slurm-controller.ts';
import { hasEndedOnce, jobText, queueKept, runAsUser, submit } from './slurm-queue.ts';
import { waitFor } from './wait-for.ts';

interface MemberRow {
  readonly name: string;
  readonly state: string;
  readonly services: readonly { readonly role: string; readonly state: string }[];
}

const missing = missingForSlurm();
const options = missing === undefined ? { timeout: 300_000 } : { skip: missing };
const cluster = new LabCluster({});
let watch: PortWatch;
/** Who has been the controller, one after the other. */
const holders: string[] = [];
after(() => cluster.stop());

const rows = async (on: Host) => (await clusterctl(on, ['members'])) as MemberRow[];
const isStandingBy = ({ services }: MemberRow) =>
  services.some(({ role, state }) => role === 'standby' && state === 'ready');

/** Waits until there is a controller with two copies. */
async function settled(on: Host): Promise<string> {
  await waitFor(async () => (await rows(on)).filter(isStandingBy).length === 2, {
    timeoutMs: 60_000,
    what: 'two nodes to stand by',
  });
  return controllerSeenBy(on);
}

/** Waits until somebody serves who is not `former`, on every host that is there. */
async function served(hosts: readonly Host[], former: string): Promise<string> {
  const [first] = hosts;
  assert.ok(first);
  const holder = await controllerSeenBy(first, {
    ...{ except: former, timeoutMs: 40_000 },
    explain: () => cluster.agentOn(first.name).lastWords(30),
  });
  holders.push(holder);
  const answers = async (host: Host) => (await host.run(['timeout', '5', 'squeue', '-h'])).exitCode === 0;
  for (const host of hosts)
    await waitFor(() => answers(host), { timeoutMs: 40_000, what: `${host.name} to see the queue` });
  return holder;
}

test('two others keep a copy of the queue', options, async () => {
  await cluster.start(4, async () => {}, 1);
  watch = await PortWatch.begin(
    cluster.bystander,
    6817,
    cluster.hosts.map(({ ip }) => ip),
  );
  const host = cluster.lab.host('node-d');
  await clusterctlText(host, ['wait', '--for', 'members=4', '--timeout', '40s'], 50_000);
  await clusterctlText(host, ['wait', '--for', 'healthy', '--timeout', '90s'], 100_000);
  holders.push(await settled(host));
});

test(
  'an operator moves the controller: no job is lost, nobody serves beside it, and who has no copy cannot have it',
  options,
  async () => {
    const one = cluster.lab.host('node-d');
    const former = await controllerSeenBy(one);
    const running = await submit(one, 'sleep 6');
    // What slurmctld has not written down yet it does when it is asked to end.
    const held = await submit(one, 'true', '--hold');
    const next = (await rows(one)).find(row => row.name !== former && isStandingBy(row));
    assert.ok(next);
    const moved = (await clusterctl(one, ['service', 'move', 'slurm', '--to', next.name])) as {
      readonly parts: readonly { readonly role: string; readonly member: string; readonly holds: boolean }[];
    };
    assert.equal(moved.parts.find(({ holds }) => holds)?.member, next.name);
    holders.push(next.name);
    assert.equal((await cluster.lab.host(former).run(['pgrep', '-x', 'slurmctld'])).exitCode, 1);
    const release = await runAsUser(one, ['scontrol', 'release', held]);
    assert.equal(release.exitCode, 0, release.stderr);
    for (const job of [running, held])
      await waitFor(() => hasEndedOnce(one, job), {
        timeoutMs: 60_000,
        what: `job ${job} to end, once`,
        explain: () => jobText(one, job),
      });
    const aside = (await rows(one)).find(
      row => row.name !== next.name && !isStandingBy(row) && row.name !== former,
    );
    assert.ok(aside);
    const refused = await one.run([clusterctlProgram, 'service', 'move', 'slurm', '--to', aside.name]);
    assert.match(refused.stderr, /stands by with a copy/);
    const again = await one.run([clusterctlProgram, 'service', 'move', 'slurm', '--to', next.name]);
    assert.equal(again.exitCode, 2);
    assert.match(again.stderr, /is the slurm controller already/);
    await waitFor(async () => (await rows(one)).filter(isStandingBy).length === 2, {
      timeoutMs: 30_000,
      what: 'two nodes to stand by again',
    });
  },
);

test(
  'the controller loses power: another serves with the same queue, running and waiting jobs end once each',
  options,
  async () => {
    const [first] = cluster.hosts;
    assert.ok(first);
    const former = await controllerSeenBy(first);
    const others = cluster.hosts.filter(({ name }) => name !== former);
    const [one] = others;
    assert.ok(one);
    const nodes = others.map(({ name }) => name).join(',');
    const running = await submit(one, 'sleep 25', '-w', one.name);
    const waiting = await submit(one, 'true', '-w', one.name, '-d', `afterok:${running}`);
    const array = await submit(one, 'sleep 1', '--array=1-3', '-x', former);
    const tasks = [1, 2, 3].map(n => `${array}_${n}`);
    for (const task of tasks)
      await waitFor(() => hasEndedOnce(one, task), {
        timeoutMs: 40_000,
        what: `task ${task} to end`,
        explain: () => jobText(one, task),
      });
    assert.match(await jobText(one, running), /JobState=RUNNING/);
    await queueKept(cluster.lab.host(former), running, 2);
    await cluster.lab.powerOff(former);
    const holder = await served(others, former);
    assert.ok(nodes.includes(holder));
    for (const job of [running, waiting, ...tasks])
      await waitFor(() => hasEndedOnce(one, job), {
        timeoutMs: 60_000,
        what: `job ${job} to end, once`,
        explain: () => jobText(one, job),
      });
    await cluster.lab.powerOn(former);
    await cluster.restart(former);
    const back = cluster.lab.host(former);
    await waitFor(async () => (await rows(one)).some(row => row.name === former && row.services.length > 0), {
      timeoutMs: 40_000,
      what: `${former} to be back`,
    });
    await new Promise(resolve => setTimeout(resolve, 3000));
    assert.equal(
      (await back.run(['pgrep', '-x', 'slurmctld'])).exitCode,
      1,
      'it does not serve from its old folder',
    );
    assert.equal(await controllerSeenBy(one), holder);
  },
);

test(
  'the agent of the controller is stopped: its slurmctld is cut off in time, and ended when it goes on',
  options,
  async () => {
    const [first] = cluster.hosts;
    assert.ok(first);
    const former = await controllerSeenBy(first);
    const others = cluster.hosts.filter(({ name }) => name !== former);
    const [one] = others;
    assert.ok(one);
    cluster.agentOn(former).kill('SIGSTOP');
    const holder = await served(others, former);
    const old = cluster.lab.host(former);
    assert.equal((await old.run(['pgrep', '-x', 'slurmctld'])).exitCode, 0, 'nobody could end it');
    const probe = ['bash', '-c', `timeout 3 bash -c '</dev/tcp/${old.ip}/6817'`];
    assert.notEqual((await one.run(probe)).exitCode, 0, 'but nobody reaches it');
    cluster.agentOn(former).kill('SIGCONT');
    await waitFor(async () => (await old.run(['pgrep', '-x', 'slurmctld'])).exitCode === 1, {
      timeoutMs: 20_000,
      what: 'the old slurmctld to be ended',
    });
    assert.equal(await controllerSeenBy(one), holder);
    const srun = await one.run(['srun', '-N1', 'hostname'], { timeoutMs: 30_000 });
    assert.equal(srun.exitCode, 0, srun.stderr);
  },
);

test(
  'the controller is cut off and comes back: it has ended its slurmctld, and what the other knows stays',
  options,
  async () => {
    const [first] = cluster.hosts;
    assert.ok(first);
    const former = await settled(first);
    const others = cluster.hosts.filter(({ name }) => name !== former);
    const [one] = others;
    assert.ok(one);
    const held = await submit(one, 'true', '--hold');
    await queueKept(cluster.lab.host(former), held, 2);
    await cluster.lab.isolate(former);
    const holder = await served(others, former);
    const release = await runAsUser(one, ['scontrol', 'release', held]);
    assert.equal(release.exitCode, 0, release.stderr);
    const over = () =>
      waitFor(() => hasEndedOnce(one, held), { timeoutMs: 60_000, what: `job ${held} to end` });
    await over();
    const old = cluster.lab.host(former);
    assert.equal(
      (await old.run(['pgrep', '-x', 'slurmctld'])).exitCode,
      1,
      'it was ended without a word from outside',
    );
    await cluster.lab.heal();
    await waitFor(async () => (await rows(one)).some(row => row.name === former && isStandingBy(row)), {
      timeoutMs: 60_000,
      what: `${former} to stand by`,
    });
    assert.equal(await controllerSeenBy(one), holder);
    await over();
  },
);

test('on the wire no two ever served at the same time', options, async () => {
  const ips = holders.map(name => cluster.lab.host(name).ip);
  assert.deepEqual(watch.turns(), ips);
  await watch.end();
});
