// The member table is a cache: whatever has become of it on the disk, the agent starts, and nothing false is believed.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Level } from 'level';
import { openStores } from '../../src/agent/data-folder.ts';
import { TableWriter } from '../../src/agent/table-writer.ts';
import { Membership } from '../../src/membership/membership.ts';
import { openTableStore, type SavedRecord, savedFrom } from '../../src/membership/table-store.ts';
import { sealOf } from '../simulation/seal.ts';

const idOf = (number: number) => number.toString(16).padStart(32, '0');

function coreOf(number: number, known: readonly SavedRecord[] = []): Membership {
  return new Membership({
    ...{
      id: idOf(number),
      epoch: 1,
      boot: 'b',
      known,
      seal: sealOf(idOf(number)),
      random: Math.random,
      nowMs: 0,
    },
    description: {
      ...{
        name: `n${number}`,
        address: `100.64.0.${number}:7443`,
        version: '1',
        clusterId: '',
        clusterSize: 0,
      },
      ...{ capabilities: [], tags: {}, services: [], level: 1, troubles: [], formerClusters: [] },
    },
  });
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'clusteros-table-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A data folder whose table holds the records of twenty members. */
async function filled(t: TestContext): Promise<string> {
  const dataDir = folderOf(t);
  const { logStore, tableStore } = await openStores(dataDir, what => assert.fail(what));
  for (let number = 1; number <= 20; number++) await tableStore.save([coreOf(number).self()], []);
  await tableStore.close();
  await logStore.close();
  return dataDir;
}

/** Opens the stores again; gives what was loaded and what was said. */
async function reopened(dataDir: string): Promise<{ loaded: SavedRecord[]; told: string[] }> {
  const told: string[] = [];
  const { logStore, tableStore } = await openStores(dataDir, what => told.push(what));
  const loaded = await tableStore.load();
  // Whatever it is now, it takes records.
  await tableStore.save([coreOf(99).self()], []);
  await tableStore.close();
  await logStore.close();
  return { loaded, told };
}

const fileOf = (dataDir: string, pattern: RegExp) => {
  const name = readdirSync(join(dataDir, 'members')).find(each => pattern.test(each));
  assert.ok(name, `a file like ${pattern}`);
  return join(dataDir, 'members', name);
};

test('a sound table comes back whole', async t => {
  const { loaded, told } = await reopened(await filled(t));
  assert.equal(loaded.length, 20);
  assert.deepEqual(told, []);
  assert.equal(coreOf(1, loaded).records().length, 20);
});

test('a table whose log was torn by a power cut opens with what is left', async t => {
  const dataDir = await filled(t);
  const log = fileOf(dataDir, /\.log$/);
  truncateSync(log, Math.floor(statSync(log).size / 2));
  const { loaded } = await reopened(dataDir);
  assert.ok(loaded.length > 0 && loaded.length < 20, `${loaded.length}`);
});

test('a table that LevelDB cannot open is moved aside, and said so; the agent starts with an empty one', async t => {
  for (const [pattern, content] of [
    [/^CURRENT$/, 'nonsense'],
    [/^MANIFEST/, ''],
  ] as const) {
    const dataDir = await filled(t);
    writeFileSync(fileOf(dataDir, pattern), content);
    const { loaded, told } = await reopened(dataDir);
    assert.deepEqual(loaded, []);
    assert.match(told.join(), /was damaged and has been moved to .*members\.damaged-\d+/);
  }
});

test('a table folder that is no folder is moved aside as well', async t => {
  const dataDir = folderOf(t);
  writeFileSync(join(dataDir, 'members'), 'a file');
  const { loaded, told } = await reopened(dataDir);
  assert.deepEqual(loaded, []);
  assert.equal(told.length, 1);
});

test('records that are no JSON are left out and named; records that were changed are not believed', async t => {
  const dataDir = await filled(t);
  const db = new Level<string, string>(join(dataDir, 'members'));
  await db.put(idOf(3), '{"torn');
  const value = await db.get(idOf(4));
  await db.put(idOf(4), value?.replace('n4', 'evil') ?? '');
  await db.close();
  const { loaded, told } = await reopened(dataDir);
  assert.equal(loaded.length, 19);
  assert.match(told.join(), new RegExp(`record of ${idOf(3)} .* could not be read`));
  const core = coreOf(1, loaded);
  assert.equal(core.record(idOf(4)), undefined);
  assert.equal(core.counters.rejected.get('bad-signature'), 1);
});

test('a table that another process holds is left alone: this run keeps its members in memory', async t => {
  const dataDir = await filled(t);
  const program = `const { Level } = require('level'); const db = new Level(${JSON.stringify(join(dataDir, 'members'))});
    db.open().then(() => { console.log('held'); setTimeout(() => {}, 60000); });`;
  const holder = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => holder.kill('SIGKILL'));
  await new Promise(resolve => holder.stdout.once('data', resolve));
  const { loaded, told } = await reopened(dataDir);
  assert.deepEqual(loaded, []);
  assert.match(told.join(), /cannot be used .*keeps it in memory only/);
});

const noRoot = process.getuid?.() === 0 ? false : 'needs root to mount a small file system';
test('a full disk costs the table its writes, not the agent its life; when there is room they are made good', {
  skip: noRoot,
}, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'clusteros-full-'));
  const small = join(folder, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
  t.after(() => {
    execFileSync('umount', [small]);
    rmSync(folder, { recursive: true });
  });
  const store = await openTableStore(join(small, 'members'), key => assert.fail(key));
  writeFileSync(join(small, 'ballast'), '');
  // Fill it to the last page.
  execFileSync('sh', ['-c', `dd if=/dev/zero of=${small}/ballast bs=4k 2>/dev/null || true`]);
  const failures: number[] = [];
  const timers: (() => void)[] = [];
  const writer = new TableWriter(
    store,
    (_delayMs, run) => {
      timers.push(run);
      return () => {};
    },
    (_error, inARow) => failures.push(inARow),
  );
  const fire = async () => {
    timers.shift()?.();
    await new Promise(resolve => setTimeout(resolve, 50));
  };
  for (let number = 1; number <= 40; number++) writer.keep([coreOf(number).self()]);
  for (let round = 0; round < 3; round++) await fire();
  assert.deepEqual(failures.slice(0, 2), [1, 2], 'it has tried again, and counted');
  rmSync(join(small, 'ballast'));
  await fire();
  await fire();
  await writer.close();
  const again = await openTableStore(join(small, 'members'), key => assert.fail(key)).catch(error => {
    throw new Error(`the table is whole: ${error.cause ?? error}`);
  });
  const loaded = await again.load();
  await again.close();
  assert.equal(loaded.length, 40);
  assert.deepEqual(
    savedFrom(coreOf(1).self()),
    loaded.find(({ signed }) => signed.body.includes(idOf(1))),
  );
});
