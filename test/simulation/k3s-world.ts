// Machines that run the real agents with the k3s integration, on one Kubernetes in memory; what is asked between nodes travels the virtual
// network's time, and what a machine is told to do takes time, too, so that a process can die in the middle of it.
import assert from 'node:assert/strict';
import { knownLevel } from '../../src/election/cluster-state.ts';
import type { Counterparts } from '../../src/integrations/counterparts.ts';
import type { Outcome, Ownership } from '../../src/integrations/host.ts';
import { k3sIntegration } from '../../src/integrations/k3s/k3s.ts';
import type { Integration, Lane } from '../../src/integrations/reconciler.ts';
import { MemoryHost } from '../integrations/memory-host.ts';
import { MemoryK3s, type MemoryMachine } from '../integrations/memory-k3s.ts';
import { leaderOf } from './acts.ts';
import { type Machine, World } from './world.ts';

/** What a command, or a file that is written, takes. */
const effectMs = 5;
/** A question that is not answered is given up after this (agent, counterpartTimeoutMs). */
const answerMs = 3000;
/** What comes of one change is decided in fewer entries, however long somebody has to wait. */
const entriesMax = 150;
/** What has become of each k3s is worked out this often. */
const tickMs = 100;
const service = 'k3s';

type After = (delayMs: number, run: () => void) => void;
/** What has just been done on a machine. */
type OnEffect = () => void;

/** A machine on which everything takes a moment. */
class TimedHost extends MemoryHost {
  readonly #after: After;
  readonly #onEffect: OnEffect;

  constructor(number: string, after: After, onEffect: OnEffect) {
    super();
    this.#after = after;
    this.#onEffect = onEffect;
    // Its maker's number: by it one that was made anew is known again.
    this.put('/sys/class/dmi/id/product_uuid', number);
  }

  override async run(program: string, args: readonly string[]): Promise<Outcome> {
    const outcome = await super.run(program, args);
    if (program !== 'ip') this.#onEffect();
    await this.pause(effectMs);
    return outcome;
  }

  override async writeFile(path: string, content: string | Uint8Array, as: Ownership): Promise<void> {
    await super.writeFile(path, content, as);
    this.#onEffect();
    await this.pause(effectMs);
  }

  override async rename(from: string, to: string): Promise<void> {
    await super.rename(from, to);
    this.#onEffect();
    await this.pause(effectMs);
  }

  override pause(durationMs = 0): Promise<void> {
    return new Promise(resolve => this.#after(durationMs, resolve));
  }
}

export class K3sWorld {
  readonly world: World;
  readonly k3s: MemoryK3s;
  /** Texts that no token may be in: reports, decisions, events. */
  readonly #told = new Set<string>();
  readonly #answering = new Map<string, Integration>();
  #decided = '';
  #decisions = 0;
  #crashAt = 0;
  #effects = 0;
  #crashAtEffect = 0;
  #tickedAtMs = 0;

  constructor(seed: number, nodes: number) {
    this.k3s = new MemoryK3s(() => 1_700_000_000_000 + Math.floor(this.world?.timeline.nowMs ?? 0));
    this.world = new World({
      ...{ seed, nodes },
      host: (name, ip) => this.#host(name, ip),
      integrations: name => [this.#integration(name)],
    });
  }

  /** Whoever leads dies right after so many decisions more about Kubernetes, and is back soon. */
  crashAfter(decisions: number): this {
    this.#crashAt = this.#decisions + decisions;
    return this;
  }

  /** The agent of the machine where so many things more have been done dies right after that, and is back soon. */
  crashAfterEffect(effects: number): this {
    this.#crashAtEffect = this.#effects + effects;
    return this;
  }

  /** It has come to that. */
  hasCrashed = false;

  machineOf({ name }: Machine): MemoryMachine {
    const found = [...this.k3s.machines.values()].find(each => each.name === name);
    assert.ok(found);
    return found;
  }

  /** One machine more; boots it. */
  grow(): Machine {
    const { machines } = this.world;
    const name = `node-${String.fromCharCode(97 + machines.length)}`;
    const machine = this.world.another(name, this.#host(name, `100.64.0.${machines.length + 1}`));
    this.world.boot(machine);
    return machine;
  }

  /** The machine loses power: agent and k3s end without a word. */
  powerOff(machine: Machine): void {
    machine.crash();
    this.k3s.powerOff(this.machineOf(machine));
  }

  /** Moves time on until `done`; without `what` for so long. */
  async until(done: () => boolean, limitMs: number, what: string | undefined): Promise<void> {
    const isDone = () => {
      this.#tick();
      this.#count();
      return done();
    };
    try {
      await this.world.runUntil(isDone, limitMs, what);
    } catch (error) {
      if (error instanceof Error) error.message += `\n${this.standing()}`;
      throw error;
    }
    assert.deepEqual(this.k3s.faults, []);
  }

  run(durationMs: number): Promise<void> {
    return this.until(() => false, durationMs, undefined);
  }

  /** Until all that run have their parts and are ready, with so many servers, and nothing is left to be decided. */
  async settle(servers: number, limitMs = 300_000): Promise<void> {
    const { world } = this;
    const before = world.leader()?.agent?.logIndexes.last ?? 0;
    await this.until(() => this.isSettled(servers), limitMs, `${servers} servers, and all are ready`);
    await world.settleDown(60_000);
    const told = [
      ...this.#told,
      ...world.events.map(({ message }) => message),
      JSON.stringify(leaderOf(world).agent?.state),
    ];
    this.k3s.check(new Map(told.map((text, i) => [`what was told, ${i}`, text])));
    const entries = (leaderOf(world).agent?.logIndexes.last ?? 0) - before;
    assert.ok(entries <= entriesMax, `${entries} entries of the log until all was ready`);
    assert.equal(this.k3s.founders.length, 1, 'one cluster was ever initialised');
  }

  isSettled(servers: number): boolean {
    const agent = this.world.leader()?.agent;
    if (!agent || agent.state.level < knownLevel) return false;
    const { grants, operations, nodes } = agent.state;
    const having = (role: string) => grants.filter(each => each.service === service && each.role === role);
    if (having('server').length !== servers || having('keeper').length !== 1) return false;
    if (operations.some(({ outcome }) => outcome === 'running') || agent.decisionsDue() > 0) return false;
    const isWell = grants.every(({ role, node, token }) =>
      agent
        .record(node)
        ?.services.some(each => each.role === role && each.token === token && each.state === 'ready'),
    );
    if (!isWell) return false;
    this.k3s.advance();
    const { kube, etcd } = this.k3s;
    const ready = [...kube.nodes.values()].filter(each => kube.isReady(each, this.k3s.nowMs()));
    const named = [...having('server'), ...having('agent')].map(({ node }) => nodes[node]?.name).sort();
    const isKnown = JSON.stringify(ready.map(({ name }) => name).sort()) === JSON.stringify(named);
    return isKnown && kube.nodes.size === named.length && etcd.voters.length === servers;
  }

  standing(): string {
    const agent = this.world.leader()?.agent;
    const { etcd, kube } = this.k3s;
    return [
      ...this.world.machines.map(({ name, agent: its }) => {
        const own = its?.record(its.options.id)?.services ?? [];
        const said = own.map(({ role, state, step, detail }) => `${role} ${state} ${step} ${detail}`);
        return `${name}: ${its ? said.join('; ') : 'off'}`;
      }),
      `grants: ${agent?.state.grants.map(({ role, node }) => `${role} ${agent.nameOf(node)}`).join(', ')}`,
      `running: ${JSON.stringify(agent?.state.operations.filter(({ outcome }) => outcome === 'running'))}`,
      `due: ${agent?.decisionsDue()}`,
      `etcd: ${etcd.members.map(({ name, isLearner }) => `${name}${isLearner ? ' (learner)' : ''}`).join(', ')}`,
      `nodes: ${[...kube.nodes.keys()].join(', ')}`,
    ].join('\n');
  }

  /** k3s goes on also when nobody looks. */
  #tick(): void {
    const { nowMs } = this.world.timeline;
    if (nowMs - this.#tickedAtMs < tickMs) return;
    this.#tickedAtMs = nowMs;
    this.k3s.advance();
  }

  #count(): void {
    const state = this.world.leader()?.agent?.state;
    if (!state) return;
    const { grants, operations, secrets } = state;
    const text = JSON.stringify([grants, operations, Object.keys(secrets)]);
    // The birth of ClusterOS itself is a matter of other scenarios.
    if (text === this.#decided || (grants.length === 0 && Object.keys(secrets).length === 0)) return;
    this.#decided = text;
    this.#decisions += 1;
    if (this.#decisions !== this.#crashAt) return;
    this.#crash(leaderOf(this.world));
  }

  #crash(machine: Machine): void {
    this.hasCrashed = true;
    machine.crash();
    this.world.timeline.after(500 + this.world.random() * 4000, () => this.world.boot(machine));
  }

  #onEffect(name: string): void {
    this.#effects += 1;
    const machine = this.world.machines.find(each => each.name === name && each.agent);
    if (this.#effects >= this.#crashAtEffect && this.#crashAtEffect > 0 && machine) {
      this.#crashAtEffect = 0;
      this.#crash(machine);
    }
  }

  #host(name: string, ip: string): MemoryHost {
    const host = new TimedHost(
      name,
      (delayMs, run) => this.world.timeline.after(delayMs, run),
      () => this.#onEffect(name),
    );
    this.k3s.add(name, ip, host);
    return host;
  }

  #integration(name: string): Integration {
    const machine = [...this.k3s.machines.values()].find(each => each.name === name);
    assert.ok(machine);
    const integration = k3sIntegration({
      fencingFile: '/var/lib/clusteros/fencing.json',
      markFile: '/var/lib/clusteros/k3s.json',
      retry: attempt => attempt(),
      counterparts: this.#counterparts(name),
      openKube: this.k3s.openKube(machine),
      wallMs: this.k3s.nowMs,
    });
    this.#answering.set(name, integration);
    const lanes = integration.lanes.map(lane => this.#heard(lane));
    return {
      ...integration,
      lanes,
      decide: view => {
        const decisions = integration.decide(view);
        for (const decision of decisions) this.#told.add(JSON.stringify(decision));
        return decisions;
      },
    };
  }

  #heard(lane: Lane): Lane {
    return {
      ...lane,
      pass: async (host, view, onReport) => {
        const reports = await lane.pass(host, view, report => {
          this.#told.add(JSON.stringify(report));
          onReport(report);
        });
        for (const report of reports) this.#told.add(JSON.stringify(report));
        return reports;
      },
    };
  }

  /** What the agents carry between two nodes: there and back again, or nothing for a while. */
  #counterparts(name: string): Counterparts {
    const { world } = this;
    const travel = (run: () => void) => world.timeline.after(0.5 + world.random() * 4, run);
    return {
      ask: ({ id }, question) =>
        new Promise(resolve => {
          let isOver = false;
          const end = (text: string | undefined) => {
            if (!isOver) resolve(text);
            isOver = true;
          };
          world.timeline.after(answerMs, () => end(undefined));
          travel(() => {
            const asked = world.machines.find(each => each.id === id);
            const asker = world.machines.find(each => each.name === name);
            const integration = asked?.agent && this.#answering.get(asked.name);
            if (!asked?.host || !asker || !integration || world.network.isCut(asked.id, asker.id)) return;
            integration.answer?.(asked.host, question, asker.id).then(
              text => travel(() => end(text)),
              () => travel(() => end(undefined)),
            );
          });
        }),
    };
  }
}
