// The node's identity: made once, kept, never mistaken; and the boot epoch that only rises.
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadIdentity, peekIdentity, raiseEpoch, readEpoch } from '../../src/agent/identity.ts';
import { StartError } from '../../src/agent/start-error.ts';

async function dataDir(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clusteros-identity-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('the first start makes an identity, readable by its owner only, and later starts find it', async t => {
  const folder = await dataDir(t);
  assert.equal(await peekIdentity(folder), undefined);
  const { id } = await loadIdentity(folder);
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal((await loadIdentity(folder)).id, id);
  assert.equal((await peekIdentity(folder))?.id, id);
  assert.equal((await stat(join(folder, 'node.key'))).mode & 0o777, 0o600);
});

test('two data folders have two identities', async t => {
  const [one, other] = [await loadIdentity(await dataDir(t)), await loadIdentity(await dataDir(t))];
  assert.notEqual(one.id, other.id);
});

test('the epoch rises by one with each boot', async t => {
  const folder = await dataDir(t);
  assert.equal(await readEpoch(folder), 0);
  assert.deepEqual([await raiseEpoch(folder), await raiseEpoch(folder), await readEpoch(folder)], [1, 2, 2]);
});

test('a damaged key or epoch is refused, not replaced', async t => {
  const folder = await dataDir(t);
  await writeFile(join(folder, 'node.key'), 'not a key');
  await assert.rejects(
    loadIdentity(folder),
    (error: Error) => error instanceof StartError && /node key .* is damaged: move/.test(error.message),
  );
  for (const text of ['', '0', '-3', '1.5', 'x']) {
    await writeFile(join(folder, 'epoch'), text);
    await assert.rejects(raiseEpoch(folder), /boot epoch .* is damaged: move/);
  }
});
