// The double's Kubernetes: objects and their versions, watches, nodes that fall silent, drains and budgets. Tests use the machines in
// the order in which they stand.
import assert from 'node:assert/strict';
import { request } from 'node:https';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { waitFor } from '../lab/wait-for.ts';
import type { KubeObject } from './double/objects.ts';
import {
  type K3sService,
  k3s,
  kubectlJson,
  LoopbackMachines,
  order,
  read,
  start,
  startReady,
  tokenOf,
  urlOf,
  write,
} from './machines.ts';

const machines = new LoopbackMachines();
const [server, worker] = [machines.add('server'), machines.add('worker')];
let agent: K3sService;
before(async () => {
  await startReady(server, 'server', { 'cluster-init': true });
  agent = await startReady(worker, 'agent', { server: urlOf(server), token: tokenOf(server) });
});
after(async () => await machines.end());

interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

function admin(): Credentials {
  const config = parse(read(server, '/etc/rancher/k3s/k3s.yaml')) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  const text = (data = '') => Buffer.from(data, 'base64').toString();
  const user = config.users[0]?.user ?? {};
  return {
    ca: text(config.clusters[0]?.cluster['certificate-authority-data']),
    cert: text(user['client-certificate-data']),
    key: text(user['client-key-data']),
  };
}

async function call(method: string, path: string, body?: unknown, type = 'application/json') {
  const answer = await server.request(`${urlOf(server)}${path}`, {
    ...{ method, ...admin(), checksName: true },
    headers: { 'content-type': type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: JSON.parse(answer.body) as KubeObject & Record<string, unknown> };
}

/** Watches a path. @returns the events so far, and what ends the watch */
function watch(path: string): {
  readonly events: { type: string; object: KubeObject }[];
  readonly stop: () => void;
} {
  const events: { type: string; object: KubeObject }[] = [];
  let rest = '';
  const asked = request(`${urlOf(server)}${path}`, { ...admin() }, response => {
    response.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) events.push(JSON.parse(line) as (typeof events)[number]);
    });
  });
  asked.on('error', () => {});
  asked.end();
  return { events, stop: () => asked.destroy() };
}

const podOf = (name: string, more: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'web' }, ...more },
  spec: { nodeName: 'worker', containers: [{ name: 'c', image: 'i' }] },
});

const conditionOf = (node: KubeObject) =>
  ((node.status?.conditions ?? []) as readonly { type: string; status: string }[]).find(
    each => each.type === 'Ready',
  )?.status;

test('a watch tells what is there, what changes and what goes, and goes on from a version', async () => {
  const maps = '/api/v1/namespaces/default/configmaps';
  const { events, stop } = watch(`${maps}?watch=true&labelSelector=mine=yes`);
  const made = await call('POST', maps, {
    metadata: { name: 'one', labels: { mine: 'yes' } },
    data: { a: '1' },
  });
  assert.equal(made.status, 201);
  await call('PATCH', `${maps}/one`, { data: { b: '2' } }, 'application/merge-patch+json');
  await call(
    'PATCH',
    `${maps}/one`,
    { metadata: { labels: { mine: 'no' } } },
    'application/merge-patch+json',
  );
  await waitFor(() => events.length === 3, { what: 'three events' });
  assert.deepEqual(
    events.map(({ type }) => type),
    ['ADDED', 'MODIFIED', 'DELETED'],
  );
  stop();
  const later = watch(`${maps}?watch=true&resourceVersion=${made.body.metadata.resourceVersion}`);
  await waitFor(() => later.events.length === 2, { what: 'two events' });
  later.stop();
  const old = watch(`${maps}?watch=true&resourceVersion=-5`);
  await waitFor(() => old.events[0]?.type === 'ERROR', { what: 'an error for a version that is too old' });
});

test('who was slower gets a conflict, who makes it twice is told so', async () => {
  const path = '/api/v1/namespaces/default/configmaps';
  const { body } = await call('POST', path, { metadata: { name: 'two' } });
  const again = await call('POST', path, { metadata: { name: 'two' } });
  assert.equal(again.body.message, 'configmaps "two" already exists');
  assert.equal((await call('PUT', `${path}/two`, { ...body, data: { a: '1' } })).status, 200);
  const slower = await call('PUT', `${path}/two`, { ...body, data: { a: '2' } });
  assert.deepEqual([slower.status, slower.body.reason], [409, 'Conflict']);
  const steps = [
    { op: 'replace', path: '/data/a', value: '3' },
    { op: 'add', path: '/metadata/annotations', value: { 'a/b': 'c' } },
    { op: 'add', path: '/metadata/annotations/d~1e', value: 'f' },
  ];
  const patched = await call('PATCH', `${path}/two`, steps, 'application/json-patch+json');
  assert.deepEqual(patched.body.data, { a: '3' });
  assert.deepEqual(patched.body.metadata.annotations, { 'a/b': 'c', 'd/e': 'f' });
});

test('a node may care for itself and for nobody else', async () => {
  const folder = '/var/lib/rancher/k3s/agent';
  const own = { ca: read(worker, `${folder}/server-ca.crt`), checksName: false };
  const node = {
    ...own,
    cert: read(worker, `${folder}/client-kubelet.crt`),
    key: read(worker, `${folder}/client-kubelet.key`),
  };
  assert.equal((await worker.request(`${urlOf(server)}/api/v1/nodes`, node)).status, 200);
  const refused = await worker.request(`${urlOf(server)}/api/v1/nodes/server`, { ...node, method: 'DELETE' });
  assert.equal(refused.status, 403);
  assert.match(refused.body, /User \\"system:node:worker\\" cannot delete resource \\"nodes\\"/);
});

test('kubectl cordons, labels, annotates and taints', async () => {
  const node = async () => await kubectlJson<KubeObject>(server, 'node', 'worker');
  const taints = async () => ((await node()).spec?.taints ?? []) as readonly unknown[];
  assert.equal(await k3s(server, 'kubectl', 'cordon', 'worker'), 'node/worker cordoned\n');
  assert.equal(await k3s(server, 'kubectl', 'cordon', 'worker'), 'node/worker already cordoned\n');
  assert.equal((await node()).spec?.unschedulable, true);
  assert.match(await k3s(server, 'kubectl', 'get', 'nodes'), /worker +Ready,SchedulingDisabled/);
  await k3s(server, 'kubectl', 'uncordon', 'worker');
  await waitFor(async () => (await node()).spec?.unschedulable === undefined && !(await taints()).length, {
    what: 'the taint of the cordon to go',
  });
  await k3s(server, 'kubectl', 'label', 'node', 'worker', 'x=1');
  const twice = await server.run(['kubectl', 'label', 'node', 'worker', 'x=2']);
  assert.match(twice.stderr, /'x' already has a value \(1\), and --overwrite is false/);
  await k3s(server, 'kubectl', 'label', 'node/worker', 'x=2', '--overwrite');
  await k3s(server, 'kubectl', 'taint', 'node', 'worker', 'own=yes:NoSchedule');
  const { metadata, spec } = await node();
  assert.equal(metadata.labels?.x, '2');
  assert.deepEqual(spec?.taints, [{ key: 'own', value: 'yes', effect: 'NoSchedule' }]);
  await k3s(server, 'kubectl', 'taint', 'node', 'worker', 'own:NoSchedule-');
  await k3s(server, 'kubectl', 'label', 'node', 'worker', 'x-');
  assert.equal((await node()).metadata.labels?.x, undefined);
  const path = '{.metadata.name} {.status.conditions[*].type}';
  assert.match(
    await k3s(server, 'kubectl', 'get', 'node', 'worker', '-o', `jsonpath=${path}`),
    /^worker .*Ready/,
  );
});

test('a drain evicts pods as budgets allow, and says which flags it wants', async () => {
  const owner = (kind: string) => ({
    ownerReferences: [{ apiVersion: 'apps/v1', kind, name: 'o', uid: 'u', controller: true }],
  });
  const objects = [
    podOf('web', owner('ReplicaSet')),
    podOf('daemon', owner('DaemonSet')),
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'all' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    },
  ];
  const text = objects.map(object => JSON.stringify(object)).join('\n---\n');
  assert.equal((await server.run(['kubectl', 'apply', '-f', '-'], text)).exitCode, 0);
  const running = async (name: string) =>
    (await kubectlJson<KubeObject>(server, 'pod', name)).status?.phase === 'Running';
  await waitFor(async () => (await running('web')) && (await running('daemon')), { what: 'pods to run' });
  await k3s(server, 'kubectl', 'label', 'pod', 'daemon', 'app=other', '--overwrite');
  const plain = await server.run(['kubectl', 'drain', 'worker']);
  assert.match(
    plain.stderr,
    /cannot delete DaemonSet-managed Pods \(use --ignore-daemonsets to ignore\): default\/daemon/,
  );
  const late = await server.run(['kubectl', 'drain', 'worker', '--ignore-daemonsets', '--timeout=2s']);
  assert.equal(late.exitCode, 1);
  assert.match(late.stderr, /Cannot evict pod as it would violate the pod's disruption budget\./);
  assert.match(late.stderr, /global timeout reached: 2s/);
  await k3s(server, 'kubectl', 'delete', 'pdb', 'all');
  assert.match(
    await k3s(server, 'kubectl', 'drain', 'worker', '--ignore-daemonsets'),
    /pod\/web evicted\nnode\/worker drained/,
  );
  assert.equal((await server.run(['kubectl', 'get', 'pod', 'daemon'])).exitCode, 0);
  await k3s(server, 'kubectl', 'uncordon', 'worker');
});

test('a node that falls silent is Unknown and keeps its pods, and is Ready when it speaks again', async () => {
  const quick = { tuning: { nodeGraceMs: 3_000, leaseMs: 1_000 } };
  order(server, quick);
  const node = async () => await kubectlJson<KubeObject>(server, 'node', 'worker');
  await call('POST', '/api/v1/namespaces/default/pods', podOf('kept'));
  await waitFor(
    async () => (await kubectlJson<KubeObject>(server, 'pod', 'kept')).status?.phase === 'Running',
    {
      what: 'the pod to run',
    },
  );
  await agent.kill();
  await waitFor(async () => conditionOf(await node()) === 'Unknown', { what: 'Unknown' });
  assert.match(JSON.stringify((await node()).spec?.taints), /node\.kubernetes\.io\/unreachable/);
  assert.match(await k3s(server, 'kubectl', 'get', 'nodes'), /worker +NotReady/);
  await k3s(server, 'kubectl', 'delete', 'pod', 'kept', '--wait=false');
  order(worker, quick);
  assert.ok((await kubectlJson<KubeObject>(server, 'pod', 'kept')).metadata.deletionTimestamp);
  agent = await startReady(worker, 'agent', { server: urlOf(server), token: tokenOf(server) });
  await waitFor(async () => conditionOf(await node()) === 'True', { what: 'Ready' });
  await waitFor(async () => (await server.run(['kubectl', 'get', 'pod', 'kept'])).exitCode === 1, {
    what: 'the pod to go',
  });
  await waitFor(async () => JSON.stringify((await node()).spec?.taints) === '[]', {
    what: 'the taints to go',
  });
});

test('a kubelet that stops to post is silent though its process lives', async () => {
  order(worker, { kubeletStopped: true, tuning: { leaseMs: 1_000 } });
  const node = async () => await kubectlJson<KubeObject>(server, 'node', 'worker');
  await waitFor(async () => conditionOf(await node()) === 'Unknown', { what: 'Unknown' });
  assert.ok(agent.child.isRunning);
  order(worker, { tuning: { leaseMs: 1_000 } });
  await waitFor(async () => conditionOf(await node()) === 'True', { what: 'Ready' });
});

test('settings come from the file and its drop-ins in order; what k3s does not know is skipped there and fatal on the line', async () => {
  const third = machines.add('third');
  write(
    third,
    '/etc/rancher/k3s/config.yaml.d/20-more.yaml',
    'node-label+: ["c=3"]\nnode-name: renamed\nno-such-key: 1\n',
  );
  write(third, '/etc/rancher/k3s/config.yaml.d/10-less.yaml', 'node-label+: ["b=2"]\nnode-name: other\n');
  write(third, '/etc/rancher/k3s/config.yaml.d/notes.txt', 'node-name: never\n');
  const settings = { server: urlOf(server), token: tokenOf(server), 'node-label': ['a=1'] };
  const joined = await startReady(third, 'agent', settings);
  await joined.says('Unknown flag --no-such-key found in config.yaml, skipping');
  const { labels } = (await kubectlJson<KubeObject>(server, 'node', 'renamed')).metadata;
  assert.deepEqual([labels?.a, labels?.b, labels?.c], ['1', '2', '3']);
  await joined.kill();
  const wrong = await start(third, 'agent', settings, ['--no-such-flag']);
  await wrong.says('flag provided but not defined: -no-such-flag');
  assert.equal(await wrong.ends(), 1);
});

test('a rotated token lets in who knows the new one', async () => {
  const { stdout } = await server.run(['token', 'rotate', '--new-token', 'rotated']);
  assert.match(stdout, /Token rotated, restart k3s nodes with new token/);
  assert.match(tokenOf(server), /::server:rotated$/);
  const fourth = machines.add('fourth');
  const joined = await startReady(fourth, 'server', { server: urlOf(server), token: tokenOf(server) });
  await joined.kill();
});
