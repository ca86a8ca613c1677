// The kernel's own clock against a slurmctld that nobody watches any more: while this node has the controller's role, packets
// to and from slurmctld pass only as long as the agent renews a timer. An agent that is stopped, hangs or has died cannot
// end slurmctld, but the timer runs out all the same. Refused, not dropped: who asks goes on to the next one at once. nft(8), sets with timeouts.
import type { Host } from '../host.ts';
import { commandTimeoutMs } from '../limits.ts';
import { controllerPort, workerPort } from './names.ts';

const table = 'inet clusteros_slurm';
const ports = [controllerPort, workerPort];

const ruleset = `add table ${table}
delete table ${table}
table ${table} {
  set tenure { type inet_service; flags timeout; }
  chain input { type filter hook input priority -150; tcp dport ${controllerPort} tcp dport != @tenure reject with tcp reset; }
  chain output { type filter hook output priority -150; meta skuid "slurm" tcp dport { ${ports.join(', ')} } tcp dport != @tenure reject with tcp reset; }
}
`;

function elements(leftMs: number): string {
  const timeout = `timeout ${Math.max(1, Math.floor(leftMs))}ms`;
  return `add element ${table} tenure { ${ports.map(port => `${port} ${timeout}`).join(', ')} }\n`;
}

/** Lets slurmctld's packets pass for `leftMs` from now. Resolves with false where the kernel's filter cannot be had. */
export async function renewFence(host: Host, leftMs: number): Promise<boolean> {
  const renewed = await nft(host, `flush set ${table} tenure\n${elements(leftMs)}`);
  return renewed || nft(host, `${ruleset}${elements(leftMs)}`);
}

/** Takes the filter away: slurmctld does not run here. */
export async function dropFence(host: Host): Promise<void> {
  await nft(host, `add table ${table}\ndelete table ${table}\n`);
}

async function nft(host: Host, script: string): Promise<boolean> {
  const { exitCode } = await host.run('nft', ['-f', '-'], { timeoutMs: commandTimeoutMs, input: script });
  return exitCode === 0;
}
