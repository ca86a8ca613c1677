// `make demo`: three machines become a cluster before your eyes, run a job, and are gone without a trace. KEEP=1 leaves
// them running; --stop ends what was left. Changes nothing on this machine but for missing packages, and says so first.
import { clusterctlProgram, clusterctlText, type RunningAgent, startAgents } from './agent-host.ts';
import { type Ground, installWhatIsMissing, openLab, openLoopback, whyNoHosts } from './demo-ground.ts';
import { Narrator } from './demo-narrator.ts';
import { Lab } from './lab.ts';
import { demoClusterTimeoutMs, demoJobTimeoutMs, demoServicesTimeoutMs, graceMs } from './limits.ts';
import type { Machine } from './machine.ts';
import { waitFor } from './wait-for.ts';

const hosts = 3;
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const { KEEP, ...environment } = process.env;
const isKept = KEEP === '1';

/** Stand-ins share one machine: no daemons of SLURM, and no second dashboard on the same port. */
const withoutWorkloads = { 'integrations.slurm.enabled': false, 'http.enabled': false } as const;

let ground: Ground | undefined;
let agents: readonly RunningAgent[] = [];
let isEnding = false;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Announces the ground and lays it. @returns undefined when packages are missing and could not be installed */
async function layGround(): Promise<Ground | undefined> {
  const reason = whyNoHosts(environment);
  if (reason !== undefined) {
    print(`Without SLURM: ${reason}.`);
    print(
      `Three agents on 127.0.0.1, 127.0.0.2 and 127.0.0.3 instead. As root the demo also runs a SLURM job.`,
    );
    if (isKept) print('KEEP=1 is for hosts only and is ignored.');
    return openLoopback(hosts);
  }
  if (!installWhatIsMissing()) return undefined;
  print(`Three hosts in network namespaces, 100.64.0.1 to 100.64.0.${hosts}, with an agent each.`);
  return await openLab(hosts, isKept);
}

async function runDemo(): Promise<number> {
  ground = await layGround();
  if (ground === undefined) return 1;
  const { machines, lab } = ground;
  const [first] = machines;
  if (first === undefined) throw new Error('no machines');
  const narrator = new Narrator(
    machines.map(({ name }) => name),
    print,
  );
  narrator.say(`${machines.map(({ name }) => name).join(', ')} are up; their agents start`);
  agents = await startAgents(machines, lab === undefined ? { settings: withoutWorkloads } : {});
  for (const agent of agents) narrator.follow(agent);
  await Promise.race([
    untilCluster(machines).then(() => lab && untilServices(first)),
    ...agents.map(async ({ machine, child }) => {
      const { exitCode } = await child.exited;
      throw new Error(`the agent on ${machine.name} ended with exit code ${exitCode}`);
    }),
  ]);
  narrator.say('all is well');
  await show(first, 'clusterctl members', [clusterctlProgram, 'members']);
  if (lab !== undefined) {
    await show(first, `srun -N${hosts} -l hostname`, ['srun', `-N${hosts}`, '-l', 'hostname']);
    if (isKept) leave(lab);
  }
  return 0;
}

/** Waits until every machine sees all of them and knows the leader. */
async function untilCluster(machines: readonly Machine[]): Promise<void> {
  const conditions = ['--for', `members=${machines.length}`, '--for', 'leader'];
  await Promise.all(machines.map(machine => untilMet(machine, conditions, demoClusterTimeoutMs)));
}

/** Waits until the cluster says that it is well and SLURM has a node on each host. */
async function untilServices(machine: Machine): Promise<void> {
  const isIdle = async () => {
    const { exitCode, stdout } = await machine.run(['sinfo', '--noheader', '--format=%D %t']);
    return exitCode === 0 && stdout.trim() === `${hosts} idle`;
  };
  await waitFor(isIdle, { timeoutMs: demoServicesTimeoutMs, what: `${hosts} idle SLURM nodes` });
  await untilMet(machine, ['--for', 'healthy'], demoClusterTimeoutMs);
}

async function untilMet(machine: Machine, conditions: readonly string[], timeoutMs: number): Promise<void> {
  const timeout = ['--timeout', `${timeoutMs}ms`];
  await clusterctlText(machine, ['wait', ...conditions, ...timeout], timeoutMs + graceMs);
}

/** Runs a command on a machine and shows it with its output, as a terminal would. */
async function show(machine: Machine, title: string, argv: readonly string[]): Promise<void> {
  const env = { CLUSTERCTL_ENDPOINT: `unix:${machine.paths.socket}` };
  const { exitCode, stdout, stderr } = await machine.run(argv, { env, timeoutMs: demoJobTimeoutMs });
  print(`\n${machine.name}$ ${title}\n${stdout}${stderr}`.trimEnd());
  if (exitCode !== 0) throw new Error(`"${title}" on ${machine.name} ended with exit code ${exitCode}`);
}

/** Lets the lab live on and says how to talk to it. */
function leave(lab: Lab): void {
  lab.keep();
  ground = undefined;
  const [first] = lab.hosts;
  const enter = first?.enterCommand().join(' ');
  print(`
The cluster is left running, as ${lab.name}.
  a shell on ${first?.name}   ${enter} bash
  clusterctl there    ${enter} ${clusterctlProgram} status
  the other hosts     the same with another --target: ${lab.hosts.map(host => `${host.name} ${host.initPid}`).join(', ')}
  stop it             make demo-stop`);
}

async function stopKept(): Promise<number> {
  const names = await Lab.stopKept();
  print(names.length === 0 ? 'no demo was left running' : `stopped ${names.join(', ')}`);
  return 0;
}

/** Cleans up once, whatever ends the demo, and ends this process. */
async function end(exitCode: number): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  try {
    await ground?.stop();
  } catch (error) {
    process.stderr.write(`error: not all could be cleaned up: ${reasonOf(error)}\n`);
    process.exit(1);
  }
  process.exit(exitCode);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

for (const [signal, code] of Object.entries(exitCodes)) process.on(signal, () => end(code));
try {
  await end(await (process.argv.includes('--stop') ? stopKept() : runDemo()));
} catch (error) {
  if (!isEnding) {
    process.stderr.write(`error: ${reasonOf(error)}\n`);
    for (const agent of agents) process.stderr.write(`${agent.lastWords()}\n`);
  }
  await end(1);
}
