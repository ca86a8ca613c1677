// Shows that real agents run in a lab's hosts and that the helpers see what they do. Says nothing about the agent's
// own promises: those are in test/scenarios.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clusterctl, startAgent, startAgents } from './agent-host.ts';
import { Lab } from './lab.ts';
import { missingForLab } from './requirements.ts';
import { waitFor } from './wait-for.ts';

const missing = missingForLab();
const options = missing === undefined ? { timeout: 120_000 } : { skip: missing };
const settings = { 'integrations.slurm.enabled': false } as const;
let lab: Lab | undefined;
after(() => lab?.stop());

test('agents on three hosts form a cluster, notice a crash, and take the host back', options, async () => {
  lab = await Lab.start({ hosts: 3 });
  const [a, b, c] = await startAgents(lab.hosts, { settings });
  assert.ok(a && b && c);
  await Promise.all([a, b, c].map(agent => agent.untilEvent('agent.ready')));
  const members = async () => (await clusterctl(a.machine, ['members'])) as { name: string; state: string }[];
  const states = async () => (await members()).map(({ name, state }) => `${name} ${state}`).sort();
  assert.deepEqual(await states(), ['node-a alive', 'node-b alive', 'node-c alive']);
  c.kill('SIGKILL');
  assert.deepEqual(await c.child.exited, { exitCode: 137, signal: 'SIGKILL' });
  await a.untilEvent('member.failed', { member: 'node-c' });
  const again = await startAgent(c.machine, { peers: ['100.64.0.1:7443', '100.64.0.2:7443'], settings });
  await again.untilEvent('agent.ready');
  await waitFor(async () => (await states()).includes('node-c alive'), { what: 'node-c to be alive again' });
  assert.equal((await again.stop()).exitCode, 0);
  await b.untilEvent('member.left', { member: 'node-c' });
});
