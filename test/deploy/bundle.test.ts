// What the packages are made of: every program is in them, what the bundle replaces means the same, and the settings that they bring say
// what holds without them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromJSON, type MethodDefinition } from '@grpc/proto-loader';
import { architectures } from '../../deploy/package/architectures.ts';
import { bundle } from '../../deploy/package/bundle.ts';
import { unitsOf } from '../../deploy/package/clusteros.ts';
import { definitionModule } from '../../deploy/package/definitions.ts';
import { programs } from '../../deploy/package/program/names.ts';
import { addonName, loadAddon } from '../../deploy/package/program/native-addon.ts';
import { loadConfig } from '../../src/agent/config.ts';
import { definition } from '../../src/api/definition.ts';
import { options } from '../../src/api/definition-options.ts';

const root = join(import.meta.dirname, '../..');
const files = join(root, 'deploy/package/files');

function inFolder(work: (folder: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'clusteros-bundle-'));
    try {
      await work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

test('every command of a checkout is a name of the executable, and the other way round', () => {
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  const names = Object.keys(programs).sort();
  assert.deepEqual(names, readdirSync(join(root, 'bin')).sort());
  assert.deepEqual(names, Object.keys(bin).sort());
});

test('what units start is a name of the executable', () => {
  for (const unit of unitsOf(root))
    for (const [, name = ''] of readFileSync(join(root, 'deploy/systemd', unit), 'utf8').matchAll(
      /^Exec\w+=\/usr\/bin\/(\S+)/gm,
    ))
      assert.ok(Object.hasOwn(programs, name), `${unit} starts ${name}`);
});

test('the definitions inside the bundle are those of proto/', () => {
  const [, json = ''] = /fromJSON\((.*), options\);/.exec(definitionModule(root)) ?? [];
  const inside = fromJSON(JSON.parse(json), options);
  assert.deepEqual(Object.keys(inside).sort(), Object.keys(definition).sort());
  const shapes = (of: typeof definition) =>
    Object.fromEntries(Object.entries(of).map(([name, each]) => [name, shapeOf(each)]));
  assert.deepEqual(shapes(inside), shapes(definition));
});

/** Without functions, and without the names of files. */
function shapeOf(each: (typeof definition)[string]): unknown {
  if ('type' in each) return each.type;
  const methods = Object.entries(each) as [string, MethodDefinition<object, object>][];
  return methods.map(([name, { path, requestStream, responseStream, requestType, responseType }]) => [
    ...[name, path, requestStream, responseStream, requestType.type, responseType.type],
  ]);
}

test('the bundle looks for no file of the checkout, and names no folder of it', async () => {
  const { code, packages } = await bundle({ root, version: '9.8.7', addonSha256: 'ab' });
  const text = Buffer.from(code).toString();
  assert.ok(!text.includes(root), 'the path of the checkout is inside');
  for (const [what, is] of [
    ['9.8.7', true],
    ['node-gyp-build', false],
    ['../../package.json', false],
    ['PeerService:{methods', true],
  ] as const)
    assert.equal(text.includes(what), is, what);
  assert.ok(packages.includes('node_modules/@grpc/grpc-js'));
});

test(
  'a native addon is loaded only when it is the one',
  inFolder(folder => {
    writeFileSync(join(folder, addonName), 'not a library');
    assert.throws(() => loadAddon('0'.repeat(64), folder), /is not the one that this program was built with/);
    const sha256 = createHash('sha256').update('not a library').digest('hex');
    assert.throws(() => loadAddon(sha256, folder), { code: 'ERR_DLOPEN_FAILED' });
  }),
);

test(
  'node.yaml changes nothing as it comes, and each line that is commented out is the default',
  inFolder(async folder => {
    const template = readFileSync(join(files, 'node.yaml'), 'utf8');
    const load = (text: string) => {
      writeFileSync(join(folder, 'node.yaml'), text);
      return loadConfig({ file: join(folder, 'node.yaml'), environment: {}, flags: [] });
    };
    const byDefault = await load('');
    assert.deepEqual((await load(template)).values, byDefault.values);
    const { values, sources } = await load(template.replace(/^#(?! \S)/gm, ''));
    // Where the machine decides, it has an example.
    assert.deepEqual(values, { ...byDefault.values, name: 'atlas', bind: '100.64.0.1:7443' });
    const unnamed = Object.entries(sources).filter(([, source]) => source === 'default');
    assert.deepEqual(unnamed, [['integrations.k3s.enabled', 'default']]);
  }),
);

test('the scripts of the packages are shell, and know the units', () => {
  for (const name of readdirSync(files).filter(each => /(^|[.])(pre|post)(inst|rm)$/.test(each))) {
    const script = readFileSync(join(files, name), 'utf8');
    assert.match(script, /^#!\/bin\/sh\n# .*\n/, name);
    assert.match(script, /^set -e$/m, name);
    assert.match(script, /^units='@UNITS@'$/m, name);
    const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
    assert.equal(status, 0, `${name}: ${stderr}`);
  }
});

test('the Node of every kind of machine has a hash of its own', () => {
  const hashes = Object.values(architectures).map(({ nodeIntegrity }) => nodeIntegrity);
  assert.equal(new Set(hashes).size, hashes.length);
  for (const hash of hashes) assert.match(hash, /^sha512-[A-Za-z0-9+/]{86}==$/);
});
