// Scenarios about who is here: lossy and strange links, stalls, changed addresses, lies. Whole agents; the ones that
// need a thousand members are in swarm-scenarios.ts.
import assert from 'node:assert/strict';
import { Membership } from '../../src/membership/membership.ts';
import type { MembershipMessage } from '../../src/membership/messages.ts';
import { clusterIdOf, formed, leaderOf, writeThrough } from './acts.ts';
import type { Scenario } from './scenario.ts';
import { sealOf } from './seal.ts';
import { type Machine, World } from './world.ts';

/** How often this was announced about `member` (everybody when absent) since `sinceMs`. */
function told(world: World, event: string, member?: Machine, sinceMs = 0): number {
  return world.events.filter(
    each => each.event === event && each.nowMs >= sinceMs && (!member || each.member === member.name),
  ).length;
}

/** No healthy node was called dead since `sinceMs`. */
function nobodyFailed(world: World, sinceMs: number): void {
  const failed = world.events.filter(({ event, nowMs }) => event === 'member.failed' && nowMs >= sinceMs);
  assert.deepEqual(
    failed.map(({ on, member, nowMs }) => `${on} called ${member} dead at ${nowMs}`),
    [],
    'I19: no healthy node is called dead',
  );
}

function everyOther(world: World, machine: Machine, act: (other: Machine) => void): void {
  for (const other of world.machines) if (other !== machine) act(other);
}

export const membershipScenarios: readonly Scenario[] = [
  {
    name: 'S17',
    title:
      '80 % of what is sent to one node is lost: it is called degraded within 30 s, never dead, and nobody flaps',
    seeds: 15,
    async run(seed) {
      const world = await formed({ seed, nodes: 8 });
      await world.run(5000);
      const sick = world.machine(seed % 8);
      const sinceMs = world.timeline.nowMs;
      everyOther(world, sick, other => world.network.lossy(other.id, sick.id, 0.8));
      const degraded = () =>
        world.machines.every(each => each === sick || each.agent?.record(sick.id)?.state === 'degraded');
      await world.runUntil(degraded, 30_000, 'all call it degraded');
      await world.run(90_000 - (world.timeline.nowMs - sinceMs));
      nobodyFailed(world, sinceMs);
      for (const { name } of world.machines.filter(each => each !== sick)) {
        const turns = world.events.filter(
          each => each.on === name && each.member === sick.name && each.event === 'member.degraded',
        );
        assert.ok(turns.length <= 2, `${name} called it degraded ${turns.length} times`);
      }
      world.network.healAll();
      await world.settleDown(120_000);
      const well = () => world.machines.every(({ agent }) => agent?.record(sick.id)?.state === 'alive');
      await world.runUntil(well, 180_000, 'it is well again in every table');
      return world;
    },
  },
  {
    name: 'S54d',
    title:
      'a switch dies with five of twelve behind it: every other calls these dead and nobody else, most of them in one verdict',
    seeds: 15,
    async run(seed) {
      const world = await formed({ seed, nodes: 12 });
      await world.run(20_000);
      const sinceMs = world.timeline.nowMs;
      const [behind, others] = [world.machines.slice(0, 5), world.machines.slice(5)];
      for (const { id } of behind) for (const other of others) world.network.cut(id, other.id);
      const dead = () =>
        others.every(({ agent }) => behind.every(({ id }) => agent?.record(id)?.state === 'dead'));
      await world.runUntil(dead, 15_000, 'all five are dead for all others');
      await world.run(5000);
      const names = behind.map(({ name }) => name).sort();
      for (const { name } of others) {
        const verdicts = world.events
          .filter(
            each => each.on === name && each.event === 'members.failed-together' && each.nowMs >= sinceMs,
          )
          .map(({ fields }) => String(fields.members).split(' '));
        assert.equal(verdicts.length, 1, `${name} tells of one failure, not of five`);
        const [together = []] = verdicts;
        assert.ok(together.length >= 3, `${name} calls only ${together} dead together`);
        assert.deepEqual(
          together.filter(each => !names.includes(each)),
          [],
          'and nobody else',
        );
      }
      world.network.healAll();
      await world.settleDown(60_000);
      return world;
    },
  },
  {
    name: 'S17b',
    title: '20 % loss on one link, and then on one node: nobody is called dead or degraded',
    seeds: 15,
    async run(seed) {
      const world = await formed({ seed, nodes: 5 });
      const sinceMs = world.timeline.nowMs;
      const [a, b] = [world.machine(seed % 5), world.machine((seed + 1) % 5)];
      world.network.lossy(a.id, b.id, 0.2);
      world.network.lossy(b.id, a.id, 0.2);
      await world.run(60_000);
      everyOther(world, a, other => world.network.lossy(other.id, a.id, 0.2));
      await world.run(60_000);
      nobodyFailed(world, sinceMs);
      assert.equal(told(world, 'member.degraded', undefined, sinceMs), 0);
      world.network.healAll();
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S18',
    title:
      'messages of more than 1200 bytes vanish on one link: nobody is called dead, and all tables become equal by other ways',
    seeds: 15,
    async run(seed) {
      const world = await formed({ seed, nodes: 4 });
      const sinceMs = world.timeline.nowMs;
      const [a, b] = [world.machine(0), world.machine(1)];
      for (const link of [`${a.id} ${b.id}`, `${b.id} ${a.id}`]) world.network.holes.add(link);
      for (let i = 0; i < 5; i++) {
        a.agent?.describe({ tags: { round: `${i}`, padding: 'x'.repeat(250), more: 'y'.repeat(250) } });
        await world.run(3000);
      }
      nobodyFailed(world, sinceMs);
      await world.settleDown(60_000);
      assert.equal(b.agent?.record(a.id)?.tags.round, '4');
      world.network.healAll();
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S19',
    title:
      'one direction of a path goes from 1 to 300 ms, as when a direct path becomes a relayed one: nobody is called dead',
    seeds: 15,
    async run(seed) {
      const world = await formed({ seed, nodes: 5 });
      await world.run(5000);
      const sinceMs = world.timeline.nowMs;
      const moved = world.machine(seed % 5);
      everyOther(world, moved, other => world.network.stretch(moved.id, other.id, 300));
      await world.run(60_000);
      nobodyFailed(world, sinceMs);
      assert.equal(told(world, 'member.degraded', undefined, sinceMs), 0, 'slow is not lossy');
      const rttMs = world.machine((seed + 1) % 5).agent?.contact(moved.id).rttMs ?? 0;
      assert.ok(rttMs > 250, `the new round trip is known: ${rttMs}`);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S20',
    title:
      'wall clocks are an hour wrong on two nodes, in both directions: nothing of the protocol depends on them',
    seeds: 10,
    async run(seed) {
      const world = new World({ seed, nodes: 4 });
      world.machine(1).wallOffsetMs = 3_600_000;
      world.machine(2).wallOffsetMs = -3_600_000;
      world.bootAll();
      await world.runUntil(() => world.agreed() && world.leader() !== undefined, 20_000, 'a cluster');
      await world.run(10_000);
      const [term, sinceMs] = [leaderOf(world).agent?.leadership.term, world.timeline.nowMs];
      world.machine(1).wallOffsetMs = -3_600_000;
      world.machine(3).wallOffsetMs = 3_600_000;
      await world.run(30_000);
      nobodyFailed(world, sinceMs);
      assert.equal(leaderOf(world).agent?.leadership.term, term, 'nor is there an election');
      await writeThrough(world, 'meanwhile');
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S21',
    title:
      'a machine sleeps for ten minutes and wakes with all its timers due: it blames nobody, and is itself again',
    seeds: 10,
    async run(seed) {
      const world = await formed({ seed, nodes: 4 });
      const sleeper = world.machine(seed % 4);
      world.freeze(sleeper, 600_000);
      await world.run(600_000);
      const wokenMs = world.timeline.nowMs;
      await world.run(20_000);
      const accused = world.events.filter(
        ({ on, event, nowMs }) => on === sleeper.name && event === 'member.suspected' && nowMs >= wokenMs,
      );
      assert.deepEqual(
        accused.map(({ member }) => member),
        [],
        'it accuses nobody of its own sleep',
      );
      nobodyFailed(world, wokenMs);
      await world.settleDown(60_000);
      return world;
    },
  },
  {
    name: 'S22',
    title:
      'a process is stopped for four seconds, or its event loop blocked for three: nobody is called dead, on either side',
    seeds: 40,
    async run(seed) {
      const world = await formed({ seed, nodes: 3 + (seed % 4) });
      await world.run(3000);
      const sinceMs = world.timeline.nowMs;
      for (const durationMs of [4000, 3000]) {
        const victim = world.machine(Math.floor(world.random() * world.machines.length));
        await world.run(world.random() * 3000);
        world.freeze(victim, durationMs);
        await world.run(durationMs + 8000);
      }
      nobodyFailed(world, sinceMs);
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S43',
    title:
      'all lose power and come back with other addresses; the tailnet tells where: the same members, within seconds',
    seeds: 20,
    async run(seed) {
      const world = await formed({ seed, nodes: 4 });
      const clusterId = clusterIdOf(world.machine(0));
      for (const machine of world.machines) machine.crash();
      await world.run(1000);
      for (const [i, machine] of world.machines.entries()) machine.address = `100.65.0.${i + 1}:7443`;
      for (const machine of world.machines) {
        machine.peers = world.machines.filter(each => each !== machine).map(({ address }) => address);
        world.boot(machine);
        await world.run(world.random() * 1000);
      }
      const known = () =>
        world.machines.every(({ agent }) =>
          world.machines.every(({ id, address }) => agent?.record(id)?.address === address),
        );
      await world.runUntil(known, 5000, 'all know the new addresses of all');
      await world.settleDown();
      for (const machine of world.machines) {
        assert.equal(clusterIdOf(machine), clusterId);
        assert.equal(Object.keys(machine.agent?.state.nodes ?? {}).length, 4, 'and nobody is a new member');
      }
      return world;
    },
  },
  {
    name: 'S43b',
    title:
      'one node comes back with another address while the others run: the same member for all within two seconds',
    seeds: 30,
    async run(seed) {
      const world = await formed({ seed, nodes: 5 });
      const mover = world.machine(seed % 5);
      world.network.power(mover.address, false);
      mover.crash();
      await world.run(world.random() * 6000);
      mover.address = '100.65.0.9:7443';
      mover.peers = [];
      world.boot(mover);
      const known = () =>
        world.machines.every(({ agent }) => {
          const record = agent?.record(mover.id);
          return record?.address === mover.address && record.state === 'alive';
        });
      await world.runUntil(known, 2000, 'all see it at its new address');
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S44',
    title:
      'at the old address of a node another one answers, of this cluster or of a foreign one: nobody is mistaken for another',
    seeds: 20,
    async run(seed) {
      const world = await formed({ seed, nodes: 5 });
      const [mover, heir] = [world.machine(3), world.machine(4)];
      const former = mover.address;
      for (const machine of [mover, heir]) machine.crash();
      await world.run(3000 * world.random());
      mover.address = '100.65.0.1:7443';
      heir.address = former;
      if (seed % 2 === 0) heir.key = 'the key of another cluster';
      for (const machine of [heir, mover]) {
        machine.peers = [world.machine(0).address];
        world.boot(machine);
      }
      const right = () =>
        world.machines.slice(0, 4).every(({ agent }) => agent?.record(mover.id)?.address === mover.address);
      await world.runUntil(right, 5000, 'the one that moved is known where it is');
      await world.run(10_000);
      for (const { agent } of world.machines.slice(0, 4)) {
        assert.equal(agent?.record(mover.id)?.state, 'alive');
        const state = agent?.record(heir.id)?.state;
        assert.equal(state, seed % 2 === 0 ? 'dead' : 'alive', 'the heir is who it is');
      }
      if (seed % 2 === 0) heir.crash();
      else await world.settleDown();
      return world;
    },
  },
  {
    name: 'S45',
    title:
      'a machine is switched off and on again before anyone has noticed: old streams to it are given up and it is met anew',
    seeds: 30,
    async run(seed) {
      const world = await formed({ seed, nodes: 5 });
      const victim = world.machine(seed % 5);
      world.network.power(victim.address, false);
      victim.crash();
      await world.run(world.random() * 1500);
      world.network.power(victim.address, true);
      victim.peers = [];
      world.boot(victim);
      const back = () =>
        world.machines.every(({ agent }) => {
          const record = agent?.record(victim.id);
          return record?.epoch === victim.epoch && record.state === 'alive';
        });
      await world.runUntil(back, 5000, 'all see its new boot');
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S56',
    title:
      'a holder of the key lies about others, jumps ahead, and plays old records again: nothing changes and it is counted',
    seeds: 20,
    async run(seed) {
      const world = await formed({ seed, nodes: 4 });
      const [victim, honest] = [world.machine(1), world.machine(2)];
      const liarId = 'f'.repeat(32);
      const old = honest.agent?.record(victim.id);
      assert.ok(old);
      victim.agent?.describe({ tags: { site: 'here' } });
      await world.run(1000);
      const now = honest.agent?.record(victim.id);
      assert.ok(now);
      const lie = (change: object) => {
        const body = JSON.stringify({
          ...JSON.parse(now.signed.body),
          incarnation: now.incarnation + 1,
          ...change,
        });
        return { ...now.signed, body };
      };
      const signed = (body: string) => ({ body, publicKey: liarId, signature: sealOf(liarId).sign(body) });
      const own = (change: object) => signed(lie({ id: liarId, ...change }).body);
      const accusation = {
        observer: honest.id,
        evidence: 'gone',
        publicKey: honest.id,
        signature: 'forged',
      } as const;
      const lies: MembershipMessage[] = [
        lie({ state: 'left' }),
        lie({ incarnation: Number.MAX_SAFE_INTEGER }),
        signed(lie({}).body),
        own({ incarnation: Number.MAX_SAFE_INTEGER }),
        own({ tags: { big: 'x'.repeat(9000) } }),
        { body: 'no record', publicKey: liarId, signature: '' },
      ].map(each => ({ kind: 'records', records: [{ signed: each, accusations: [] }], buckets: [] }));
      lies.push({
        kind: 'records',
        records: [{ signed: now.signed, accusations: [accusation] }],
        buckets: [],
      });
      lies.push({ kind: 'records', records: [{ signed: old.signed, accusations: [] }], buckets: [] });
      // A member that holds the key says all this to everyone, over and over.
      const liar = world.network.transport(liarId, world.machine(0).key);
      await liar.open({ epoch: 1, boot: 'l', name: 'liar', address: '100.64.9.9:7443' }, () => {});
      const digest = honest.agent?.membership.digest;
      const sinceMs = world.timeline.nowMs;
      for (const machine of world.machines) liar.dial(machine.address);
      await world.run(500);
      for (let round = 0; round < 5; round++) {
        for (const machine of world.machines)
          for (const message of lies) liar.send(machine.id, { layer: 'membership', message });
        await world.run(500);
      }
      assert.equal(honest.agent?.membership.digest, digest, 'no table has changed');
      nobodyFailed(world, sinceMs);
      for (const machine of world.machines) {
        assert.equal(machine.agent?.record(victim.id)?.tags.site, 'here');
        const { rejected } = machine.agent?.membership.counters ?? {};
        for (const reason of ['bad-signature', 'absurd', 'wrong-key', 'oversized', 'malformed'] as const)
          assert.ok((rejected?.get(reason) ?? 0) >= 5, `${machine.name} has counted ${reason}`);
        if (machine !== victim)
          assert.ok((rejected?.get('forged-accusation') ?? 0) >= 5, `${machine.name} has counted forgeries`);
        assert.ok(told(world, 'member.disbelieved') > 0, 'and said so');
      }
      liar.crash();
      await world.settleDown();
      return world;
    },
  },
  {
    name: 'S57',
    title:
      'membership calls a leader dead that still leads, and a leader falls silent that membership sees: neither overrides the other',
    seeds: 20,
    async run(seed) {
      const world = await formed({ seed, nodes: 4 });
      await world.run(2000);
      const leader = leaderOf(world);
      const term = leader.agent?.leadership.term;
      world.network.drops = (from, _to, message) => from === leader.id && message.layer === 'membership';
      world.network.shut.add(leader.id);
      const dead = () =>
        world.machines.every(
          ({ agent, id }) => id === leader.id || agent?.record(leader.id)?.state === 'dead',
        );
      await world.runUntil(dead, 60_000, 'the others call it dead');
      await world.run(3000);
      assert.equal(world.leader(), leader, 'it leads as long as a majority follows');
      assert.equal(leader.agent?.leadership.term, term);
      await writeThrough(world, 'led by the dead');
      world.network.healAll();
      await world.settleDown(60_000);
      const sinceMs = world.timeline.nowMs;
      const mute = leaderOf(world);
      world.network.drops = (from, _to, message) => from === mute.id && message.layer === 'election';
      const another = () =>
        world.machines.some(each => each !== mute && each.agent?.leadership.role === 'leader');
      await world.runUntil(another, 10_000, 'another leads, though the former is alive for all');
      await world.run(3000);
      nobodyFailed(world, sinceMs);
      world.network.healAll();
      await world.settleDown(60_000);
      return world;
    },
  },
  {
    name: 'S31b',
    title:
      'a clone of a running node boots: the node that runs stops with the reason, its clone and all others say so, and nobody flaps',
    seeds: 20,
    async run(seed) {
      const world = await formed({ seed, nodes: 4 });
      const original = world.machine(seed % 4);
      const told = (event: string) => world.events.filter(each => each.event === event);
      const sinceMs = world.timeline.nowMs;
      const clone = new Membership({
        ...{ id: original.id, epoch: original.epoch + 1, boot: 'clone', seal: sealOf(original.id) },
        description: {
          ...{
            name: original.name,
            address: '100.64.8.8:7443',
            version: '0.0.0',
            clusterId: '',
            clusterSize: 0,
          },
          ...{ capabilities: [], tags: {}, services: [], level: 1, troubles: [], formerClusters: [] },
        },
        ...{ known: [...original.disk.table.values()], random: world.random, nowMs: world.timeline.nowMs },
      });
      const others = world.machines.filter(machine => machine !== original);
      const transport = world.network.transport(original.id, original.key);
      const twins: number[] = [];
      const step = (input: Parameters<Membership['step']>[0]): void => {
        for (const effect of clone.step(input, world.timeline.nowMs)) {
          if (effect.kind === 'send')
            transport.send(effect.to, { layer: 'membership', message: effect.message });
          if (effect.kind === 'dial') transport.dial(effect.address);
          if (effect.kind === 'twin') twins.push(effect.epoch);
        }
      };
      const greeting = {
        epoch: original.epoch + 1,
        boot: 'clone',
        name: original.name,
        address: '100.64.8.8:7443',
      };
      await transport.open(greeting, event => {
        if (event.kind === 'up' || event.kind === 'down') step(event);
        if (event.kind === 'message' && event.message.layer === 'membership')
          step({ kind: 'message', from: event.from, message: event.message.message });
        if (event.kind === 'twin') twins.push(event.epoch);
      });
      for (const { address } of others) transport.dial(address);
      const cancel = { done: false };
      const tick = () => {
        if (cancel.done) return;
        step({ kind: 'tick' });
        world.timeline.after(50, tick);
      };
      tick();
      await world.runUntil(() => original.agent === undefined, 10_000, 'the earlier boot stops');
      assert.match(String(original.fatal), /a clone, or a disk from a backup/);
      await world.run(5000);
      assert.ok(
        told('identity.conflict').some(({ on }) => on === original.name),
        'it has said why',
      );
      nobodyFailed(world, sinceMs);
      cancel.done = true;
      transport.crash();
      return world;
    },
  },
];
