// What scenarios do again and again with a world of agents: form a cluster, write, wait until all know.
import assert from 'node:assert/strict';
import { type Machine, World, type WorldOptions } from './world.ts';

export const formLimitMs = 20_000;

/** A world whose nodes have found each other, three of them voters. */
export async function formed(options: WorldOptions): Promise<World> {
  const world = new World(options);
  world.bootAll();
  const voters = Math.min(3, options.nodes);
  const ready = () => {
    const agents = world.machines.map(({ agent }) => agent);
    const admitted = agents.every(agent => agent && Object.keys(agent.state.nodes).length === options.nodes);
    const voting = agents.every(
      agent =>
        agent && agent.configuration.voters.length === voters && agent.configuration.outgoing.length === 0,
    );
    return admitted && voting && world.agreed();
  };
  await world.runUntil(ready, formLimitMs, `${options.nodes} nodes form one cluster with ${voters} voters`);
  return world;
}

export function leaderOf(world: World): Machine {
  const leader = world.leader();
  assert.ok(leader, 'there is a leader');
  return leader;
}

export function clusterIdOf(machine: Machine): string {
  return machine.disk.saved.clusterId;
}

/** A real write: a grant that means nothing to anyone, proposed on `machine`. Resolves with why it was refused. */
export function write(machine: Machine, name: string): Promise<string | undefined> {
  assert.ok(machine.agent, `${machine.name} runs`);
  return machine.agent.decide({ kind: 'grant', service: 'simulation', role: name, node: machine.id });
}

/** Moves time on until `promise` has settled, and gives its value. */
export async function settled<T>(world: World, promise: Promise<T> | undefined): Promise<T | undefined> {
  let outcome: { readonly value: T } | undefined;
  promise?.then(value => {
    outcome = { value };
  });
  await world.runUntil(() => outcome !== undefined, 20_000, 'an answer');
  return outcome?.value;
}

export function holds(machine: Machine, name: string): boolean {
  return machine.agent?.state.grants.some(({ role }) => role === name) ?? false;
}

/** So many small writes on `machine`, some hundred at a time, each one committed. */
export async function writeMany(world: World, machine: Machine, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 500) {
    const asked = Array.from({ length: Math.min(500, left) }, () => write(machine, 'again and again'));
    const refused = (await settled(world, Promise.all(asked))) ?? ['no answer'];
    assert.deepEqual([...new Set(refused)], [undefined], 'every write is committed');
  }
}

/** Proposes on whoever leads until one is committed; in the end every running node must hold it. */
export async function writeThrough(world: World, name: string): Promise<void> {
  let outcome: string | undefined = 'not asked';
  let asking = false;
  const ask = () => {
    const leader = world.leader();
    if (asking || outcome === undefined || !leader?.agent) return;
    asking = true;
    write(leader, name).then(refused => {
      outcome = refused;
      asking = false;
    });
  };
  const done = () => {
    ask();
    return outcome === undefined;
  };
  await world.runUntil(done, 20_000, `the write ${name} is committed`);
}

/** I9: what was acknowledged is there on every node in the end. */
export async function allHold(world: World, names: readonly string[]): Promise<void> {
  const all = () =>
    world.machines.every(machine => !machine.agent || names.every(name => holds(machine, name)));
  await world.runUntil(all, 20_000, `every node holds ${names.join(', ')}`);
}

/** The voters that run, by the leader's word. */
export function votersOf(world: World): Machine[] {
  const voters = leaderOf(world).agent?.configuration.voters ?? [];
  return world.machines.filter(({ id, agent }) => agent && voters.includes(id));
}

/** Has a command decided by whoever leads, asking until it is. */
export async function decideThrough(
  world: World,
  command: Parameters<NonNullable<Machine['agent']>['decide']>[0],
): Promise<void> {
  let refused: string | undefined = 'not asked';
  for (let tries = 0; tries < 20 && refused !== undefined; tries++) {
    await world.runUntil(() => world.leader() !== undefined, 10_000, 'a leader');
    refused = await settled(world, leaderOf(world).agent?.decide(command));
    if (refused !== undefined) await world.run(300);
  }
  assert.equal(refused, undefined, `${command.kind} is decided`);
}
