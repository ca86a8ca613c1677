// Scenarios about clusters that grow, change and talk over bad links while it happens, by the numbers of the scenario list.
import assert from 'node:assert/strict';
import { bytesInFlightMax, snapshotEntries, trailingEntries } from '../../src/election/limits.ts';
import {
  allHold,
  clusterIdOf,
  decideThrough,
  formed,
  formLimitMs,
  holds,
  leaderOf,
  settled,
  write,
  writeMany,
  writeThrough,
} from './acts.ts';
import type { Scenario } from './scenario.ts';
import { World } from './world.ts';

export const changeScenarios: readonly Scenario[] = [
  {
    name: 'S15',
    title:
      'messages overtake each other by up to two seconds, while leadership goes to and fro: what an older term says is not mistaken',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const acknowledged: string[] = [];
      for (let round = 0; round < 10; round++) {
        world.network.lateMsMax = 2000;
        const leader = world.leader();
        for (let n = 0; leader?.agent && n < 3; n++) {
          const name = `write-${round}-${n}`;
          void write(leader, name).then(refused => refused === undefined && acknowledged.push(name));
        }
        void leader?.agent?.handOver(world.machine(round % 3).id);
        await world.run(2500);
        // A calm moment, so that somebody leads whose late messages the next round mixes up.
        world.network.lateMsMax = 0;
        await world.run(3000);
      }
      await world.settleDown();
      assert.ok(acknowledged.length > 0, 'some writes were acknowledged');
      await allHold(world, acknowledged);
      return world;
    },
  },
  {
    name: 'S16',
    title:
      'answers to requests for votes come seconds late, in a later term, pre-votes among them: no vote counts where it was not given',
    seeds: 60,
    async run(seed) {
      const world = await formed({ seed, nodes: 5 });
      await decideThrough(world, { kind: 'want-voters', count: 5 });
      const five = () => leaderOf(world).agent?.configuration.voters.length === 5 && world.agreed();
      await world.runUntil(five, 20_000, 'five voters');
      world.network.lateness = (_from, _to, { message }) =>
        message.kind === 'vote-reply' && world.random() < 0.6 ? world.random() * 3000 : 0;
      for (let round = 0; round < 6; round++) {
        await world.runUntil(() => world.leader() !== undefined, 60_000, 'somebody leads');
        const victim = leaderOf(world);
        victim.crash();
        await world.run(1000 + world.random() * 4000);
        world.boot(victim);
        await world.run(world.random() * 1000);
      }
      world.network.lateness = () => 0;
      await writeThrough(world, 'after-the-late-votes');
      await world.settleDown();
      await allHold(world, ['after-the-late-votes']);
      return world;
    },
  },
  {
    name: 'S34',
    title:
      'one node becomes two, three and six under writes, with one, three and five voters; leaders die at every step of each change',
    seeds: 60,
    async run(seed) {
      const world = new World({ seed, nodes: 6 });
      const acknowledged: string[] = [];
      let written = 0;
      let crashes = 0;
      const known = new Map<string, string>();
      const step = async (durationMs: number) => {
        for (const untilMs = world.timeline.nowMs + durationMs; world.timeline.nowMs < untilMs; ) {
          await world.run(5);
          const leader = world.leader();
          if (!leader?.agent) continue;
          if (written % 7 === 0) {
            const name = `write-${written}`;
            void write(leader, name).then(refused => refused === undefined && acknowledged.push(name));
          }
          written += 1;
          // Something of the configuration has moved: the next step of it may be interrupted.
          const { voters, outgoing, learners } = leader.agent.configuration;
          const now = [voters, outgoing, learners].map(ids => ids.toSorted().join()).join(' ');
          const moved = known.has(leader.id) && known.get(leader.id) !== now;
          known.set(leader.id, now);
          if (!moved || (crashes > 0 && world.random() < 0.5)) continue;
          crashes += 1;
          await world.run(world.random() * 15);
          leader.crash();
          await world.run(100 + world.random() * 600);
          world.boot(leader);
        }
      };
      for (const [i, machine] of world.machines.entries()) {
        world.boot(machine);
        await step(i === 0 ? 12_000 : 4000);
        if (i === 2) await decideThrough(world, { kind: 'want-voters', count: 5 });
      }
      const five = () => {
        const { voters = [], outgoing = [] } = world.leader()?.agent?.configuration ?? {};
        return voters.length === 5 && outgoing.length === 0;
      };
      await world.runUntil(five, 90_000, 'five voters');
      assert.ok(crashes > 0, 'leaders died in the middle of changes');
      await world.settleDown();
      assert.equal(new Set(world.machines.map(clusterIdOf)).size, 1, 'there is one cluster');
      await allHold(world, acknowledged);
      return world;
    },
  },
  {
    name: 'S36',
    title:
      'two nodes cannot reach each other: the one that votes goes on, the other decides nothing and founds nothing',
    seeds: 40,
    async run(seed) {
      const world = new World({ seed, nodes: 2 });
      world.bootAll();
      const both = () =>
        world.machines.every(({ agent }) => agent && Object.keys(agent.state.nodes).length === 2) &&
        world.agreed();
      await world.runUntil(both, formLimitMs, 'two nodes form one cluster');
      const voter = leaderOf(world);
      const other = world.machines.find(machine => machine !== voter);
      assert.ok(other);
      const clusterId = clusterIdOf(voter);
      world.network.cut(voter.id, other.id);
      await world.run(60_000);
      assert.equal(await settled(world, write(voter, 'by-the-voter')), undefined);
      assert.equal(await settled(world, write(other, 'by-the-other')), 'not-leader');
      assert.equal(clusterIdOf(other), clusterId, 'it waits for its cluster');
      world.network.healAll();
      await allHold(world, ['by-the-voter']);
      await world.settleDown();
      voter.crash();
      await world.run(60_000);
      assert.equal(await settled(world, write(other, 'alone')), 'not-leader');
      world.boot(voter);
      await writeThrough(world, 'together-again');
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S38',
    title:
      'an operator wants a node to vote that nobody can reach: it does not, the quorum stays as it is, and it votes once it is there',
    seeds: 30,
    async run(seed) {
      const world = await formed({ seed, nodes: 4 });
      const leader = leaderOf(world);
      const before = leader.agent?.configuration.voters ?? [];
      const away = world.machines.find(({ id }) => !before.includes(id));
      assert.ok(away, 'one does not vote');
      for (const other of world.machines) if (other !== away) world.network.cut(away.id, other.id);
      await world.run(5000);
      await decideThrough(world, { kind: 'wish', node: away.id, wish: 'always' });
      for (let n = 0; n < 10; n++) {
        await writeThrough(world, `meanwhile-${n}`);
        await world.run(3000);
        const { voters, outgoing } = leaderOf(world).agent?.configuration ?? { voters: [], outgoing: [] };
        assert.deepEqual([voters.toSorted(), outgoing], [before.toSorted(), []], 'the voters stay');
      }
      world.network.healAll();
      const votes = () => world.leader()?.agent?.configuration.voters.includes(away.id) === true;
      await world.runUntil(votes, 90_000, 'it votes');
      await allHold(world, ['meanwhile-9']);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S40',
    title: 'two nodes join at once through two members, and one of them twice: each is admitted once',
    seeds: 40,
    async run(seed) {
      const world = new World({ seed, nodes: 5 });
      const old = world.machines.slice(0, 3);
      const [one, two] = world.machines.slice(3);
      assert.ok(one && two);
      for (const machine of old) world.boot(machine);
      const three = () =>
        old.every(({ agent }) => agent?.configuration.voters.length === 3) && world.agreed();
      await world.runUntil(three, formLimitMs, 'three form a cluster');
      one.peers = [world.machine(0).address];
      two.peers = [world.machine(1).address];
      world.boot(one);
      world.boot(two);
      await world.run(world.random() * 300);
      one.crash();
      await world.run(world.random() * 300);
      world.boot(one);
      const all = () =>
        world.machines.every(({ agent }) => agent && Object.keys(agent.state.nodes).length === 5);
      await world.runUntil(all, 20_000, 'both are admitted');
      await world.settleDown();
      for (const { name, disk } of old) {
        const admitted = disk.saved.entries.flatMap(({ payload }) =>
          payload.kind === 'command' && payload.command.kind === 'admit' ? [payload.command.node] : [],
        );
        assert.equal(new Set(admitted).size, admitted.length, `on ${name} nobody was admitted twice`);
      }
      return world;
    },
  },
  {
    name: 'S41',
    title:
      'voters change, and the leader dies the moment it is decided, before anyone is told: it stays decided',
    seeds: 60,
    async run(seed) {
      const world = await formed({ seed, nodes: 6 });
      await world.run(10_000);
      const leader = leaderOf(world);
      const sinceIndex = leader.agent?.logIndexes.applied ?? 0;
      const decided = () => {
        const { disk, agent } = leader;
        const joint = disk.saved.entries.findLast(
          ({ payload }) => payload.kind === 'configuration' && payload.configuration.outgoing.length > 0,
        );
        return joint !== undefined && joint.index > sinceIndex && agent?.logIndexes.applied === joint.index;
      };
      void leader.agent?.decide({ kind: 'want-voters', count: 5 });
      await world.runUntil(decided, 20_000, 'the joint configuration is decided');
      leader.crash();
      const five = () => {
        const next = world.leader();
        const { voters = [], outgoing = [] } = next?.agent?.configuration ?? {};
        return next !== leader && voters.length === 5 && outgoing.length === 0;
      };
      await world.runUntil(five, 20_000, 'another leader ends the change');
      await writeThrough(world, 'by-five');
      world.boot(leader);
      await allHold(world, ['by-five']);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S47',
    title:
      'a voter that was away needs a snapshot larger than any message, over a link of 100 kB/s: it gets it in pieces, and the leader leads on',
    seeds: 2,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      await world.run(1000);
      const leader = leaderOf(world);
      const term = leader.agent?.leadership.term;
      const away = world.machines.find(machine => machine !== leader);
      assert.ok(away);
      away.crash();
      await writeMany(world, leader, trailingEntries + snapshotEntries);
      const sealed = 'x'.repeat(480_000);
      for (let n = 0; n < 10; n++)
        await decideThrough(world, { kind: 'secret', name: `number-${n}`, sealed });
      await writeMany(world, leader, snapshotEntries);
      await world.run(1000);
      const bytes = leader.disk.saved.snapshot?.text.length ?? 0;
      assert.ok(bytes > 4 * 1024 * 1024, `the snapshot has ${bytes} bytes`);
      assert.ok(leader.disk.saved.base.index > away.disk.saved.entries.length, 'it needs the snapshot');
      for (const other of world.machines)
        if (other !== away) world.network.narrow(away.id, other.id, 100_000);
      const sinceMs = world.timeline.nowMs;
      world.boot(away);
      await writeThrough(world, 'meanwhile');
      await world.runUntil(() => holds(away, 'meanwhile'), 300_000, 'it has all there is');
      assert.ok(world.timeline.nowMs - sinceMs > 40_000, 'so much takes its time on such a link');
      assert.equal(leader.agent?.leadership.term, term, 'the leader has led on');
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S47b',
    title:
      'a voter lacks megabytes of entries over a link of 100 kB/s, and the third one dies: the leader leads on, and nobody calls the slow one dead',
    seeds: 5,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      await world.run(1000);
      const leader = leaderOf(world);
      const term = leader.agent?.leadership.term;
      const [slow, third] = world.machines.filter(machine => machine !== leader);
      assert.ok(slow && third);
      slow.crash();
      const sealed = 'x'.repeat(50_000);
      for (let n = 0; n < 60; n++)
        await decideThrough(world, { kind: 'secret', name: `number-${n}`, sealed });
      for (const other of world.machines)
        if (other !== slow) world.network.narrow(slow.id, other.id, 100_000);
      world.boot(slow);
      await world.run(3000);
      third.crash();
      // Who asked has long been told that it is in doubt when it is decided.
      void write(leader, 'with-the-slow-one');
      await world.runUntil(
        () => holds(leader, 'with-the-slow-one'),
        60_000,
        'the slow one takes it in the end',
      );
      assert.equal(leader.agent?.leadership.term, term, 'the leader has led on');
      const accused = world.events.filter(
        ({ event, on, message }) =>
          on === leader.name && event === 'member.failed' && message.includes(slow.name),
      );
      assert.equal(accused.length, 1, 'only the crash was called one');
      assert.ok(
        world.network.backlogBytesMax < 3 * bytesInFlightMax,
        'I20: the link is never full for seconds',
      );
      world.boot(third);
      await world.settleDown();
      return world;
    },
  },
];
