// Makes of a machine a cluster of one, without a tailnet, on which jobs run.
import { waitFor } from '../lab/wait-for.ts';
import type { DiskMachine } from './disk-machine.ts';
import { clusterTimeoutMs, jobTimeoutMs } from './limits.ts';

/** First line of its node.yaml. */
export const firstSetting = 'bind: 127.0.0.1:7443';

/** Resolves when a job has run. @throws Error when something of it does not come about in time */
export async function makeClusterOfOne(machine: DiskMachine): Promise<void> {
  const long = { timeoutMs: clusterTimeoutMs };
  await machine.must('clusterctl key create --out /etc/clusteros/cluster.key');
  const settings = `${firstSetting}\nintegrations: { tailscale: { enabled: false } }\n`;
  await machine.must('cat > /etc/clusteros/node.yaml', { input: settings });
  // With the tailnet off nobody waits for it any more.
  await machine.must('systemctl restart tailscale-auth wait-for-tailscale node-agent', long);
  await machine.must('clusterctl wait --for healthy --timeout 290s', long);
  const name = await machine.must('hostname');
  const job = async () => (await machine.must('srun hostname', { timeoutMs: jobTimeoutMs })) === name;
  await waitFor(job, { what: 'a job', ...long });
}
