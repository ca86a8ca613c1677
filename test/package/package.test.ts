// The packages in a clean Debian without Node: installed, run, upgraded, removed and purged, each as an administrator does it. The tree has
// what the package says it depends on and nothing else, so a dependency that is not said is missed.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ownArchitecture } from '../../deploy/package/architectures.ts';
import { programs } from '../../deploy/package/program/names.ts';
import type { Child } from '../lab/child.ts';
import { DebianTree } from './debian-tree.ts';
import { leaderTimeout } from './limits.ts';
import { buildPackages, fieldOf, must, namesIn } from './packages.ts';
import { missingForPackage } from './requirements.ts';

const missing = missingForPackage();
/** Each wait within has its own bound. */
const options = missing === undefined ? {} : { skip: missing };
const architecture = ownArchitecture();
const [former, version] = ['1.0.0', '1.1.0'];
const names = Object.keys(programs);
const install = [
  'apt-get',
  'install',
  '--yes',
  '--no-install-recommends',
  '-o',
  'Dpkg::Options::=--force-confold',
];
let folder: string;
let tree: DebianTree;
let pristine: readonly string[];
let agent: Child;

const deb = (of: string) => `clusteros_${of}_${architecture}.deb`;

before(async () => {
  if (missing !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), 'clusteros-package-'));
  for (const each of [former, version]) buildPackages({ VERSION: each, OUT: folder });
  tree = await DebianTree.open(namesIn(fieldOf(join(folder, deb(version)), 'Depends')));
  mkdirSync(join(tree.folder, 'srv/packages'), { recursive: true });
  changeSettings(join(folder, deb(former)), join(tree.folder, 'srv/packages', deb(former)));
  copyFileSync(join(folder, deb(version)), join(tree.folder, 'srv/packages', deb(version)));
  pristine = await tree.files();
});
after(async () => {
  await tree?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** The former version came with other defaults. */
function changeSettings(from: string, to: string): void {
  const work = join(folder, 'former');
  must('dpkg-deb', ['--raw-extract', from, work]);
  appendFileSync(join(work, 'etc/clusteros/node.yaml'), '# of the former version\n');
  must('dpkg-deb', ['--root-owner-group', '-Zzstd', '--build', work, to]);
  rmSync(work, { recursive: true });
}

test('two builds give the same bytes, wherever and by whomever', options, () => {
  const again = join(folder, 'again');
  buildPackages({ VERSION: version, OUT: again, TZ: 'Asia/Tokyo', LC_ALL: 'C', HOME: '/nonexistent' }, '077');
  for (const name of [deb(version), `clusteros-machine_${version}_all.deb`])
    assert.ok(readFileSync(join(folder, name)).equals(readFileSync(join(again, name))), `${name} differs`);
  must('sh', ['-c', `cd ${again} && sha256sum --check --strict SHA256SUMS`]);
  rmSync(again, { recursive: true });
});

test('nothing of the machine that built them is inside, and all belongs to root', options, () => {
  const data = join(folder, 'data.tar');
  writeFileSync(data, '');
  must('sh', ['-c', `dpkg-deb --fsys-tarfile ${join(folder, deb(version))} > ${data}`]);
  assert.equal(readFileSync(data).indexOf(process.cwd()), -1, 'the path of the checkout is in the package');
  for (const line of must('tar', ['--numeric-owner', '-tvf', data]).trim().split('\n'))
    assert.match(line, /^\S+ 0\/0 /);
  rmSync(data);
});

test('it installs beside what it depends on alone, and starts and enables nothing', options, async () => {
  await tree.must([...install, `/srv/packages/${deb(former)}`]);
  const units = (await tree.must(['sh', '-c', 'dpkg -L clusteros | grep "[.]service$"'])).trim().split('\n');
  assert.ok(units.length >= 6);
  for (const unit of units) {
    const { stdout } = await tree.run(['systemctl', 'is-enabled', unit.replace(/.*\//, '')]);
    assert.equal(stdout, 'disabled\n', unit);
  }
  assert.equal(await tree.must(['sh', '-c', 'stat -c "%a %U" /etc/clusteros']), '750 root\n');
  assert.equal(await tree.must(['dpkg', '--verify', 'clusteros']), '');
});

test(
  'every program of bin/ runs on a machine without Node, by its name and wherever it is called from',
  options,
  async () => {
    assert.notEqual((await tree.run(['sh', '-c', 'command -v node nodejs npm'])).exitCode, 0);
    for (const name of names) {
      assert.equal(await tree.must([name, '--version'], { env: { NODE_OPTIONS: '--bogus' } }), `${former}\n`);
      const help = await tree.must([`/usr/bin/${name}`, '--help']);
      assert.match(help, new RegExp(`Usage: ${name} `));
      assert.match(await tree.must(['sh', '-c', `find /usr/share/man -name "${name}.*"`]), /[18]\.gz\n$/);
    }
    assert.match(await tree.must(['node-agent', 'version']), new RegExp(`node-agent ${former} `));
    const { exitCode, stderr } = await tree.run(['/usr/lib/clusteros/clusteros']);
    assert.deepEqual([exitCode, /hint: .*clusterctl/.test(stderr)], [2, true]);
  },
);

test('a shell completes verbs by the program itself', options, async () => {
  const script = `. /usr/share/bash-completion/completions/clusterctl; COMP_WORDS=(clusterctl memb) COMP_CWORD=1; _clusterctl; echo "\${COMPREPLY[*]}"`;
  assert.equal(await tree.must(['bash', '-c', script]), 'members member\n');
});

test('programs start each other', options, async () => {
  const { stderr } = await tree.run(['node-agent', 'wifi', 'apply', '--dry-run']);
  assert.doesNotMatch(stderr, /not installed|ENOENT|Error:/);
});

test('a node founds its cluster and answers', options, async () => {
  await tree.must(['clusterctl', 'key', 'create', '--out', '/etc/clusteros/cluster.key']);
  await tree.must(['sh', '-c', 'printf "name: atlas\\nbind: 127.0.0.1:7443\\n" >> /etc/clusteros/node.yaml']);
  await tree.must(['node-agent', 'init', '--found']);
  agent = await tree.spawn(['node-agent', 'start']);
  await tree.must(['clusterctl', 'wait', '--for', 'leader', '--timeout', leaderTimeout]);
  const [member] = JSON.parse(await tree.must(['clusterctl', 'members', '-o', 'json']));
  assert.deepEqual([member.name, member.role, member.version], ['atlas', 'leader', former]);
  assert.equal((await tree.run(['node-agent', 'status'])).exitCode, 0);
});

test(
  'an upgrade keeps what the administrator has written, and an agent that runs goes on',
  options,
  async () => {
    const { id } = JSON.parse(await tree.must(['node-agent', 'info', '-o', 'json']));
    await tree.must([...install, `/srv/packages/${deb(version)}`]);
    assert.equal(await tree.must(['clusterctl', '--version']), `${version}\n`);
    const settings = await tree.must(['cat', '/etc/clusteros/node.yaml']);
    assert.match(settings, /former version\nname: atlas\n/);
    const { client, agent: old } = JSON.parse(await tree.must(['clusterctl', 'version', '-o', 'json']));
    assert.deepEqual([client.version, old.version], [version, former]);
    agent.kill('SIGTERM');
    assert.equal((await agent.exited).exitCode, 0);
    agent = await tree.spawn(['node-agent', 'start']);
    await tree.must(['clusterctl', 'wait', '--for', 'leader', '--timeout', leaderTimeout]);
    const [member] = JSON.parse(await tree.must(['clusterctl', 'members', '-o', 'json']));
    assert.deepEqual([member.id, member.version], [id, version]);
    agent.kill('SIGTERM');
    assert.equal((await agent.exited).exitCode, 0);
  },
);

test('a native addon that is not the one it was built with is not loaded', options, async () => {
  const addon = '/usr/lib/clusteros/classic-level.node';
  await tree.must(['sh', '-c', `cp -p ${addon} /root/addon; printf x >> ${addon}`]);
  const { exitCode, stderr } = await tree.run(['node-agent', 'start']);
  assert.notEqual(exitCode, 0);
  assert.match(stderr, /not the one that this program was built with: run "apt-get install --reinstall/);
  assert.equal(await tree.must(['clusterctl', '--version']), `${version}\n`);
  await tree.must(['mv', '/root/addon', addon]);
});

test('removed, the programs are gone and the node could come back', options, async () => {
  await tree.must(['apt-get', 'remove', '--yes', 'clusteros']);
  const left = (await tree.files()).filter(path => !pristine.includes(path));
  assert.deepEqual(
    left.filter(path => !/^\/(etc|var\/lib)\/(clusteros|systemd)/.test(path)),
    [],
  );
  for (const path of [
    '/etc/clusteros/cluster.key',
    '/etc/clusteros/node.yaml',
    '/var/lib/clusteros/node.key',
  ])
    assert.ok(left.includes(path), `${path} is gone`);
});

test('purged, nothing is left', options, async () => {
  await tree.must(['apt-get', 'purge', '--yes', 'clusteros']);
  assert.deepEqual(await tree.files(), pristine);
});

test("an administrator's preset is obeyed, and its links go with the package", options, async () => {
  const preset = '/etc/systemd/system-preset/10-site.preset';
  await tree.must([
    'sh',
    '-c',
    `mkdir -p ${preset.replace(/\/[^/]*$/, '')}; echo enable node-agent.service > ${preset}`,
  ]);
  const before = await tree.files();
  await tree.must([...install, `/srv/packages/${deb(version)}`]);
  assert.equal(await tree.must(['systemctl', 'is-enabled', 'node-agent.service']), 'enabled\n');
  assert.equal((await tree.run(['systemctl', 'is-enabled', 'first-boot.service'])).stdout, 'disabled\n');
  await tree.must(['apt-get', 'purge', '--yes', 'clusteros']);
  assert.deepEqual(await tree.files(), before);
});
