// Two services on the same machines: what an operator says of a member, once, holds for SLURM and Kubernetes alike. Real slurmctld, slurmd
// and munged, and the double of test/k3s where k3s would be.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Host } from './host.ts';
import { ctl, done, k3sPath, kubectl, nodesOn, partsOn, untilRoles } from './k3s-cluster.ts';
import { LabCluster } from './lab-cluster.ts';
import { missingForK3s, missingForSlurm } from './requirements.ts';
import { controllerSeenBy } from './slurm-controller.ts';
import { jobText, runAsUser, submit } from './slurm-queue.ts';
import { waitFor } from './wait-for.ts';

const missing = missingForK3s() ?? missingForSlurm();
const options = missing === undefined ? { timeout: 300_000 } : { skip: missing };
const cluster = new LabCluster({}, { PATH: k3sPath });
after(() => cluster.stop());

const first = (): Host => cluster.lab.host('node-a');
/** Has a job and a pod, and is neither the controller of the one nor a server of the other. */
let worker: Host;
let server: Host;
let job: string;

const pod = (name: string) =>
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' } },
    spec: { nodeName: worker.name, containers: [{ name: 'main', image: 'busybox' }] },
  });
const podNames = async () =>
  JSON.parse(await kubectl(server, ['get', 'pods', '-o', 'json'])).items.map(
    (each: { readonly metadata: { readonly name: string } }) => each.metadata.name,
  );
/** How its parts in both services fare, `slurm:drained`. */
async function fares(): Promise<readonly string[]> {
  const { stdout } = await ctl(first(), ['members', '-o', 'json']);
  const rows = JSON.parse(stdout) as readonly {
    readonly name: string;
    readonly services: readonly { readonly service: string; readonly state: string }[];
  }[];
  const own = rows.find(({ name }) => name === worker.name)?.services ?? [];
  return own.map(({ service, state }) => `${service}:${state}`).sort();
}

test('five machines are a SLURM and a Kubernetes at once', options, async () => {
  await cluster.start(5);
  await done(first(), ['wait', '--for', 'healthy', '--timeout', '100s'], 110_000);
  await untilRoles(first(), { server: 3, agent: 2 });
  const controller = await controllerSeenBy(first());
  const parts = await partsOn(first());
  const agent = parts.find(({ role, member }) => role === 'agent' && member !== controller);
  const keeper = parts.find(({ role }) => role === 'keeper');
  assert.ok(agent && keeper);
  worker = cluster.lab.host(agent.member);
  server = cluster.lab.host(keeper.member);
  assert.deepEqual(await fares(), ['k3s:ready', 'slurm:ready']);
});

test(
  'a member is drained of jobs and pods by one word, which waits for both and names what still runs',
  options,
  async () => {
    job = await submit(first(), 'sleep 1000', '-w', worker.name);
    await waitFor(async () => /JobState=RUNNING/.test(await jobText(first(), job)), { what: 'the job' });
    await runAsUser(first(), ['scontrol', 'update', `jobid=${job}`, 'reqnodelist=']);
    const file = '/run/pod.json';
    server.writeFile(file, pod('lone'));
    await kubectl(server, ['apply', '-f', file]);
    await waitFor(async () => (await podNames()).includes('lone'), { what: 'the pod' });

    const drain = ['member', 'drain', worker.name, '--reason', 'new fans'];
    const late = await ctl(first(), [...drain, '--deadline', '4s'], 60_000);
    assert.equal(late.exitCode, 7, late.stderr);
    assert.match(late.stderr, new RegExp(`slurm still runs: ${job} \\(games\\)`));
    assert.match(late.stderr, /k3s still runs: default\/lone/);
    assert.deepEqual(await fares(), ['k3s:draining', 'slurm:draining']);
    const { stdout } = await first().run(['scontrol', '-o', 'show', 'node', worker.name]);
    assert.match(stdout, /State=\S*DRAIN.* Reason=ClusterOS: new fans /);
    const node = (await nodesOn(server)).find(({ metadata }) => metadata.name === worker.name);
    assert.equal(node?.spec.unschedulable, true);
    assert.equal(node?.metadata.annotations['clusteros.io/drain'], 'new fans');
  },
);

test('moved on when asked, both say that nothing runs there any more', options, async () => {
  const said = await done(
    first(),
    ['member', 'drain', worker.name, '--reason', 'new fans', '--requeue'],
    100_000,
  );
  assert.match(said, /is drained/);
  assert.deepEqual(await fares(), ['k3s:drained', 'slurm:drained']);
  assert.deepEqual(await podNames(), []);
  assert.doesNotMatch(
    await jobText(first(), job),
    new RegExp(`JobState=RUNNING .* NodeList=${worker.name} `),
  );
});

test('resumed, it gets work of both again', options, async () => {
  await done(first(), ['member', 'resume', worker.name]);
  await waitFor(async () => (await fares()).join() === 'k3s:ready,slurm:ready', { what: 'both ready' });
  await waitFor(
    async () =>
      (await nodesOn(server)).find(({ metadata }) => metadata.name === worker.name)?.spec.unschedulable !==
      true,
    { what: 'the node to take pods' },
  );
  const srun = await runAsUser(first(), ['srun', '-w', worker.name, 'hostname'], { timeoutMs: 60_000 });
  assert.equal(srun.stdout.trim(), worker.name, srun.stderr);
  await runAsUser(first(), ['scancel', job]);
});
