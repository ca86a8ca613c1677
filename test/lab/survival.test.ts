// What was acknowledged survives: real agents under writes are killed, stopped, cut off and lose power, and then the clients'
// notes are held against every node's own disk. The simulator does the same to the same code a million times faster.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabCluster } from './lab-cluster.ts';
import { missingForLab } from './requirements.ts';
import { WriteTrial } from './write-trial.ts';

const missing = missingForLab();
const options = missing === undefined ? { timeout: 300_000 } : { skip: missing };
/** Kills of an agent in the first test. */
const killsMin = 20;
/** Longest that a process is stopped when nobody shall notice, milliseconds: below every limit after which it is suspected or deposed. */
const shortStopMaxMs = 300;

const cluster = new LabCluster({ 'integrations.slurm.enabled': false });
after(async () => {
  await trial.pause();
  await cluster.stop();
});

/** One history for all tests of this file, which run in the order in which they stand. */
const trial = new WriteTrial(cluster);
const names = () => cluster.hosts.map(({ name }) => name);
const followersOf = (leader: string) => names().filter(name => name !== leader);

async function endAndGoOn(): Promise<void> {
  await trial.assertNothingLost();
  await trial.restart(names());
  trial.resume();
}

test(
  'agents that are killed at random points under writes lose nothing that was acknowledged',
  options,
  async t => {
    await cluster.start(3);
    await trial.begin();
    t.diagnostic(`seed ${trial.seed}`);
    for (let kills = 0; kills < killsMin; ) {
      await trial.progress(1 + Math.floor(trial.random() * 20));
      const order = trial.shuffled(names());
      const victims = order.slice(0, trial.pick([1, 1, 1, 2, 3]));
      await trial.kill(victims);
      kills += victims.length;
      if (victims.length === 1) await trial.progress(5, `writes to go on without ${victims[0]}`);
      await trial.restart(victims);
    }
    await endAndGoOn();
    t.diagnostic(trial.account());
  },
);

test(
  'a leader or follower that is stopped for a while under writes does no harm when it goes on',
  options,
  async t => {
    for (const who of ['leader', 'follower', 'both', 'leader'] as const) {
      await trial.progress(10);
      const leader = await trial.leader();
      const [follower = ''] = trial.shuffled(followersOf(leader));
      const stopped = { leader: [leader], follower: [follower], both: [leader, follower] }[who];
      for (const name of stopped) cluster.agentOn(name).kill('SIGSTOP');
      if (who === 'both') await sleep(trial.random() * shortStopMaxMs);
      else await trial.progress(5, `writes to go on while the ${who} ${stopped} is stopped`);
      for (const name of stopped) cluster.agentOn(name).kill('SIGCONT');
    }
    await trial.progress(10);
    await endAndGoOn();
    t.diagnostic(trial.account());
  },
);

test(
  'a write that its leader could not finish is called unknown, for it may yet be decided',
  options,
  async () => {
    await trial.pause();
    const leader = await trial.leader();
    const [one = '', other = ''] = followersOf(leader);
    for (const name of [one, other]) cluster.agentOn(name).kill('SIGSTOP');
    // It is in the leader's own log, and in no other.
    const { outcome, answer } = await trial.write(cluster.lab.host(leader));
    for (const name of [one, other]) cluster.agentOn(name).kill('SIGCONT');
    assert.equal(outcome, 'unknown', answer);
    assert.match(answer, /it is not known whether/);
    await endAndGoOn();
  },
);

test(
  'cut links, both ways and one way, under writes: a majority goes on and nobody contradicts it',
  options,
  async t => {
    const { lab } = cluster;
    const harms: readonly ((leader: string, one: string, other: string) => Promise<void>)[] = [
      async leader => lab.isolate(leader),
      async (leader, one) => lab.cut(leader, one),
      async (_leader, one, other) => lab.cut(one, other),
      async (leader, one, other) => {
        await lab.cutOneWay(leader, one);
        await lab.cutOneWay(leader, other);
      },
      async (leader, one, other) => {
        await lab.cutOneWay(one, leader);
        await lab.cutOneWay(other, leader);
      },
      async (leader, one, other) => {
        await lab.cutOneWay(leader, one);
        await lab.cutOneWay(one, other);
      },
    ];
    for (const [at, harm] of harms.entries()) {
      await trial.progress(5);
      const leader = await trial.leader();
      const [one = '', other = ''] = trial.shuffled(followersOf(leader));
      await harm(leader, one, other);
      await trial.progress(8, `writes to go on under cut ${at}, leader ${leader}, then ${one} and ${other}`);
      await lab.heal();
    }
    await trial.progress(10);
    await endAndGoOn();
    t.diagnostic(trial.account());
  },
);

test(
  'all hosts lose their power in the middle of writes: a cold start finds everything that was acknowledged',
  options,
  async t => {
    for (const round of [1, 2]) {
      await trial.progress(5 + Math.floor(trial.random() * 20));
      await Promise.all(names().map(name => cluster.lab.powerOff(name)));
      await trial.look(names());
      await Promise.all(names().map(name => cluster.lab.powerOn(name)));
      await trial.restart(names());
      await trial.progress(5, `writes to go on after power cut ${round}`);
    }
    await trial.assertNothingLost();
    t.diagnostic(trial.account());
    assert.ok(trial.acknowledged > 0);
  },
);
