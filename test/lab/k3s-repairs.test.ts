// Kubernetes through failure: k3s that ends or says why it cannot, machines made anew, a majority of servers lost, and the way back to a
// snapshot. With the double of test/k3s where k3s would be.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Host } from './host.ts';
import {
  addAgents,
  ctl,
  done,
  etcdMembers,
  isReady,
  k3sCluster,
  kubectl,
  nodesOn,
  number,
  type Part,
  partsOn,
  untilRoles,
} from './k3s-cluster.ts';
import { missingForK3s } from './requirements.ts';
import { waitFor } from './wait-for.ts';

const missing = missingForK3s();
const options = missing === undefined ? { timeout: 300_000 } : { skip: missing };
const cluster = k3sCluster();
after(() => cluster.stop());

const first = (): Host => cluster.lab.host('node-a');
const faults = '/var/lib/rancher/k3s.double.json';

/** Names of the members with a role, by the cluster's own word. */
async function having(role: string): Promise<readonly string[]> {
  return (await partsOn(first())).filter(each => each.role === role).map(({ member }) => member);
}

/** Waits until the role of `member` fares as `is` says. */
function untilPart(
  member: string,
  is: (part: Part) => boolean,
  what: string,
  timeoutMs = 60_000,
): Promise<Part> {
  return waitFor(
    async () =>
      (await partsOn(first())).find(part => part.member === member && part.role !== 'keeper' && is(part)),
    { what: `${member}: ${what}`, timeoutMs },
  );
}

async function idOf(name: string): Promise<string> {
  const members = JSON.parse((await ctl(first(), ['members', '-o', 'json'])).stdout) as readonly {
    readonly id: string;
    readonly name: string;
  }[];
  return members.find(each => each.name === name)?.id ?? '';
}

/** A host as an image leaves it, and its agent started; resolves once another identity has the name. */
async function makeAnew(name: string): Promise<void> {
  const before = await idOf(name);
  await cluster.lab.powerOff(name);
  await cluster.lab.powerOn(name);
  const host = cluster.lab.host(name);
  const wipe = 'rm -rf /var/lib/clusteros/* /etc/rancher/* /var/lib/rancher/* /var/log/clusteros';
  assert.equal((await host.run(['bash', '-c', wipe])).exitCode, 0);
  await number(host);
  await addAgents(cluster, [name]);
  await waitFor(async () => !['', before].includes(await idOf(name)), {
    what: `a new identity under the name ${name}`,
    timeoutMs: 60_000,
  });
}

test('four machines: three servers and an agent', options, async () => {
  await cluster.start(4, async lab => {
    await Promise.all(lab.hosts.map(number));
  });
  await untilRoles(first(), { server: 3, agent: 1 });
});

test(
  'a k3s that is killed is started again, and a node that was deleted registers again',
  options,
  async () => {
    const [agent = ''] = await having('agent');
    const host = cluster.lab.host(agent);
    const pid = async () => (await host.run(['pgrep', '--oldest', 'k3s-agent'])).stdout.trim();
    const before = await pid();
    await host.run(['kill', '-KILL', before]);
    await waitFor(async () => !['', before].includes(await pid()), { what: 'another k3s' });
    await untilRoles(first(), { server: 3, agent: 1 });
    const [keeper = ''] = await having('keeper');
    await kubectl(cluster.lab.host(keeper), ['delete', 'node', agent]);
    await waitFor(
      async () =>
        (await nodesOn(cluster.lab.host(keeper))).some(each => each.metadata.name === agent && isReady(each)),
      { what: 'the node is back', timeoutMs: 240_000 },
    );
  },
);

test(
  'a k3s that cannot come up says why, is tried at growing distances, and nothing is wiped',
  options,
  async () => {
    const [agent = ''] = await having('agent');
    const host = cluster.lab.host(agent);
    const fatal = "server time isn't set properly: 1970-01-01 00:00:07 +0000 UTC";
    host.writeFile(faults, JSON.stringify({ fatal }));
    const part = await untilPart(agent, ({ reason }) => reason === 'clock-wrong', 'the reason');
    assert.match(part.detail, /timedatectl set-ntp true/);
    // Each start renames the log of the one before: the file's age tells of starts, and there are few of them.
    const starts = new Set<string>();
    for (let looks = 0; looks < 40; looks++) {
      starts.add((await host.run(['stat', '-c', '%i', '/var/log/clusteros/k3s-agent.log'])).stdout);
      await host.run(['sleep', '0.5']);
    }
    assert.ok(starts.size <= 4, `${starts.size} starts in about 20 s`);
    assert.equal(
      (await host.run(['test', '-e', '/var/lib/rancher/k3s/agent/client-kubelet.crt'])).exitCode,
      0,
    );
    assert.equal((await host.run(['rm', faults])).exitCode, 0);
    await untilRoles(first(), { server: 3, agent: 1 }, 200_000);
  },
);

test('an agent that was made anew is back under its name without hands', options, async () => {
  const [agent = ''] = await having('agent');
  await makeAnew(agent);
  const refused = await untilPart(
    agent,
    ({ detail }) => /still runs|may still run/.test(detail),
    'the former one may be there still',
  );
  assert.notEqual(refused.state, 'ready');
  await untilRoles(first(), { server: 3, agent: 1 }, 200_000);
  const [keeper = ''] = await having('keeper');
  const node = (await nodesOn(cluster.lab.host(keeper))).find(({ metadata }) => metadata.name === agent);
  assert.equal(node?.metadata.labels['clusteros.io/member'], await idOf(agent));
});

test('so is a server, once its former self is out of etcd', options, async () => {
  const [keeper = ''] = await having('keeper');
  const server = (await having('server')).find(name => ![keeper, 'node-a'].includes(name)) ?? '';
  await makeAnew(server);
  await untilRoles(first(), { server: 3, agent: 1 }, 240_000);
  const [now = ''] = await having('keeper');
  assert.deepEqual(await etcdMembers(cluster.lab.host(now)), [...(await having('server'))].sort());
});

test(
  'two of three servers have lost their disks: one goes on alone, the others join it again',
  options,
  async () => {
    const servers = await having('server');
    const survivor = servers[0] ?? '';
    const marked = cluster.lab.host(survivor);
    await kubectl(marked, ['label', 'node', survivor, 'test.example/kept=yes']);
    await done(first(), ['k3s', 'snapshot', 'save', '--name', 'before', '--server', survivor]);
    for (const name of servers.slice(1)) {
      const host = cluster.lab.host(name);
      host.writeFile(faults, JSON.stringify({ fatal: 'etcdserver: mvcc: database space exceeded' }));
      await host.run([
        'bash',
        '-c',
        'pkill --signal KILL k3s-server; rm -rf /var/lib/rancher/k3s/server/db/etcd',
      ]);
    }
    await untilPart(survivor, ({ state }) => state !== 'ready', 'it does not work without them');
    const what = await ctl(first(), ['k3s', 'recover', '--on', survivor, '--dry-run']);
    assert.equal(what.exitCode, 0, what.stderr);
    assert.match(what.stdout, /makes Kubernetes anew of what it has stored/);
    const asked = await ctl(first(), ['k3s', 'recover', '--on', survivor]);
    assert.equal(asked.exitCode, 2, 'nobody can be asked, and nothing is done');
    for (const name of servers.slice(1)) await cluster.lab.host(name).run(['rm', faults]);
    await done(first(), ['k3s', 'recover', '--on', survivor, '--yes'], 150_000);
    await untilRoles(first(), { server: 3, agent: 1 }, 240_000);
    const node = (await nodesOn(marked)).find(({ metadata }) => metadata.name === survivor);
    assert.equal(node?.metadata.labels['test.example/kept'], 'yes', 'what was stored is there');
    const kept = await marked.run(['bash', '-c', 'ls -d /var/lib/rancher/k3s/server/db.before-recovery-*']);
    assert.equal(kept.exitCode, 0, 'and a copy of it');
    assert.deepEqual(await etcdMembers(marked), [...(await having('server'))].sort());
  },
);

test('a snapshot brings back what was stored then', options, async () => {
  const [keeper = ''] = await having('keeper');
  const host = cluster.lab.host(keeper);
  await done(first(), ['k3s', 'snapshot', 'save', '--name', 'then', '--server', keeper]);
  const list = JSON.parse(await done(first(), ['k3s', 'snapshot', 'list', '-o', 'json'])) as readonly {
    readonly name: string;
    readonly member: string;
  }[];
  const name = list.find(each => each.member === keeper && each.name.startsWith('then'))?.name ?? '';
  assert.notEqual(name, '');
  await kubectl(host, ['label', 'node', keeper, 'test.example/later=yes']);
  const unknown = await ctl(first(), ['k3s', 'restore', '--snapshot', 'nothing', '--on', keeper, '--yes']);
  assert.equal(unknown.exitCode, 5);
  await done(first(), ['k3s', 'restore', '--snapshot', name, '--on', keeper, '--yes'], 150_000);
  await untilRoles(first(), { server: 3, agent: 1 }, 240_000);
  const node = (await nodesOn(host)).find(({ metadata }) => metadata.name === keeper);
  assert.equal(node?.metadata.labels['test.example/later'], undefined);
  assert.equal(node?.metadata.labels['test.example/kept'] ?? 'yes', 'yes');
});
