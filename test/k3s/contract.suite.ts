// What k3s must do wherever a product relies on it: the double always, k3s itself where there is one. Texts are compared by the parts
// by which a product tells them apart. The machines of a suite are used in the order in which its tests stand.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, statSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../lab/wait-for.ts';
import type { KubeObject } from './double/objects.ts';
import { stillnessMs } from './limits.ts';
import {
  agentFolder,
  type K3sMachine,
  type K3sService,
  k3s,
  kubectlJson,
  read,
  serverFolder,
  start,
  startReady,
  tokenOf,
  urlOf,
  wipe,
} from './machines.ts';

export interface Ground {
  /** A machine on which no k3s ever ran. */
  add(name?: string): Promise<K3sMachine>;
  /** Whether it can run agents: k3s needs containers for them. */
  readonly runsAgents: boolean;
  end(): Promise<void>;
}

const secret = 'contract-secret';

/** Declares the suite. @param skip why it cannot be run */
export function k3sSuite(name: string, makeGround: () => Promise<Ground>, skip?: string): void {
  let ground: Ground;
  let first: K3sMachine;
  let service: K3sService;
  const extra = () => (ground.runsAgents ? {} : { 'disable-agent': true });
  const nodeOf = (machine: K3sMachine, on = first) => kubectlJson<KubeObject>(on, 'node', machine.name);
  const isReady = (node: KubeObject) =>
    ((node.status?.conditions ?? []) as readonly { type: string; status: string }[]).some(
      each => each.type === 'Ready' && each.status === 'True',
    );
  const untilReady = async (machine: K3sMachine) =>
    await waitFor(async () => isReady(await nodeOf(machine)), {
      what: `${machine.name} to be Ready`,
      timeoutMs: machine.patienceMs,
    });
  const it = (title: string, run: () => Promise<void>, needsAgents = false) =>
    test(`${name}: ${title}`, skip === undefined ? {} : { skip }, async context => {
      if (needsAgents && !ground.runsAgents) return context.skip('no containers here');
      await run();
    });

  before(async () => {
    if (skip !== undefined) return;
    ground = await makeGround();
    first = await ground.add();
  });
  after(async () => await ground?.end());

  it('the first server founds a cluster and leaves its files', async () => {
    service = await startReady(first, 'server', {
      'cluster-init': true,
      token: secret,
      'write-kubeconfig-mode': '0640',
      ...extra(),
    });
    const mode = (path: string) => statSync(first.outside(path)).mode & 0o777;
    for (const file of [
      'tls/server-ca.crt',
      'tls/client-ca.crt',
      'cred/passwd',
      'tls/etcd/client.crt',
      'db/etcd/name',
    ])
      assert.ok(existsSync(first.outside(`${serverFolder}/${file}`)), file);
    assert.ok(existsSync(first.outside(`${serverFolder}/db/etcd/member/wal`)), 'the log of etcd');
    assert.match(read(first, `${serverFolder}/db/etcd/name`), new RegExp(`^${first.name}-[0-9a-f]{8}$`));
    assert.equal(mode(`${serverFolder}/token`), 0o600);
    assert.equal(mode('/etc/rancher/k3s/k3s.yaml'), 0o640);
    assert.ok(lstatSync(first.outside(`${serverFolder}/node-token`)).isSymbolicLink());
  });

  it('the token names the authority by the hash of its file', async () => {
    const hash = createHash('sha256')
      .update(read(first, `${serverFolder}/tls/server-ca.crt`))
      .digest('hex');
    assert.equal(tokenOf(first), `K10${hash}::server:${secret}`);
  });

  it('strangers see the authority and a pong, and nothing else', async () => {
    const ask = async (path: string) => await first.request(`${urlOf(first)}${path}`);
    assert.equal((await ask('/ping')).body, 'pong');
    assert.equal((await ask('/cacerts')).body, read(first, `${serverFolder}/tls/server-ca.crt`));
    for (const path of ['/healthz', '/readyz', '/livez', '/version', '/api/v1/nodes'])
      assert.equal((await ask(path)).status, 401, path);
    for (const path of ['/v1-k3s/config', '/v1-k3s/readyz', '/v1-k3s/server-bootstrap'])
      assert.ok([401, 403].includes((await ask(path)).status), path);
  });

  it('the supervisor takes the password of its role, and says 401 to another', async () => {
    const ask = async (path: string, user: string, password: string) => {
      const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
      return (await first.request(`${urlOf(first)}${path}`, { headers: { authorization } })).status;
    };
    assert.equal(await ask('/v1-k3s/config', 'node', secret), 200);
    assert.equal(await ask('/v1-k3s/config', 'node', 'wrong'), 401);
    assert.equal(await ask('/v1-k3s/server-bootstrap', 'server', secret), 200);
    assert.equal(await ask('/v1-k3s/server-bootstrap', 'node', secret), 403);
  });

  it('kubectl with the admin kubeconfig asks for health', async () => {
    assert.match(
      await k3s(first, 'kubectl', 'get', '--raw', '/readyz?verbose'),
      /\[\+\]etcd ok\n[\s\S]*check passed/,
    );
    const { stderr, exitCode } = await first.run(['kubectl', 'get', 'node', 'nobody']);
    assert.equal(exitCode, 1);
    assert.match(stderr, /Error from server \(NotFound\): nodes "nobody" not found/);
  });

  it('a bootstrap token is made, listed and deleted', async () => {
    const token = (await k3s(first, 'token', 'create', '--ttl', '15m', '--description', 'one')).trim();
    assert.match(token, /^K10[0-9a-f]{64}::[a-z0-9]{6}\.[a-z0-9]{16}$/);
    const id = token.split('::')[1]?.split('.')[0] ?? '';
    const list = JSON.parse(await k3s(first, 'token', 'list', '--output', 'json')) as {
      token: string;
      description?: string;
    }[];
    assert.equal(list.find(each => each.token.startsWith(id))?.description, 'one');
    assert.match(await k3s(first, 'token', 'delete', id), new RegExp(`bootstrap token "${id}" deleted`));
    assert.ok(!(await k3s(first, 'token', 'list')).includes(id));
  });

  it(
    'an agent joins with a bootstrap token of its own, with its labels and taints',
    async () => {
      const agent = await ground.add();
      const token = (await k3s(first, 'token', 'create', '--ttl', '15m')).trim();
      const settings = {
        server: urlOf(first),
        'node-label': ['disk=fast'],
        'node-taint': ['own=yes:NoSchedule'],
      };
      const running = await startReady(agent, 'agent', { ...settings, token });
      await untilReady(agent);
      const { metadata, spec } = await nodeOf(agent);
      assert.equal(metadata.labels?.disk, 'fast');
      assert.ok(JSON.stringify(spec?.taints).includes('"own"'));
      assert.ok(existsSync(agent.outside(`${agentFolder}/etc/k3s-agent-load-balancer.json`)));
      const name = `${agent.name}.node-password.k3s`;
      assert.ok((await kubectlJson<KubeObject>(first, 'secret', '-n', 'kube-system', name)).data);

      // Its certificate is good enough once it has one: the token may go.
      await k3s(first, 'token', 'delete', token.split('::')[1]?.split('.')[0] ?? '');
      await running.kill('SIGTERM');
      await (await startReady(agent, 'agent', { ...settings, token })).kill();

      // The same name from another disk is refused by its password, until the node is deleted.
      wipe(agent, '/etc/rancher/node');
      wipe(agent, agentFolder);
      const again = (await k3s(first, 'token', 'create', '--ttl', '15m')).trim();
      const refused = await start(agent, 'agent', { ...settings, token: again });
      await refused.says('Node password rejected, duplicate hostname or contents of');
      assert.match(refused.log, /Waiting to retrieve agent configuration; server is not ready/);
      await k3s(first, 'kubectl', 'delete', 'node', agent.name);
      await refused.says('is up and running');
      await untilReady(agent);

      // A node that is deleted under its kubelet stays away until the kubelet starts again.
      await k3s(first, 'kubectl', 'delete', 'node', agent.name);
      await refused.says(new RegExp(`node \\\\?"${agent.name}\\\\?" not found`));
      await sleep(stillnessMs);
      assert.equal((await first.run(['kubectl', 'get', 'node', agent.name])).exitCode, 1);
      await refused.kill('SIGTERM');
      const back = await startReady(agent, 'agent', { ...settings, token: again });
      await untilReady(agent);
      await back.kill();
      await k3s(first, 'kubectl', 'delete', 'node', agent.name);
    },
    true,
  );

  it(
    'an agent says why it cannot join, and goes on trying',
    async () => {
      const agent = await ground.add();
      const other = `K10${'0'.repeat(64)}::node:${secret}`;
      const wrongCluster = await start(agent, 'agent', { server: urlOf(first), token: other });
      await wrongCluster.says(
        /token CA hash does not match the Cluster CA certificate hash: 0{64} != [0-9a-f]{64}/,
      );
      assert.ok(wrongCluster.child.isRunning);
      await wrongCluster.kill();
      const token = tokenOf(first).replace(`server:${secret}`, 'node:wrong');
      const wrongSecret = await start(agent, 'agent', { server: urlOf(first), token });
      await wrongSecret.says(
        /Waiting to retrieve agent configuration; server is not ready: failed to retrieve configuration from server: .*\/v1-k3s\/config: 401 Unauthorized/,
      );
      assert.ok(wrongSecret.child.isRunning);
      await wrongSecret.kill();
      const alone = await start(agent, 'agent', { server: urlOf(first) });
      await alone.says('--token is required');
      assert.equal(await alone.ends(), 1);
    },
    true,
  );

  it('a server that may not join ends with the reason', async () => {
    const joiner = await ground.add();
    const settings = { server: urlOf(first), ...extra() };
    const wrong = await start(joiner, 'server', {
      ...settings,
      token: tokenOf(first).replace(secret, 'wrong'),
    });
    await wrong.says(/level=fatal.*\/v1-k3s\/server-bootstrap: 401 Unauthorized/);
    assert.equal(await wrong.ends(), 1);
    const different = await start(joiner, 'server', {
      ...{ ...settings, token: tokenOf(first) },
      'cluster-cidr': '10.99.0.0/16',
    });
    await different.says('critical configuration mismatched: cluster-cidr');
    await different.says(/level=fatal.*critical configuration value mismatch between servers/);
    assert.equal(await different.ends(), 1);
    const malformed = await start(joiner, 'server', { ...settings, token: 'K10abc::server:x' });
    await malformed.says('invalid token CA hash length');
    assert.equal(await malformed.ends(), 1);
  });

  it('a second server joins as a learner and is promoted; its removal is asked for by an annotation', async () => {
    const second = await ground.add();
    const joining = await startReady(second, 'server', {
      server: urlOf(first),
      token: tokenOf(first),
      ...extra(),
    });
    const members = async () => await membersOf(first);
    assert.equal((await members()).length, 2);
    assert.ok((await members()).every(member => !member.isLearner && member.peerURLs[0]?.endsWith(':2380')));
    if (!ground.runsAgents) return;
    const annotations = await waitFor(
      async () => {
        const found = (await nodeOf(second)).metadata.annotations ?? {};
        return found['etcd.k3s.cattle.io/node-name'] !== undefined && found;
      },
      { what: 'the annotations of a member', timeoutMs: second.patienceMs },
    );
    const name = read(second, `${serverFolder}/db/etcd/name`);
    assert.equal(annotations['etcd.k3s.cattle.io/node-name'], name);
    assert.equal(annotations['etcd.k3s.cattle.io/node-address'], second.address);
    await k3s(first, 'kubectl', 'annotate', 'node', second.name, 'etcd.k3s.cattle.io/remove=true');
    await waitFor(
      async () =>
        (await nodeOf(second)).metadata.annotations?.['etcd.k3s.cattle.io/removed-node-name'] === name,
      { what: 'the removal', timeoutMs: second.patienceMs },
    );
    assert.deepEqual(
      (await members()).map(member => member.name),
      [read(first, `${serverFolder}/db/etcd/name`)],
    );
    await joining.says('This node has been removed from the cluster');
    assert.ok(existsSync(second.outside(`${serverFolder}/db/etcd/tombstone`)));
    await joining.kill();
    await k3s(first, 'kubectl', 'delete', 'node', second.name);
  });

  it('a restart needs the token that the data was kept with', async () => {
    await service.kill('SIGTERM');
    const settings = { 'cluster-init': true, ...extra() };
    const other = await start(first, 'server', { ...settings, token: 'another' });
    await other.says('bootstrap data already found and encrypted with different token');
    assert.equal(await other.ends(), 1);
    service = await startReady(first, 'server', { ...settings, token: secret });
    assert.ok(service.child.isRunning);
  });
}

export interface MemberJson {
  readonly ID: string;
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly isLearner?: boolean;
}

/** The members of etcd as its own port on the machine tells them; by what a majority knows, which must be asked for. */
export async function membersOf(machine: K3sMachine): Promise<readonly MemberJson[]> {
  const { body, status } = await askEtcd(machine, 'member/list', { linearizable: true });
  assert.equal(status, 200, body);
  return (JSON.parse(body) as { members: MemberJson[] }).members;
}

/** Asks etcd on the machine by its own port, as k3s' administrator. @param what of `/v3/cluster` */
export async function askEtcd(
  machine: K3sMachine,
  what: string,
  body: object,
): Promise<{ readonly status: number; readonly body: string }> {
  const folder = `${serverFolder}/tls/etcd`;
  return await machine.request(`https://${machine.address}:2379/v3/cluster/${what}`, {
    method: 'POST',
    body: JSON.stringify(body),
    ca: read(machine, `${folder}/server-ca.crt`),
    cert: read(machine, `${folder}/client.crt`),
    key: read(machine, `${folder}/client.key`),
    checksName: false,
  });
}
