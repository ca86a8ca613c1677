// Bad cluster keys: each is an error of one line that names the file and the mend, and never shows a byte of the key.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readClusterKey } from '../../src/agent/cluster-key.ts';
import { StartError } from '../../src/agent/start-error.ts';

async function keyFile(t: TestContext, text: string, mode = 0o600): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clusteros-key-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'cluster.key');
  await writeFile(path, text, { mode });
  await chmod(path, mode);
  return path;
}

async function refusal(path: string): Promise<string> {
  const error = await readClusterKey(path).then(
    () => assert.fail('the key was taken'),
    error => error,
  );
  assert.ok(error instanceof StartError, String(error));
  assert.ok(!error.message.includes('\n'), 'one line');
  assert.ok(error.message.includes(path), 'names the file');
  return error.message;
}

test('a good key is read', async t => {
  const bytes = randomBytes(32);
  assert.deepEqual(
    await readClusterKey(await keyFile(t, `${bytes.toString('base64')}\n`)),
    new Uint8Array(bytes),
  );
});

test('a missing key file says where to get one', async () => {
  assert.match(
    await refusal('/nonexistent/cluster.key'),
    /is missing: copy it from a member.*clusterctl key create/,
  );
});

test('a key that others can read is refused with the command that mends it', async t => {
  const path = await keyFile(t, `${randomBytes(32).toString('base64')}\n`, 0o644);
  assert.match(await refusal(path), /can be read by others \(mode 0644\): run "chmod 0600/);
});

test('short, long, garbled and empty keys are refused without showing them', async t => {
  const garbled = `${randomBytes(32).toString('base64').slice(0, 40)}!!!!`;
  for (const text of [
    randomBytes(16).toString('base64'),
    randomBytes(40).toString('base64'),
    garbled,
    '',
    'passwort',
  ]) {
    const message = await refusal(await keyFile(t, text));
    assert.match(message, /is empty|not 32 bytes in base64/);
    assert.ok(text.length < 8 || !message.includes(text.slice(0, 8)), 'no byte of the key is shown');
  }
});

test('a folder in the place of the key is named as what it is', async t => {
  const path = await keyFile(t, '');
  await rm(path);
  const { mkdir } = await import('node:fs/promises');
  await mkdir(path, { mode: 0o700 });
  assert.match(await refusal(path), /cannot be read \(EISDIR\)/);
});
