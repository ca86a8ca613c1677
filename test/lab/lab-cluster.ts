// One cluster for all tests of a file, which run in the order in which they stand: a lab, and the agent that runs on each
// of its hosts now. The first test starts it, `stop` ends it.
import assert from 'node:assert/strict';
import {
  type AgentEvent,
  type AgentOptions,
  peerAddress,
  type RunningAgent,
  startAgent,
  startAgents,
} from './agent-host.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';

export class LabCluster {
  readonly #agents = new Map<string, RunningAgent>();
  readonly #settings: NonNullable<AgentOptions['settings']>;
  readonly #env: NonNullable<AgentOptions['env']>;
  #lab: Lab | undefined;
  #members = 0;

  /** @param env added to the environment of each agent */
  constructor(settings: NonNullable<AgentOptions['settings']>, env: NonNullable<AgentOptions['env']> = {}) {
    this.#settings = settings;
    this.#env = env;
  }

  /**
   * Makes the lab with so many hosts and starts an agent on each, all of one cluster.
   * @param prepare done before they start
   * @param bystanders further hosts, without an agent
   */
  async start(
    hosts: number,
    prepare: (lab: Lab) => Promise<void> = async () => {},
    bystanders = 0,
  ): Promise<void> {
    this.#lab = await Lab.start({ hosts: hosts + bystanders });
    this.#members = hosts;
    await prepare(this.#lab);
    for (const agent of await startAgents(this.hosts, { settings: this.#settings, env: this.#env }))
      this.#agents.set(agent.machine.name, agent);
  }

  async stop(): Promise<void> {
    await this.#lab?.stop();
  }

  get lab(): Lab {
    assert.ok(this.#lab, 'the first test made the lab');
    return this.#lab;
  }
  /** Those with an agent. */
  get hosts(): readonly Host[] {
    return this.lab.hosts.slice(0, this.#members);
  }
  /** The one without an agent that was asked for first. */
  get bystander(): Host {
    const host = this.lab.hosts[this.#members];
    assert.ok(host, 'a bystander was asked for');
    return host;
  }

  agentOn(name: string): RunningAgent {
    const found = this.#agents.get(name);
    assert.ok(found, `an agent runs on ${name}`);
    return found;
  }

  eventsOf(name: string, event: string): readonly AgentEvent[] {
    return this.agentOn(name).events.filter(each => each.event === event);
  }

  /** Starts an agent on a host that has none, and that never had one or has lost its disk; it hears of the others from the first member. */
  async add(name: string): Promise<RunningAgent> {
    const [first] = this.hosts;
    assert.ok(first);
    const peer = this.hosts.find(host => host.name !== name) ?? first;
    const agent = await startAgent(this.lab.host(name), {
      peers: [peerAddress(peer)],
      ...{ settings: this.#settings, env: this.#env },
    });
    this.#agents.set(name, agent);
    return agent;
  }

  /** Starts an agent again on a host whose agent has ended; it finds its cluster by what its disk knows. */
  async restart(
    name: string,
    settings: AgentOptions['settings'] = {},
    env: AgentOptions['env'] = {},
  ): Promise<RunningAgent> {
    const agent = await startAgent(this.lab.host(name), {
      peers: [],
      settings: { ...this.#settings, ...settings },
      env: { ...this.#env, ...env },
    });
    this.#agents.set(name, agent);
    return agent;
  }
}
