// The candidate's store of a state folder: whole or none, through crashes, damage and lies.
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Disk, realDisk } from '../../src/integrations/state-copy/disk.ts';
import { checkFile, checkWhole, isNewer, type Manifest } from '../../src/integrations/state-copy/manifest.ts';
import { recoverPlacement } from '../../src/integrations/state-copy/placement.ts';
import { CopyStore } from '../../src/integrations/state-copy/store.ts';
import { contentsOf, manifestOf, modeOf, temporaryFolder } from './state-folder.ts';
import { PowerCut, stoppingDisk } from './stopping-disk.ts';

type Copy = ReturnType<typeof manifestOf>;

const first = manifestOf(7, 10, { job_state: 'jobs 1', 'hash.1/job.1/script': 'sleep', same: 'same' });
const second = manifestOf(7, 11, { job_state: 'jobs 2', 'hash.2/job.2/script': 'true', same: 'same' });

async function commit(store: CopyStore, { manifest, contents }: Copy): Promise<void> {
  for (const { sha256 } of await store.lacking(manifest)) {
    const content = contents.get(sha256);
    assert.ok(content);
    await store.put(sha256, content);
  }
  await store.commit(manifest);
}

const nameOf = (manifest: Manifest | undefined) => manifest && [manifest.token, manifest.generation];
const textsOf = ({ manifest, contents }: Copy) =>
  Object.fromEntries(
    [...manifest.files.values()].map(({ path, sha256 }) => [path, contents.get(sha256)?.toString()]),
  );

/** Runs `act` on disks that stop after 0, 1, 2... changes until one is enough; `check` after each. */
async function atEachChange(
  act: (disk: Disk, attempt: number) => Promise<void>,
  check: (attempt: number, whole: boolean) => Promise<void>,
): Promise<number> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const disk = stoppingDisk(attempt);
    const whole = await act(disk, attempt).then(
      () => true,
      error => {
        assert.ok(error instanceof PowerCut, String(error.stack));
        return false;
      },
    );
    await check(attempt, whole);
    if (whole) return attempt;
  }
  throw new Error('it never came to an end');
}

test('what was committed is there after another start, and only what changed is asked for', async t => {
  const folder = await temporaryFolder(t);
  const store = await CopyStore.open(folder, realDisk());
  assert.equal(store.manifest, undefined);
  await commit(store, first);
  const lacking = await store.lacking(second.manifest);
  assert.deepEqual(lacking.map(file => file.path).sort(), ['hash.2/job.2/script', 'job_state']);
  await commit(store, second);
  const again = await CopyStore.open(folder, realDisk());
  assert.deepEqual(again.manifest, second.manifest);
  for (const [sha256, content] of second.contents)
    assert.deepEqual(Buffer.from((await again.content(sha256)) ?? ''), content);
});

test('a content with another hash is not taken, and a copy that lacks one is not committed', async t => {
  const store = await CopyStore.open(await temporaryFolder(t), realDisk());
  await commit(store, first);
  const [sha256 = ''] = second.contents.keys();
  await assert.rejects(store.put(sha256, Buffer.from('a lie')), /does not have the hash/);
  await assert.rejects(store.commit(second.manifest), /was not put/);
  assert.deepEqual(nameOf(store.manifest), [7, 10]);
});

test('a copy never goes back to an older one', async t => {
  const store = await CopyStore.open(await temporaryFolder(t), realDisk());
  await commit(store, second);
  await assert.rejects(commit(store, first), /newer/);
  await assert.rejects(commit(store, manifestOf(6, 99, { job_state: 'of an earlier grant' })), /newer/);
  assert.deepEqual(nameOf(store.manifest), [7, 11]);
  await commit(store, manifestOf(8, 1, { job_state: 'of a later grant' }));
  assert.deepEqual(nameOf(store.manifest), [8, 1]);
});

test('a power cut at any change of a commit leaves the former copy or the new one, whole', async t => {
  const parent = await temporaryFolder(t);
  const seen = new Set<string>();
  const folder = (attempt: number) => join(parent, `${attempt}`);
  const steps = await atEachChange(
    async (disk, attempt) => {
      mkdirSync(folder(attempt));
      await commit(await CopyStore.open(folder(attempt), realDisk()), first);
      await commit(await CopyStore.open(folder(attempt), disk), second);
    },
    async (attempt, whole) => {
      const store = await CopyStore.open(folder(attempt), realDisk());
      assert.equal(store.damage, undefined, `after ${attempt} changes`);
      const copy = store.manifest?.generation === 11 ? second : first;
      assert.deepEqual(nameOf(store.manifest), nameOf(copy.manifest));
      if (whole) assert.equal(copy, second, 'a commit that ended is kept');
      for (const [sha256, content] of copy.contents)
        assert.deepEqual(Buffer.from((await store.content(sha256)) ?? ''), content);
      seen.add(`${store.manifest?.generation}`);
      await commit(store, manifestOf(7, 12, { job_state: `jobs 3 ${attempt}`, same: 'same' }));
      assert.deepEqual(nameOf((await CopyStore.open(folder(attempt), realDisk())).manifest), [7, 12]);
    },
  );
  assert.ok(steps > 5 && seen.size === 2, `${steps} steps, ${[...seen]}`);
});

test('a power cut at any change of putting a copy in place leaves the old folder or the new one, whole', async t => {
  const parent = await temporaryFolder(t);
  const store = join(parent, 'store');
  mkdirSync(store);
  await commit(await CopyStore.open(store, realDisk()), first);
  const old = { job_state: 'of my own', clustername: 'lab' };
  const seen = new Set<string>();
  const target = (attempt: number) => join(parent, `${attempt}`, 'slurmctld');
  const steps = await atEachChange(
    async (disk, attempt) => {
      mkdirSync(target(attempt), { recursive: true });
      for (const [name, text] of Object.entries(old)) writeFileSync(join(target(attempt), name), text);
      // The store itself is opened with some changes of its own.
      await (await CopyStore.open(store, disk)).materialise(target(attempt), undefined);
    },
    async (attempt, whole) => {
      await recoverPlacement(realDisk(), target(attempt));
      const contents = contentsOf(target(attempt));
      const isNew = contents.job_state === 'jobs 1';
      assert.deepEqual(contents, isNew ? textsOf(first) : old, `after ${attempt} changes`);
      if (whole) assert.ok(isNew);
      seen.add(isNew ? 'new' : 'old');
      const beside = readdirSync(join(parent, `${attempt}`)).filter(name => name !== 'slurmctld');
      assert.deepEqual(beside, isNew ? ['slurmctld.before-7'] : [], 'nothing half done is left');
    },
  );
  assert.ok(steps > 8 && seen.size === 2);
});

test('a copy is put in place with its rights and for its owner, and the last two former folders are kept', async t => {
  const parent = await temporaryFolder(t);
  const target = join(parent, 'slurmctld');
  const store = await CopyStore.open(join(parent, 'store'), realDisk());
  const isRoot = process.getuid?.() === 0;
  for (let token = 1; token <= 4; token++) {
    const { manifest, contents } = manifestOf(token, 1, {
      job_state: `of ${token}`,
      'hash.1/job.1/script': 'x',
    });
    const files = new Map([...manifest.files].map(([path, file]) => [path, { ...file, mode: 0o640 }]));
    await commit(store, { manifest: { ...manifest, files }, contents });
    await store.materialise(target, isRoot ? { uid: 12_345, gid: 54_321 } : undefined);
    await store.materialise(target, isRoot ? { uid: 12_345, gid: 54_321 } : undefined);
  }
  assert.equal(modeOf(join(target, 'job_state')), 0o640);
  assert.equal(modeOf(join(target, 'hash.1/job.1')), 0o700);
  if (isRoot)
    for (const path of ['', 'job_state', 'hash.1', 'hash.1/job.1', 'hash.1/job.1/script']) {
      const { uid, gid } = statSync(join(target, path));
      assert.deepEqual([uid, gid], [12_345, 54_321], path);
    }
  const former = readdirSync(parent).filter(name => name.includes('before'));
  assert.deepEqual(former.sort(), ['slurmctld.before-4', 'slurmctld.before-4-2']);
  assert.equal(readFileSync(join(parent, 'slurmctld.before-4/job_state'), 'utf8'), 'of 3');
});

test('damage anywhere in the store is found, said, and no copy is used; the next commit mends it', async t => {
  const damages: Readonly<Record<string, (folder: string) => void>> = {
    'a changed byte in a pack': folder => changeByte(join(folder, 'pack-1')),
    'a short pack': folder => truncateSync(join(folder, 'pack-1'), 3),
    'a changed byte in the manifest': folder => changeByte(join(folder, 'manifest')),
    'a short manifest': folder => truncateSync(join(folder, 'manifest'), 40),
    'an empty manifest': folder => truncateSync(join(folder, 'manifest'), 0),
  };
  for (const [what, damage] of Object.entries(damages)) {
    const folder = await temporaryFolder(t);
    await commit(await CopyStore.open(folder, realDisk()), first);
    damage(folder);
    const store = await CopyStore.open(folder, realDisk());
    assert.equal(store.manifest, undefined, what);
    assert.match(store.damage ?? '', /cannot be used/, what);
    assert.equal((await store.lacking(first.manifest)).length, 3, 'nothing of it is relied on');
    await assert.rejects(store.materialise(join(folder, 'target'), undefined), /there is no copy/, what);
    assert.ok(!existsSync(join(folder, 'target')));
    await commit(store, first);
    assert.deepEqual(nameOf((await CopyStore.open(folder, realDisk())).manifest), [7, 10], what);
  }
});

test('damage that comes while the agent runs is found when the copy is put in place or passed on', async t => {
  for (const use of ['materialise', 'content']) {
    const folder = await temporaryFolder(t);
    const store = await CopyStore.open(folder, realDisk());
    await commit(store, first);
    changeByte(join(folder, 'pack-1'));
    if (use === 'materialise')
      await assert.rejects(store.materialise(join(folder, 'target'), undefined), /damaged/);
    else for (const sha256 of first.contents.keys()) await store.content(sha256);
    // Whatever comes next comes after the damage was taken note of.
    await assert.rejects(store.commit(second.manifest), /was not put/);
    assert.equal(store.manifest, undefined);
    assert.ok(!existsSync(join(folder, 'target')));
    await commit(store, first);
    assert.deepEqual(nameOf(store.manifest), [7, 10]);
  }
});

test('the store does not grow with the number of generations', async t => {
  const folder = await temporaryFolder(t);
  let store = await CopyStore.open(folder, realDisk());
  const block = 'x'.repeat(300_000);
  for (let generation = 1; generation <= 200; generation++) {
    const texts = { job_state: `${generation} ${block}`, [`hash.1/job.${generation % 5}/script`]: 'same' };
    await commit(store, manifestOf(1, generation, texts));
    if (generation % 20 === 0) store = await CopyStore.open(folder, realDisk());
  }
  const sizes = readdirSync(folder).map(name => statSync(join(folder, name)).size);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(total < 20_000_000, `${total} bytes of the 60 million that were written`);
});

test('a manifest that would write outside the folder, or cannot be, is refused', async () => {
  const good = { path: 'hash.1/job.1/script', bytes: 1, mode: 0o600, sha256: 'a'.repeat(64) };
  checkFile(good);
  const paths = ['', '/etc/passwd', '../x', 'a/../../x', 'a/./b', 'a//b', 'a/', '..', '.', 'a\0b', 'a\nb'];
  const long = ['x'.repeat(256), `${'y/'.repeat(9)}z`, 'z/'.repeat(300)];
  for (const path of [...paths, ...long]) assert.throws(() => checkFile({ ...good, path }), /path/, path);
  for (const bytes of [-1, 1.5, Number.NaN, 1e12])
    assert.throws(() => checkFile({ ...good, bytes }), /bytes/);
  for (const mode of [-1, 0o4755, 0.5]) assert.throws(() => checkFile({ ...good, mode }), /mode/);
  for (const sha256 of ['', 'A'.repeat(64), 'a'.repeat(63)])
    assert.throws(() => checkFile({ ...good, sha256 }), /hash/);
  const { manifest } = manifestOf(1, 1, { 'a/b': 'x', a: 'y' });
  await assert.rejects(checkWhole(manifest), /a file and a folder/);
});

test('a later grant is newer than any generation of an earlier one', () => {
  assert.ok(isNewer({ token: 2, generation: 1 }, { token: 1, generation: 99 }));
  assert.ok(isNewer({ token: 2, generation: 2 }, { token: 2, generation: 1 }));
  assert.ok(!isNewer({ token: 2, generation: 2 }, { token: 2, generation: 2 }));
  assert.ok(!isNewer({ token: 1, generation: 99 }, { token: 2, generation: 1 }));
  assert.ok(isNewer({ token: 0, generation: 0 }, undefined));
});

function changeByte(path: string): void {
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}
