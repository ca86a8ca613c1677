// The disk of the node that leads fills up: others lead and writes go on, the node says what is wrong, and it is itself again
// when there is room. A small file system in memory is the disk; this file starts an agent that ended, as systemd does.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterctl } from './agent-host.ts';
import type { Exit } from './child.ts';
import { LabCluster } from './lab-cluster.ts';
import { recoveryTimeoutMs } from './limits.ts';
import { missingForLab } from './requirements.ts';
import { waitFor } from './wait-for.ts';
import { WriteTrial } from './write-trial.ts';

const missing = missingForLab();
const options = missing === undefined ? { timeout: 200_000 } : { skip: missing };
/** The disk is of this size: the agent's reserve and what it calls ample room, with room to spare. */
const diskMegabytes = 128;
/** So much is left when it fills up slowly: less than an agent wants for leading, more than it needs for writing. */
const leftMegabytes = 8;
/** Between the end of an agent and its next start, as a unit's RestartSec has it. */
const restartDelayMs = 1000;

const dataDir = '/run/disk';
const filler = `${dataDir}/filler`;
const small = 'node-a';
const cluster = new LabCluster({ 'integrations.slurm.enabled': false, dataDir });
const trial = new WriteTrial(cluster, { dataDir });
let stopping = false;
after(async () => {
  stopping = true;
  await trial.pause();
  await cluster.stop();
});

/** The host with the small disk. */
const host = () => cluster.lab.host(small);

async function runs(script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host().run(['bash', '-c', script]);
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

/** Starts the agent there again whenever it has ended, until told to stop. @returns all its ends so far, as they come */
function supervise(): { readonly exits: Exit[]; readonly words: string[]; stop(): void } {
  const exits: Exit[] = [];
  const words: string[] = [];
  let supervising = true;
  const run = async () => {
    while (supervising && !stopping) {
      const agent = cluster.agentOn(small);
      const exit = await agent.child.exited;
      if (!supervising || stopping) return;
      exits.push(exit);
      words.push(agent.lastWords());
      await sleep(restartDelayMs);
      await trial.restart([small]).catch((error: unknown) => words.push(String(error)));
    }
  };
  void run();
  return {
    exits,
    words,
    stop: () => {
      supervising = false;
    },
  };
}

/** Has the small node lead, which it does only while its disk is well. */
async function haveItLead(): Promise<void> {
  const leads = async () => {
    const { name } = (await clusterctl(host(), ['leader', 'transfer', small])) as { readonly name: string };
    return name === small;
  };
  await waitFor(leads, { timeoutMs: recoveryTimeoutMs, what: `${small} to lead` });
}

async function anotherLeads(): Promise<void> {
  const another = async () => (await trial.leader()) !== small;
  await waitFor(another, { timeoutMs: recoveryTimeoutMs, what: `another than ${small} to lead` });
}

test(
  'a leader whose disk is nearly full hands over, and may lead again when there is room',
  options,
  async () => {
    await cluster.start(3, async lab => {
      for (const each of lab.hosts) await each.run(['mkdir', dataDir]);
      await lab.host(small).run(['mount', '-t', 'tmpfs', '-o', `size=${diskMegabytes}m`, 'tmpfs', dataDir]);
    });
    await trial.begin();
    await haveItLead();
    const agent = cluster.agentOn(small);
    await waitFor(async () => Number(await runs(`stat -c %s ${dataDir}/reserve 2>/dev/null || echo 0`)) > 0, {
      what: 'the agent to have its reserve',
    });
    const kilobytes = Number((await runs(`df --output=avail ${dataDir}`)).split('\n')[1]);
    await runs(`head -c $(( (${kilobytes} - ${leftMegabytes} * 1024) * 1024 )) /dev/zero > ${filler}`);
    await anotherLeads();
    const told = await agent.untilEvent('disk.trouble', { timeoutMs: recoveryTimeoutMs });
    assert.match(told.text, /nearly full/);
    await trial.progress(20, 'writes to go on under another leader');
    await runs(`rm ${filler}`);
    await agent.untilEvent('disk.well', { timeoutMs: recoveryTimeoutMs });
    assert.ok(agent.child.isRunning, 'it never ended');
    await haveItLead();
    await trial.progress(20);
  },
);

test(
  'a leader whose disk is full at once ends with its reason, comes back as a follower, and catches up',
  options,
  async t => {
    const supervisor = supervise();
    const words = () => supervisor.words.join('\n');
    // Until no byte more goes in, the reserve that is let go included.
    await runs(
      `for try in $(seq 1 40); do head -c 200M /dev/zero >> ${filler} 2>/dev/null; sleep 0.1; done; true`,
    );
    await anotherLeads();
    await trial.progress(20, 'writes to go on under another leader');
    const [first] = await waitFor(() => supervisor.exits.length > 0 && supervisor.exits, {
      timeoutMs: recoveryTimeoutMs,
      what: `the agent of ${small} to end`,
      explain: words,
    });
    assert.equal(first?.exitCode, 1, words());
    assert.match(words(), /error: .*(could not be written|is full)/);
    const ledBefore = elections();
    await trial.progress(20, 'writes to go on without it');
    assert.equal(elections(), ledBefore, `${small} led with a full disk`);
    await runs(`rm ${filler}`);
    await waitFor(() => cluster.agentOn(small).child.isRunning && cluster.agentOn(small), {
      timeoutMs: recoveryTimeoutMs,
      what: `the agent of ${small} to be back`,
      explain: words,
    });
    await haveItLead();
    await trial.progress(20);
    supervisor.stop();
    await trial.assertNothingLost();
    t.diagnostic(trial.account());
  },
);

/** How often the others heard that the small node leads. */
function elections(): number {
  return cluster.hosts
    .filter(({ name }) => name !== small)
    .flatMap(({ name }) => cluster.eventsOf(name, 'leader.elected'))
    .filter(({ member }) => member === small).length;
}
