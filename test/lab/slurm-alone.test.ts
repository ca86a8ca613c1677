// One machine without any other: the first of every cluster.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clusterctlText } from './agent-host.ts';
import { LabCluster } from './lab-cluster.ts';
import { missingForSlurm } from './requirements.ts';

const missing = missingForSlurm();
const options = missing === undefined ? { timeout: 120_000 } : { skip: missing };
const cluster = new LabCluster({});
after(() => cluster.stop());

test('one machine alone is a whole SLURM', options, async () => {
  await cluster.start(1);
  const host = cluster.lab.host('node-a');
  await clusterctlText(host, ['wait', '--for', 'healthy', '--timeout', '60s'], 70_000);
  const { exitCode, stdout, stderr } = await host.run(['srun', 'hostname'], { timeoutMs: 30_000 });
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout.trim(), 'node-a');
});
