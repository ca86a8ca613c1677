// The double on hosts of a lab, where cables are cut and power goes: what the cluster behind it does then.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Lab } from '../lab/lab.ts';
import { missingForLab } from '../lab/requirements.ts';
import { waitFor } from '../lab/wait-for.ts';
import { membersOf } from './contract.suite.ts';
import type { KubeObject } from './double/objects.ts';
import { installDouble, labMachine } from './lab-machines.ts';
import { type K3sMachine, k3s, kubectlJson, startReady, tokenOf, urlOf } from './machines.ts';

const missing = missingForLab();
const options = missing === undefined ? {} : { skip: missing };
let lab: Lab;
let machines: readonly K3sMachine[];

before(async () => {
  if (missing !== undefined) return;
  lab = await Lab.start({ hosts: 4 });
  await Promise.all(lab.hosts.map(installDouble));
  machines = lab.hosts.map(host => labMachine(host, { env: { K3S_DOUBLE_FLANNEL: '1' } }));
});
after(async () => await lab?.stop());

function at(index: number): K3sMachine {
  const machine = machines[index];
  assert.ok(machine);
  return machine;
}

const mark = async (machine: K3sMachine, value: string) =>
  await machine.run(['kubectl', 'annotate', 'node', 'node-a', `mark=${value}`, '--overwrite']);

test('three servers and an agent become a cluster, each on addresses of its own', options, async () => {
  const [a, b, c, d] = [at(0), at(1), at(2), at(3)];
  await startReady(a, 'server', { 'cluster-init': true, 'flannel-iface': 'eth0' });
  await startReady(b, 'server', { server: urlOf(a), token: tokenOf(a) });
  await startReady(c, 'server', { server: urlOf(a), token: tokenOf(a) });
  const token = (await k3s(b, 'token', 'create', '--ttl', '15m')).trim();
  await startReady(d, 'agent', { server: urlOf(b), token });
  assert.deepEqual(
    (await membersOf(c)).map(member => member.peerURLs[0]),
    [a, b, c].map(({ address }) => `https://${address}:2380`),
  );
  const links = await lab.host('node-a').run(['ip', '-br', 'link', 'show', 'flannel.1']);
  assert.equal(links.exitCode, 0, links.stderr);
});

test(
  'a server that is cut off decides nothing; the others do, and the agent goes to them',
  options,
  async () => {
    const [a, b, c, d] = [at(0), at(1), at(2), at(3)];
    await lab.isolate('node-b');
    await waitFor(async () => (await mark(a, 'one')).exitCode === 0, { what: 'a write by the majority' });
    assert.notEqual((await mark(b, 'lost')).exitCode, 0);
    await waitFor(
      async () => {
        const node = await kubectlJson<KubeObject>(c, 'node', 'node-b');
        return JSON.stringify(node.status?.conditions).includes('NodeStatusUnknown');
      },
      { what: 'the server that is away to be Unknown' },
    );
    await waitFor(
      async () => {
        const node = await kubectlJson<KubeObject>(c, 'node', d.name);
        return !JSON.stringify(node.status?.conditions).includes('NodeStatusUnknown');
      },
      { what: 'the agent to be heard by way of another server' },
    );
    await lab.heal();
    await waitFor(
      async () => (await kubectlJson<KubeObject>(b, 'node', 'node-a')).metadata.annotations?.mark === 'one',
      { what: 'the one that was away to know' },
    );
  },
);

test('all servers lose power and come back with what they had', options, async () => {
  const servers = ['node-a', 'node-b', 'node-c'];
  for (const name of servers) await lab.powerOff(name);
  for (const name of servers) await lab.powerOn(name);
  await Promise.all(servers.map(async name => await installDouble(lab.host(name))));
  const [a, b, c] = [at(0), at(1), at(2)];
  const token = tokenOf(a);
  await Promise.all([
    startReady(a, 'server', { 'cluster-init': true, token }),
    startReady(b, 'server', { server: urlOf(a), token }),
    startReady(c, 'server', { server: urlOf(a), token }),
  ]);
  assert.equal((await kubectlJson<KubeObject>(c, 'node', 'node-a')).metadata.annotations?.mark, 'one');
  await waitFor(async () => (await k3s(a, 'kubectl', 'get', 'nodes')).match(/ Ready /g)?.length === 4, {
    what: 'four nodes to be Ready',
  });
});
