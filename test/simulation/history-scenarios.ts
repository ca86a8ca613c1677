// Scenarios whose whole history of reads and writes is kept, and checked for linearizability (I10, and with it I9 and I15).
import assert from 'node:assert/strict';
import { formed } from './acts.ts';
import { type Operation, whyNotLinearizable } from './linearizable.ts';
import { RegisterClient } from './register-client.ts';
import type { Scenario } from './scenario.ts';
import type { Machine, World } from './world.ts';

export const historyScenarios: readonly Scenario[] = [
  {
    name: 'I10',
    title:
      'six clients read and write two registers, and ask again for what had no answer, through whoever thinks that it leads, while leaders die, sleep and are cut off in one direction or both: the history is linearizable',
    seeds: 8,
    async run(seed) {
      const world = await formed({ seed, nodes: 5 });
      const writers = ['a', 'b', 'c'].map(name => new RegisterClient(name, world, 0.6));
      const readers = ['d', 'e', 'f'].map(name => new RegisterClient(name, world, 0));
      const clients = [...writers, ...readers];
      for (let round = 0; round < 10; round++) {
        setPaths(world, world.random() < 0.5);
        await drive(world, clients, 400 + world.random() * 800);
        const leader = world.leader();
        const victim =
          leader && world.random() < 0.7 ? leader : world.machine(Math.floor(world.random() * 5));
        await harm(world, clients, victim);
        await drive(world, clients, 500 + world.random() * 3000);
        world.network.healAll();
        if (!victim.agent) world.boot(victim);
      }
      setPaths(world, false);
      await drive(world, clients, 3000);
      await world.settleDown(60_000);
      for (const client of clients) await client.readAll();
      const history = clients.flatMap(client => client.history());
      const why = whyNotLinearizable(history);
      assert.ok(why === undefined, `I10: ${why}`);
      const told = (kind: Operation['kind']) =>
        history.filter(each => each.kind === kind && each.endMs < Number.POSITIVE_INFINITY).length;
      assert.ok(
        told('read') >= 60 && told('write') >= 60,
        `enough was read (${told('read')}) and written (${told('write')})`,
      );
      const askedAgain = clients.reduce((sum, client) => sum + client.askedAgain, 0);
      assert.ok(askedAgain > 0, 'some writes had no answer and were asked for again');
      return world;
    },
  },
];

/** Paths by a relay, or direct ones. On slow ones much is under way whenever a leader dies. */
function setPaths(world: World, slow: boolean): void {
  [world.network.latencyMsMin, world.network.latencyMsMax] = slow ? [20, 90] : [0.5, 8];
}

async function harm(world: World, clients: readonly RegisterClient[], victim: Machine): Promise<void> {
  const others = world.machines.filter(machine => machine !== victim);
  const { network } = world;
  const chance = world.random();
  if (chance < 0.15) {
    if (victim.agent) victim.crash();
  } else if (chance < 0.35) {
    if (victim.agent) world.freeze(victim, 1500 + world.random() * 3000);
  } else if (chance < 0.6) for (const other of others) network.cut(victim.id, other.id);
  else if (chance < 0.68) for (const other of others) network.cutOneWay(other.id, victim.id);
  else if (chance < 0.75) for (const other of others) network.cutOneWay(victim.id, other.id);
  else await dieAheadOfAnother(world, clients, victim);
}

/**
 * A voter misses what is written for less than an election timeout, and then the victim dies: its successor has voters behind it
 * that lack entries, and does not know yet which of its own are decided.
 */
async function dieAheadOfAnother(
  world: World,
  clients: readonly RegisterClient[],
  victim: Machine,
): Promise<void> {
  const voters = victim.agent?.configuration.voters ?? [];
  const late = voters.filter(id => id !== victim.id)[Math.floor(world.random() * (voters.length - 1))];
  setPaths(world, true);
  if (late !== undefined) world.network.cutOneWay(victim.id, late);
  await drive(world, clients, 300 + world.random() * 500);
  if (victim.agent) victim.crash();
  world.network.healAll();
}

/** Lets time pass while every client that is idle begins something now and then. */
async function drive(world: World, clients: readonly RegisterClient[], durationMs: number): Promise<void> {
  for (const untilMs = world.timeline.nowMs + durationMs; world.timeline.nowMs < untilMs; ) {
    for (const client of clients) if (world.random() < 0.25) client.begin();
    await world.run(15);
  }
}
