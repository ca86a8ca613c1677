// A SLURM cluster of machines in memory, without agents: its log is a list, applied as the real state machine would.
import assert from 'node:assert/strict';
import type {
  ClusterView,
  Decision,
  Grant,
  OperationView,
  ServiceReport,
  TenureView,
  ViewNode,
} from '../../src/integrations/cluster-view.ts';
import type { Counterparts } from '../../src/integrations/counterparts.ts';
import { machineCapabilities } from '../../src/integrations/machine.ts';
import type { Retry } from '../../src/integrations/reconciler.ts';
import { decideSlurm } from '../../src/integrations/slurm/decide.ts';
import { slurmIntegration } from '../../src/integrations/slurm/slurm.ts';
import { CopyWorld, MemoryCopies } from './memory-copies.ts';
import { type MemoryHost, SlurmWorld } from './memory-host.ts';
import { type InOnePass, inOnePass } from './one-pass.ts';

const once: Retry = attempt => attempt();
const fencingFile = '/var/lib/clusteros/fencing.json';
const takenFile = '/var/lib/clusteros/slurm-taken';

export interface Node {
  readonly id: string;
  readonly name: string;
  readonly ip: string;
  readonly host: MemoryHost;
  readonly slurm: InOnePass;
  reports: readonly ServiceReport[];
  capabilities: readonly string[];
}

const spread = (drain: ViewNode['drain']) => (drain ? { drain } : {});

/** A cluster without agents: its log is a list, applied as the real state machine would. */
export class Bench {
  readonly slurms = new SlurmWorld();
  readonly copies = new CopyWorld();
  /** Ids of machines that are off. */
  readonly away = new Set<string>();
  tenure: TenureView = {
    leftMs: () => 1000,
    stands: () => true,
    knownForMs: () => 60_000,
    hasReleased: () => false,
  };
  readonly nodes: Node[] = [];
  grants: Grant[] = [];
  operations: OperationView[] = [];
  secrets = new Map<string, Uint8Array>();
  /** What operators want, by id. */
  settings: ClusterView['settings'] = {};
  readonly tags = new Map<string, ViewNode['tags']>();
  readonly drains = new Map<string, NonNullable<ViewNode['drain']>>();
  wallMs = 0;
  index = 10;
  /** Questions that were asked, as `NAME: QUESTION`. */
  readonly questions: string[] = [];
  readonly counterparts: Counterparts = {
    ask: async (peer, question) => {
      const asked = this.nodes.find(({ id }) => id === peer.id);
      this.questions.push(`${asked?.name}: ${question}`);
      if (!asked?.slurm.answer || this.away.has(peer.id)) return undefined;
      return asked.slurm.answer(asked.host, question, 'asker').catch(() => undefined);
    },
  };

  async add(name: string): Promise<Node> {
    const number = this.nodes.length + 1;
    const ip = `100.64.0.${number}`;
    const host = this.slurms.addHost(name, ip);
    const copies = new MemoryCopies(this.copies, `id-${number}`, host);
    const slurm = inOnePass(
      slurmIntegration({
        ...{ fencingFile, takenFile, retry: once, copies, counterparts: this.counterparts },
        remember: async () => true,
      }),
    );
    const node: Node = {
      id: `id-${number}`,
      name,
      ip,
      host,
      slurm,
      reports: [],
      capabilities: [...(await machineCapabilities(host)), ...(await slurm.capabilities(host))],
    };
    this.nodes.push(node);
    return node;
  }

  view(self: Node): ClusterView {
    const nodes = this.nodes.map(
      ({ id, name, ip, capabilities, reports }): ViewNode => ({
        id,
        name,
        ip,
        address: `${ip}:7443`,
        standing: 'voter',
        state: this.away.has(id) ? 'dead' : 'alive',
        capabilities,
        tags: this.tags.get(id) ?? {},
        reports,
        ...spread(this.drains.get(id)),
      }),
    );
    return {
      ...{
        clusterId: 'c',
        formerClusters: [],
        forgotten: {},
        clusterName: 'lab',
        level: 1,
        self,
        nodes,
        grants: this.grants,
        operations: this.operations,
      },
      wallMs: this.wallMs,
      settings: this.settings,
      secretNames: [...this.secrets.keys()],
      tenure: this.tenure,
      secret: name => this.secrets.get(name),
      secretId: name => `key-${this.secrets.get(name)?.[0]}`,
    };
  }

  /** Lets `leader` decide until nothing is due; returns what it decided. */
  decide(leader: Node): Decision[] {
    const all: Decision[] = [];
    for (let round = 0; round < 10; round++) {
      const decisions = decideSlurm(this.view(leader));
      if (decisions.length === 0) return all;
      for (const decision of decisions) this.apply(decision);
      all.push(...decisions);
    }
    throw new Error('the leader never stops deciding');
  }

  apply(decision: Decision): void {
    this.index += 1;
    switch (decision.kind) {
      case 'secret':
        assert.ok(!this.secrets.has(decision.name), 'a secret is made once');
        this.secrets.set(decision.name, new Uint8Array(decision.bytes).fill(this.index));
        break;
      case 'move': {
        const { service, role, node, from } = decision;
        const present = this.grants.find(each => each.role === role);
        assert.equal(present?.token ?? 0, from);
        const former = present && { node: present.node, token: present.token };
        const grant = {
          service,
          role,
          node,
          token: this.index,
          sole: true as const,
          ...(former && { former }),
        };
        this.grants = [...this.grants.filter(each => each !== present), grant];
        break;
      }
      case 'grant': {
        const { service, role, node } = decision;
        this.grants.push({ service, role, node, token: this.index });
        break;
      }
      case 'open-operation': {
        const { operation: kind, service, role, node, token } = decision;
        const steps = decision.steps.map(name => ({ name, state: 'pending' as const, detail: '' }));
        this.operations.push({
          id: this.index,
          kind,
          service,
          role,
          node,
          token,
          steps,
          outcome: 'running',
          reason: '',
        });
        break;
      }
      case 'advance-operation': {
        const { id, steps, outcome, reason } = decision;
        this.operations = this.operations.map(each =>
          each.id === id ? { ...each, steps, outcome, reason } : each,
        );
        break;
      }
    }
  }

  /** One pass on every node, then the leader's decisions, until nothing changes. */
  async settle(leader: Node): Promise<void> {
    for (let round = 0; round < 12; round++) {
      const before = JSON.stringify([this.grants, this.operations, this.nodes.map(({ reports }) => reports)]);
      this.decide(leader);
      for (const node of this.nodes.filter(({ id }) => !this.away.has(id)))
        node.reports = await node.slurm.pass(node.host, this.view(node), () => {});
      this.decide(leader);
      if (before === JSON.stringify([this.grants, this.operations, this.nodes.map(({ reports }) => reports)]))
        return;
    }
    throw new Error('the cluster does not settle');
  }
}

export async function readyCluster(): Promise<{ bench: Bench; a: Node; b: Node; c: Node }> {
  const bench = new Bench();
  const [a, b, c] = [await bench.add('atlas'), await bench.add('borea'), await bench.add('ceres')];
  await bench.settle(a);
  return { bench, a, b, c };
}
