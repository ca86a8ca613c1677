// The package that gives a whole machine to ClusterOS, and packages for machines of another kind.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ownArchitecture } from '../../deploy/package/architectures.ts';
import { DebianTree } from './debian-tree.ts';
import { buildPackages, fieldOf, must, namesIn } from './packages.ts';
import { missingForBuild, missingForPackage } from './requirements.ts';

const missing = missingForPackage();
const options = missing === undefined ? {} : { skip: missing };
const programs = `clusteros_1.0.0_${ownArchitecture()}.deb`;
const machine = 'clusteros-machine_1.0.0_all.deb';
let folder: string;
let tree: DebianTree;
let pristine: readonly string[];

before(async () => {
  if (missing !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), 'clusteros-package-'));
  buildPackages({ VERSION: '1.0.0', OUT: folder });
  const needed = [programs, machine].flatMap(deb => namesIn(fieldOf(join(folder, deb), 'Depends')));
  tree = await DebianTree.open([...new Set(needed)].filter(name => name !== 'clusteros').sort());
  mkdirSync(join(tree.folder, 'srv/packages'), { recursive: true });
  for (const deb of [programs, machine])
    copyFileSync(join(folder, deb), join(tree.folder, 'srv/packages', deb));
  pristine = await tree.files();
});
after(async () => {
  await tree?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

test('without it the network of a machine and its boot stay as they were', options, async () => {
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', `/srv/packages/${programs}`];
  await tree.must(install);
  const changed = (await tree.files()).filter(path => !pristine.includes(path));
  assert.deepEqual(
    changed.filter(path => /netplan|systemd\/.*(network|[.]wants)/.test(path)),
    [],
  );
});

test('with it every unit is enabled, and every cable has an address at the next boot', options, async () => {
  await tree.must(['apt-get', 'install', '--yes', '--no-install-recommends', `/srv/packages/${machine}`]);
  const units = (await tree.must(['sh', '-c', 'dpkg -L clusteros | grep "[.]service$"'])).trim().split('\n');
  const network = ['systemd-networkd.service', 'systemd-resolved.service'];
  for (const unit of [...units.map(path => path.replace(/.*\//, '')), ...network])
    assert.equal((await tree.run(['systemctl', 'is-enabled', unit])).stdout, 'enabled\n', unit);
  assert.equal(await tree.must(['stat', '-c', '%a', '/etc/netplan/50-clusteros-wired.yaml']), '600\n');
  await tree.must(['netplan', 'generate'], { env: { PYTHONDONTWRITEBYTECODE: '1' } });
  assert.match(
    await tree.must(['sh', '-c', 'cat /run/systemd/network/*zz-clusteros-en*']),
    /Name=en\*[\s\S]*DHCP=yes/,
  );
  // It leaves what systemctl takes for a systemd that runs.
  await tree.must(['rm', '-r', '/run/systemd']);
});

test('what an administrator disables stays disabled', options, async () => {
  await tree.must(['systemctl', 'disable', 'wait-for-time.service']);
  await tree.must(['apt-get', 'install', '--yes', '--reinstall', `/srv/packages/${machine}`]);
  assert.equal((await tree.run(['systemctl', 'is-enabled', 'wait-for-time.service'])).stdout, 'disabled\n');
});

test('purged, the machine is as it was', options, async () => {
  await tree.must(['apt-get', 'purge', '--yes', 'clusteros-machine']);
  assert.equal((await tree.run(['systemctl', 'is-enabled', 'node-agent.service'])).stdout, 'disabled\n');
  await tree.must(['apt-get', 'purge', '--yes', 'clusteros']);
  const network = /^\/etc\/systemd\/system\/.*(network|resolve|sockets[.]target[.]wants$)/;
  const left = (await tree.files()).filter(path => !pristine.includes(path));
  // Other packages' units, which it has enabled, are theirs.
  assert.deepEqual(
    left.filter(path => !network.test(path)),
    [],
  );
});

const missingForArm = missing ?? missingForBuild('arm64');

test(
  'packages for arm64 are built here, too',
  missingForArm === undefined ? {} : { skip: missingForArm },
  () => {
    const out = join(folder, 'arm64');
    buildPackages({ VERSION: '1.0.0', OUT: out, ARCH: 'arm64' });
    const deb = join(out, 'clusteros_1.0.0_arm64.deb');
    assert.equal(fieldOf(deb, 'Architecture'), 'arm64');
    must('dpkg-deb', ['--extract', deb, join(out, 'tree')]);
    const programFolder = join(out, 'tree/usr/lib/clusteros');
    // e_machine of its ELF header; 183 is AArch64.
    for (const name of readdirSync(programFolder))
      assert.equal(readFileSync(join(programFolder, name)).readUInt16LE(18), 183, name);
  },
);
