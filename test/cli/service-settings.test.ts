// `clusterctl service settings` and `service configure`: what is set is a file; what would change, and end, is told first.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { clusterctl } from './clusterctl.ts';
import { fakeAgent } from './fake-agent.ts';
import { soundLab } from './lab.ts';

async function file(t: { after(end: () => Promise<void>): void }, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clusterctl-settings-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'slurm.yaml');
  await writeFile(path, text);
  return path;
}

test('settings are printed as a file that configure takes', async t => {
  await using agent = await fakeAgent(soundLab());
  const shown = await clusterctl('service settings slurm', agent);
  assert.deepEqual([shown.code, shown.stderr], [0, 'Set by entry 41.\n']);
  assert.match(shown.stdout, /^partitions:\n {2}- name: main\n {4}default: true\n/);
  const again = await clusterctl(`service configure slurm --file ${await file(t, shown.stdout)}`, agent);
  assert.deepEqual([again.code, again.stderr], [0, 'Nothing differs; nothing was changed.\n']);
  const json = await clusterctl('service settings slurm -o json', agent);
  assert.equal(JSON.parse(json.stdout).version, 41);
});

test('what would change and which jobs would end is told before anything does, and asked for', async t => {
  await using agent = await fakeAgent(soundLab());
  const path = await file(t, 'partitions:\n  - { name: main, default: true }\n');
  const dry = await clusterctl(`service configure slurm --file ${path} --dry-run`, agent);
  const told = 'partition fast goes\nends: 2 jobs in partition fast, which goes\n';
  assert.deepEqual([dry.code, dry.stdout, dry.stderr], [0, told, 'Nothing was changed.\n']);
  const unasked = await clusterctl(`service configure slurm --file ${path}`, agent);
  assert.equal(unasked.code, 2);
  assert.match(unasked.stderr, /nobody can be asked/);
  const refused = await clusterctl(`service configure slurm --file ${path} --yes`, agent);
  assert.match(refused.stderr, /error: this would end jobs: 2 jobs in partition fast, which goes.*--force/);
  const forced = await clusterctl(`service configure slurm --file ${path} --yes --force`, agent);
  assert.deepEqual([forced.code, forced.stdout], [0, told]);
});

test('a file that is none, or that is not understood, is refused with the reason', async t => {
  await using agent = await fakeAgent(soundLab());
  const missing = await clusterctl('service configure slurm --file /nowhere/slurm.yaml', agent);
  assert.deepEqual(
    [missing.code, missing.stderr],
    [2, 'error: /nowhere/slurm.yaml cannot be read (ENOENT)\n'],
  );
  const broken = await clusterctl(`service configure slurm --file ${await file(t, 'a: [1,\n')}`, agent);
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /is not YAML: .*\nhint: "clusterctl service settings" prints/);
  const unknown = await clusterctl(`service configure slurm --file ${await file(t, 'colour: red\n')}`, agent);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /error: these settings cannot be taken: Unrecognized key: "colour"/);
  const unnamed = await clusterctl('service configure slurm', agent);
  assert.equal(unnamed.code, 2);
});
