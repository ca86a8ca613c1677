// Settings: who wins, where a value came from, and what is said of a bad one.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConfigInputs, loadConfig, settingNames, variableOf } from '../../src/agent/config.ts';
import { exitCode, StartError } from '../../src/agent/start-error.ts';

async function yamlFile(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clusteros-config-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'node.yaml');
  await writeFile(path, text);
  return path;
}

const none: ConfigInputs = { file: undefined, environment: {}, flags: [] };

async function refusal(inputs: Partial<ConfigInputs>): Promise<string> {
  const error = await loadConfig({ ...none, ...inputs }).then(
    () => assert.fail('it was taken'),
    error => error,
  );
  assert.ok(error instanceof StartError, String(error));
  assert.equal(error.exitCode, exitCode.usage);
  assert.ok(!error.message.includes('\n'), `one line: ${error.message}`);
  return error.message;
}

test('flags win over the environment, that over the file, that over defaults; each value knows its source', async t => {
  const file = await yamlFile(
    t,
    'name: from-file\ndataDir: /file\nbind: 127.0.0.1:1\nadmin:\n  socket: /file.sock\n',
  );
  const { values, sources } = await loadConfig({
    file,
    environment: { CLUSTEROS_DATA_DIR: '/environment', CLUSTEROS_BIND: '127.0.0.1:2' },
    flags: [{ name: 'bind', value: '127.0.0.1:3', flag: '--bind' }],
  });
  assert.deepEqual([values.name, sources.name], ['from-file', file]);
  assert.deepEqual([values.dataDir, sources.dataDir], ['/environment', 'CLUSTEROS_DATA_DIR']);
  assert.deepEqual([values.bind, sources.bind], ['127.0.0.1:3', '--bind']);
  assert.deepEqual(
    [values['admin.socket'], values.bootstrap, sources.bootstrap],
    ['/file.sock', 'auto', 'default'],
  );
});

test('a missing default file is no error, a missing named one is', async () => {
  await loadConfig(none);
  assert.match(
    await refusal({ file: '/nonexistent/node.yaml' }),
    /\/nonexistent\/node.yaml cannot be read \(ENOENT\)/,
  );
});

test('an unknown key is refused in each source, with the nearest name', async t => {
  const file = await yamlFile(t, 'nmae: atlas\n');
  assert.match(await refusal({ file }), /unknown setting nmae in .*node.yaml: did you mean name\?/);
  assert.match(
    await refusal({ environment: { CLUSTEROS_BINDD: 'x' } }),
    /unknown setting CLUSTEROS_BINDD in the environment/,
  );
  const flags = [{ name: 'admin.sockt', value: '/x', flag: '--set admin.sockt' }];
  assert.match(
    await refusal({ flags }),
    /unknown setting admin.sockt in --set admin.sockt: did you mean admin.socket\?/,
  );
});

test('bad values name the setting, its source, the value and why', async t => {
  const cases: [string, RegExp][] = [
    ['bind: 100.64.0.1', /setting bind from .* is "100.64.0.1", which is not HOST:PORT/],
    ['bind: 100.64.0.1:99999', /has a port above 65535/],
    ['peers: atlas:7443', /setting peers from .* is "atlas:7443"/],
    ['bootstrap: expect:none', /is neither auto, join nor expect:N/],
    [
      'integrations: {slurm: {enabled: perhaps}}',
      /integrations.slurm.enabled .* is neither auto, true nor false/,
    ],
    ['dataDir: relative', /is not an absolute path/],
    ['integrations: {tailscale: {tag: cluster}}', /is no tag such as tag:cluster/],
    ['tags: {Bad Key: x}', /tag key "Bad Key" is not of/],
    ['tags: [a]', /setting tags .* is not a list of KEY: VALUE/],
    ['- a\n- b', /does not hold settings/],
    ['a: [', /is not YAML/],
  ];
  for (const [text, expected] of cases)
    assert.match(await refusal({ file: await yamlFile(t, text) }), expected);
});

test('each setting has a variable of its own', () => {
  assert.equal(variableOf('admin.socket'), 'CLUSTEROS_ADMIN_SOCKET');
  assert.equal(variableOf('clusterKey'), 'CLUSTEROS_CLUSTER_KEY');
  assert.equal(new Set(settingNames.map(variableOf)).size, settingNames.length);
});
