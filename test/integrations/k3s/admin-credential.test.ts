// The kubeconfig that an operator is given, used as a person would: the client of Kubernetes by its text alone, against a server that
// runs as a process (the double of k3s, on loopback).
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { type Host, realHost } from '../../../src/integrations/host.ts';
import { kubeconfig } from '../../../src/integrations/k3s/admin-credential.ts';
import { k3s, LoopbackMachines, startReady, urlOf } from '../../k3s/machines.ts';

const machines = new LoopbackMachines();
const server = machines.add('atlas');
before(async () => void (await startReady(server, 'server', { 'cluster-init': true })));
after(async () => await machines.end());

/** The machine of the server, as its agent sees it. */
const host: Host = {
  ...realHost(),
  readFile: async path => await realHost().readFile(server.outside(path)),
};

const made = (lifeMs: number, nowMs = Date.now()) =>
  kubeconfig(host, { name: 'lab', server: urlOf(server), lifeMs, nowMs });

function clientBy(text: string): CoreV1Api {
  const config = new KubeConfig();
  config.loadFromString(text);
  assert.equal(config.getCurrentContext(), 'lab');
  return config.makeApiClient(CoreV1Api);
}

function certificateIn(text: string): X509Certificate {
  const { users } = parse(text) as { users: { user: Record<string, string> }[] };
  return new X509Certificate(Buffer.from(users[0]?.user['client-certificate-data'] ?? '', 'base64'));
}

test('a client reads and changes what an administrator may', async () => {
  const core = clientBy(await made(60_000));
  const { items } = await core.listNode();
  assert.deepEqual(
    items.map(({ metadata }) => metadata?.name),
    ['atlas'],
  );
  await core.createNamespacedConfigMap({
    namespace: 'default',
    body: { metadata: { name: 'mine' }, data: { a: '1' } },
  });
  assert.match(await k3s(server, 'kubectl', 'get', 'configmap', 'mine', '-o', 'json'), /"a": ?"1"/);
});

test('it is good from a moment before it was made until it ends, and for its owner only', async () => {
  const nowMs = Date.UTC(2026, 5, 1);
  const certificate = certificateIn(await made(12 * 3_600_000, nowMs));
  assert.equal(certificate.validToDate.getTime(), nowMs + 12 * 3_600_000);
  assert.equal(certificate.validFromDate.getTime(), nowMs - 300_000);
  assert.match(certificate.subject, /O=system:masters/);
  assert.equal(certificate.ca, false);
  const other = certificateIn(await made(12 * 3_600_000, nowMs));
  assert.notEqual(certificate.serialNumber, other.serialNumber);
  assert.notEqual(certificate.fingerprint256, other.fingerprint256);
  const year = certificateIn(await made(1e12, nowMs));
  assert.equal(year.validToDate.getTime(), nowMs + 365 * 86_400_000, 'no longer than a year');
});

test('one that has ended lets nobody in', async () => {
  const core = clientBy(await made(1000, Date.now() - 60_000));
  await assert.rejects(core.listNode(), (error: { readonly code?: number }) => {
    assert.equal(error.code, 401);
    return true;
  });
});

test('a machine that is no server has none to give', async () => {
  const bare: Host = { ...host, readFile: async () => undefined };
  const asked = kubeconfig(bare, { name: 'lab', server: urlOf(server), lifeMs: 1000, nowMs: 0 });
  await assert.rejects(asked, /this member is no server of Kubernetes: ask one that is/);
});
