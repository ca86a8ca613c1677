// Scenarios about who leads, what is decided, and joins, by the numbers of the scenario list.
import assert from 'node:assert/strict';
import { settleMs } from '../../src/agent/limits.ts';
import { replaceVoterAfterMs, snapshotEntries, trailingEntries } from '../../src/election/limits.ts';
import { slurmIntegration } from '../../src/integrations/slurm/slurm.ts';
import { CopyWorld, MemoryCopies } from '../integrations/memory-copies.ts';
import { MemoryHost, SlurmWorld } from '../integrations/memory-host.ts';
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

/** Machines with munge and SLURM, off. */
function worldWithSlurm(seed: number, nodes: number): { readonly world: World; readonly slurm: SlurmWorld } {
  const slurm = new SlurmWorld();
  const copies = new CopyWorld();
  const world: World = new World({
    ...{ seed, nodes },
    host: (name, ip) => slurm.addHost(name, ip),
    integrations: name => {
      const { host, id = '' } = world.machines.find(machine => machine.name === name) ?? {};
      assert.ok(host instanceof MemoryHost);
      return [
        slurmIntegration({
          ...{
            fencingFile: '/var/lib/clusteros/fencing.json',
            takenFile: '/var/lib/clusteros/slurm-taken',
          },
          ...{ retry: attempt => attempt(), copies: new MemoryCopies(copies, id, host) },
          counterparts: { ask: async () => undefined },
          remember: async () => true,
        }),
      ];
    },
  });
  return { world, slurm };
}

export const electionScenarios: readonly Scenario[] = [
  {
    name: 'S1',
    title: 'three fresh nodes elect one leader without duelling',
    seeds: 1000,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      await world.run(10_000);
      const terms = new Set(world.machines.map(({ agent }) => agent?.leadership.term));
      assert.deepEqual([...terms], [1], 'one term is enough on a quiet network');
      return world;
    },
  },
  {
    name: 'S3',
    title: 'the leader is killed while idle; another leads soon, and the killed one comes back as a follower',
    seeds: 60,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const former = leaderOf(world);
      former.crash();
      const led = () => {
        const leader = world.leader();
        return leader !== undefined && leader !== former && leader.agent?.leadership.role === 'leader';
      };
      await world.runUntil(
        led,
        700,
        'another leader long before an election timeout: its streams were reset',
      );
      await writeThrough(world, 'after-the-kill');
      const failed = () =>
        world.machines.every(
          ({ agent }) => !agent || agent.records().find(({ id }) => id === former.id)?.state === 'dead',
        );
      await world.runUntil(failed, 5000, 'both survivors call the killed one dead');
      world.boot(former);
      await allHold(world, ['after-the-kill']);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S3b',
    title: 'streams to the leader are reset again and again, never for a majority at once: nobody is deposed',
    seeds: 60,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      await world.run(2000);
      const leader = leaderOf(world);
      const term = leader.agent?.leadership.term;
      const others = world.machines.filter(machine => machine !== leader);
      for (let round = 0; round < 20; round++) {
        const victim = others[round % 2];
        if (victim) world.network.reset(leader.id, victim.id);
        await world.run(1000 + world.random() * 2000);
        assert.equal(world.leader(), leader, 'it leads on');
      }
      for (const { agent } of world.machines) assert.equal(agent?.leadership.term, term, 'in its term');
      await writeThrough(world, 'after-the-resets');
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S6',
    title: 'the leader is stopped by an operator under writes: it hands over first, and nothing is lost',
    seeds: 60,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const former = leaderOf(world);
      const term = former.agent?.leadership.term ?? 0;
      const written = ['first', 'second', 'third'].map(async name =>
        (await write(former, name)) === undefined ? name : '',
      );
      const stopped = former.agent?.stop();
      const another = () => {
        const leader = world.leader();
        return leader !== undefined && leader !== former && leader.agent?.leadership.term === term + 1;
      };
      await world.runUntil(another, 100, 'another leads in the next term at once');
      await writeThrough(world, 'under-the-next');
      await world.run(1000);
      await stopped;
      former.crash();
      world.boot(former);
      const acknowledged = (await Promise.all(written)).filter(name => name !== '');
      await allHold(world, [...acknowledged, 'under-the-next']);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S7',
    title:
      'whom the leader hands over to dies in the middle of it: it leads on, or another voter does, and writes go through',
    seeds: 60,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const former = leaderOf(world);
      const target = world.machines.find(machine => machine !== former);
      assert.ok(target, 'there is another voter');
      const answer = former.agent?.handOver(target.id);
      await world.run(world.random() * 15);
      target.crash();
      await writeThrough(world, 'after-the-hand-over');
      await world.run(2000);
      const refused = await answer;
      assert.ok(refused === undefined || refused === 'target-silent', `the answer was ${refused}`);
      world.boot(target);
      await allHold(world, ['after-the-hand-over']);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S4',
    title:
      'leaders are killed and links cut in the middle of writes; every acknowledged write is there in the end',
    seeds: 100,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const acknowledged: string[] = [];
      for (let round = 0; round < 12; round++) {
        const leader = world.leader();
        for (let i = 0; leader?.agent && i < 4; i++) {
          const name = `write-${round}-${i}`;
          write(leader, name).then(refused => refused === undefined && acknowledged.push(name));
        }
        // Between append, fsync, send, acknowledgement and apply lie a few milliseconds: stop somewhere among them.
        await world.run(world.random() * 25);
        const victim = world.random() < 0.7 ? leader : world.machine(Math.floor(world.random() * 3));
        const cut = world.random() < 0.4;
        if (cut && victim)
          for (const other of world.machines) if (other !== victim) world.network.cut(victim.id, other.id);
        if (!cut && victim?.agent) victim.crash();
        await world.run(world.random() * 4000);
        world.network.healAll();
        if (victim && !victim.agent) world.boot(victim);
        await world.run(world.random() * 2500);
      }
      await world.settleDown(60_000);
      assert.ok(acknowledged.length > 0, 'some writes were acknowledged');
      await allHold(world, acknowledged);
      return world;
    },
  },
  {
    name: 'S2',
    title: 'five voters, and all streams to the leader break at once: the split vote is settled soon',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 7 });
      assert.equal(
        await settled(world, leaderOf(world).agent?.decide({ kind: 'want-voters', count: 5 })),
        undefined,
      );
      const five = () => leaderOf(world).agent?.configuration.voters.length === 5 && world.agreed();
      await world.runUntil(five, 20_000, 'five voters');
      const former = leaderOf(world);
      former.crash();
      const another = () => {
        const leader = world.leader();
        return leader !== undefined && leader !== former && leader.agent?.leadership.role === 'leader';
      };
      await world.runUntil(another, 3000, 'another leader');
      await writeThrough(world, 'by-four-of-five');
      world.boot(former);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S5',
    title:
      'the leader is stopped for five seconds, and then tries to confirm and to write: neither is done in its old term',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const former = leaderOf(world);
      const others = world.machines.filter(machine => machine !== former);
      world.freeze(former, 5000);
      const led = () => others.some(({ agent }) => agent?.leadership.role === 'leader');
      await world.runUntil(led, 4500, 'the others elect another leader');
      await world.runUntil(() => former.backlog === undefined, 6000, 'it goes on');
      const [claim, late] = [former.agent?.confirmLeadership(), write(former, 'late')];
      assert.notEqual(await settled(world, claim), undefined, 'it proves nothing');
      assert.notEqual(await settled(world, late), undefined, 'and decides nothing');
      await writeThrough(world, 'after-the-pause');
      await allHold(world, ['after-the-pause']);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S9',
    title: 'the leader can send and hears nobody: it steps down by itself, and the others go on',
    seeds: 30,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const former = leaderOf(world);
      for (const other of world.machines) if (other !== former) world.network.cutOneWay(other.id, former.id);
      const down = () => former.agent?.leadership.role !== 'leader';
      await world.runUntil(down, 3000, 'check-quorum: it leads no more');
      await writeThrough(world, 'without-the-deaf');
      world.network.healAll();
      await allHold(world, ['without-the-deaf']);
      await world.settleDown(60_000);
      return world;
    },
  },
  {
    name: 'S10',
    title: 'a voter can send and hears nobody: its pre-votes move no term and depose nobody',
    seeds: 30,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const leader = leaderOf(world);
      const term = leader.agent?.leadership.term;
      const deaf = world.machines.find(machine => machine !== leader);
      assert.ok(deaf, 'there is another voter');
      for (const other of world.machines) if (other !== deaf) world.network.cutOneWay(other.id, deaf.id);
      await world.run(30_000);
      assert.equal(world.leader(), leader, 'it leads on');
      assert.equal(leader.agent?.leadership.term, term, 'in its term');
      await writeThrough(world, 'meanwhile');
      world.network.healAll();
      await allHold(world, ['meanwhile']);
      await world.settleDown(60_000);
      assert.equal(leader.agent?.leadership.term, term, 'also when the deaf one hears again');
      return world;
    },
  },
  {
    name: 'S11',
    title: 'two of three voters cannot reach each other, both reach the third: one leads, and elections end',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const leader = leaderOf(world);
      const other = world.machines.find(machine => machine !== leader);
      assert.ok(other, 'there is another voter');
      world.network.cut(leader.id, other.id);
      await world.run(20_000);
      const terms = () => world.machines.map(({ agent }) => agent?.leadership.term ?? 0);
      const before = Math.max(...terms());
      await world.run(30_000);
      assert.equal(Math.max(...terms()), before, 'no more elections');
      await writeThrough(world, 'through-the-middle');
      world.network.healAll();
      await allHold(world, ['through-the-middle']);
      await world.settleDown(60_000);
      return world;
    },
  },
  {
    name: 'S12',
    title: 'every link fails and comes back each 300 ms for a minute; ten seconds later one leader leads',
    seeds: 15,
    async run(seed) {
      const world = await formed({ seed, nodes: 5 });
      for (let round = 0; round < 200; round++) {
        world.network.healAll();
        for (const a of world.machines)
          for (const b of world.machines)
            if (a.id < b.id && world.random() < 0.4) world.network.cut(a.id, b.id);
        await world.run(300);
      }
      world.network.healAll();
      await world.runUntil(() => world.leader() !== undefined, 10_000, 'somebody leads');
      await writeThrough(world, 'after-the-flaps');
      await allHold(world, ['after-the-flaps']);
      await world.settleDown(60_000);
      return world;
    },
  },
  {
    name: 'S23',
    title:
      'the disk of a voter takes two seconds for each write: the leader leads on, and writes are as quick as before',
    seeds: 20,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const leader = leaderOf(world);
      const term = leader.agent?.leadership.term;
      const slow = world.machines.find(machine => machine !== leader);
      assert.ok(slow, 'there is another voter');
      slow.disk.fsyncMsMax = 2000;
      for (let n = 0; n < 20; n++) await writeThrough(world, `write-${n}`);
      await world.run(10_000);
      assert.equal(world.leader(), leader, 'it leads on');
      assert.equal(leader.agent?.leadership.term, term, 'in its term');
      slow.disk.fsyncMsMax = 3;
      await allHold(world, ['write-19']);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S24',
    title:
      'the disk of the leader hangs for half a minute under writes: another leads within seconds, and nothing acknowledged is lost',
    seeds: 30,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const former = leaderOf(world);
      const others = world.machines.filter(machine => machine !== former);
      former.disk.fsyncMsMax = 60_000;
      const hung = write(former, 'on-the-hung-disk');
      const led = () => others.some(({ agent }) => agent?.leadership.role === 'leader');
      await world.runUntil(led, 5000, 'another leads');
      await writeThrough(world, 'meanwhile');
      await world.run(30_000);
      former.disk.fsyncMsMax = 3;
      await world.run(70_000);
      const names =
        (await settled(world, hung)) === undefined ? ['meanwhile', 'on-the-hung-disk'] : ['meanwhile'];
      await allHold(world, names);
      await world.settleDown(60_000);
      return world;
    },
  },
  {
    name: 'S8',
    title: 'a leader cut off from the majority commits nothing and confirms nothing; the majority goes on',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const former = leaderOf(world);
      const others = world.machines.filter(machine => machine !== former);
      for (const other of others) world.network.cut(former.id, other.id);
      const lost = write(former, 'lost');
      const claim = former.agent?.confirmLeadership();
      const led = () => others.some(({ agent }) => agent?.leadership.role === 'leader');
      await world.runUntil(led, 5000, 'the majority elects another leader');
      await writeThrough(world, 'kept');
      await world.run(5000);
      assert.notEqual(await lost, undefined, 'a write in the minority is refused');
      assert.notEqual(await claim, undefined, 'a read in the minority is refused');
      assert.notEqual(
        former.agent?.leadership.role,
        'leader',
        'check-quorum: the old leader has stepped down',
      );
      assert.ok(!holds(former, 'kept'), 'the minority does not know the later write');
      world.network.healAll();
      await allHold(world, ['kept']);
      await world.settleDown(60_000);
      return world;
    },
  },
  {
    name: 'S13',
    title: 'a node that was away for an hour comes back and deposes nobody',
    seeds: 2,
    async run(seed) {
      const world = await formed({ seed, nodes: 4 });
      const leader = leaderOf(world);
      const away = world.machines.find(
        machine => machine !== leader && machine.agent?.configuration.voters.includes(machine.id),
      );
      assert.ok(away, 'there is a voter that does not lead');
      for (const other of world.machines) if (other !== away) world.network.cut(away.id, other.id);
      await world.run(3_600_000);
      await writeThrough(world, 'meanwhile');
      const before = leaderOf(world).agent?.leadership;
      world.network.healAll();
      await allHold(world, ['meanwhile']);
      await world.settleDown(60_000);
      const after = leaderOf(world).agent?.leadership;
      assert.deepEqual(
        [after?.leader, after?.term],
        [before?.leader, before?.term],
        'pre-vote: its return changes neither leader nor term',
      );
      return world;
    },
  },
  {
    name: 'S14',
    title: 'every message arrives three times and out of order, while leaders die',
    seeds: 40,
    async run(seed) {
      const world = new World({ seed, nodes: 3 });
      world.network.copies = 3;
      world.network.lateMsMax = 60;
      world.bootAll();
      await world.runUntil(
        () => world.machines.every(({ agent }) => agent?.configuration.voters.length === 3),
        formLimitMs,
        'three voters',
      );
      const names: string[] = [];
      for (let round = 0; round < 4; round++) {
        const name = `round-${round}`;
        await writeThrough(world, name);
        names.push(name);
        const leader = world.leader();
        if (!leader) continue;
        leader.crash();
        await world.run(500 + world.random() * 2500);
        world.boot(leader);
        await world.run(world.random() * 2000);
      }
      await allHold(world, names);
      world.network.copies = 1;
      world.network.lateMsMax = 0;
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S37',
    title:
      'a voter dies for good: a stand-by takes its place after a minute, and there are never fewer voters',
    seeds: 20,
    async run(seed) {
      const world = await formed({ seed, nodes: 5 });
      await world.run(10_000);
      const leader = leaderOf(world);
      const votersOf = () => leader.agent?.configuration.voters ?? [];
      const victim = world.machines.find(each => each !== leader && votersOf().includes(each.id));
      assert.ok(victim, 'there is a voter that does not lead');
      victim.crash();
      const sinceMs = world.timeline.nowMs;
      const replaced = () => {
        assert.ok(votersOf().length === 3 || votersOf().length === 0, 'three voters at all times');
        return !votersOf().includes(victim.id);
      };
      await world.runUntil(replaced, 90_000, 'a stand-by has taken its place');
      assert.ok(
        world.timeline.nowMs - sinceMs >= replaceVoterAfterMs,
        'not before a reboot could have ended',
      );
      await writeThrough(world, 'with-the-stand-by');
      world.boot(victim);
      await allHold(world, ['with-the-stand-by']);
      await world.settleDown();
      assert.ok(!votersOf().includes(victim.id), 'it comes back as a follower');
      return world;
    },
  },
  {
    name: 'S39',
    title:
      'an operator demotes whoever leads, again and again: it hands over, a stand-by votes in its place, and writes go on',
    seeds: 20,
    async run(seed) {
      const world = await formed({ seed, nodes: 5 });
      await world.run(10_000);
      for (const round of ['first', 'second']) {
        const former = leaderOf(world);
        const wish = { kind: 'wish', node: former.id, wish: 'never' } as const;
        assert.equal(await settled(world, former.agent?.decide(wish)), undefined);
        const done = () => {
          const leader = world.leader();
          const { voters = [], outgoing = [] } = leader?.agent?.configuration ?? {};
          return (
            leader !== former && voters.length === 3 && outgoing.length === 0 && !voters.includes(former.id)
          );
        };
        await world.runUntil(done, 20_000, 'another leads, and the demoted one does not vote');
        await writeThrough(world, round);
      }
      await allHold(world, ['first', 'second']);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S42',
    title: 'all lose power in the middle of writes and start again in another order; one never returns',
    seeds: 60,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const clusterId = clusterIdOf(world.machine(0));
      const epochs = world.machines.map(({ epoch }) => epoch);
      const acknowledged: string[] = [];
      for (let i = 0; i < 6; i++) {
        const name = `write-${i}`;
        write(leaderOf(world), name).then(refused => refused === undefined && acknowledged.push(name));
        await world.run(world.random() * 12);
      }
      for (const machine of world.machines) machine.crash();
      await world.run(1000);
      const order = world.machines.toSorted(() => world.random() - 0.5);
      const returning = seed % 2 === 0 ? order : order.slice(0, 2);
      for (const machine of returning) {
        // No list of peers: the member table on disk is all there is.
        machine.peers = [];
        world.boot(machine);
        await world.run(world.random() * 3000);
      }
      await world.runUntil(() => world.agreed(), 5000, 'the same cluster within 5 s of the last start');
      await allHold(world, acknowledged);
      for (const machine of returning) {
        assert.equal(clusterIdOf(machine), clusterId, 'it is the same cluster');
        assert.ok(machine.epoch > (epochs[world.machines.indexOf(machine)] ?? 0), 'the boot epoch has risen');
        assert.equal(Object.keys(machine.agent?.state.nodes ?? {}).length, 3, 'with the same members');
      }
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S46',
    title:
      'the log is compacted while a voter is away; it takes the snapshot, dies in the middle of it, and takes a later one; a fresh node joins by snapshot too',
    seeds: 6,
    async run(seed) {
      const world = new World({ seed, nodes: 5 });
      const [late, ...early] = world.machines.toReversed();
      assert.ok(late);
      for (const machine of early) world.boot(machine);
      const three = () =>
        early.every(({ agent }) => agent?.configuration.voters.length === 3) && world.agreed();
      await world.runUntil(three, formLimitMs, 'four of the five form a cluster');
      const leader = leaderOf(world);
      const away = early.find(
        each => each !== leader && leader.agent?.configuration.voters.includes(each.id),
      );
      assert.ok(away, 'there is a voter that does not lead');
      away.crash();
      const secret = (name: string) =>
        leader.agent?.decide({ kind: 'secret', name, sealed: 'x'.repeat(6000) });
      for (let n = 0; n < 30; n++) await settled(world, secret(`of-some-size-${n}`));
      await writeMany(world, leader, trailingEntries + 2 * snapshotEntries);
      const { base } = leader.disk.saved;
      assert.ok(
        base.index > away.disk.saved.entries.length,
        'the leader no longer holds what the voter lacks',
      );
      world.boot(away);
      world.boot(late);
      await world.run(world.random() * 150);
      if (away.agent) away.crash();
      await writeMany(world, leader, snapshotEntries);
      if (!away.agent) world.boot(away);
      await writeThrough(world, 'after-the-snapshots');
      await allHold(world, ['after-the-snapshots']);
      await world.settleDown();
      for (const machine of [away, late])
        assert.ok(machine.disk.saved.base.index > 0, `${machine.name} has taken a snapshot`);
      for (const machine of world.machines) machine.crash();
      world.bootAll();
      await world.settleDown(60_000);
      await allHold(world, ['after-the-snapshots']);
      const known = world.machines.map(({ agent }) => agent?.configuration.voters.toSorted().join());
      assert.deepEqual([...new Set(known)], [known[0]], 'a snapshot brings the voters, too');
      return world;
    },
  },
  {
    name: 'S53',
    title: 'three fresh nodes that start together, give or take, found one cluster',
    seeds: 1000,
    async run(seed) {
      const world = new World({ seed, nodes: 3 });
      world.network.latencyMsMax = 5 + world.random() * 200;
      for (const machine of world.machines) {
        world.boot(machine);
        await world.run(world.random() * 2500);
      }
      const joined = () =>
        world.machines.every(({ agent }) => agent && Object.keys(agent.state.nodes).length === 3);
      await world.runUntil(joined, 30_000, 'all three are in one cluster');
      assert.equal(new Set(world.machines.map(clusterIdOf)).size, 1, 'there is one cluster');
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'join',
    title: 'the leader joins all machines to SLURM, though leaders and machines die in the middle of it',
    seeds: 60,
    async run(seed) {
      const { world, slurm } = worldWithSlurm(seed, 4);
      world.bootAll();
      await world.runUntil(
        () => world.machines.some(({ agent }) => (agent?.state.grants.length ?? 0) > 0),
        30_000,
        'the first grant',
      );
      // Until then a cluster of one could still give up for a larger one.
      const lastAdmitted = world.events.findLast(({ event }) => event === 'node.admitted')?.nowMs ?? 0;
      const waitedMs = world.timeline.nowMs - lastAdmitted;
      assert.ok(waitedMs >= settleMs - 100, `it was granted ${waitedMs} ms after the last admission`);
      for (let round = 0; round < 3; round++) {
        await world.run(world.random() * 40);
        const victim = round === 0 ? world.leader() : world.machine(Math.floor(world.random() * 4));
        if (!victim?.agent) continue;
        victim.crash();
        // Every other time the machine goes with its agent, and with it the daemons.
        if (world.random() < 0.5) slurm.hosts.get(victim.address.split(':')[0] ?? '')?.reboot();
        await world.run(world.random() * 3000);
        world.boot(victim);
      }
      const joined = () =>
        world.machines.every(({ agent }) => {
          const grants = agent?.state.grants ?? [];
          const operations = agent?.state.operations ?? [];
          const done = (token: number) =>
            operations.some(each => each.token === token && each.outcome === 'done');
          return (
            grants.length === 5 &&
            grants.every(({ token }) => done(token)) &&
            operations.every(({ outcome, reason }) => outcome === 'done' || reason === 'role-moved')
          );
        });
      await world.runUntil(joined, 60_000, 'one controller and four workers, every join done');
      const ready = () =>
        world.machines.every(({ agent }) =>
          agent
            ?.records()
            .every(
              ({ services }) =>
                services.length > 0 &&
                services.every(({ state }) => state === 'ready' || state === 'released'),
            ),
        );
      await world.runUntil(ready, 60_000, 'every service on every machine is ready');
      await world.runUntil(() => world.leader() !== undefined, 10_000, 'somebody leads');
      const { state } = leaderOf(world).agent ?? {};
      // I16: a role has one holder for each token, and tokens only grow; here nothing is ever granted twice.
      assert.equal(
        state?.grants.filter(({ role }) => role === 'controller').length,
        1,
        'I16: one controller',
      );
      assert.equal(
        new Set(state?.grants.map(({ token }) => token)).size,
        5,
        'I16: each grant has a token of its own',
      );
      assert.equal(
        [...slurm.hosts.values()].filter(host => host.runs('slurmctld')).length,
        1,
        'one slurmctld runs',
      );
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S51',
    title:
      "a service's key is replaced, twice, while a third of the machines is off and leaders die: all use the last one in the end (I16)",
    seeds: 40,
    async run(seed) {
      const { world, slurm } = worldWithSlurm(seed, 6);
      world.bootAll();
      const keyName = 'slurm/munge.key';
      const keysOf = () => [...slurm.hosts.values()].map(({ mungedKey }) => Buffer.from(mungedKey ?? []));
      const areAllReady = () =>
        world.machines.every(({ agent }) =>
          agent
            ?.record(agent.options.id)
            ?.services.some(({ role, state }) => role === 'worker' && state === 'ready'),
        );
      await world.runUntil(areAllReady, 60_000, 'six machines work for SLURM');
      const [first] = keysOf();
      assert.ok(first && first.length > 0 && keysOf().every(key => key.equals(first)), 'they share a key');
      // A voter and another, or two others: a majority must be left to decide.
      const { voters = [] } = leaderOf(world).agent?.configuration ?? {};
      const one = world.machine(Math.floor(world.random() * 6));
      const other = world.machines.find(machine => machine !== one && !voters.includes(machine.id));
      assert.ok(other);
      const off = [one, other];
      const isRebooted = world.random() < 0.5;
      for (const machine of off) {
        machine.crash();
        if (isRebooted) slurm.hosts.get(machine.address.split(':')[0] ?? '')?.reboot();
      }
      for (let round = 0; round < 2; round++) {
        const { agent } = world.machines.find(each => each.agent !== undefined && !off.includes(each)) ?? {};
        assert.ok(agent);
        const command = { kind: 'replace-secret', name: keyName, sealed: agent.newSecret(1024) } as const;
        await decideThrough(world, command);
        const leader = world.leader();
        if (leader && world.random() < 0.5) {
          await world.run(world.random() * 40);
          leader.crash();
          await world.run(world.random() * 2000);
          world.boot(leader);
        }
      }
      await world.run(world.random() * 30_000);
      for (const machine of off) world.boot(machine);
      const { agent } = world.machines.find(each => each.agent !== undefined) ?? {};
      const areAllAtOne = () => {
        const keys = keysOf();
        return keys.every(key => keys[0]?.equals(key) === true && !key.equals(first));
      };
      await world.runUntil(() => areAllReady() && areAllAtOne(), 120_000, 'all use one new key');
      assert.ok(agent);
      const decided = agent.view().secret(keyName);
      assert.ok(decided && keysOf().every(key => key.equals(decided)), 'it is the last that was decided');
      const saysSo = () =>
        world.machines.every(machine =>
          (machine.agent?.records() ?? []).every(({ services }) =>
            services.some(({ role, keyId }) => role === 'worker' && keyId === agent.view().secretId(keyName)),
          ),
        );
      await world.runUntil(saysSo, 10_000, 'each member says so, and all know');
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S53b',
    title:
      'a fresh node meets what is left of a cluster without a majority: it waits for it, and founds nothing',
    seeds: 30,
    async run(seed) {
      const world = new World({ seed, nodes: 4 });
      const fresh = world.machine(seed % 4);
      const old = world.machines.filter(machine => machine !== fresh);
      for (const machine of old) world.boot(machine);
      const three = () =>
        old.every(({ agent }) => agent?.configuration.voters.length === 3) && world.agreed();
      await world.runUntil(three, formLimitMs, 'three form a cluster');
      const clusterId = clusterIdOf(old[0] ?? fresh);
      for (const machine of old.slice(1)) machine.crash();
      world.boot(fresh);
      await world.run(60_000);
      assert.ok(['', clusterId].includes(clusterIdOf(fresh)), 'it founds nothing');
      assert.equal(fresh.agent?.state.nodes[fresh.id], undefined, 'and nobody can admit it');
      for (const machine of old.slice(1)) world.boot(machine);
      await world.settleDown(60_000);
      const admitted = () => fresh.agent?.state.nodes[fresh.id] !== undefined;
      await world.runUntil(admitted, 20_000, 'it is admitted');
      return world;
    },
  },
  {
    name: 'S52',
    title: 'a cluster of one that was founded out of sight gives up for a larger one',
    seeds: 30,
    async run(seed) {
      const world = new World({ seed, nodes: 4 });
      const loner = world.machine(0);
      for (const other of world.machines) if (other !== loner) world.network.cut(loner.id, other.id);
      world.bootAll();
      await world.runUntil(
        () => world.machines.every(machine => clusterIdOf(machine) !== ''),
        30_000,
        'two clusters are born',
      );
      assert.equal(new Set(world.machines.map(clusterIdOf)).size, 2, 'they cannot see each other');
      const larger = clusterIdOf(world.machine(1));
      world.network.healAll();
      await world.runUntil(
        () => world.machines.every(({ agent }) => Object.keys(agent?.state.nodes ?? {}).length === 4),
        60_000,
        'all four are in one cluster',
      );
      assert.deepEqual(
        [...new Set(world.machines.map(clusterIdOf))],
        [larger],
        'the larger cluster has stayed',
      );
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S52b',
    title: 'three that are switched on together and meet late, with services on, are one cluster in the end',
    seeds: 30,
    async run(seed) {
      const { world } = worldWithSlurm(seed, 3);
      for (const one of world.machines)
        for (const other of world.machines) if (one !== other) world.network.cut(one.id, other.id);
      world.bootAll();
      await world.runUntil(
        () => world.machines.every(machine => clusterIdOf(machine) !== ''),
        30_000,
        'three clusters are born',
      );
      await world.run(25_000);
      assert.ok(
        world.machines.every(({ agent }) => agent?.state.grants.length === 0),
        'whoever was told of others and has met none grants nothing yet',
      );
      world.network.healAll();
      await world.runUntil(
        () => world.machines.every(({ agent }) => Object.keys(agent?.state.nodes ?? {}).length === 3),
        60_000,
        'all three are in one cluster',
      );
      assert.equal(new Set(world.machines.map(clusterIdOf)).size, 1);
      await world.runUntil(
        () => world.machines.some(({ agent }) => (agent?.state.grants.length ?? 0) > 0),
        60_000,
        'a first grant',
      );
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S55',
    title:
      'leaves, crashes and quick restarts race, and one node floods updates; in the end all tables are equal',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 6 });
      const stable = world.machines.slice(0, 2);
      for (let round = 0; round < 12; round++) {
        const machine = world.machine(2 + Math.floor(world.random() * 4));
        if (!machine.agent) {
          if (machine.epoch > 0) world.boot(machine);
        } else if (world.random() < 0.4) {
          const leaving = machine;
          leaving.agent?.stop().then(() => leaving.crash());
          // The crash may come in the middle of the farewell.
          await world.run(world.random() * 500);
          leaving.crash();
        } else {
          machine.crash();
          await world.run(world.random() * 1500);
          world.boot(machine);
        }
        const flooding = stable[round % 2]?.agent;
        for (let i = 0; i < 20; i++) flooding?.describe({ version: `0.0.${round * 20 + i}` });
        await world.run(world.random() * 1200);
      }
      for (const machine of world.machines) if (!machine.agent) world.boot(machine);
      await world.run(3000);
      await world.settleDown(60_000);
      for (const { agent } of world.machines) {
        assert.ok(
          agent?.records().every(({ state }) => state === 'alive'),
          'everyone is alive in every table',
        );
      }
      return world;
    },
  },
];
