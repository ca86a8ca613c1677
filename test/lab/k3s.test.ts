// Kubernetes on three machines, then five: who founds it, who joins, what operators do, and that the API says the same. With the double of
// test/k3s where k3s would be.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Host } from './host.ts';
import {
  addAgents,
  configure,
  ctl,
  done,
  etcdMembers,
  isReady,
  k3sCluster,
  k3sPath,
  kubectl,
  nodesOn,
  partsOn,
  untilRoles,
} from './k3s-cluster.ts';
import { missingForK3s } from './requirements.ts';
import { waitFor } from './wait-for.ts';

const missing = missingForK3s();
const options = missing === undefined ? { timeout: 240_000 } : { skip: missing };
const cluster = k3sCluster();
after(() => cluster.stop());

const first = (): Host => cluster.lab.host('node-a');

/** A server that has never been asked to be anything else. */
async function aServer(): Promise<Host> {
  const keeper = (await partsOn(first())).find(({ role }) => role === 'keeper');
  assert.ok(keeper);
  return cluster.lab.host(keeper.member);
}

test(
  'three machines: one founds the cluster, two join it one after the other, and all are servers',
  options,
  async () => {
    await cluster.start(3, async () => {}, 2);
    const parts = await untilRoles(first(), { server: 3, agent: 0 });
    assert.equal(parts.filter(({ role }) => role === 'keeper').length, 1);
    const server = await aServer();
    const nodes = await nodesOn(server);
    assert.deepEqual(nodes.map(({ metadata }) => metadata.name).sort(), ['node-a', 'node-b', 'node-c']);
    assert.ok(nodes.every(isReady));
    assert.deepEqual(await etcdMembers(server), ['node-a', 'node-b', 'node-c']);
    const authorities = await Promise.all(
      cluster.hosts.map(async host => {
        const { stdout } = await host.run(['sha256sum', '/var/lib/rancher/k3s/server/tls/server-ca.crt']);
        return stdout;
      }),
    );
    assert.equal(new Set(authorities).size, 1, 'one was founded, and all are of it');
    assert.match(authorities[0] ?? '', /^[0-9a-f]{64} /);
  },
);

test('two more are agents, and members, service and API agree', options, async () => {
  await addAgents(cluster, ['node-d', 'node-e']);
  await untilRoles(first(), { server: 3, agent: 2 });
  const { stdout } = await ctl(first(), ['members', '-o', 'json']);
  const members = JSON.parse(stdout) as readonly {
    readonly name: string;
    readonly id: string;
    readonly services: readonly { readonly service: string; readonly state: string }[];
  }[];
  const nodes = await nodesOn(await aServer());
  for (const { name, id, services } of members) {
    assert.ok(
      services.every(({ state }) => state === 'ready'),
      name,
    );
    const node = nodes.find(({ metadata }) => metadata.name === name);
    assert.ok(node && isReady(node), name);
    assert.equal(node.metadata.labels['clusteros.io/member'], id);
  }
  assert.equal(nodes.length, 5);
  const operations = JSON.parse(await done(first(), ['operations', '-o', 'json'])) as readonly {
    readonly outcome: string;
  }[];
  assert.ok(operations.every(({ outcome }) => outcome === 'done'));
});

test(
  'no token is in an argument, a log, a file that others may read, or what members tell each other',
  options,
  async () => {
    const hosts = cluster.lab.hosts;
    const server = await aServer();
    const secret =
      (await server.run(['cat', '/etc/rancher/k3s/clusteros-server.token'])).stdout
        .trim()
        .split(':')
        .at(-1) ?? '';
    assert.match(secret, /^[0-9a-f]{64}$/);
    const canaries = [secret];
    for (const host of hosts) {
      const token = (await host.run(['bash', '-c', 'cat /etc/rancher/k3s/clusteros-join.token 2>/dev/null']))
        .stdout;
      if (token !== '') canaries.push(token.trim().split('.').at(-1) ?? '');
    }
    assert.equal(canaries.length, 3, 'two agents have one each');
    assert.equal(new Set(canaries).size, 3);
    for (const host of hosts) {
      // By a file, so that no argument of the search is found.
      host.writeFile('/run/canaries', canaries.join('\n'), { mode: 0o600 });
      const search = (script: string) => host.run(['bash', '-c', script], { timeoutMs: 30_000 });
      const places = '/var/log/*.log /var/log/clusteros/* /var/lib/clusteros/table/*';
      const told = await search(
        `cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ ${places} 2>/dev/null | grep --text --count --file /run/canaries`,
      );
      assert.equal(told.stdout.trim(), '0', `on ${host.name} a token is in a log, an argument or the table`);
      const open = await search(
        'find /etc/rancher /var/lib/rancher /var/lib/clusteros /run/clusteros -type f -perm /077 -exec grep --files-with-matches --file /run/canaries {} +',
      );
      assert.equal(open.stdout, '', `on ${host.name} others may read a token`);
      const reports = await ctl(host, ['members', '-o', 'json']);
      for (const canary of canaries) assert.ok(!reports.stdout.includes(canary));
      host.writeFile('/run/canaries', secret, { mode: 0o600 });
      const kept = await search('grep --recursive --files-with-matches --file /run/canaries /etc/rancher');
      const isAgent = ['node-d', 'node-e'].includes(host.name);
      assert.equal(kept.stdout === '', isAgent, 'servers have the token of servers, agents have not');
    }
  },
);

test(
  'a drain keeps work away and moves pods, by one word for all services; resume gives work back',
  options,
  async () => {
    const server = await aServer();
    await done(first(), ['member', 'drain', 'node-d', '--reason', 'new disk']);
    await waitFor(
      async () =>
        (await partsOn(first())).some(({ member, state }) => member === 'node-d' && state === 'drained'),
      { what: 'node-d drained' },
    );
    const nodeD = async () => (await nodesOn(server)).find(({ metadata }) => metadata.name === 'node-d');
    assert.equal((await nodeD())?.spec.unschedulable, true);
    assert.equal((await nodeD())?.metadata.annotations['clusteros.io/drain'], 'new disk');
    await done(first(), ['member', 'resume', 'node-d']);
    await untilRoles(first(), { server: 3, agent: 2 });
    await waitFor(async () => (await nodeD())?.spec.unschedulable !== true, { what: 'work for node-d' });
  },
);

test('tags are labels, also when they change; taints follow them', options, async () => {
  const server = await aServer();
  await done(first(), ['member', 'tag', 'node-e', 'site=rack2']);
  await configure(first(), { taints: [{ tags: { site: 'rack2' }, key: 'site.example/far', value: 'yes' }] });
  const nodeE = async () => JSON.parse(await kubectl(server, ['get', 'node', 'node-e', '-o', 'json']));
  await waitFor(
    async () => {
      const { metadata, spec } = await nodeE();
      return metadata.labels['topology.kubernetes.io/zone'] === 'rack2' && spec.taints?.length > 0;
    },
    { what: 'the label and the taint' },
  );
  assert.deepEqual(
    (await nodeE()).spec.taints.map(({ key, value, effect }: Record<string, string>) => ({
      key,
      value,
      effect,
    })),
    [{ key: 'site.example/far', value: 'yes', effect: 'NoSchedule' }],
  );
  await done(first(), ['member', 'tag', 'node-e', 'site-']);
  await waitFor(async () => ((await nodeE()).spec.taints ?? []).length === 0, { what: 'no taint' });
});

test('a kubeconfig is a credential of its own, and kubectl works with it anywhere', options, async () => {
  const host = cluster.lab.host('node-e');
  await done(host, ['k3s', 'kubeconfig', '--merge', '--ttl', '12h']);
  const env = { PATH: k3sPath, KUBECONFIG: '/run/home/.kube/config' };
  const { exitCode, stdout, stderr } = await host.run(['k3s', 'kubectl', 'get', 'nodes', '-o', 'name'], {
    env,
  });
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout.trim().split('\n').length, 5);
  assert.match((await host.run(['stat', '-c', '%a', '/run/home/.kube/config'])).stdout, /^600$/m);
  const again = await ctl(host, ['k3s', 'kubeconfig', '--ttl', '12h']);
  assert.equal(again.exitCode, 0, again.stderr);
  assert.ok(again.stdout.includes('client-certificate-data'));
});

test('a snapshot is written and listed', options, async () => {
  await done(first(), ['k3s', 'snapshot', 'save', '--name', 'by-hand']);
  const list = JSON.parse(await done(first(), ['k3s', 'snapshot', 'list', '-o', 'json']));
  assert.equal(list.filter(({ name }: { readonly name: string }) => name.startsWith('by-hand')).length, 1);
});

test(
  'a server is not taken out as it is; it gives up its role in order, and another takes its place',
  options,
  async () => {
    const keeper = (await aServer()).name;
    const leaving = ['node-a', 'node-b', 'node-c'].find(name => name !== keeper && name !== 'node-a') ?? '';
    const refused = await ctl(first(), ['member', 'remove', leaving, '--yes', '--force']);
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.stderr, /is a server of Kubernetes: have it give that up first/);
    await configure(first(), { roles: { [leaving]: 'none' } });
    const parts = await untilRoles(first(), { server: 3, agent: 1 });
    const servers = parts.filter(({ role }) => role === 'server').map(({ member }) => member);
    assert.ok(!servers.includes(leaving));
    assert.deepEqual(await etcdMembers(cluster.lab.host(keeper)), servers.sort(), 'etcd has it no more');
    const nodes = await nodesOn(cluster.lab.host(keeper));
    assert.ok(!nodes.some(({ metadata }) => metadata.name === leaving), 'nor has Kubernetes');
    const gone = cluster.lab.host(leaving);
    assert.equal((await gone.run(['pgrep', '--count', 'k3s-'])).stdout.trim(), '0');
    const aside = await gone.run(['bash', '-c', 'ls -d /var/lib/rancher/k3s/server/db.before-*']);
    assert.equal(aside.exitCode, 0, 'its datastore is kept');
    await done(first(), ['member', 'remove', leaving, '--yes', '--force']);
  },
);

test('three servers become one as an operator wants it, without a rest at two', options, async () => {
  const before = JSON.parse(await done(first(), ['operations', '-o', 'json'])).length;
  await configure(first(), { servers: 1 });
  await untilRoles(first(), { server: 1, agent: 3 });
  const keeper = await aServer();
  assert.deepEqual(await etcdMembers(keeper), [keeper.name]);
  const operations = JSON.parse(await done(first(), ['operations', '-o', 'json'])) as readonly {
    readonly kind: string;
    readonly outcome: string;
  }[];
  const leaves = operations.slice(0, operations.length - before).filter(({ kind }) => kind === 'leave');
  assert.ok(
    operations.every(({ outcome }) => outcome === 'done'),
    'all ended well',
  );
  assert.ok(leaves.length <= 2);
  assert.equal((await nodesOn(keeper)).filter(isReady).length, 4);
});
