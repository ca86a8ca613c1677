// Three sticks with the image, three machines, one wire: each is given its key, settings and address by a seed disk of cloud-init, as a rack without
// a tailnet would. From power to a job on all three nobody lifts a hand.
import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { stringify } from 'yaml';
import { type WatchedFolder, watchedFolder } from '../image/janitor.ts';
import { waitFor } from '../lab/wait-for.ts';
import { must } from './command.ts';
import { DiskMachine, type MachineDisk, makeDisk, makeKey } from './disk-machine.ts';
import { diskImage, ensureImage, missingForDisk } from './image.ts';
import { clusterTimeoutMs, jobTimeoutMs, seedMib, stickMib, threeTimeoutMs } from './limits.ts';

const missing = missingForDisk();
const options = missing === undefined ? {} : { skip: missing };
const numbers = [1, 2, 3] as const;
const addressOf = (number: number) => `100.64.0.${number}`;
const macOf = (number: number, card: number) => `52:54:00:ab:0${card}:0${number}`;
const names = numbers.map(number => `node-ab010${number}`);
const clusterKey = `${randomBytes(32).toString('base64')}\n`;
let folder: WatchedFolder;
let machines: readonly DiskMachine[] = [];

before(() => {
  if (missing !== undefined) return;
  ensureImage();
  folder = watchedFolder('clusteros-three-');
  makeKey(folder.path);
  const group = `239.192.${randomInt(256)}.${randomInt(256)}:${randomInt(20_000, 30_000)}`;
  machines = numbers.map(number => {
    const name = `machine-${number}`;
    const stick = makeDisk(`${folder.path}/${name}.qcow2`, stickMib, diskImage);
    const disks: MachineDisk[] = [
      { file: stick, format: 'qcow2', bus: 'usb', serial: `STICK${number}` },
      { file: seedOf(number), format: 'raw', bus: 'virtio', serial: 'SEED', isVolatile: true },
    ];
    return new DiskMachine({
      ...{ folder: folder.path, name, firmware: 'bios', disks, mac: macOf(number, 1) },
      ...{ uuid: `c3f0c0de-1111-4222-8333-44445555000${number}`, wire: { group, mac: macOf(number, 2) } },
    });
  });
});
after(async () => {
  await Promise.all(machines.map(each => each.powerOff()));
  folder?.remove();
});

/** A disk with the files of NoCloud (cloud-init), whose label says so. */
function seedOf(number: number): string {
  const file = `${folder.path}/seed-${number}.img`;
  const wire = {
    network: {
      ...{ version: 2, renderer: 'networkd' },
      ethernets: {
        wire: { match: { macaddress: macOf(number, 2) }, addresses: [`${addressOf(number)}/24`] },
      },
    },
  };
  const settings = {
    ...{ bind: `${addressOf(number)}:7443`, peers: numbers.map(each => `${addressOf(each)}:7443`) },
    integrations: { tailscale: { enabled: false } },
  };
  const put = `umask 077; echo '${JSON.stringify(wire)}' > /etc/netplan/60-wire.yaml; netplan apply`;
  const userData = {
    bootcmd: [['sh', '-c', put]],
    write_files: [
      { path: '/etc/clusteros/cluster.key', permissions: '0600', content: clusterKey },
      { path: '/etc/clusteros/node.yaml', permissions: '0600', content: stringify(settings) },
    ],
  };
  writeFileSync(`${folder.path}/user-data`, `#cloud-config\n${JSON.stringify(userData)}\n`);
  writeFileSync(`${folder.path}/meta-data`, `instance-id: seed-${number}\n`);
  must('mkfs.vfat', ['-C', '-n', 'CIDATA', file, String(seedMib * 1024)]);
  for (const name of ['user-data', 'meta-data'])
    must('mcopy', ['-o', '-i', file, `${folder.path}/${name}`, `::${name}`]);
  return file;
}

test('three machines that are switched on run a job together', options, async t => {
  const onAt = performance.now();
  const [first] = machines;
  assert.ok(first);
  try {
    await Promise.all(machines.map(each => each.powerOn()));
    const shellAt = performance.now();
    const argv = ['srun', '--immediate=60', '-N3', 'hostname'];
    const ranOnAll = async () => {
      const { stdout } = await first.run(argv, { timeoutMs: jobTimeoutMs });
      return stdout.trim().split('\n').sort().join() === names.join();
    };
    await waitFor(ranOnAll, { what: 'a job on all three', timeoutMs: threeTimeoutMs });
    const seconds = (at: number) => Math.round((at - onAt) / 1000);
    t.diagnostic(
      `from power to a shell on all three ${seconds(shellAt)} s, to a job on all three ${seconds(performance.now())} s (emulated, side by side)`,
    );
  } catch (error) {
    const words = machines.map(each => `${each.name}:\n  ${each.lastWords()}`).join('\n');
    throw new Error(`${(error as Error).message}\n${words}`, { cause: error });
  }
});

test('each has an identity of its own, and no unit has failed', options, async () => {
  for (const command of [
    'cat /etc/machine-id',
    'cut -d" " -f2 /etc/ssh/ssh_host_ed25519_key.pub',
    'cat /etc/munge/munge.key | sha256sum',
  ]) {
    const told = await Promise.all(machines.map(each => each.must(command)));
    // The key of munge is what they share.
    assert.equal(new Set(told).size, command.includes('munge') ? 1 : 3, command);
  }
  const long = { timeoutMs: clusterTimeoutMs };
  await Promise.all(
    machines.map(async each => {
      await each.must('clusterctl wait --for healthy --timeout 290s', long);
      assert.equal(await each.must('systemctl --failed --no-legend'), '');
    }),
  );
  const members = JSON.parse((await machines[0]?.must('clusterctl members -o json')) ?? '');
  assert.deepEqual(
    members.map((each: { readonly name: string; readonly state: string }) => [each.name, each.state]),
    names.map(name => [name, 'alive']),
  );
});

test('jobs are held to what they asked for by control groups, on each', options, async () => {
  const [first] = machines;
  const script =
    'sh -c "grep -c /system.slice/clusteros-slurmd.*job_ /proc/self/cgroup || cat /proc/self/cgroup"';
  const said = await first?.must(`srun -N3 --mem=50M ${script}`, { timeoutMs: jobTimeoutMs });
  assert.equal(said, '1\n1\n1');
});

test('the order of the boot is kept for who reads it', options, async () => {
  const [first] = machines;
  const chain = await first?.must('systemd-analyze critical-chain node-agent.service --no-pager');
  writeFileSync(join(dirname(diskImage), 'critical-chain.txt'), `${chain}\n`);
  assert.match(chain ?? '', /node-agent\.service/);
  assert.match(chain ?? '', /network-online\.target|wait-for-tailscale\.service/);
});
