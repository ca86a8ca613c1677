// Scenarios about what operators do to a cluster, by the numbers of the scenario list: removing nodes, upgrading programs,
// recovering what is left, asking twice, and filling disks.
import assert from 'node:assert/strict';
import { knownLevel } from '../../src/election/cluster-state.ts';
import { planRecovery } from '../../src/election/recovery.ts';
import { MemoryHost } from '../integrations/memory-host.ts';
import {
  allHold,
  clusterIdOf,
  decideThrough,
  formed,
  leaderOf,
  settled,
  votersOf,
  write,
  writeThrough,
} from './acts.ts';
import { afterSave } from './disk.ts';
import type { Scenario } from './scenario.ts';

export const operatorScenarios: readonly Scenario[] = [
  {
    name: 'S33',
    title:
      'a voter that an operator has removed boots later with its old disk: it neither votes nor leads, learns why, and ends',
    seeds: 25,
    async run(seed) {
      const world = await formed({ seed, nodes: 4 });
      await world.run(2000);
      const gone = votersOf(world).find(machine => machine !== leaderOf(world));
      assert.ok(gone, 'a voter does not lead');
      gone.crash();
      await decideThrough(world, { kind: 'remove', node: gone.id, atMs: 1 });
      const replaced = () =>
        world.machines.every(
          ({ agent }) =>
            !agent ||
            (agent.configuration.voters.length === 3 &&
              agent.configuration.outgoing.length === 0 &&
              !agent.configuration.voters.includes(gone.id)),
        );
      await world.runUntil(replaced, 20_000, 'a stand-by votes in its place');
      const term = leaderOf(world).agent?.leadership.term;
      world.boot(gone);
      await world.runUntil(() => gone.fatal !== undefined, 60_000, 'it ends');
      assert.match(String(gone.fatal), /was removed from cluster lab by an operator/);
      assert.equal(leaderOf(world).agent?.leadership.term, term, 'and has disturbed nobody');
      await writeThrough(world, 'after-the-removal');
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S33b',
    title:
      'voters are removed until one node is left, and nobody can take their places: each time the rest decides alone',
    seeds: 15,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      for (let left = 2; left >= 1; left--) {
        const leader = leaderOf(world);
        const victim = world.machines.find(machine => machine.agent && machine !== leader);
        assert.ok(victim, 'another runs');
        victim.crash();
        await decideThrough(world, { kind: 'remove', node: victim.id, atMs: 1 });
        const alone = () => leaderOf(world).agent?.configuration.voters.length === 1;
        await world.runUntil(alone, 20_000, 'one voter is left, never two');
        await writeThrough(world, `with-${left}`);
      }
      return world;
    },
  },
  {
    name: 'S48',
    title:
      'programs are upgraded one after the other under writes: the level rises with the last, and an older one is refused then',
    seeds: 25,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const levelOf = () => leaderOf(world).agent?.state.level;
      await world.runUntil(() => levelOf() === knownLevel, 10_000, 'all know the present level');
      for (const machine of world.machines) {
        assert.equal(levelOf(), knownLevel, 'while one is old, all speak as it does');
        machine.crash();
        machine.level = knownLevel + 1;
        world.boot(machine);
        await writeThrough(world, `with-${machine.name}-upgraded`);
        await world.settleDown();
      }
      await world.runUntil(() => levelOf() === knownLevel + 1, 10_000, 'the level rises');
      const [old] = world.machines.filter(machine => machine !== leaderOf(world));
      assert.ok(old);
      await world.run(2000);
      old.crash();
      old.level = knownLevel;
      world.boot(old);
      await world.runUntil(() => old.fatal !== undefined, 20_000, 'the older program ends');
      const why = `raised to level ${knownLevel + 1}, and this program knows level ${knownLevel}: update`;
      assert.ok(String(old.fatal).includes(why), String(old.fatal));
      old.level = knownLevel + 1;
      world.boot(old);
      await writeThrough(world, 'after-the-downgrade');
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S48b',
    title:
      "a machine's disk is made anew: its new identity has the name of the former one once that is dead, and not while it lives",
    seeds: 25,
    async run(seed) {
      const world = await formed({ seed, nodes: 4, host: name => numberedHost(name) });
      await world.runUntil(() => leaderOf(world).agent?.state.level === knownLevel, 10_000, 'all know how');
      await world.run(world.random() * 3000);
      const former = world.machine(Math.floor(world.random() * 4));
      const anew = world.madeAnew(former);
      await writeThrough(world, 'while-it-is-gone');
      if (world.random() < 0.5) await world.run(world.random() * 20_000);
      world.boot(anew);
      const state = () => leaderOf(world).agent?.state;
      await world.runUntil(() => state()?.nodes[anew.id] !== undefined, 30_000, 'it is admitted');
      assert.equal(state()?.nodes[anew.id]?.name, former.name, 'under its name');
      assert.ok(Object.hasOwn(state()?.removed ?? {}, former.id), 'and its former self is taken out');
      assert.equal(Object.keys(state()?.nodes ?? {}).length, 4);
      await world.settleDown();
      // Another machine of that name, with hardware of its own, is nobody's former self.
      const other = world.another(anew.name, numberedHost('other'));
      world.boot(other);
      await world.runUntil(() => state()?.nodes[other.id] !== undefined, 30_000, 'the other is admitted');
      assert.equal(state()?.nodes[other.id]?.name, `${anew.name}-2`);
      assert.ok(Object.hasOwn(state()?.nodes ?? {}, anew.id));
      // And one that claims the same hardware while its owner lives has to take another name.
      const twin = world.another(anew.name, numberedHost(anew.name));
      world.boot(twin);
      await world.runUntil(() => state()?.nodes[twin.id] !== undefined, 30_000, 'the twin is admitted');
      assert.equal(state()?.nodes[twin.id]?.name, `${anew.name}-3`);
      assert.ok(Object.hasOwn(state()?.nodes ?? {}, anew.id), 'the owner stays');
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S49',
    title:
      'a client asks again, of the next leader, what the former one may have decided: it is done once (I15)',
    seeds: 60,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      let asked = 0;
      for (let round = 1; round <= 5; round++) {
        const session = { client: 'an operator', seq: round };
        const command = {
          kind: 'grant',
          service: 'simulation',
          role: `r${round}`,
          node: world.machine(0).id,
        } as const;
        let outcome: string | undefined = 'not asked';
        for (let tries = 0; tries < 20 && outcome !== undefined; tries++) {
          const leader = world.leader();
          const answer = leader?.agent?.decide(command, session);
          asked += answer ? 1 : 0;
          // The leader dies in the middle of it, at first.
          if (leader && tries < 2) {
            await world.run(world.random() * 12);
            leader.crash();
            await world.run(world.random() * 200);
            world.boot(leader);
            await world.run(400);
          } else outcome = await settled(world, answer ?? Promise.resolve('no leader'));
          if (outcome !== undefined) await world.run(300);
        }
        assert.equal(outcome, undefined, 'in the end it is acknowledged');
      }
      await world.settleDown();
      // Each grant of one role gets a new token; done twice it would have moved.
      const tokens = (leaderOf(world).agent?.state.grants ?? []).map(({ token }) => token);
      const decided = world.machines.flatMap(({ disk }) =>
        disk.saved.entries.filter(
          ({ payload }) => payload.kind === 'command' && payload.session !== undefined,
        ),
      );
      const firstOf = (seq: number) =>
        Math.min(
          ...decided.flatMap(({ index, payload }) =>
            'session' in payload && payload.session?.seq === seq ? [index] : [],
          ),
        );
      assert.deepEqual(tokens, [1, 2, 3, 4, 5].map(firstOf), 'each counts where it stands first');
      assert.ok(asked >= 10, 'each was asked for more than once');
      return world;
    },
  },
  {
    name: 'S35',
    title:
      'two of three are lost for good: the third decides nothing, until an operator recovers from it; a lost one that turns up comes over',
    seeds: 25,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      await writeThrough(world, 'before-the-loss');
      await world.run(1000);
      const [kept, late, gone] = world.machines;
      assert.ok(kept && late && gone);
      const former = clusterIdOf(kept);
      for (const machine of world.machines) machine.crash();
      world.boot(kept);
      await world.run(10_000);
      assert.equal(kept.agent?.leadership.leader, '', 'one of three leads nobody');
      const refused = await settled(world, kept.agent ? write(kept, 'alone') : undefined);
      assert.equal(refused, 'not-leader');
      kept.crash();
      const plan = planRecovery(kept.disk.saved, kept.id, 'e'.repeat(32), 1);
      kept.disk.saved = afterSave(kept.disk.saved, plan.save);
      world.boot(kept);
      await writeThrough(world, 'after-the-recovery');
      assert.ok(
        kept.agent?.state.grants.some(({ role }) => role === 'before-the-loss'),
        'what it knew is kept',
      );
      world.boot(late);
      const over = () => clusterIdOf(late) === 'e'.repeat(32);
      await world.runUntil(over, 60_000, 'the late one gives its cluster up for the recovered one');
      assert.notEqual(former, clusterIdOf(late));
      await allHold(world, ['before-the-loss', 'after-the-recovery']);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S35b',
    title:
      'an operator recovers from a node though a majority still leads: nobody gives anything up, and the majority says so',
    seeds: 15,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const [mistaken] = world.machines.filter(machine => machine !== leaderOf(world));
      assert.ok(mistaken);
      mistaken.crash();
      const plan = planRecovery(mistaken.disk.saved, mistaken.id, 'e'.repeat(32), 1);
      mistaken.disk.saved = afterSave(mistaken.disk.saved, plan.save);
      world.boot(mistaken);
      await world.run(30_000);
      const rest = world.machines.filter(machine => machine !== mistaken);
      assert.equal(new Set(rest.map(clusterIdOf)).size, 1);
      assert.ok(rest.every(machine => clusterIdOf(machine) !== clusterIdOf(mistaken)));
      const told = world.events.filter(
        ({ on, event }) => event === 'cluster.conflict' && on !== mistaken.name,
      );
      assert.ok(told.length > 0, 'the majority tells of the conflict');
      const leader = rest.find(({ agent }) => agent?.leadership.role === 'leader');
      assert.ok(leader, 'and leads on');
      assert.equal(await settled(world, write(leader, 'all the same')), undefined);
      return world;
    },
  },
  {
    name: 'S25',
    title:
      'disks fill up, of the leader, of a follower, of a majority: the leader steps aside in time, and all is well once there is room',
    seeds: 25,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const full = 4 * 1024 * 1024;
      const leader = leaderOf(world);
      leader.disk.freeBytes = full;
      const another = () => world.leader() !== undefined && leaderOf(world) !== leader;
      await world.runUntil(another, 5000, 'another leads while the disk still takes writes');
      await writeThrough(world, 'with-a-full-disk');
      const known = () =>
        world.machines.every(({ agent }) => agent?.record(leader.id)?.troubles[0] === 'disk-full');
      await world.runUntil(known, 5000, 'all know why');
      const next = leaderOf(world);
      const last = world.machines.find(machine => ![leader, next].includes(machine));
      assert.ok(last);
      // Nothing is left on two of three: their processes end rather than go on with a log of unknown content.
      for (const machine of [leader, last]) machine.disk.freeBytes = 0;
      if (next.agent) void write(next, 'too much');
      await world.runUntil(() => [leader, last].every(({ agent }) => !agent), 20_000, 'both end');
      assert.match(String(leader.fatal), /no space left/);
      await world.run(5000);
      for (const machine of [leader, last]) {
        machine.disk.freeBytes = 1024 ** 3;
        world.boot(machine);
      }
      await writeThrough(world, 'with-room-again');
      await allHold(world, ['with-a-full-disk', 'with-room-again']);
      await world.settleDown();
      return world;
    },
  },
];

/** A machine whose maker has given it a number. */
function numberedHost(number: string): MemoryHost {
  const host = new MemoryHost();
  const content = new TextEncoder().encode(number);
  host.files.set('/sys/class/dmi/id/product_uuid', { content, mode: 0o400, owner: 'root' });
  return host;
}
