// What a log on disk must survive, and what it must refuse: LevelDB opens some damaged folders without a word.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Level } from 'level';
import { LogStoreError, openLogStore } from '../../src/election/log-store.ts';

/** A folder with a log of three entries, closed. */
async function writtenLog(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clusteros-log-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'log');
  const store = await openLogStore(path);
  await store.load();
  const entries = [1, 2, 3].map(index => ({ index, term: 1, payload: { kind: 'noop' as const } }));
  await store.save({ clusterId: 'c', term: 1, votedFor: 'me', commitIndex: 3, truncateFrom: 0, entries });
  await store.close();
  return path;
}

async function loadError(path: string): Promise<Error> {
  try {
    const store = await openLogStore(path);
    try {
      await store.load();
    } finally {
      await store.close();
    }
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  throw new Error('it was opened');
}

async function change(path: string, edit: (db: Level<string, string>) => Promise<void>): Promise<void> {
  const db = new Level<string, string>(path, { valueEncoding: 'utf8' });
  await edit(db);
  await db.close();
}

test('a log whose folder is gone is not an empty log', async t => {
  const path = await writtenLog(t);
  await rm(path, { recursive: true });
  const error = await loadError(path);
  assert.ok(error instanceof LogStoreError);
  assert.match(error.message, /cannot be opened.*move the data folder aside/s);
});

test('a log that was emptied is not an empty log', async t => {
  const path = await writtenLog(t);
  await change(path, db => db.clear());
  assert.match((await loadError(path)).message, /was begun, but its first record is gone/);
});

test('a flipped character in an entry is found by its checksum', async t => {
  const path = await writtenLog(t);
  await change(path, async db => {
    const key = 'entry/0000000000000002';
    const line = await db.get(key);
    assert.ok(line);
    await db.put(key, line.replace('"term":1', '"term":2'));
  });
  assert.match((await loadError(path)).message, /damaged \(checksum mismatch\)/);
});

test('a missing entry in the middle and one at the end are found', async t => {
  for (const [index, expected] of [
    [2, /entry 2 is missing/],
    [3, /ends at entry 2, not at 3/],
  ] as const) {
    const path = await writtenLog(t);
    await change(path, db => db.del(`entry/000000000000000${index}`));
    assert.match((await loadError(path)).message, expected);
  }
});

test('a log file of LevelDB that was cut short is found, though LevelDB opens it', async t => {
  const path = await writtenLog(t);
  const file = (await readdir(path)).find(name => name.endsWith('.log'));
  assert.ok(file);
  const size = (await readFile(join(path, file))).length;
  await truncate(join(path, file), Math.floor(size / 2));
  assert.match(
    (await loadError(path)).message,
    /was begun, but its first record is gone|ends at entry|damaged/,
  );
});

test('a folder that is a file is an error that names it', async t => {
  const path = await writtenLog(t);
  await rm(path, { recursive: true });
  await writeFile(path, 'not a folder');
  assert.match((await loadError(path)).message, new RegExp(`the log in ${path} cannot be opened`));
});

test('a second process cannot open it', async t => {
  const path = await writtenLog(t);
  const store = await openLogStore(path);
  t.after(() => store.close());
  const { execFile } = await import('node:child_process');
  const script = `import { openLogStore } from '${new URL('../../src/election/log-store.ts', import.meta.url).pathname}';
    await openLogStore(${JSON.stringify(path)});`;
  const stderr = await new Promise<string>(resolve =>
    execFile(process.execPath, ['--input-type=module', '-e', script], (_error, _out, err) => resolve(err)),
  );
  assert.match(stderr, /cannot be opened.*Resource temporarily unavailable/);
});

test('a log that lost its power before it was ever begun is made anew: nothing was promised', async t => {
  const path = await writtenLog(t);
  const manifest = (await readdir(path)).find(name => name.startsWith('MANIFEST'));
  assert.ok(manifest);
  await truncate(join(path, manifest));
  assert.match((await loadError(path)).message, /cannot be opened/, 'never where something was');
  await rm(`${path}.begun`);
  const store = await openLogStore(path);
  assert.equal((await store.load()).clusterId, '');
  await store.close();
});
