// Scenarios about Kubernetes, by the numbers of the scenario list: a cluster that is founded once, grows, shrinks and is repaired, whoever
// dies in the middle of it.
import assert from 'node:assert/strict';
import { folders } from '../../src/integrations/k3s/names.ts';
import { decideThrough, leaderOf } from './acts.ts';
import { K3sWorld } from './k3s-world.ts';
import type { Finished, Scenario } from './scenario.ts';
import type { Machine } from './world.ts';

export const k3sScenarios: readonly Scenario[] = [
  {
    name: 'S60',
    title: 'one machine, two, three, five: one server until there can be three, then agents, founded once',
    seeds: 20,
    run: async seed => (await grown(new K3sWorld(seed, 1))).world,
  },
  {
    name: 'S60b',
    title:
      'whoever leads dies right after each single decision while the cluster grows: it ends as it would have',
    seeds: 20,
    run: seed => atEachDecision(seed, after => grown(new K3sWorld(seed, 1).crashAfter(after))),
  },
  {
    name: 'S60c',
    title: 'three machines at once, and whoever leads dies right after each single decision',
    seeds: 20,
    run: seed => atEachDecision(seed, after => ready(new K3sWorld(seed, 3).crashAfter(after), 3)),
  },
  {
    name: 'S60d',
    title:
      'the agent of a machine dies right after each single thing that it has done there, while servers come, go and come again',
    seeds: 20,
    run: seed => atEachDecision(seed, after => shrunk(new K3sWorld(seed, 3).crashAfterEffect(after), 0)),
  },
  {
    name: 'S61',
    title:
      'who founds the cluster loses its power at each point of that: it founds it once, or another does who was told to',
    seeds: 20,
    run: seed => each(founderPhases, phase => founderLost(seed, phase)),
  },
  {
    name: 'S61b',
    title: 'all machines lose power, and come back one after the other: every server from what it has',
    seeds: 20,
    async run(seed) {
      const kube = await ready(new K3sWorld(seed, 5), 3);
      const { machines, random } = kube.world;
      for (const machine of machines) kube.powerOff(machine);
      await kube.world.run(random() * 20_000);
      for (const machine of machines.toSorted(() => random() - 0.5)) {
        kube.world.boot(machine);
        await kube.world.run(random() * 20_000);
      }
      await kube.settle(3);
      return kube.world;
    },
  },
  {
    name: 'S61c',
    title:
      'who founded the cluster has lost what it stored, and is alone for a while: it founds no other, and joins when others are back',
    seeds: 20,
    async run(seed) {
      const kube = await ready(new K3sWorld(seed, 3), 3);
      const { world, k3s } = kube;
      const founder = world.machines.find(({ name }) => name === k3s.founders[0]);
      assert.ok(founder);
      for (const machine of world.machines) kube.powerOff(machine);
      k3s.wipe(kube.machineOf(founder));
      const others = world.machines.filter(machine => machine !== founder);
      // Two of three agents are a majority, but one k3s server is none.
      world.boot(founder);
      for (const [i, machine] of others.entries()) {
        if (i === 1) await kube.run(30_000 + world.random() * 60_000);
        world.boot(machine);
      }
      await kube.settle(3, 600_000);
      return world;
    },
  },
  {
    name: 'S62',
    title:
      'a machine is made anew, server, keeper or agent: it comes back under its name, ready, without a hand',
    seeds: 20,
    async run(seed) {
      const kube = await ready(new K3sWorld(seed, 5), 3);
      const roles = ['keeper', 'server', 'agent'] as const;
      const former = holderOf(kube, roles[seed % 3] ?? 'agent');
      await kube.world.run(kube.world.random() * 10_000);
      kube.powerOff(former);
      const anew = kube.world.madeAnew(former);
      await kube.world.run(kube.world.random() * 30_000);
      kube.world.boot(anew);
      await kube.until(() => stateOf(kube).nodes[anew.id] !== undefined, 60_000, 'it is admitted');
      await kube.settle(3, 600_000);
      assert.equal(stateOf(kube).nodes[anew.id]?.name, former.name);
      assert.equal(kube.k3s.kube.nodes.get(former.name)?.labels['clusteros.io/member'], anew.id);
      return kube.world;
    },
  },
  {
    name: 'S63',
    title:
      'a machine is drained, its pods move, it says that nothing stays, and takes work again; whoever leads dies meanwhile',
    seeds: 20,
    run: seed => atEachDecision(seed, after => drained(seed, after)),
  },
  {
    name: 'S64',
    title: 'a server of three is gone for good and taken out: a fourth machine takes its place',
    seeds: 20,
    run: seed => atEachDecision(seed, after => replaced(seed, after)),
  },
  {
    name: 'S65',
    title:
      'an operator wants one server, then three again: never is etcd without its majority, whoever dies meanwhile',
    seeds: 20,
    run: seed => atEachDecision(seed, after => shrunk(new K3sWorld(seed, 3), after)),
  },
  {
    name: 'S66',
    title:
      'agents die, machines lose power and ways are cut, again and again: one cluster, and in the end all are ready',
    seeds: 10,
    async run(seed) {
      const kube = new K3sWorld(seed, 5);
      const { world } = kube;
      world.bootAll();
      for (let round = 0; round < 15; round++) {
        const [one, two] = [0, 1].map(() => world.machine(Math.floor(world.random() * 5)));
        assert.ok(one && two);
        const harm = world.random();
        if (!one.agent) await kube.run(1000);
        else if (harm < 0.4) one.crash();
        else if (harm < 0.6) kube.powerOff(one);
        else if (harm < 0.8) kube.k3s.kill(kube.machineOf(one));
        else if (one !== two) world.network.cut(one.id, two.id);
        await kube.run(world.random() * 8000);
        world.network.healAll();
        if (!one.agent) world.boot(one);
        await kube.run(world.random() * 8000);
      }
      await kube.settle(3, 900_000);
      return world;
    },
  },
  {
    name: 'S67',
    title:
      'an operator changes roles, drains and resumes while agents die and machines lose power: in the end all is as by default',
    seeds: 10,
    async run(seed) {
      const kube = await ready(new K3sWorld(seed, 5), 3);
      const { world } = kube;
      const any = <Thing>(things: readonly Thing[]) => things[Math.floor(world.random() * things.length)];
      for (let round = 0; round < 12; round++) {
        const machine = any(world.machines);
        assert.ok(machine);
        const act = world.random();
        if (act < 0.35)
          await configure(kube, { servers: any([1, 3, 5, 'auto']), ...rolesBy(any, machine.name) });
        else if (act < 0.5) await drain(kube, machine.id, true);
        else if (act < 0.65) await drain(kube, machine.id, false);
        else if (act < 0.85) machine.crash();
        else kube.powerOff(machine);
        await kube.run(world.random() * 40_000);
        if (!machine.agent) world.boot(machine);
        await kube.run(world.random() * 10_000);
      }
      for (const { id } of world.machines) await drain(kube, id, false);
      await configure(kube, {});
      await kube.settle(3, 900_000);
      return world;
    },
  },
  {
    name: 'S68',
    title:
      'one of four can never be a server and says so: another takes its place, whoever leads dies meanwhile',
    seeds: 20,
    run: seed => atEachDecision(seed, after => unfit(seed, after)),
  },
  {
    name: 'S68b',
    title:
      'a machine dies for good before it has joined as a server, in etcd already: another takes its place, whoever leads dies meanwhile',
    seeds: 20,
    run: seed => atEachDecision(seed, after => lostBeforeJoined(seed, after)),
  },
];

function rolesBy(any: <Thing>(things: readonly Thing[]) => Thing | undefined, name: string) {
  const role = any(['server', 'agent', 'none', undefined]);
  return role === undefined ? {} : { roles: { [name]: role } };
}

async function configure(kube: K3sWorld, settings: Readonly<Record<string, unknown>>): Promise<void> {
  await kube.until(() => kube.world.leader() !== undefined, 20_000, 'somebody leads');
  const from = stateOf(kube).settings.k3s?.version ?? 0;
  await decideThrough(kube.world, { kind: 'configure', service: 'k3s', from, settings });
}

async function drain(kube: K3sWorld, node: string, wanted: boolean): Promise<void> {
  await kube.until(() => kube.world.leader() !== undefined, 20_000, 'somebody leads');
  if (Object.hasOwn(stateOf(kube).drains, node) === wanted) return;
  if (wanted) await decideThrough(kube.world, { kind: 'drain', node, reason: 'fans', requeueAtMs: 0 });
  else await decideThrough(kube.world, { kind: 'resume', node });
}

const stateOf = (kube: K3sWorld) => {
  const state = leaderOf(kube.world).agent?.state;
  assert.ok(state);
  return state;
};

/** Who has the role; of servers one that is not the keeper. */
function holderOf(kube: K3sWorld, role: 'keeper' | 'server' | 'agent'): Machine {
  const { grants } = stateOf(kube);
  const keeper = grants.find(each => each.role === 'keeper')?.node;
  const id = grants.find(each => each.role === role && (role === 'keeper' || each.node !== keeper))?.node;
  const found = kube.world.machines.find(machine => machine.id === id);
  assert.ok(found, `somebody is ${role}`);
  return found;
}

async function ready(kube: K3sWorld, servers: number): Promise<K3sWorld> {
  kube.world.bootAll();
  await kube.settle(servers);
  return kube;
}

async function grown(kube: K3sWorld): Promise<K3sWorld> {
  await ready(kube, 1);
  for (const servers of [1, 3, 3, 3]) {
    kube.grow();
    await kube.settle(servers);
  }
  return kube;
}

/** So many seeds one after the other come to each decision once. */
const stride = 20;

/** Runs the same again and again, and each time whoever leads dies after a later decision, until there are no more. */
function atEachDecision(seed: number, run: (after: number) => Promise<K3sWorld>): Promise<Finished> {
  const firsts = (function* () {
    for (let after = 1 + (seed % stride); ; after += stride) yield after;
  })();
  return each(firsts, async after => {
    const kube = await run(after);
    return { kube, isLast: !kube.hasCrashed };
  });
}

/** One run for each case, until the last one. */
async function each<Case>(
  cases: Iterable<Case>,
  run: (which: Case) => Promise<{ readonly kube: K3sWorld; readonly isLast: boolean }>,
): Promise<Finished> {
  const hashes: string[] = [];
  let events: Finished['events'] = [];
  for (const which of cases) {
    const { kube, isLast } = await run(which);
    hashes.push(kube.world.traceHash());
    events = kube.world.events;
    if (isLast) break;
  }
  return { traceHash: () => hashes.join(' '), events };
}

/** What has become of the founding when the power goes; true once it has come to that. */
const founderPhases: readonly ((kube: K3sWorld) => boolean)[] = [
  kube => kube.world.leader()?.agent?.state.grants.some(({ role }) => role === 'keeper') === true,
  kube => kube.world.leader()?.agent?.state.grants.some(({ role }) => role === 'server') === true,
  kube => [...kube.k3s.machines.values()].some(({ life }) => life !== undefined),
  kube => kube.k3s.founders.length > 0,
  kube => kube.k3s.answers(),
  kube => Object.hasOwn(kube.world.leader()?.agent?.state.secrets ?? {}, 'k3s/ca'),
  kube => kube.k3s.etcd.members.some(({ isLearner }) => isLearner),
  kube => kube.k3s.etcd.voters.length === 2,
];

async function founderLost(seed: number, isDue: (kube: K3sWorld) => boolean) {
  const kube = new K3sWorld(seed, 3);
  kube.world.bootAll();
  await kube.until(() => isDue(kube), 60_000, 'the founding has come so far');
  const founder = holderOf(kube, 'keeper');
  kube.powerOff(founder);
  await kube.run(2000 + kube.world.random() * 40_000);
  kube.world.boot(founder);
  await kube.settle(3, 600_000);
  return { kube, isLast: false };
}

async function drained(seed: number, after: number): Promise<K3sWorld> {
  const kube = await ready(new K3sWorld(seed, 4), 3);
  const { kube: api } = kube.k3s;
  const node = holderOf(kube, seed % 2 === 0 ? 'agent' : 'server');
  api.budgets.set('web', 0);
  api.addPod({ name: 'web', node: node.name, kind: 'movable', budget: 'web' });
  api.addPod({ name: 'daemon', node: node.name, kind: 'bound' });
  kube.crashAfter(after);
  await decideThrough(kube.world, { kind: 'drain', node: node.id, reason: 'fans', requeueAtMs: 0 });
  const says = () =>
    kube.world
      .leader()
      ?.agent?.record(node.id)
      ?.services.filter(({ role }) => role !== 'keeper')
      .map(({ state }) => state)
      .join();
  await kube.until(() => says() === 'draining', 60_000, 'it says that something stays');
  await kube.run(30_000);
  assert.equal(says(), 'draining', 'a budget forbids that the pod goes');
  api.budgets.set('web', 1);
  await kube.until(() => says() === 'drained', 60_000, 'nothing stays');
  assert.deepEqual(
    api.podsOn(node.name).map(({ name }) => name),
    ['daemon'],
  );
  await decideThrough(kube.world, { kind: 'resume', node: node.id });
  await kube.until(() => api.nodes.get(node.name)?.unschedulable === false, 60_000, 'it takes work again');
  await kube.settle(3);
  return kube;
}

async function replaced(seed: number, after: number): Promise<K3sWorld> {
  const kube = await ready(new K3sWorld(seed, 4), 3);
  const gone = holderOf(kube, seed % 2 === 0 ? 'server' : 'keeper');
  kube.crashAfter(after);
  kube.powerOff(gone);
  await kube.run(kube.world.random() * 30_000);
  await decideThrough(kube.world, { kind: 'remove', node: gone.id, atMs: 1 });
  await kube.settle(3, 600_000);
  assert.ok(!kube.k3s.kube.nodes.has(gone.name), 'Kubernetes has forgotten it');
  return kube;
}

/** One machine has a file of somebody else, by which its server is unlike the others: only the first server would not mind. */
async function unfit(seed: number, after: number): Promise<K3sWorld> {
  const kube = await ready(new K3sWorld(seed, 1), 1);
  kube.crashAfter(after);
  const grown = [0, 1, 2].map(() => kube.grow());
  const odd = grown[seed % 3];
  assert.ok(odd);
  kube.machineOf(odd).host.put(`${folders.drop}/90-site.yaml`, 'cluster-domain: other.local\n');
  await kube.settle(3, 600_000);
  assert.ok(!stateOf(kube).grants.some(({ role, node }) => role === 'server' && node === odd.id));
  return kube;
}

/** The second server dies while it learns, or the third when it has just become a voter: its node was never registered. */
async function lostBeforeJoined(seed: number, after: number): Promise<K3sWorld> {
  const kube = await ready(new K3sWorld(seed, 1), 1);
  const { etcd } = kube.k3s;
  for (let more = 0; more < 3; more++) kube.grow();
  const members = seed % 2 === 0 ? 2 : 3;
  const learner = () => etcd.members.find(({ isLearner }) => isLearner && etcd.members.length === members);
  await kube.until(() => learner() !== undefined, 300_000, 'it learns');
  const member = learner();
  const lost = kube.world.machines.find(({ name }) => member && etcd.of(name) === member);
  assert.ok(member && lost);
  kube.crashAfter(after);
  kube.powerOff(lost);
  if (members === 3) member.isLearner = false;
  await kube.settle(3, 1_200_000);
  assert.equal(etcd.of(lost.name), undefined);
  return kube;
}

/** @param after decisions from the first change on; 0: nobody dies by them */
async function shrunk(kube: K3sWorld, after: number): Promise<K3sWorld> {
  await ready(kube, 3);
  if (after > 0) kube.crashAfter(after);
  for (const servers of [1, 3]) {
    await configure(kube, { servers });
    await kube.settle(servers, 600_000);
  }
  return kube;
}
