// Kubernetes on three machines, then five: who founds, who joins, and that the API says the same.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isReady, k3sCluster, nodesOn, untilRoles } from './k3s-cluster.ts';
import { missingForLab } from './requirements.ts';

const missing = missingForLab();
const options = missing === undefined ? { timeout: 240_000 } : { skip: missing };
const cluster = k3sCluster();
after(() => cluster.stop());

test('three machines: one founds the cluster, two join it, and all are servers', options, async () => {
  await cluster.start(3);
  const [first] = cluster.hosts;
  assert.ok(first);
  const parts = await untilRoles(first, { server: 3, agent: 0 });
  const keepers = parts.filter(({ role }) => role === 'keeper');
  assert.equal(keepers.length, 1);
  const nodes = await nodesOn(first);
  assert.deepEqual(nodes.map(({ metadata }) => metadata.name).sort(), ['node-a', 'node-b', 'node-c']);
  assert.ok(nodes.every(isReady));
});
