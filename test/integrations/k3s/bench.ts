// A Kubernetes of machines in memory, without agents: its log is a list, time is moved by hand, and all pass in turn.
import assert from 'node:assert/strict';
import type {
  ClusterView,
  Decision,
  OperationView,
  ServiceReport,
  TenureView,
  ViewNode,
} from '../../../src/integrations/cluster-view.ts';
import { k3sIntegration } from '../../../src/integrations/k3s/k3s.ts';
import type { NodeWord } from '../../../src/integrations/k3s/words.ts';
import type { Retry } from '../../../src/integrations/reconciler.ts';
import { MemoryHost } from '../memory-host.ts';
import { MemoryK3s, type MemoryMachine } from '../memory-k3s.ts';
import { type InOnePass, inOnePass } from '../one-pass.ts';
import { applied, emptyLog, type LogState, withoutNode } from './log-state.ts';

const once: Retry = attempt => attempt();
export const markFile = '/var/lib/clusteros/k3s.json';
/** Wall time between two rounds of passes: as the agent makes them while something is under way. */
const roundMs = 2000;

export interface Node {
  readonly id: string;
  readonly name: string;
  readonly machine: MemoryMachine;
  k3s: InOnePass;
  capabilities: readonly string[];
  reports: readonly ServiceReport[];
}

export class K3sBench {
  wallMs = 1_800_000_000_000;
  readonly k3s = new MemoryK3s(() => this.wallMs);
  nodes: Node[] = [];
  log: LogState = emptyLog;
  readonly secrets = new Map<string, Uint8Array>();
  settings: ClusterView['settings'] = {};
  clusterId = 'c';
  formerClusters: readonly string[] = [];
  forgotten: Readonly<Record<string, number>> = {};
  readonly tags = new Map<string, ViewNode['tags']>();
  readonly drains = new Map<string, NonNullable<ViewNode['drain']>>();
  /** Ids of machines whose agents are not there. */
  readonly away = new Set<string>();
  /** Ids of machines that are silent for a moment, though all goes on there. */
  readonly suspect = new Set<string>();
  /** All that was ever decided or reported, which no token may be in. */
  readonly told = new Map<string, string>();
  tenure: TenureView = {
    leftMs: () => 1000,
    stands: () => true,
    knownForMs: () => 60_000,
    hasReleased: () => false,
  };
  #added = 0;

  async add(name: string, host = new MemoryHost()): Promise<Node> {
    const taken = this.nodes.find(each => each.name === name)?.machine.ip;
    this.#added += 1;
    const machine = this.k3s.add(name, taken ?? `100.64.0.${this.#added}`, host);
    const id = `id-${this.#added}`;
    const k3s = this.agentOn(machine, id);
    const node: Node = { id, name, machine, k3s, reports: [], capabilities: await k3s.capabilities(host) };
    this.nodes.push(node);
    return node;
  }

  /** The integration of an agent that has just started. */
  agentOn(machine: MemoryMachine, id: string): InOnePass {
    return inOnePass(
      k3sIntegration({
        ...{ fencingFile: '/var/lib/clusteros/fencing.json', markFile, retry: once },
        counterparts: {
          ask: async (peer, question) => {
            const asked = this.nodes.find(each => each.id === peer.id);
            if (!asked?.k3s.answer || this.away.has(peer.id)) return undefined;
            return asked.k3s.answer(asked.machine.host, question, id).catch(() => undefined);
          },
        },
        openKube: this.k3s.openKube(machine),
        wallMs: () => this.wallMs,
      }),
    );
  }

  /** The agent of a machine starts anew; k3s goes on. */
  async restartAgent(node: Node): Promise<void> {
    node.k3s = this.agentOn(node.machine, node.id);
    node.capabilities = await node.k3s.capabilities(node.machine.host);
  }

  /** The machine's disk is made anew: another member of the same name, whose former self is taken out. */
  async reimage(node: Node): Promise<Node> {
    this.k3s.powerOff(node.machine);
    const anew = await this.add(node.name);
    this.remove(node);
    return anew;
  }

  remove(node: Node): void {
    this.nodes = this.nodes.filter(each => each !== node);
    this.log = withoutNode(this.log, node.id);
  }

  view(self: Node): ClusterView {
    const nodes = this.nodes.map(({ id, name, machine, capabilities, reports }): ViewNode => {
      const drain = this.drains.get(id);
      return {
        ...{ id, name, ip: machine.ip, address: `${machine.ip}:7443`, standing: 'voter' },
        state: this.away.has(id) ? 'dead' : this.suspect.has(id) ? 'suspect' : 'alive',
        ...{ capabilities, tags: this.tags.get(id) ?? {}, reports, ...(drain && { drain }) },
      };
    });
    return {
      ...{
        clusterId: this.clusterId,
        formerClusters: this.formerClusters,
        forgotten: this.forgotten,
        clusterName: 'lab',
        level: 2,
      },
      ...{ nodes, settings: this.settings },
      self: { id: self.id, name: self.name, ip: self.machine.ip },
      ...{ grants: this.log.grants, operations: this.log.operations, secretNames: this.log.secretNames },
      ...{ wallMs: this.wallMs, tenure: this.tenure },
      secret: name => this.secrets.get(name),
      secretId: name => (this.secrets.has(name) ? 'some' : ''),
    };
  }

  /** Lets the leader decide until nothing is due. @throws when that does not come to an end */
  decide(): void {
    const leader = this.nodes.find(({ id }) => !this.away.has(id));
    assert.ok(leader);
    for (let round = 0; round < 10; round++) {
      const decisions = leader.k3s.decide(this.view(leader));
      if (decisions.length === 0) return;
      for (const decision of decisions) this.apply(decision);
    }
    throw new Error('the leader never stops deciding');
  }

  apply(decision: Decision): void {
    this.told.set(`decision ${this.log.index}`, JSON.stringify(decision));
    this.log = applied(this.log, decision);
    if (decision.kind === 'secret')
      this.secrets.set(decision.name, new Uint8Array(decision.bytes).fill(this.log.index));
    if (decision.kind === 'keep') this.secrets.set(decision.name, new TextEncoder().encode(decision.text));
    this.onDecided(decision);
  }

  /** For tests that look at each decision. */
  onDecided: (decision: Decision) => void = () => {};

  /** An operator has `node` make the datastore anew. @param snapshot name of one; empty for what it has */
  recover(node: Node, snapshot = ''): number {
    const found = node.k3s.recoverable?.(this.view(node), node.id);
    assert.ok(found, `${node.name} can be asked to`);
    const { role, token } = found.grant;
    const id = this.log.index + 1;
    const steps = found.steps.map(name => ({ name, state: 'pending' as const, detail: '' }));
    const operation = {
      ...{ id, kind: 'recover' as const, service: 'k3s', role, node: node.id, token, steps },
      ...{ outcome: 'running' as const, reason: '', ...(snapshot !== '' && { argument: snapshot }) },
    };
    this.log = { ...this.log, index: id, operations: [...this.log.operations, operation] };
    return id;
  }

  /** An operator gives up all that Kubernetes has stored. */
  forget(): void {
    const index = this.log.index + 1;
    const operations = this.log.operations.map(each =>
      each.outcome === 'running' ? { ...each, outcome: 'failed' as const, reason: 'forgotten' } : each,
    );
    this.log = { ...this.log, index, operations, grants: [], secretNames: [] };
    this.secrets.clear();
    this.forgotten = { k3s: index };
    this.k3s.foundersMax += 1;
  }

  operation(id: number): OperationView | undefined {
    return this.log.operations.find(each => each.id === id);
  }

  /** The leader's decisions, then one pass on every node; and time goes on. */
  async round(): Promise<void> {
    this.decide();
    for (const node of this.nodes.filter(({ id }) => !this.away.has(id))) {
      const tell = (report: ServiceReport) =>
        this.told.set(`${node.name} at ${this.wallMs}, ${report.role}`, JSON.stringify(report));
      node.reports = await node.k3s.pass(node.machine.host, this.view(node), tell);
      for (const report of node.reports) tell(report);
    }
    this.wallMs += roundMs;
    this.k3s.advance();
    assert.deepEqual(this.k3s.faults, []);
  }

  async rounds(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.round();
  }

  /** @throws when it does not come to that, with how things stand */
  async until(isTrue: () => boolean, what: string, roundsMax = 200): Promise<void> {
    for (let i = 0; i < roundsMax; i++) {
      if (isTrue()) return;
      await this.round();
    }
    throw new Error(`not within ${roundsMax} rounds: ${what}\n${this.standing()}`);
  }

  /** Until every role is ready and every operation over. */
  async settle(roundsMax = 200): Promise<void> {
    await this.until(() => this.isSettled(), 'all is as it should be', roundsMax);
    this.k3s.check(this.told);
  }

  isSettled(): boolean {
    const { grants, operations } = this.log;
    const roles = grants.map(({ role, node, token }) =>
      this.nodes
        .find(({ id }) => id === node)
        ?.reports.find(each => each.role === role && each.token === token),
    );
    const [leader] = this.nodes;
    return (
      leader !== undefined &&
      grants.length > 0 &&
      leader.k3s.decide(this.view(leader)).length === 0 &&
      operations.every(({ outcome }) => outcome !== 'running') &&
      roles.every(report => report !== undefined && ['ready', 'drained'].includes(report.state))
    );
  }

  /** Names of who has a role, sorted. */
  having(role: string): readonly string[] {
    return this.log.grants
      .filter(each => each.role === role)
      .map(({ node }) => this.nodes.find(({ id }) => id === node)?.name ?? node)
      .sort();
  }

  /** Kubernetes' nodes that are ready, sorted. */
  readyNodes(): readonly string[] {
    this.k3s.advance();
    const { kube } = this.k3s;
    return [...kube.nodes.values()]
      .filter(each => kube.isReady(each, this.wallMs))
      .map(({ name }) => name)
      .sort();
  }

  report(node: Node, role: string): ServiceReport | undefined {
    return node.reports.find(each => each.role === role);
  }

  async wordOn(keeper: Node, asker: Node): Promise<NodeWord> {
    return JSON.parse((await keeper.k3s.answer?.(keeper.machine.host, 'node', asker.id)) ?? '{}') as NodeWord;
  }

  /** How things stand, for the message of a test that fails. */
  standing(): string {
    const reports = this.nodes.flatMap(({ name, reports: all }) =>
      all.map(({ role, state, step, reason, detail }) =>
        [name, role, state, step, reason, detail].filter(word => word !== '').join(' '),
      ),
    );
    const running = this.log.operations.filter(({ outcome }) => outcome === 'running');
    const { etcd, kube } = this.k3s;
    return [
      ...reports,
      ...running.map(
        ({ kind, role, node, steps }) => `${kind} of ${node} as ${role}: ${JSON.stringify(steps)}`,
      ),
      `etcd: ${etcd.members.map(({ name, isLearner }) => `${name}${isLearner ? ' (learner)' : ''}`).join(', ')}`,
      `nodes: ${[...kube.nodes.keys()].join(', ')}`,
    ].join('\n');
  }
}

/** So many machines that have come to rest, by the names of letters. */
export async function readyBench(count: number): Promise<K3sBench> {
  const bench = new K3sBench();
  for (const name of ['atlas', 'borea', 'ceres', 'doris', 'eunom'].slice(0, count)) await bench.add(name);
  await bench.settle();
  return bench;
}
