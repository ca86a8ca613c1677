// A ClusterOS agent on a machine of the lab: its settings, its process, what its log says, and clusterctl beside it.
// Talks to the agent as an operator does, never by its code.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { Child, Exit } from './child.ts';
import { agentReadyTimeoutMs, agentStopTimeoutMs, clusterctlTimeoutMs } from './limits.ts';
import type { Machine } from './machine.ts';
import { waitFor } from './wait-for.ts';

const programs = fileURLToPath(new URL('../../bin/', import.meta.url));
/** The launchers of this checkout. */
export const nodeAgent = `${programs}node-agent`;
export const clusterctlProgram = `${programs}clusterctl`;

const peerPort = 7443;

/** One line of an agent's log. */
export interface AgentEvent {
  readonly event: string;
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number;
  /** For people. */
  readonly text: string;
  /** The name of the member it is about; empty when it is about none. */
  readonly member: string;
  /** The whole line. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface AgentOptions {
  /** HOST:PORT of each; the agent's own may be among them. */
  readonly peers: readonly string[];
  /** The same for all of a cluster; the key of this process unless told otherwise. */
  readonly clusterKey?: string;
  /** Further settings by their dotted names, such as `{ 'integrations.slurm.enabled': false }`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Added to the environment of its process. */
  readonly env?: Readonly<Record<string, string>>;
}

const ownClusterKey = newClusterKey();

/** 32 random bytes in base64, as a key file holds them. */
export function newClusterKey(): string {
  return `${randomBytes(32).toString('base64')}\n`;
}

/** Where the agent of a machine listens for peers. */
export function peerAddress({ ip }: Machine): string {
  return `${ip}:${peerPort}`;
}

export class RunningAgent {
  readonly machine: Machine;
  readonly child: Child;
  /** Since this process of it started. */
  readonly events: AgentEvent[] = [];
  readonly #listeners = new Set<(event: AgentEvent) => void>();

  constructor(machine: Machine, child: Child) {
    this.machine = machine;
    this.child = child;
    const take = (line: string) => {
      const event = eventFrom(line);
      if (event === undefined) return;
      this.events.push(event);
      for (const listener of this.#listeners) listener(event);
    };
    for (const line of child.stdout) take(line);
    child.onLine(take);
  }

  /** Tells all events so far and each later one. */
  onEvent(listener: (event: AgentEvent) => void): void {
    for (const event of this.events) listener(event);
    this.#listeners.add(listener);
  }

  /** Waits for an event of this name, also an earlier one, that is about `member` if that is given. */
  async untilEvent(
    event: string,
    { member, timeoutMs = agentReadyTimeoutMs }: { member?: string; timeoutMs?: number } = {},
  ) {
    const isIt = (each: AgentEvent) =>
      each.event === event && (member === undefined || each.member === member);
    return await waitFor(() => this.events.find(isIt), {
      timeoutMs,
      what: `${event} ${member ?? ''} on ${this.machine.name}`,
      explain: () => this.lastWords(),
    });
  }

  /** Signals the agent's process; `SIGKILL` is a crash. */
  kill(signal: NodeJS.Signals): boolean {
    return this.child.kill(signal);
  }

  /** Asks it to end, and ends it when it does not. @returns how it ended */
  async stop(): Promise<Exit> {
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), agentStopTimeoutMs);
    const exit = await this.child.exited;
    clearTimeout(timer);
    return exit;
  }

  /** The end of its log for an error message, one event a line where it is an event. */
  lastWords(lines = 15): string {
    const words = this.child.stdout.slice(-lines).map(line => {
      const event = eventFrom(line);
      return event === undefined
        ? line
        : `${new Date(event.atMs).toISOString().slice(11, 23)} ${event.event} ${event.text}`;
    });
    return [`last lines of the agent on ${this.machine.name}:`, ...words].join('\n  ');
  }
}

/**
 * Writes node.yaml and the key, starts the agent and waits until it listens. Again after its end: a restart, with the same data.
 * @throws Error with the last lines of its log when it ends or stays silent
 */
export async function startAgent(
  machine: Machine,
  { peers, clusterKey = ownClusterKey, settings = {}, env = {} }: AgentOptions,
): Promise<RunningAgent> {
  const { paths } = machine;
  const values = {
    name: machine.name,
    bind: peerAddress(machine),
    peers: [...peers],
    dataDir: paths.dataDir,
    clusterKey: paths.clusterKey,
    'admin.socket': paths.socket,
    bootstrap: 'auto',
    'integrations.tailscale.enabled': false,
    'integrations.slurm.enabled': 'auto',
    ...settings,
  };
  machine.writeFile(paths.config, stringify(nested(values)));
  machine.writeFile(paths.clusterKey, clusterKey, { mode: 0o600 });
  const argv = [nodeAgent, 'start', '--foreground', '--config', paths.config];
  const child = await machine.spawn(argv, { logFile: paths.log, env });
  const agent = new RunningAgent(machine, child);
  const started = () => agent.events.some(({ event }) => event === 'agent.started') || !child.isRunning;
  await waitFor(started, {
    timeoutMs: agentReadyTimeoutMs,
    what: `the agent on ${machine.name} to listen`,
    explain: () => agent.lastWords(),
  });
  if (!child.isRunning) throw new Error(`the agent on ${machine.name} ended at once\n${agent.lastWords()}`);
  return agent;
}

/** Starts an agent on each machine, each with all of them as peers. */
export async function startAgents(
  machines: readonly Machine[],
  options: Omit<AgentOptions, 'peers'> = {},
): Promise<RunningAgent[]> {
  const peers = machines.map(peerAddress);
  return await Promise.all(machines.map(machine => startAgent(machine, { ...options, peers })));
}

/** Runs clusterctl on the machine and gives what it prints. @throws Error with its words when it does not exit with 0 */
export async function clusterctlText(
  machine: Machine,
  args: readonly string[],
  timeoutMs = clusterctlTimeoutMs,
): Promise<string> {
  const argv = [clusterctlProgram, ...args];
  const env = { CLUSTERCTL_ENDPOINT: `unix:${machine.paths.socket}` };
  const { exitCode, stdout, stderr } = await machine.run(argv, { timeoutMs, env });
  if (exitCode !== 0)
    throw new Error(
      `"clusterctl ${args.join(' ')}" on ${machine.name}: exit ${exitCode}\n${stdout}${stderr}`,
    );
  return stdout;
}

/** Runs clusterctl with `-o json` and gives what it answers. @throws Error as {@link clusterctlText} */
export async function clusterctl(
  machine: Machine,
  args: readonly string[],
  timeoutMs = clusterctlTimeoutMs,
): Promise<unknown> {
  return JSON.parse(await clusterctlText(machine, [...args, '-o', 'json'], timeoutMs));
}

function eventFrom(line: string): AgentEvent | undefined {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { event, time, msg, member } = fields;
  if (typeof event !== 'string') return undefined;
  return {
    event,
    atMs: Date.parse(String(time)),
    text: String(msg ?? ''),
    member: String(member ?? ''),
    fields,
  };
}

function nested(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(values)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let at = root;
    for (const name of names) {
      at[name] ??= {};
      at = at[name] as Record<string, unknown>;
    }
    at[last] = value;
  }
  return root;
}
