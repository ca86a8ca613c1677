// Scenarios about roles that one node holds alone, by the numbers of the scenario list: whoever serves is the only one that
// anybody can reach, however its machine is treated.
import assert from 'node:assert/strict';
import type { ClusterView, Grant } from '../../src/integrations/cluster-view.ts';
import type { Integration } from '../../src/integrations/reconciler.ts';
import { beginsInMs } from '../../src/integrations/sole-role.ts';
import { MemoryHost } from '../integrations/memory-host.ts';
import { leaderOf } from './acts.ts';
import type { Scenario } from './scenario.ts';
import { World } from './world.ts';

const service = 'single';
const role = 'holder';
const soleGrant = ({ grants }: ClusterView) => grants.find(each => each.service === service);

export const tenureScenarios: readonly Scenario[] = [
  {
    name: 'S50',
    title:
      'whoever holds a role alone is stopped, killed, cut off and wakes up late: never do two serve at once, and somebody does in the end',
    seeds: 40,
    async run(seed) {
      /** Until when what runs on a machine can be reached: an agent ends it, and the kernel when the agent cannot. */
      const reachableUntilMs = new Map<string, number>();
      const world: World = new World({
        ...{ seed, nodes: 5, host: () => new MemoryHost() },
        integrations: name => [soleIntegration(name, reachableUntilMs, () => world.timeline.nowMs)],
      });
      world.bootAll();
      const serving = () => [...reachableUntilMs].filter(([, ms]) => ms > world.timeline.nowMs);
      const formed = () =>
        world.agreed() &&
        world.machines.every(
          ({ agent }) =>
            agent?.configuration.voters.length === 3 && agent.configuration.outgoing.length === 0,
        );
      await world.runUntil(
        () => formed() && serving().length === 1,
        30_000,
        'five form a cluster, and one serves',
      );
      const tokens = new Set<number>();
      for (let round = 0; round < 12; round++) {
        const grant = world.leader()?.agent?.state.grants.find(each => each.service === service);
        if (grant) tokens.add(grant.token);
        const holder = world.machines.find(({ id }) => id === grant?.node) ?? world.machine(0);
        const others = world.machines.filter(machine => machine !== holder);
        // The first one dies for long, so that the role moves in every run.
        const harm = round === 0 ? 0.3 : world.random();
        if (!holder.agent || holder.backlog) await world.run(500);
        else if (harm < 0.25) world.freeze(holder, 1000 + world.random() * 12_000);
        else if (harm < 0.5) holder.crash();
        else if (harm < 0.75) for (const other of others) world.network.cut(holder.id, other.id);
        else for (const other of others) world.network.cutOneWay(holder.id, other.id);
        await world.run(round === 0 ? 12_000 : 4000 + world.random() * 11_000);
        world.network.healAll();
        if (!holder.agent) world.boot(holder);
        await world.run(world.random() * 5000);
      }
      await world.settleDown(60_000);
      await world.runUntil(() => serving().length === 1, 60_000, 'one serves in the end');
      const last = leaderOf(world).agent?.state.grants.find(each => each.service === service);
      tokens.add(last?.token ?? 0);
      assert.ok(tokens.size >= 2, 'the role has moved');
      return world;
    },
  },
  {
    name: 'S50b',
    title: 'a machine that is alone holds the role, and holds it again after its power was gone',
    seeds: 10,
    async run(seed) {
      const reachableUntilMs = new Map<string, number>();
      const world: World = new World({
        ...{ seed, nodes: 1, host: () => new MemoryHost() },
        integrations: name => [soleIntegration(name, reachableUntilMs, () => world.timeline.nowMs)],
      });
      world.bootAll();
      const serves = () => [...reachableUntilMs.values()].some(ms => ms > world.timeline.nowMs);
      await world.runUntil(serves, 30_000, 'it serves');
      const machine = world.machine(0);
      machine.crash();
      await world.run(3000 + world.random() * 5000);
      assert.ok(!serves(), 'what runs on it has ended');
      world.boot(machine);
      await world.runUntil(serves, 30_000, 'it serves again');
      await world.run(10_000);
      assert.ok(serves(), 'and goes on');
      return world;
    },
  },
];

/** A service that only looks at its tenure; what it would serve is the right to be the only one. */
function soleIntegration(
  name: string,
  reachableUntilMs: Map<string, number>,
  nowMs: () => number,
): Integration {
  const end = () => reachableUntilMs.delete(name);
  const begin = (leftMs: number) => {
    for (const [other, untilMs] of reachableUntilMs)
      assert.ok(
        other === name || untilMs <= nowMs(),
        `I16: ${name} begins to serve, and ${other} can be reached for another ${untilMs - nowMs()} ms`,
      );
    reachableUntilMs.set(name, nowMs() + leftMs);
  };
  const report = (grant: Grant, state: 'ready' | 'starting' | 'released') => ({
    ...{ service, role, token: grant.token, state, step: '', reason: '', detail: '' },
  });
  return {
    name: service,
    capabilities: async () => [],
    decide(view) {
      const grant = soleGrant(view);
      const holder = view.nodes.find(({ id }) => id === grant?.node);
      const keeps = holder && holder.standing !== 'observer' && !['dead', 'left'].includes(holder.state);
      if (keeps) return [];
      const able = view.nodes.filter(
        ({ id, state, standing }) => state === 'alive' && standing !== 'observer' && id !== grant?.node,
      );
      const heir = able.find(({ id }) => id === view.self.id) ?? able[0];
      return heir ? [{ kind: 'move', service, role, node: heir.id, from: grant?.token ?? 0 }] : [];
    },
    lapse: async () => end(),
    keys: [],
    settings: { inForce: () => ({}), judge: async () => ({ refused: 'there are none' }) },
    withdraw: async () => '',
    async renew(_host, leftMs) {
      if (reachableUntilMs.has(name)) begin(leftMs);
    },
    lanes: [
      {
        name: role,
        async pass(_host, view) {
          const grant = soleGrant(view);
          if (!grant) return [];
          if (grant.node !== view.self.id) {
            end();
            return grant.former?.node === view.self.id ? [report(grant, 'released')] : [];
          }
          if (beginsInMs(view, grant) > 0) return [report(grant, 'starting')];
          begin(view.tenure.leftMs());
          return [report(grant, 'ready')];
        },
      },
    ],
  };
}
