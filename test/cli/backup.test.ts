// `clusterctl backup`, `restore` and `member remove`: what cannot be undone is told, asked for, and refused when it should be.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { clusterctl } from './clusterctl.ts';
import { fakeAgent } from './fake-agent.ts';
import { soundLab } from './lab.ts';

async function folder(t: { after(end: () => Promise<void>): void }): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'clusterctl-backup-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('a backup is a new file for its owner only, and an existing file is never touched', async t => {
  await using agent = await fakeAgent(soundLab());
  agent.lab.backup = '{"kept":1}';
  const file = join(await folder(t), 'kept.json');
  const made = await clusterctl(`backup ${file}`, agent);
  assert.deepEqual([made.code, made.stdout], [0, `All that was decided up to entry 17 is in ${file}.\n`]);
  assert.equal(await readFile(file, 'utf8'), '{"kept":1}');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const again = await clusterctl(`backup ${file}`, agent);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /exists and was not touched/);
});

test('a restore says what it would change, asks, and changes nothing without a yes', async t => {
  await using agent = await fakeAgent(soundLab());
  const file = join(await folder(t), 'kept.json');
  await writeFile(file, '{"other":1}');
  const dry = await clusterctl(`restore ${file} --dry-run`, agent);
  assert.deepEqual(
    [dry.code, dry.stdout, dry.stderr],
    [0, 'secret munge-key is replaced\n', 'Nothing was changed.\n'],
  );
  const unasked = await clusterctl(`restore ${file}`, agent);
  assert.equal(unasked.code, 2);
  assert.match(unasked.stderr, /nobody can be asked\.\nhint: add --yes/);
  assert.equal(agent.lab.backup, '{}');
  assert.equal((await clusterctl(`restore ${file} --yes`, agent)).code, 0);
  assert.equal(agent.lab.backup, '{"other":1}');
  assert.match((await clusterctl(`restore ${file} --yes`, agent)).stderr, /Nothing differs/);
  await writeFile(file, 'no backup');
  const bad = await clusterctl(`restore ${file} --yes`, agent);
  assert.deepEqual([bad.code, bad.stderr], [2, 'error: this backup cannot be restored: it is not JSON\n']);
  assert.equal((await clusterctl('restore /nowhere/at-all --yes', agent)).code, 2);
});

test('a member is removed only when it is named and confirmed, and one that is alive only by force', async () => {
  await using agent = await fakeAgent(soundLab());
  const dry = await clusterctl('member remove borea --dry-run', agent);
  assert.match(dry.stdout, /^borea \([0-9a-f]{32}, alive\) would be removed for good\./);
  assert.equal((await clusterctl('member remove borea', agent)).code, 2);
  const alive = await clusterctl('member remove borea --yes', agent);
  assert.deepEqual([alive.code, alive.stderr], [2, 'error: borea is alive: use --force\n']);
  const forced = await clusterctl('member remove borea --yes --force -o json', agent);
  assert.deepEqual([forced.code, JSON.parse(forced.stdout).name], [0, 'borea']);
  assert.equal((await clusterctl('member remove nobody --yes', agent)).code, 5);
});
