// Scenarios about disks that fail, forget, are put back or are copied, by the numbers of the scenario list.
import assert from 'node:assert/strict';
import {
  allHold,
  clusterIdOf,
  decideThrough,
  formed,
  formLimitMs,
  holds,
  leaderOf,
  settled,
  votersOf,
  write,
  writeThrough,
} from './acts.ts';
import type { Scenario } from './scenario.ts';
import { type Machine, World } from './world.ts';

export const diskScenarios: readonly Scenario[] = [
  {
    name: 'S26',
    title:
      'a write fails on the disk of the leader: its process ends without an answer, and goes on where it was once the disk is sound',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const former = leaderOf(world);
      const acknowledged: string[] = [];
      const tell = (name: string) =>
        write(former, name).then(refused => refused === undefined && acknowledged.push(name));
      void tell('before');
      await world.run(world.random() * 12);
      former.disk.fault = 'input/output error';
      void tell('into-the-fault');
      await world.runUntil(() => former.fatal !== undefined, 1000, 'it ends');
      assert.match(String(former.fatal), /could not be written \(input\/output error\)/);
      assert.ok(!acknowledged.includes('into-the-fault'), 'nobody was told that it is decided');
      await writeThrough(world, 'without-it');
      world.boot(former);
      await world.runUntil(() => former.fatal !== undefined, 1000, 'it does not start on a bad disk');
      former.disk.fault = undefined;
      world.boot(former);
      await allHold(world, [...acknowledged, 'without-it']);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S27',
    title:
      'power goes at every write of any log, from the first one of the first node on; whatever was under way is lost',
    seeds: 120,
    async run(seed) {
      const world = new World({ seed, nodes: 3 });
      const every = 1 + (seed % 9);
      let [writes, crashes] = [0, 0];
      for (const machine of world.machines) {
        machine.disk.onWrite = () => {
          writes += 1;
          if (writes % every !== 0 || crashes >= 30) return;
          crashes += 1;
          world.timeline.after(world.random() * 3, () => {
            if (machine.agent === undefined) return;
            machine.crash();
            world.timeline.after(200 + world.random() * 1500, () => {
              if (machine.agent === undefined) world.boot(machine);
            });
          });
        };
      }
      world.bootAll();
      const acknowledged: string[] = [];
      for (let n = 0; crashes < 30 && n < 400; n++) {
        await world.run(250);
        const leader = world.leader();
        const name = `write-${n}`;
        if (leader)
          void write(leader, name).then(refused => refused === undefined && acknowledged.push(name));
      }
      assert.equal(crashes, 30, 'so often the power went');
      await world.run(3000);
      await world.settleDown(60_000);
      await writeThrough(world, 'after-all');
      await allHold(world, [...acknowledged, 'after-all']);
      return world;
    },
  },
  {
    name: 'S28',
    title:
      'a bit flips in the log of a voter: it does not start; a machine in its stead does; with a second one damaged nothing is decided',
    seeds: 25,
    async run(seed) {
      const world = new World({ seed, nodes: 4 });
      const stead = world.machine(3);
      const first = world.machines.filter(machine => machine !== stead);
      for (const machine of first) world.boot(machine);
      const three = () =>
        first.every(({ agent }) => agent?.configuration.voters.length === 3) && world.agreed();
      await world.runUntil(three, formLimitMs, 'three form a cluster');
      await writeThrough(world, 'before');
      // Not the leader: what was granted to a node goes with it.
      const damaged = first.find(machine => machine !== leaderOf(world));
      assert.ok(damaged);
      damaged.crash();
      damaged.disk.fault = 'checksum mismatch';
      world.boot(damaged);
      await world.runUntil(() => damaged.fatal !== undefined, 1000, 'it does not start');
      assert.match(String(damaged.fatal), /damaged \(checksum mismatch\)/);
      await writeThrough(world, 'by-two');
      await decideThrough(world, { kind: 'remove', node: damaged.id, atMs: 1 });
      world.boot(stead);
      const replaced = () => leaderOf(world).agent?.configuration.voters.includes(stead.id) === true;
      await world.runUntil(replaced, 60_000, 'the mended machine votes, as a new node');
      await allHold(world, ['before', 'by-two']);
      const [second] = votersOf(world).filter(machine => machine !== leaderOf(world));
      const [third] = votersOf(world).filter(machine => machine !== leaderOf(world) && machine !== second);
      assert.ok(second && third);
      for (const machine of [second, third]) {
        machine.crash();
        machine.disk.fault = 'checksum mismatch';
        world.boot(machine);
      }
      const last = leaderOf(world);
      await world.run(5000);
      assert.ok(second.fatal && third.fatal, 'two of three do not start');
      assert.notEqual(await settled(world, last.agent ? write(last, 'alone') : undefined), undefined);
      assert.equal(last.agent?.leadership.leader, '', 'and the last one decides nothing');
      return world;
    },
  },
  {
    name: 'S29',
    title:
      'the log of a voter is deleted and its identity stays: it never votes with an empty one; without its marker too, it finds itself among the voters, and ends',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      await writeThrough(world, 'before');
      await world.run(1000);
      const [leader, term] = [leaderOf(world), leaderOf(world).agent?.leadership.term];
      const victim = world.machines.find(machine => machine !== leader);
      assert.ok(victim);
      victim.crash();
      victim.disk.loseLog('stays');
      world.boot(victim);
      await world.runUntil(() => victim.fatal !== undefined, 1000, 'it does not start');
      victim.disk.loseLog('goes');
      await forgetfulEnds(world, victim);
      assert.deepEqual(
        [world.leader(), leader.agent?.leadership.term],
        [leader, term],
        'nobody was disturbed',
      );
      await writeThrough(world, 'after');
      return world;
    },
  },
  {
    name: 'S30',
    title:
      'the disk of a voter is put back to a day before: it has acknowledged what it no longer holds, the leader finds it out, and it ends',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const leader = leaderOf(world);
      const victim = world.machines.find(machine => machine !== leader);
      assert.ok(victim);
      const backup = victim.disk.saved;
      for (let n = 0; n < 10; n++) await writeThrough(world, `of-today-${n}`);
      await world.run(1000);
      victim.crash();
      victim.disk.saved = backup;
      await forgetfulEnds(world, victim);
      const told = world.events.filter(({ on, event }) => event === 'member.log-lost' && on === leader.name);
      assert.equal(told.length, 1, 'the leader says it once');
      assert.match(told[0]?.message ?? '', new RegExp(victim.name));
      assert.ok(!holds(victim, 'of-today-9'));
      await decideThrough(world, { kind: 'remove', node: victim.id, atMs: 1 });
      await writeThrough(world, 'after');
      return world;
    },
  },
  {
    name: 'S31',
    title:
      'a cloned disk runs beside its original, with the whole agent: one of the two ends, the cluster goes on, and nothing is lost',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 4 });
      const original = world.machine(seed % 4);
      await writeThrough(world, 'before');
      const clone = world.cloneOf(original, '100.64.9.9:7443');
      await writeThrough(world, 'between');
      world.boot(clone);
      const ended = () => original.fatal !== undefined || clone.fatal !== undefined;
      await world.runUntil(ended, 20_000, 'one of the two ends');
      await world.run(5000);
      const rest = world.machines.filter(machine => machine !== original);
      await world.runUntil(() => rest.some(leads), 10_000, 'one of the others leads, or leads again');
      await writeThrough(world, 'after');
      await allHold(world, ['before', 'between', 'after']);
      return world;
    },
  },
  {
    name: 'S31c',
    title:
      'a cloned disk and its original run one after the other: the second that comes back finds that it is not the only one, and ends',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 4 });
      const original = world.machine(seed % 4);
      await writeThrough(world, 'before');
      original.crash();
      const clone = world.cloneOf(original, '100.64.9.9:7443');
      world.boot(clone);
      const back = () => clone.agent !== undefined && holds(clone, 'before');
      await world.runUntil(back, 20_000, 'the clone takes the place of its original');
      await world.run(2000);
      clone.crash();
      await world.run(3000);
      world.boot(original);
      await world.runUntil(() => original.fatal !== undefined, 20_000, 'the original ends');
      assert.match(String(original.fatal), /a clone, or a disk from a backup/);
      await writeThrough(world, 'after');
      await allHold(world, ['before', 'after']);
      return world;
    },
  },
  {
    name: 'S32',
    title:
      'two machines were given one identity by hand, each with a log of its own: they do not run together',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 });
      const original = world.machine(seed % 3);
      const other = world.cloneOf(original, '100.64.9.9:7443');
      other.disk.loseLog('goes');
      other.disk.table.clear();
      other.epoch = seed % 2;
      world.boot(other);
      const ended = () => original.fatal !== undefined || other.fatal !== undefined;
      await world.runUntil(ended, 20_000, 'one of the two ends');
      await world.run(5000);
      await writeThrough(world, 'after');
      const rest = world.machines.filter(machine => machine !== original);
      assert.equal(new Set(rest.map(clusterIdOf)).size, 1, 'there is one cluster');
      await allHold(world, ['after']);
      return world;
    },
  },
];

function leads({ agent }: Machine): boolean {
  return agent?.leadership.role === 'leader';
}

/** Boots a machine whose log lacks what it has acknowledged: it ends, and says why. */
async function forgetfulEnds(world: World, victim: Machine): Promise<void> {
  world.boot(victim);
  await world.runUntil(() => victim.fatal !== undefined, 20_000, 'it ends');
  assert.match(String(victim.fatal), /had acknowledged decisions of cluster lab that its log lacks/);
}
