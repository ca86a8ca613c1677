// A package on a machine whose systemd runs: an upgrade and a removal while a job runs, which is none of the agent's business.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeDisk } from '../image/ext4-disk.ts';
import { type WatchedFolder, watchedFolder } from '../image/janitor.ts';
import { waitFor } from '../lab/wait-for.ts';
import { buildPackages } from '../package/packages.ts';
import { firstSetting, makeClusterOfOne } from './cluster-of-one.ts';
import type { DiskMachine } from './disk-machine.ts';
import { type FlashedMachine, flash } from './flashed-machine.ts';
import { ensureImage, missingForDisk } from './image.ts';
import { clusterTimeoutMs, packagesMib } from './limits.ts';

const missing = missingForDisk();
const options = missing === undefined ? {} : { skip: missing };
/** Than any that will be. */
const newer = '999.0.0';
let folder: WatchedFolder;
let flashed: FlashedMachine;
let machine: DiskMachine;

before(async () => {
  if (missing !== undefined) return;
  ensureImage();
  folder = watchedFolder('clusteros-disk-');
  const [tree, packages] = [join(folder.path, 'tree'), join(folder.path, 'packages.img')];
  buildPackages({ VERSION: newer, OUT: tree });
  await makeDisk(packages, { tree, sizeMib: packagesMib });
  flashed = flash({
    ...{ firmware: 'bios', uuid: 'a1f0c0de-1111-4222-8333-444455556669' },
    second: { file: packages, format: 'raw', bus: 'virtio', serial: 'PACKAGES', isVolatile: true },
  });
  machine = flashed.machine;
  await machine.powerOn();
  await makeClusterOfOne(machine);
});
after(async () => {
  await flashed?.remove();
  folder?.remove();
});

/** What runs the job, and the job. Not the controller: without its agent's word it ends when its lease does, and is started anew. */
const running = () => machine.must('pidof slurmd && pidof munged && pidof sleep');

test('an upgrade starts the agent anew, and nothing else: a job goes on', options, async () => {
  const long = { timeoutMs: clusterTimeoutMs };
  // The controller may be on its way just then; a submission of which it has said nothing is not to run beside the next one.
  const submit = 'sbatch --job-name=upgrade --dependency=singleton --output=/dev/null --wrap "exec sleep 1d"';
  await waitFor(async () => (await machine.run(['sh', '-c', submit])).exitCode === 0, {
    what: 'sbatch',
    ...long,
  });
  const hasBegun = async () => (await machine.run(['pidof', 'sleep'])).exitCode === 0;
  await waitFor(hasBegun, { what: 'the job', ...long });
  const [before, agent] = [await running(), await machine.must('systemctl show -P MainPID node-agent')];
  await machine.must('mount -o ro /dev/vda /mnt');
  await machine.must(`apt-get install --yes /mnt/clusteros_${newer}_amd64.deb`, long);
  await machine.must('clusterctl wait --for leader --timeout 290s', long);
  const { agent: now } = JSON.parse(await machine.must('clusterctl version -o json'));
  assert.equal(now.version, newer);
  assert.notEqual(await machine.must('systemctl show -P MainPID node-agent'), agent);
  assert.equal(await running(), before);
  assert.equal(await machine.must('cat /etc/clusteros/node.yaml | head -n 1'), firstSetting);
});

test('removed, the agent is gone, and the job goes on', options, async () => {
  const before = await running();
  await machine.must('apt-get remove --yes clusteros', { timeoutMs: clusterTimeoutMs });
  const programs = await machine.must(
    'ls -l /proc/[0-9]*/exe 2> /dev/null | grep -c /lib/clusteros/ || true',
  );
  assert.equal(programs, '0');
  assert.equal(await running(), before);
  assert.equal((await machine.run(['systemctl', 'is-active', 'node-agent'])).stdout, 'inactive\n');
});
