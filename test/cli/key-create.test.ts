// `key create`: the file it makes, and that it never harms another or tells the key.
import assert from 'node:assert/strict';
import { chmod, chown, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { afterEach, beforeEach } from 'node:test';
import { clusterctl, startClusterctl } from './clusterctl.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clusterctl-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a new key is 32 random bytes in base64 that only the owner can read', async () => {
  const path = join(folder, 'cluster.key');
  const before = process.umask(0);
  const { code, stdout, stderr } = await clusterctl(`key create --out ${path}`);
  process.umask(before);
  assert.equal(code, 0);
  const text = await readFile(path, 'utf8');
  assert.match(text, /^[A-Za-z0-9+/]{43}=\n$/);
  assert.equal(Buffer.from(text, 'base64').length, 32);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(stdout, `${path}\n`);
  assert.match(stderr, /hint: .*ssh root@NODE/);
  assert.ok(!`${stdout}${stderr}`.includes(text.trim().slice(0, 8)));
  const other = join(folder, 'other.key');
  await clusterctl(`key create --out ${other}`);
  assert.notEqual(await readFile(other, 'utf8'), text);
});

test('an existing file is left as it is, whatever it is', async () => {
  const path = join(folder, 'cluster.key');
  await writeFile(path, 'precious');
  await symlink(join(folder, 'nowhere'), join(folder, 'link'));
  for (const taken of [path, join(folder, 'link'), folder]) {
    const { code, stdout, stderr } = await clusterctl(`key create --out ${taken}`);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^error: \S+ exists already and was left as it is\nhint: a cluster has one key/);
    assert.ok(stderr.includes(taken));
  }
  assert.equal(await readFile(path, 'utf8'), 'precious');
  assert.deepEqual((await readdir(folder)).sort(), ['cluster.key', 'link']);
});

test('a folder that is missing is named with its mend', async () => {
  const { code, stderr } = await clusterctl(`key create --out ${folder}/etc/cluster.key`);
  assert.equal(code, 1);
  assert.match(stderr, /there is no folder \S+\/etc\nhint: make it first: mkdir -p \S+\/etc\n/);
});

test('a folder that may not be written to is denied', async () => {
  const root = process.getuid?.() === 0;
  await chmod(folder, 0o555);
  if (root) await chown(folder, 0, 0);
  const path = join(folder, 'cluster.key');
  const { ended } = startClusterctl(
    `key create --out ${path}`,
    undefined,
    root ? { uid: 65534, gid: 65534 } : {},
  );
  const { code, stderr } = await ended;
  assert.equal(code, 4, stderr);
  assert.match(stderr, /^error: not permitted to create \S+\nhint: put "sudo"/);
});
