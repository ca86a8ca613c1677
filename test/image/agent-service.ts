// The agent as a service of a machine, by the unit that is shipped: its settings, and clusterctl beside it.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { type WaitOptions, waitFor } from '../lab/wait-for.ts';
import { checkoutPath } from './checkout-disk.ts';
import { answerTimeoutMs, clusterTimeoutMs, runTimeoutMs } from './limits.ts';
import type { VirtualMachine } from './virtual-machine.ts';

export const agentUnit = 'node-agent.service';
const peerPort = 7443;
const files = {
  unit: `/etc/systemd/system/${agentUnit}`,
  program: `/etc/systemd/system/${agentUnit}.d/program.conf`,
  config: '/etc/clusteros/node.yaml',
  clusterKey: '/etc/clusteros/cluster.key',
  socket: '/run/clusteros/agent.sock',
} as const;

const unitText = readFileSync(new URL('../../deploy/systemd/node-agent.service', import.meta.url), 'utf8');

/** The program is in the checkout, not where a package puts it. */
const programText = `[Unit]
RequiresMountsFor=${checkoutPath}

[Service]
ExecStart=
ExecStart=${checkoutPath}/bin/node-agent start --foreground
`;

const clusterKey = `${randomBytes(32).toString('base64')}\n`;

/** Writes what an agent needs on each machine, all of one cluster, and has systemd start it now and at each boot. */
export async function installAgents(machines: readonly VirtualMachine[]): Promise<void> {
  const peers = machines.map(({ ip }) => `${ip}:${peerPort}`);
  await Promise.all(machines.map(machine => installAgent(machine, peers)));
}

async function installAgent(machine: VirtualMachine, peers: readonly string[]): Promise<void> {
  const settings = {
    ...{ name: machine.name, bind: `${machine.ip}:${peerPort}`, peers },
    ...{ clusterKey: files.clusterKey, bootstrap: 'auto' },
    integrations: { tailscale: { enabled: false }, slurm: { enabled: true } },
  };
  await machine.writeFile(files.config, stringify(settings));
  await machine.writeFile(files.clusterKey, clusterKey, 0o600);
  await machine.writeFile(files.unit, unitText);
  await machine.writeFile(files.program, programText);
  await done(machine, ['systemctl', 'daemon-reload']);
  await done(machine, ['systemctl', 'enable', '--now', agentUnit]);
}

/**
 * Waits until SLURM has a use for this machine, and the agent says so too. Asks SLURM first: clusterctl takes an emulated processor
 * some seconds, which an agent that has just started needs itself. @throws Error with the end of the agent's log
 */
export async function untilHealthy(machine: VirtualMachine): Promise<void> {
  await until(machine, { what: 'the agent to listen', timeoutMs: answerTimeoutMs }, async () => {
    return (await machine.run(['test', '-S', files.socket])).exitCode === 0;
  });
  await until(machine, { what: `SLURM to use ${machine.name}` }, async () => {
    const { stdout } = await machine.run(['timeout', '5', 'sinfo', '-h', '-n', machine.name, '-o', '%T']);
    return /^(idle|mixed|allocated)$/.test(stdout.trim());
  });
  const seconds = Math.floor(clusterTimeoutMs / 1000);
  const argv = ['wait', '--for', 'healthy', '--timeout', `${seconds}s`];
  const { exitCode, stdout, stderr } = await clusterctl(machine, argv, clusterTimeoutMs + runTimeoutMs);
  if (exitCode === 0) return;
  const words = `${stdout}${stderr}\n${await agentLog(machine)}`;
  throw new Error(`"clusterctl ${argv.join(' ')}" on ${machine.name}: exit ${exitCode}\n${words}`);
}

/** As `waitFor`, with the end of the agent's log in the error and time for an emulated processor. */
export async function until(
  machine: VirtualMachine,
  options: WaitOptions,
  look: () => Promise<boolean>,
): Promise<void> {
  await waitFor(look, { timeoutMs: clusterTimeoutMs, explain: () => agentLog(machine), ...options });
}

export async function clusterctl(machine: VirtualMachine, args: readonly string[], timeoutMs = runTimeoutMs) {
  const argv = [`${checkoutPath}/bin/clusterctl`, ...args];
  // Without it an emulated processor compiles for ten seconds each time.
  return await machine.run(argv, { timeoutMs, env: { NODE_COMPILE_CACHE: '/var/tmp/compile' } });
}

/** Runs a command that must succeed. Resolves with what it prints. */
export async function done(
  machine: VirtualMachine,
  argv: readonly string[],
  timeoutMs?: number,
): Promise<string> {
  const result = await machine.run(argv, timeoutMs === undefined ? {} : { timeoutMs });
  if (result.exitCode === 0) return result.stdout;
  throw new Error(
    `"${argv.join(' ')}" on ${machine.name}: exit ${result.exitCode}\n${result.stdout}${result.stderr}`,
  );
}

async function agentLog(machine: VirtualMachine): Promise<string> {
  const argv = ['journalctl', '--unit', agentUnit, '--lines', '20', '--output', 'cat', '--no-pager'];
  return `the agent's log on ${machine.name}:\n${(await machine.run(argv)).stdout}`;
}
