// What an operator has a server tell: a credential that ends when it was asked to, how new a datastore is; and certificates that come to their end.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import * as x509 from '@peculiar/x509';
import { parse } from 'yaml';
import { kubeconfig } from '../../../src/integrations/k3s/admin-credential.ts';
import { CertificateWatch, endingIn } from '../../../src/integrations/k3s/certificates.ts';
import { files, folders } from '../../../src/integrations/k3s/names.ts';
import { operatorAnswer } from '../../../src/integrations/k3s/operator.ts';
import { MemoryHost } from '../memory-host.ts';

const nowMs = Date.UTC(2026, 10, 27, 6);
const hourMs = 3_600_000;

/** A machine with the authority for clients that k3s has. */
async function serverHost(): Promise<{ readonly host: MemoryHost; readonly authority: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: 'CN=k3s-client-ca@1', keys, signingAlgorithm: algorithm },
    ...{ notBefore: new Date(nowMs - hourMs), notAfter: new Date(nowMs + 1e11) },
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const authority = certificate.toString('pem');
  const host = new MemoryHost();
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  host.put(files.authority, 'the server authority');
  host.put(`${folders.data}/server/tls/client-ca.crt`, authority);
  host.put(
    `${folders.data}/server/tls/client-ca.key`,
    `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
  );
  return { host, authority };
}

test('a kubeconfig has a credential of its own: of an administrator, by the authority for clients, with its end', async () => {
  const { host, authority } = await serverHost();
  const asked = { name: 'lab', server: 'https://100.64.0.1:6443', lifeMs: 12 * hourMs, nowMs };
  const texts = [await kubeconfig(host, asked), await kubeconfig(host, asked)];
  assert.notEqual(texts[0], texts[1], 'each asker has its own');
  const { users, clusters } = parse(texts[0] ?? '') as {
    users: { user: Record<string, string> }[];
    clusters: { cluster: Record<string, string> }[];
  };
  const pem = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString('utf8');
  const certificate = new X509Certificate(pem(users[0]?.user['client-certificate-data']));
  assert.match(certificate.subject, /^O=system:masters$/m);
  assert.ok(certificate.verify(new X509Certificate(authority).publicKey));
  assert.equal(certificate.ca, false);
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'], 'of a client only');
  assert.equal(Date.parse(certificate.validTo), nowMs + 12 * hourMs);
  assert.ok(Date.parse(certificate.validFrom) < nowMs, 'also for a clock that is a little behind');
  assert.equal(pem(clusters[0]?.cluster['certificate-authority-data']), 'the server authority');
  assert.deepEqual(
    [...host.files.values()].filter(({ content }) => content.length > 2000),
    [],
    'it is kept nowhere',
  );
});

test('who has no authority gives no credential, and nobody one for ever', async () => {
  const asked = { name: 'lab', server: 'https://x', lifeMs: 1e15, nowMs };
  await assert.rejects(kubeconfig(new MemoryHost(), asked), /is no server of Kubernetes/);
  const { host } = await serverHost();
  const view = { clusterName: 'lab', self: { id: 'a', name: 'a', ip: '100.64.0.1' } } as never;
  await assert.rejects(operatorAnswer(host, `operator kubeconfig ${1e15}`, { view, wallMs: nowMs }));
  assert.equal(await operatorAnswer(host, 'operator unheard-of x', { view, wallMs: nowMs }), undefined);
});

test('how new a datastore is, by the names of its files; none is no error', async () => {
  const host = new MemoryHost();
  host.put('/proc/1/comm', 'init\n');
  const tell = async () =>
    JSON.parse((await operatorAnswer(host, 'operator datastore ', { view: undefined, wallMs: nowMs })) ?? '');
  assert.deepEqual(await tell(), { isMember: false, running: false, index: 0, changedAtMs: 0 });
  host.put(`${folders.members}/wal/0000000000000001-000000000000abcd.wal`, 'x');
  host.put(`${folders.members}/snap/0000000000000002-000000000000abce.snap`, 'x');
  host.programs.set('find', ([folder = '']) => ({
    stdout: folder.endsWith('wal')
      ? '0000000000000001-000000000000abcd.wal\t9\t1700000000.5\n0.tmp\t9\t1700000001.0\n'
      : '0000000000000002-000000000000abce.snap\t9\t1.0\ndb\t9\t1.0\n',
  }));
  assert.deepEqual(await tell(), {
    ...{ isMember: true, running: false, index: 0xabce, changedAtMs: 1_700_000_001_000 },
  });
});

test('a name of a snapshot is no option of k3s, and no path', async () => {
  for (const name of ['--help', '../x', 'A B', 'x\n'])
    await assert.rejects(
      operatorAnswer(new MemoryHost(), `operator snapshot-save ${name}`, {
        view: undefined,
        wallMs: nowMs,
      }).then(answer => answer ?? Promise.reject(new Error('no answer'))),
    );
});

const table = `FILENAME                     SUBJECT              USAGES       EXPIRES                RESIDUAL TIME   STATUS
--------                     -------              ------       -------                -------------   ------
client-admin.crt             CN=system:admin      ClientAuth   Nov 27, 2026 06:00 UTC 21 days         WARNING
client-admin.crt             CN=k3s-client-ca     CertSign     Nov 27, 2026 06:00 UTC 21 days         WARNING
serving-kube-apiserver.crt   CN=kube-apiserver    ServerAuth   Nov 1, 2026 06:00 UTC  0 seconds       EXPIRED
client-controller.crt        CN=system:controller  ClientAuth   Nov 27, 2027 06:00 UTC  1 year         OK
`;

test('certificates that end are named once, authorities not; it is looked seldom, and a k3s that cannot tell is no trouble', async () => {
  const spaced = table.replaceAll('UTC ', 'UTC  ');
  assert.deepEqual(endingIn(spaced), ['client-admin.crt', 'serving-kube-apiserver.crt']);
  const host = new MemoryHost();
  let asked = 0;
  let exitCode = 0;
  host.programs.set('k3s', () => {
    asked += 1;
    return { exitCode, stdout: spaced };
  });
  const watch = new CertificateWatch();
  assert.match(await watch.trouble(host, 'k3s', nowMs), /client-admin\.crt.*systemctl restart k3s/);
  await watch.trouble(host, 'k3s', nowMs + hourMs);
  assert.equal(asked, 1);
  exitCode = 1;
  assert.equal(await watch.trouble(host, 'k3s', nowMs + 7 * hourMs), '');
  assert.equal(asked, 2);
});
