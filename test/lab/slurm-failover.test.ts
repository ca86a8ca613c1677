// SLURM's controller dies with its machine, is frozen, or loses its agent: another goes on with the queue, and the old one
// never serves again. Real slurmctld, slurmd and munged; an ordinary user's jobs would do the same as root's here.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clusterctl, clusterctlText } from './agent-host.ts';
import type { Host } from './host.ts';
import { LabCluster } from './lab-cluster.ts';
import { missingForSlurm } from './requirements.ts';
import { waitFor } from './wait-for.ts';

interface MemberRow {
  readonly name: string;
  readonly state: string;
  readonly services: readonly { readonly role: string; readonly state: string }[];
}

const missing = missingForSlurm();
const options = missing === undefined ? { timeout: 300_000 } : { skip: missing };
const cluster = new LabCluster({});
after(() => cluster.stop());

const rows = async (on: Host) => (await clusterctl(on, ['members'])) as MemberRow[];
const holderSeenBy = async (on: Host) =>
  (await rows(on)).find(
    row =>
      row.state === 'alive' &&
      row.services.some(({ role, state }) => role === 'controller' && state === 'ready'),
  )?.name;
const isStandingBy = ({ services }: MemberRow) =>
  services.some(({ role, state }) => role === 'standby' && state === 'ready');
const state = async (on: Host, job: string) =>
  (await on.run(['scontrol', '-o', 'show', 'job', job], { timeoutMs: 15_000 })).stdout;
const isOver = async (on: Host, job: string) => /JobState=COMPLETED .*Restarts=0 /.test(await state(on, job));
const submit = async (on: Host, script: string, ...args: string[]) => {
  const argv = ['sbatch', '--parsable', '-o', '/dev/null', ...args];
  const { exitCode, stdout, stderr } = await on.run(argv, { input: `#!/bin/sh\n${script}\n` });
  assert.equal(exitCode, 0, stderr);
  return stdout.trim();
};

/** Waits until somebody serves who is not `former`, on every host that is there. */
async function served(hosts: readonly Host[], former: string): Promise<string> {
  const [first] = hosts;
  assert.ok(first);
  const holder = await waitFor(
    async () => {
      const name = await holderSeenBy(first).catch(() => undefined);
      return name === former ? undefined : name;
    },
    {
      ...{ timeoutMs: 40_000, what: `another controller than ${former}` },
      explain: () => cluster.agentOn(first.name).lastWords(30),
    },
  );
  const answers = async (host: Host) => (await host.run(['timeout', '5', 'squeue', '-h'])).exitCode === 0;
  for (const host of hosts)
    await waitFor(() => answers(host), { timeoutMs: 40_000, what: `${host.name} to see the queue` });
  return holder;
}

test('two others keep a copy of the queue', options, async () => {
  await cluster.start(4);
  const host = cluster.lab.host('node-d');
  await clusterctlText(host, ['wait', '--for', 'members=4', '--timeout', '40s'], 50_000);
  await clusterctlText(host, ['wait', '--for', 'healthy', '--timeout', '90s'], 100_000);
  const standbys = async () => (await rows(host)).filter(isStandingBy).length === 2;
  await waitFor(standbys, { timeoutMs: 30_000, what: 'two nodes to stand by' });
});

test(
  'the controller loses power: another serves with the same queue, running and waiting jobs end once each',
  options,
  async () => {
    const [first] = cluster.hosts;
    assert.ok(first);
    const former = await holderSeenBy(first);
    assert.ok(former);
    const others = cluster.hosts.filter(({ name }) => name !== former);
    const [one] = others;
    assert.ok(one);
    const nodes = others.map(({ name }) => name).join(',');
    const running = await submit(one, 'sleep 12', '-w', one.name);
    const waiting = await submit(one, 'true', '-w', one.name, '-d', `afterok:${running}`);
    const array = await submit(one, 'sleep 1', '--array=1-3', '-x', former);
    await waitFor(async () => /JobState=RUNNING/.test(await state(one, running)), { what: 'a job to run' });
    // SLURM itself writes its queue down every few seconds, and what it has not written nobody can copy.
    await new Promise(resolve => setTimeout(resolve, 6000));
    await cluster.lab.powerOff(former);
    const holder = await served(others, former);
    assert.ok(nodes.includes(holder));
    for (const job of [running, waiting, `${array}_1`, `${array}_2`, `${array}_3`])
      await waitFor(() => isOver(one, job), {
        timeoutMs: 60_000,
        what: `job ${job} to end, once`,
        explain: () => `it is ${job}`,
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
    assert.equal(await holderSeenBy(one), holder);
  },
);

test(
  'the agent of the controller is stopped: its slurmctld is cut off in time, and ended when it goes on',
  options,
  async () => {
    const [first] = cluster.hosts;
    assert.ok(first);
    const former = await holderSeenBy(first);
    assert.ok(former);
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
    await waitFor(async () => (await holderSeenBy(one)) === holder, { what: `${holder} to serve on` });
    const srun = await one.run(['srun', '-N1', 'hostname'], { timeoutMs: 30_000 });
    assert.equal(srun.exitCode, 0, srun.stderr);
  },
);
