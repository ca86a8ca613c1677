// What the real door to Kubernetes makes of each answer that an API server can give, and of none: by a server that gives them all.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import type { Kube } from '../../../src/integrations/k3s/kube.ts';
import { openKube } from '../../../src/integrations/k3s/kube-client.ts';
import { ServiceError } from '../../../src/integrations/service-error.ts';

/** A door to an API server that answers as `answer` does. */
async function doorTo(t: TestContext, answer: RequestListener): Promise<Kube> {
  const folder = await mkdtemp(join(tmpdir(), 'kube-client-'));
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  const { port } = server.address() as AddressInfo;
  const kubeconfig = join(folder, 'k3s.yaml');
  await writeFile(
    kubeconfig,
    stringify({
      clusters: [
        { name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  return await openKube({ kubeconfig, etcdTls: join(folder, 'none'), etcd: 'https://127.0.0.1:1' });
}

const status = (code: number, reason: string, message: string) =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code });

const answering =
  (code: number, body: string, type = 'application/json'): RequestListener =>
  (_request, response) => {
    response.writeHead(code, { 'content-type': type }).end(body);
  };

async function errorOf(asked: Promise<unknown>): Promise<ServiceError> {
  const error = await asked.then(
    () => undefined,
    thrown => thrown,
  );
  assert.ok(error instanceof ServiceError, `${error}`);
  assert.deepEqual([error.permanent, error.patient], [false, true]);
  assert.ok(!error.message.includes('\n'));
  return error;
}

const pod = { namespace: 'default', name: 'web', uid: 'u', kind: 'movable', leaving: false } as const;

test('what the API refuses is told in its own words, and as a refusal', async t => {
  for (const [code, reason, message] of [
    [403, 'Forbidden', 'nodes is forbidden: User "system:node:atlas" cannot list resource "nodes"'],
    [409, 'Conflict', 'Operation cannot be fulfilled on nodes "atlas": the object has been modified'],
    [410, 'Expired', 'the provided resource version is too old'],
    [422, 'Invalid', 'Node "atlas" is invalid: metadata.labels: Invalid value'],
  ] as const) {
    const kube = await doorTo(t, answering(code, status(code, reason, message)));
    const error = await errorOf(kube.changeNode('atlas', { labels: { a: 'b' } }));
    assert.equal(error.reason, 'api-refused', `${code}`);
    assert.equal(error.message, `changing the node atlas failed: ${message}`);
    assert.equal((await errorOf(kube.nodes())).reason, 'api-refused');
    assert.equal((await errorOf(kube.evict(pod))).reason, 'api-refused');
  }
});

test('credentials that are not taken are a refusal, though the client keeps the words', async t => {
  const kube = await doorTo(t, answering(401, status(401, 'Unauthorized', 'Unauthorized')));
  const { reason, message } = await errorOf(kube.nodes());
  assert.deepEqual(
    [reason, message],
    ['api-refused', 'listing its nodes failed: it answers 401 (Unauthorized)'],
  );
});

test('what passes by itself is told as unreachable, whoever says so', async t => {
  for (const [code, body, type, expected] of [
    [500, status(500, 'InternalError', 'etcdserver: no leader'), 'application/json', 'etcdserver: no leader'],
    [503, 'apiserver not ready', 'text/plain', 'it answers 503 (Service Unavailable): apiserver not ready'],
    [502, '', 'text/plain', 'it answers 502 (Bad Gateway)'],
    [429, status(429, 'TooManyRequests', 'too many requests'), 'application/json', 'too many requests'],
  ] as const) {
    const kube = await doorTo(t, answering(code, body, type));
    const error = await errorOf(kube.nodes());
    assert.deepEqual(
      [error.reason, error.message],
      ['api-unreachable', `listing its nodes failed: ${expected}`],
    );
  }
});

test('a pod that is gone is evicted, one that a budget keeps is not, and one that is moved meanwhile is told of', async t => {
  const answers = async (code: number, reason: string) =>
    (await doorTo(t, answering(code, status(code, reason, reason)))).evict(pod);
  assert.equal(await answers(201, ''), true);
  assert.equal(await answers(404, 'NotFound'), true);
  assert.equal(await answers(429, 'TooManyRequests'), false);
  assert.equal((await errorOf(answers(409, 'Conflict'))).reason, 'api-refused');
});

test('a connection that breaks, an answer that is none and files that are not there are unreachable', async t => {
  const broken = await errorOf((await doorTo(t, (_request, response) => response.destroy())).nodes());
  assert.equal(broken.reason, 'api-unreachable');
  assert.match(broken.message, /^listing its nodes failed: fetch failed: .+/);
  const garbled = await doorTo(t, answering(200, '<html>a captive portal</html>', 'text/html'));
  assert.equal((await errorOf(garbled.nodes())).reason, 'api-unreachable');
  const etcd = await errorOf(garbled.etcdMembers());
  assert.match(etcd.message, /^asking etcd for its members failed: ENOENT/);
  const none = await errorOf(openKube({ kubeconfig: '/nonexistent/k3s.yaml', etcdTls: '', etcd: '' }));
  assert.deepEqual([none.reason, /ENOENT/.test(none.message)], ['api-unreachable', true]);
});

test('labels and taints go as a merge, and nothing that was not asked for', async t => {
  const seen: { type: string | undefined; body: unknown }[] = [];
  const kube = await doorTo(t, async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    seen.push({ type: request.headers['content-type'], body: JSON.parse(text) });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"metadata":{"name":"atlas"}}');
  });
  await kube.changeNode('atlas', { unschedulable: false, labels: { a: null } });
  await kube.changeNode('atlas', { taints: [], annotations: { b: 'c' } });
  const type = 'application/merge-patch+json';
  assert.deepEqual(seen, [
    { type, body: { metadata: { labels: { a: null } }, spec: { unschedulable: false } } },
    { type, body: { metadata: { annotations: { b: 'c' } }, spec: { taints: [] } } },
  ]);
});
