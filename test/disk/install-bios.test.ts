// A machine whose firmware knows only BIOS, and whose disk is an NVMe: installed from the stick, started from that disk alone, and known again
// when a byte copy of the disk is in another machine.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type WatchedFolder, watchedFolder } from '../image/janitor.ts';
import { makeClusterOfOne } from './cluster-of-one.ts';
import { DiskMachine, type MachineDisk, makeDisk, makeKey } from './disk-machine.ts';
import { diskImage, ensureImage, missingForDisk } from './image.ts';
import { installTimeoutMs, stickMib, targetMib } from './limits.ts';

const missing = missingForDisk();
const options = missing === undefined ? {} : { skip: missing };
const hardware = {
  first: 'b2f0c0de-1111-4222-8333-444455550001',
  second: 'b2f0c0de-1111-4222-8333-444455550002',
};
let folder: WatchedFolder;

before(() => {
  if (missing !== undefined) return;
  ensureImage();
  folder = watchedFolder('clusteros-install-bios-');
  makeKey(folder.path);
  makeDisk(`${folder.path}/stick.qcow2`, stickMib, diskImage);
  makeDisk(`${folder.path}/nvme.qcow2`, targetMib);
});
after(() => folder?.remove());

const disk = (name: string, bus: MachineDisk['bus'], serial: string): MachineDisk => ({
  ...{ file: `${folder.path}/${name}.qcow2`, format: 'qcow2', bus, serial },
});

/** What is of one machine alone. */
interface Identity {
  readonly machineId: string;
  readonly hostKey: string;
  /** Of the node; empty while it has none. */
  readonly id: string;
}
const seen: Record<string, Identity> = {};

async function identityOf(machine: DiskMachine): Promise<Identity> {
  const status = await machine.run(['clusterctl', 'status', '-o', 'json']);
  return {
    machineId: await machine.must('cat /etc/machine-id'),
    hostKey: await machine.must('cat /etc/ssh/ssh_host_ed25519_key.pub | cut -d" " -f2'),
    id: status.exitCode === 0 || status.exitCode === 6 ? (JSON.parse(status.stdout).id as string) : '',
  };
}

/** Has a machine with these disks, started by BIOS, do `what`; its plug is pulled then. */
async function on(
  name: string,
  uuid: string,
  disks: readonly MachineDisk[],
  what: (machine: DiskMachine) => Promise<void>,
): Promise<void> {
  const machine = new DiskMachine({ folder: folder.path, name, firmware: 'bios', uuid, disks });
  try {
    await machine.powerOn();
    await what(machine);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${machine.lastWords()}`, { cause: error });
  } finally {
    await machine.powerOff();
  }
}

test('a disk is taken by its serial number only, and an NVMe is installed by BIOS', options, async () => {
  const disks = [disk('stick', 'usb', 'STICK'), disk('nvme', 'nvme', 'NVME1')];
  await on('stick', hardware.first, disks, async machine => {
    seen.stick = await identityOf(machine);
    const wrong = await machine.run(['cluster-os-install', '--disk', 'serial:OTHER', '--yes']);
    assert.equal(wrong.exitCode, 5, wrong.stdout + wrong.stderr);
    assert.match(wrong.stderr, /OTHER/);
    const argv = ['cluster-os-install', '--disk', 'serial:NVME1', '--yes'];
    const { exitCode, stdout, stderr } = await machine.run(argv, { timeoutMs: installTimeoutMs });
    assert.equal(exitCode, 0, `${stdout}${stderr}`);
    assert.match(stdout, /is finished: take the stick out/);
    await machine.shutDown();
  });
});

test('the disk alone starts, with its root grown, as a node of its own', options, async () => {
  await on('nvme', hardware.first, [disk('nvme', 'nvme', 'NVME1')], async machine => {
    assert.match(await machine.must('findmnt -no SOURCE /'), /^\/dev\/nvme0n1p\d$/);
    assert.equal((await machine.run(['test', '-d', '/sys/firmware/efi'])).exitCode, 1);
    assert.ok(Number(await machine.must('df --output=size -m / | tail -1')) > targetMib * 0.8);
    await makeClusterOfOne(machine);
    const own = await identityOf(machine);
    assert.notEqual(own.hostKey, seen.stick?.hostKey);
    assert.match(own.id, /^[0-9a-f]{32}$/);
    seen.nvme = own;
    assert.equal(await machine.must('systemctl --failed --no-legend'), '');
    await machine.shutDown();
  });
});

test(
  'a byte copy of the disk in another machine is told from it, and becomes another node',
  options,
  async () => {
    copyFileSync(`${folder.path}/nvme.qcow2`, `${folder.path}/copy.qcow2`);
    await on('copy', hardware.second, [disk('copy', 'nvme', 'NVME2')], async machine => {
      const said = await machine.must('journalctl -b -u first-boot --no-pager');
      assert.match(said, /this disk was in another machine before: it becomes a new node/);
      await machine.must('clusterctl wait --for leader --timeout 290s', { timeoutMs: 300_000 });
      const own = await identityOf(machine);
      for (const what of ['machineId', 'hostKey', 'id'] as const)
        assert.notEqual(own[what], seen.nvme?.[what], what);
      assert.match(own.id, /^[0-9a-f]{32}$/);
      // What it was is kept, for root only.
      assert.match(await machine.must('stat -c "%a" /var/lib/clusteros/former-*'), /^700$/m);
    });
  },
);
