// The holder's side of state copies, on real files that are written meanwhile as SLURM writes them.
import assert from 'node:assert/strict';
import { appendFile, mkdir, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Disk, realDisk } from '../../src/integrations/state-copy/disk.ts';
import { Generations } from '../../src/integrations/state-copy/generations.ts';
import type { Manifest } from '../../src/integrations/state-copy/manifest.ts';
import { StateSource } from '../../src/integrations/state-copy/source.ts';
import { waitFor } from '../lab/wait-for.ts';
import { dance, isWhole, job, rules, temporaryFolder, versionText } from './state-folder.ts';

interface Shown {
  readonly manifest: Manifest;
  /** Each file's text, by path; undefined when it was gone. */
  readonly texts: Promise<ReadonlyMap<string, string | undefined>>;
}

async function begin(t: TestContext, disk: Disk = realDisk(), setTimer = realTimer) {
  const folder = join(await temporaryFolder(t), 'slurmctld');
  await mkdir(folder);
  const shown: Shown[] = [];
  const source: StateSource = new StateSource({
    ...{ disk, folder, token: 5, rules, setTimer },
    ...{ nowMs: () => performance.now(), wallMs: () => Date.now() },
    generations: await Generations.open(disk, `${folder}.generations`, () => Date.now()),
    onManifest: manifest => shown.push({ manifest, texts: textsOf(source, manifest) }),
  });
  t.after(() => source.close());
  const text = async (path: string) => (await shown.at(-1)?.texts)?.get(path);
  const shows = (path: string, expected: string | undefined) =>
    waitFor(async () => (await text(path)) === expected, { what: `${path} to be ${expected?.slice(-40)}` });
  return { folder, source, shown, shows };
}

function realTimer(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}

async function textsOf(source: StateSource, { files }: Manifest) {
  const texts = new Map<string, string | undefined>();
  for (const { path, sha256 } of files.values()) texts.set(path, (await source.content(sha256))?.toString());
  return texts;
}

test('files replaced in a loop are whole in every generation, and none is ever missing', async t => {
  const { folder, source, shown } = await begin(t);
  const names = ['job_state', 'node_state', 'part_state', 'resv_state', 'trigger_state'];
  for (const name of names) await dance(folder, name, versionText(name, 0));
  await source.start();
  let version = 1;
  let ids = 0;
  // Enough for many looks in the middle of a replacement; some of them with no pause at all.
  const write = async () => {
    for (; shown.length < 20 && version < 3000; version++) {
      for (const name of names) await dance(folder, name, versionText(name, version));
      if (version % 50 === 0) await job(folder, ids++);
      if (version % 7 === 0) await new Promise(resolve => setTimeout(resolve, 15));
    }
  };
  await write();
  const last = await source.stop();
  assert.ok(shown.length >= 10, `${shown.length} generations`);
  let former: Manifest | undefined;
  for (const { manifest, texts } of shown) {
    assert.ok(former === undefined || manifest.generation > former.generation);
    former = manifest;
    for (const name of names) assert.ok(manifest.files.has(name), `${name} in ${manifest.generation}`);
    for (const [path, text] of await texts) {
      if (text === undefined) continue;
      const name = (path.split('/').at(-1) ?? '').replace('.old', '');
      if (path.startsWith('hash.')) continue;
      assert.ok(isWhole(name, text), `${path} of ${manifest.generation}: ${text.slice(-80)}`);
    }
  }
  assert.ok(last);
  const texts = await textsOf(source, last);
  for (const name of names) assert.equal(texts.get(name), versionText(name, version - 1));
  for (let id = 0; id < ids; id++)
    assert.equal(texts.get(`hash.${id % 10}/job.${id}/script`), versionText('script', id));
});

test('a file that is away for long is stood for by its former version', async t => {
  const { folder, source, shows } = await begin(t);
  await dance(folder, 'job_state', 'one');
  await dance(folder, 'job_state', 'two');
  await source.start();
  await shows('job_state', 'two');
  await unlink(join(folder, 'job_state'));
  await shows('job_state', 'one');
  await dance(folder, 'job_state', 'three');
  await shows('job_state', 'three');
});

test('a file that a look has just missed, with its former version, is looked for again', async t => {
  let hidden = 0;
  const list: Disk['list'] = async path => {
    const entries = await realDisk().list(path);
    hidden -= 1;
    return hidden < 0 ? entries : entries?.filter(({ name }) => !name.startsWith('job_state'));
  };
  const { folder, source, shown, shows } = await begin(t, { ...realDisk(), list });
  for (const text of ['one', 'two']) await dance(folder, 'job_state', text);
  await source.start();
  hidden = 3;
  await dance(folder, 'node_state', 'one');
  await shows('node_state', 'one');
  assert.ok(hidden < 0, 'it was hidden from the first looks');
  for (const { manifest } of shown)
    assert.ok(manifest.files.has('job_state') && manifest.files.has('job_state.old'));
});

test('one that was caught in the middle of its replacement at the very first look is not left out', async t => {
  const { folder, source, shows } = await begin(t);
  await writeFile(join(folder, 'job_state.old'), 'one');
  await writeFile(join(folder, 'job_state.new'), 'two');
  await source.start();
  await shows('job_state', 'one');
  assert.ok(!source.manifest?.files.has('job_state.new'));
});

test('folders that come and go later are followed, and names that are excluded make no generation', async t => {
  const { folder, source, shown, shows } = await begin(t);
  await dance(folder, 'job_state', 'one');
  await source.start();
  await job(folder, 31);
  await shows('hash.1/job.31/script', versionText('script', 31));
  await appendFile(join(folder, 'hash.1/job.31/script'), 'more');
  await shows('hash.1/job.31/script', `${versionText('script', 31)}more`);
  await rm(join(folder, 'hash.1/job.31'), { recursive: true });
  await shows('hash.1/job.31/script', undefined);
  const { length } = shown;
  await writeFile(join(folder, 'heartbeat'), 'beat');
  await dance(folder, 'job_state', 'two');
  await shows('job_state', 'two');
  assert.equal(shown.length, length + 1);
  assert.ok(!source.manifest?.files.has('heartbeat'));
});

test('without any sign from the kernel the regular look finds what changed', async t => {
  const timers: (() => void)[] = [];
  const setTimer = (_delayMs: number, run: () => void) => {
    timers.push(run);
    return () => {
      timers.splice(timers.indexOf(run), 1);
    };
  };
  const { folder, source, shows } = await begin(t, { ...realDisk(), watch: () => undefined }, setTimer);
  await dance(folder, 'job_state', 'one');
  await source.start();
  await shows('job_state', 'one');
  await dance(folder, 'job_state', 'two');
  assert.equal(timers.length, 1, 'the regular look is due');
  timers.splice(0)[0]?.();
  assert.equal(timers.length, 1, 'all of it is looked at soon');
  timers.splice(0)[0]?.();
  await shows('job_state', 'two');
});

test('a folder that is empty, or gone, makes no generation: the copies stay as they are', async t => {
  const { folder, source, shown, shows } = await begin(t);
  await source.start();
  assert.equal(source.manifest, undefined);
  assert.match(source.trouble ?? '', /is empty/);
  await dance(folder, 'job_state', 'one');
  await shows('job_state', 'one');
  await rename(folder, `${folder}.away`);
  const { length } = shown;
  source.poke();
  await waitFor(() => /there is no folder/.test(source.trouble ?? ''), { what: 'the trouble to be told' });
  assert.equal(shown.length, length);
  await rename(`${folder}.away`, folder);
  await dance(folder, 'job_state', 'two');
  source.poke();
  await shows('job_state', 'two');
  await dance(folder, 'job_state', 'three');
  await shows('job_state', 'three');
});

test('a content that has been overwritten is gone rather than wrong', async t => {
  const { folder, source } = await begin(t, { ...realDisk(), watch: () => undefined });
  await writeFile(join(folder, 'large'), 'x'.repeat(65 * 1024 * 1024));
  await source.start();
  const sha256 = source.manifest?.files.get('large')?.sha256 ?? '';
  assert.equal((await source.content(sha256))?.length, 65 * 1024 * 1024, 'read from the disk again');
  await writeFile(join(folder, 'large'), 'other');
  assert.equal(await source.content(sha256), undefined);
});

test('generations grow when the agent starts anew with its clock set back', async t => {
  const file = join(await temporaryFolder(t), 'generations');
  let last = 0;
  for (const wallMs of [1_000_000, 900_000, 1_000_000, 5]) {
    const generations = await Generations.open(realDisk(), file, () => wallMs);
    for (let i = 0; i < 3; i++) {
      const next = await generations.next();
      assert.ok(next > last, `${next} after ${last}`);
      last = next;
    }
  }
});
