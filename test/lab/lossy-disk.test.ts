// Shows that the lossy disk keeps what a real one would and loses what a real one might, and that agents lose nothing that
// was acknowledged on three such disks. A disk that lies shows that a loss is noticed.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeAgent } from './agent-host.ts';
import { Child } from './child.ts';
import { LabCluster } from './lab-cluster.ts';
import { byChance, bytesOnly, everything, type Loss, LossyDisk, lossyDiskEnvironment } from './lossy-disk.ts';
import { environment } from './machine.ts';
import { missingForLab } from './requirements.ts';
import { compileShim, missingForShim } from './shim.ts';
import { waitFor } from './wait-for.ts';
import { WriteTrial } from './write-trial.ts';

const missingHere = missingForShim();
const optionsHere = missingHere === undefined ? { timeout: 60_000 } : { skip: missingHere };
const missing = missingForLab() ?? missingHere;
const options = missing === undefined ? { timeout: 200_000 } : { skip: missing };
/** Times that the power goes. */
const powerCuts = 4;

const program = fileURLToPath(new URL('fixtures/lossy-writer.ts', import.meta.url));
const compiled = missingHere === undefined ? compileShim('lossy-disk') : undefined;
/** A data folder and a journal on one mount, which is a host's disk. */
const dataDir = '/var/lib/clusteros/data';
const journal = '/var/lib/clusteros/journal';
const cluster = new LabCluster({ 'integrations.slurm.enabled': false, dataDir }, environmentOf(false));
const trial = new WriteTrial(cluster, { dataDir });
const disks = new Map<string, LossyDisk>();
after(async () => {
  await trial.pause();
  await cluster.stop();
  compiled?.remove();
});

const names = () => cluster.hosts.map(({ name }) => name);

function environmentOf(lies: boolean): Record<string, string> {
  return lossyDiskEnvironment(compiled?.shim ?? '', dataDir, journal, { lies });
}

/** All files of a folder with what is in them, by their names. */
function contents(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true }).map(String).sort();
  const files = paths.filter(path => statSync(join(folder, path)).isFile());
  return Object.fromEntries(files.map(path => [path, readFileSync(join(folder, path), 'utf8')]));
}

/** What a folder holds after a program wrote in it, was killed, and as much as can be was lost. */
async function leftBehind(lies: boolean): Promise<Record<string, string>> {
  const root = mkdtempSync(join(tmpdir(), 'clusteros-lossy-'));
  try {
    const folder = join(root, 'data');
    const disk = new LossyDisk({ folder, outside: folder, journal: join(root, 'journal') });
    for (const name of ['before', 'removed']) writeFileSync(join(folder, name), `${name} the start`);
    disk.settle();
    const shim = lossyDiskEnvironment(compiled?.shim ?? '', folder, join(root, 'journal'), { lies });
    const child = await Child.launch([process.execPath, program, folder], {
      env: { ...environment, ...shim },
    });
    await waitFor(() => child.stdout.includes('done'), {
      what: 'the program to have written',
      explain: () => child.stderr.join('\n'),
    });
    child.kill('SIGKILL');
    await child.exited;
    disk.losePower(everything);
    return contents(folder);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test(
  'a lossy disk keeps what was synced, and names in their order up to the last sync',
  optionsHere,
  async () => {
    assert.deepEqual(await leftBehind(false), {
      before: 'before the start',
      'before.new': 'new',
      'inner/synced': 'kept',
      'never-synced': '',
      removed: 'removed the start',
    });
  },
);

test('a lying disk is after a loss of power what it was at the start', optionsHere, async () => {
  assert.deepEqual(await leftBehind(true), {
    before: 'before the start',
    removed: 'removed the start',
  });
});

test(
  'agents that lose power on lossy disks under writes lose nothing that was acknowledged',
  options,
  async t => {
    await cluster.start(3, async lab => {
      for (const host of lab.hosts)
        disks.set(
          host.name,
          new LossyDisk({
            ...{ folder: dataDir, outside: host.outside(dataDir) },
            journal: host.outside(journal),
          }),
        );
    });
    await trial.begin();
    let bytes = 0;
    for (let cut = 0; cut < powerCuts; cut++) {
      await trial.progress(5 + Math.floor(trial.random() * 40));
      bytes += await losePower(byChance(trial.random));
      await trial.restart(names());
    }
    await trial.assertNothingLost();
    t.diagnostic(`${trial.account()}; ${bytes} bytes were lost`);
    assert.ok(bytes > 0, 'something that was not synced was lost');
  },
);

test(
  'when all disks lie about what they synced, the loss of acknowledged writes is noticed',
  options,
  async () => {
    await trial.restart(names(), environmentOf(true));
    trial.resume();
    await trial.progress(20);
    await losePower(everything);
    await trial.restart(names());
    const violations = await trial.end();
    assert.ok(
      violations.some(text => /is not in the log|is due there/.test(text)),
      `no write is missing: ${trial.account()}\n${violations.join('\n')}`,
    );
  },
);

test(
  'an agent whose lying disk kept names without content refuses its log and says how to mend it',
  options,
  async () => {
    const [host] = cluster.hosts;
    assert.ok(host);
    await trial.restart([host.name], environmentOf(true));
    const agent = cluster.agentOn(host.name);
    agent.kill('SIGKILL');
    await agent.child.exited;
    disks.get(host.name)?.losePower(bytesOnly);
    const { exitCode, stderr } = await host.run([nodeAgent, 'start', '--config', host.paths.config]);
    assert.equal(exitCode, 1, stderr);
    assert.match(
      stderr,
      /^error: the log in .* this node must not vote with it; stop the agent, move the data folder/,
    );
  },
);

/** Kills all agents at once and takes away of what their disks had not synced, then looks at them. @returns bytes lost */
async function losePower(loss: Loss): Promise<number> {
  const agents = names().map(name => cluster.agentOn(name));
  for (const agent of agents) agent.kill('SIGKILL');
  await Promise.all(agents.map(({ child }) => child.exited));
  const lost = [...disks.values()].map(disk => disk.losePower(loss));
  await trial.look(names());
  return lost.reduce((sum, { bytes }) => sum + bytes, 0);
}
