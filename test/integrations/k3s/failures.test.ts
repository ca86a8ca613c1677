// What k3s says when it does not come up, text by text (facts/k3s.md, A5): code, whether trying again is of use, the mend.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorFrom, failureIn, isPermanent, mendedByKeeper } from '../../../src/integrations/k3s/failures.ts';

/** Text, code, whether another start as it is would not help, whether the keeper puts it right. */
const table: readonly (readonly [string, string, boolean, boolean])[] = [
  ['token CA hash does not match the Cluster CA certificate hash: 1a != 2b', 'ca-mismatch', true, false],
  [
    'Waiting to retrieve agent configuration; server is not ready: failed to retrieve configuration from server: https://127.0.0.1:6444/v1-k3s/config: 401 Unauthorized',
    ...(['token-refused', true, true] as const),
  ],
  [
    'starting kubernetes: preparing server: https://100.64.0.1:6443/v1-k3s/server-bootstrap: 401 Unauthorized',
    ...(['token-refused', true, true] as const),
  ],
  ['token must not be empty', 'token-malformed', true, false],
  ['invalid token CA hash length', 'token-malformed', true, false],
  ['invalid token format', 'token-malformed', true, false],
  [
    'failed to normalize token; must be in format K10<CA-HASH>::<USERNAME>:<PASSWORD> or <PASSWORD>',
    ...(['token-malformed', true, false] as const),
  ],
  ['bootstrap data already found and encrypted with different token', 'datastore-other-token', true, false],
  [
    '/var/lib/rancher/k3s/server/cred/passwd newer than datastore and could cause a cluster outage. Remove the file(s) from disk and restart',
    ...(['stale-credentials', true, false] as const),
  ],
  [
    "Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match server node-passwd entry, try enabling a unique node name with the --with-node-id flag",
    ...(['node-password-rejected', true, true] as const),
  ],
  [
    'ETCD join failed: duplicate node name found, please use a unique name for this node',
    ...(['etcd-name-taken', true, true] as const),
  ],
  [
    'etcd cluster join failed: duplicate node name found, please use a unique name for this node',
    ...(['etcd-name-taken', true, true] as const),
  ],
  ['critical configuration value mismatch between servers', 'settings-differ', true, false],
  ['critical configuration mismatched: cluster-cidr', 'settings-differ', true, false],
  [
    'failed to get CA certs: Get "https://100.64.0.1:6443/cacerts": dial tcp 100.64.0.1:6443: connect: connection refused',
    ...(['server-unreachable', false, false] as const),
  ],
  [
    'failed to get CA certs: Get "https://100.64.0.1:6443/cacerts": dial tcp 100.64.0.1:6443: i/o timeout',
    ...(['server-unreachable', false, false] as const),
  ],
  ['failed to get CA certs: Get "https://X:6443/cacerts": EOF', 'server-unreachable', false, false],
  ['https://X:6443/v1-k3s/serving-kubelet.crt: 503 Service Unavailable', 'server-starting', false, false],
  ['runtime core not ready', 'server-starting', false, false],
  [
    'Waiting for other members to finish joining etcd cluster: etcdserver: too many learner members in cluster',
    ...(['etcd-busy', false, false] as const),
  ],
  ['etcdserver: unhealthy cluster', 'etcd-busy', false, false],
  ['etcdserver: no leader', 'quorum-lost', false, false],
  ['the member has been permanently removed from the cluster', 'etcd-member-removed', true, true],
  ['data-dir used by this member must be removed', 'etcd-member-removed', true, true],
  [
    'This node has been removed from the cluster - please restart k3s to rejoin the cluster',
    ...(['etcd-member-removed', true, true] as const),
  ],
  [
    'this server is a not a member of the etcd cluster. Found [a-1=https://OLD:2380], expect: a-1=https://NEW:2380',
    ...(['address-changed', true, true] as const),
  ],
  ['unable to find interface tailscale0', 'interface-missing', false, false],
  ["server time isn't set properly: 1970-01-01 00:00:10", 'clock-wrong', false, false],
  ['x509: certificate has expired or is not yet valid', 'clock-wrong', false, false],
  [
    'no default routes found in "/proc/net/route" or "/proc/net/ipv6_route"',
    'no-default-route',
    false,
    false,
  ],
  ['node "atlas" not found', 'node-object-gone', false, false],
  ['--token is required', 'unknown-setting', true, false],
  ['K3S_TOKEN is required to join a cluster', 'unknown-setting', true, false],
  ['invalid flag use; --server is required with --disable-etcd', 'unknown-setting', true, false],
  ['flag provided but not defined: -embedded-registry', 'unknown-setting', true, false],
  ['listen tcp :6443: bind: address already in use', 'port-in-use', false, false],
];

for (const [text, code, permanent, mended] of table)
  test(`"${text.slice(0, 60)}" is ${code}`, () => {
    const line = `time="2026-11-27T06:00:00Z" level=fatal msg="${text.replace(/"/g, '\\"')}"`;
    const error = errorFrom('k3s server has ended', `time="…" level=info msg="Starting k3s"\n${line}\n`);
    assert.deepEqual([error.reason, error.permanent], [code, permanent]);
    assert.ok(error.message.startsWith('k3s server has ended: '));
    assert.equal(mendedByKeeper.has(code), mended);
    assert.equal(isPermanent(code), permanent && !mended, 'what the keeper mends does not end a join');
  });

test("klog's own lines are read as well", () => {
  const line =
    'E1127 06:00:00.000000     101 kubelet.go:2448] "Error getting node" err="node \\"atlas\\" not found"';
  assert.equal(failureIn(line)?.failure.code, 'node-object-gone');
});

test('words that nobody knows are passing trouble, in their own words', () => {
  const error = errorFrom(
    'k3s agent has ended',
    'level=info msg="one"\nlevel=fatal msg="something new happened"\nlevel=info msg="bye"',
  );
  assert.deepEqual([error.reason, error.permanent], ['unexpected', false]);
  assert.equal(error.message, 'k3s agent has ended: something new happened');
  assert.match(errorFrom('k3s agent has ended', '').message, /without a word/);
});

test('the last of several troubles is told', () => {
  const words = 'level=error msg="runtime core not ready"\nlevel=fatal msg="invalid token format"';
  assert.equal(failureIn(words)?.failure.code, 'token-malformed');
});

test('what it had to wait for long before is not what it has ended by', () => {
  const before = 'level=info msg="https://X:6443/v1-k3s/config: 401 Unauthorized"';
  const between = Array.from({ length: 30 }, (_, i) => `level=info msg="line ${i}"`);
  const words = [before, ...between, 'level=fatal msg="something new"'].join('\n');
  assert.equal(errorFrom('k3s server has ended', words).reason, 'unexpected');
  assert.equal(
    failureIn([before, ...between].join('\n'))?.failure.code,
    'token-refused',
    'of one that runs it is',
  );
});

test('a failed join of another kind sets no datastore aside', () => {
  const words = 'level=fatal msg="etcd cluster join failed: context deadline exceeded"';
  assert.ok(!mendedByKeeper.has(errorFrom('k3s server has ended', words).reason));
});

test('no token is told, and the same trouble is told in the same words', () => {
  const token = `K10${'a1'.repeat(32)}::server:${'b2'.repeat(32)}`;
  const short = 'abc123.0123456789abcdef';
  const error = errorFrom('k3s', `level=fatal msg="invalid token format: ${token} or ${short}"`);
  assert.ok(!error.message.includes('b2b2') && !error.message.includes(short), error.message);
  const after = (time: string) =>
    errorFrom('k3s', `level=error msg="node not ready, retrying in ${time}"`).message;
  assert.equal(after('5s'), after('12.5ms'));
});

test('codes that no start can change end a join', () => {
  for (const code of ['k3s-missing', 'foreign-k3s', 'version-skew', 'name-in-use', 'stale-token'])
    assert.ok(isPermanent(code), code);
  for (const code of ['unexpected', 'api-unreachable', 'k3s-does-not-end'])
    assert.ok(!isPermanent(code), code);
});
