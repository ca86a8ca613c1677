// From the stick to the disk, on a whole machine: the image is started by UEFI, cluster-os-install puts it on a blank disk, and that disk alone
// then starts by the firmware's entry, by the place for removable media of a firmware that knows nothing, and by BIOS, as a machine of its own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type WatchedFolder, watchedFolder } from '../image/janitor.ts';
import { DiskMachine, type Firmware, type MachineDisk, makeDisk, makeKey } from './disk-machine.ts';
import { diskImage, ensureImage, missingForUefi } from './image.ts';
import { installTimeoutMs, stickMib, targetMib } from './limits.ts';

const missing = missingForUefi();
const options = missing === undefined ? {} : { skip: missing };
let folder: WatchedFolder;
/** What must not be the same on the disk. */
const ofStick = { machineId: '', hostKey: '' };

const look = {
  machineId: 'cat /etc/machine-id',
  hostKey: 'cat /etc/ssh/ssh_host_ed25519_key.pub | cut -d" " -f2',
  nodeKeys: 'ls /var/lib/clusteros /var/lib/tailscale 2>/dev/null | sort | tr "\\n" " "',
} as const;

before(() => {
  if (missing !== undefined) return;
  ensureImage();
  folder = watchedFolder('clusteros-install-');
  makeKey(folder.path);
  makeDisk(`${folder.path}/stick.qcow2`, stickMib, diskImage);
  makeDisk(`${folder.path}/target.qcow2`, targetMib);
});
after(() => folder?.remove());

const target = (isVolatile: boolean): MachineDisk => ({
  ...{ file: `${folder.path}/target.qcow2`, format: 'qcow2', bus: 'virtio', serial: 'TARGET', isVolatile },
});

test('the stick is not erased, and the one blank disk is installed', options, async () => {
  const stick: MachineDisk = {
    ...{ file: `${folder.path}/stick.qcow2`, format: 'qcow2', bus: 'usb', serial: 'STICK' },
  };
  const machine = new DiskMachine({
    ...{ folder: folder.path, name: 'stick', firmware: 'uefi', disks: [stick, target(false)] },
  });
  try {
    await machine.powerOn();
    await machine.must(
      'umask 077; printf canary-key > /etc/clusteros/cluster.key; printf "TAILSCALE_TAGS=tag:cluster\\n" > /etc/clusteros/tailscale.env; printf "WIFI_COUNTRY=DE\\n" > /etc/clusteros/wifi.env',
    );
    ofStick.machineId = await machine.must(look.machineId);
    ofStick.hostKey = await machine.must(look.hostKey);
    const root = await machine.must('lsblk -no PKNAME "$(findmnt -no SOURCE /)"');
    // Cannot reach what erases, whatever it says.
    const check = await machine.run(['cluster-os-install', `/dev/${root}`, '--check-only']);
    assert.equal(check.exitCode, 4, check.stdout + check.stderr);
    assert.match(check.stdout, /refused: \/dev\/\w+ holds the running system \(\/\)/);
    const list = await machine.must('cluster-os-install --list');
    assert.match(list, /serial TARGET.*: blank/);

    const { exitCode, stdout, stderr } = await machine.run(['cluster-os-install', '--auto', '--yes'], {
      timeoutMs: installTimeoutMs,
    });
    assert.equal(exitCode, 0, `${stdout}${stderr}`);
    assert.match(stdout, /is finished: take the stick out/);
    assert.equal(`${stdout}${stderr}`.includes('canary'), false);
    assert.doesNotMatch(stderr, /has taken no entry/);
    assert.match(await machine.must('efibootmgr'), /debian/);
    assert.equal(await machine.must('findmnt -rno TARGET | grep cluster-os-install || true'), '');
    await machine.shutDown();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${machine.lastWords()}`, { cause: error });
  } finally {
    await machine.powerOff();
  }
});

/** The disk alone, in the machine that it was installed in; each time as for the first time. */
async function starts(name: string, firmware: Firmware, variablesOf?: string): Promise<void> {
  const known = variablesOf === undefined ? {} : { variablesOf };
  const machine = new DiskMachine({
    ...{ folder: folder.path, name, firmware, disks: [target(true)], ...known },
  });
  try {
    await machine.powerOn();
    assert.match(await machine.must('findmnt -no SOURCE /'), /^\/dev\/vda3$/);
    const isEfi = await machine.must('test -d /sys/firmware/efi && echo yes || echo no');
    assert.equal(isEfi, firmware === 'bios' ? 'no' : 'yes');
    const uuidOf = (part: number) => machine.must(`blkid -s UUID -o value /dev/vda${part}`);
    const fstab = await machine.must('cat /etc/fstab');
    assert.ok(fstab.includes(`UUID=${await uuidOf(3)} / ext4`), fstab);
    assert.ok(fstab.includes(`UUID=${await uuidOf(2)} /boot/efi vfat`), fstab);
    assert.equal(await machine.must('findmnt -no FSTYPE /boot/efi'), 'vfat');
    const machineId = await machine.must(look.machineId);
    assert.match(machineId, /^[0-9a-f]{32}$/);
    assert.notEqual(machineId, ofStick.machineId);
    assert.notEqual(await machine.must(look.hostKey), ofStick.hostKey);
    const rights =
      'stat -c "%a %U %n" /etc/clusteros/cluster.key /etc/clusteros/tailscale.env /etc/clusteros/wifi.env';
    assert.deepEqual((await machine.must(rights)).split('\n'), [
      '600 root /etc/clusteros/cluster.key',
      '600 root /etc/clusteros/tailscale.env',
      '600 root /etc/clusteros/wifi.env',
    ]);
    assert.equal(await machine.must('cat /etc/clusteros/cluster.key'), 'canary-key');
    assert.match(await machine.must('cat /var/log/cluster-os-install.log'), /all done/);
    assert.equal(await machine.must('systemctl is-active first-boot ssh'), 'active\nactive');
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${machine.lastWords()}`, { cause: error });
  } finally {
    await machine.powerOff();
  }
}

test('the disk alone starts by a firmware that knows nothing of it', options, () => starts('blank', 'uefi'));
test('it starts by the entry that the installation has left in the firmware', options, () =>
  starts('entry', 'uefi', 'stick'),
);
test('it starts by BIOS', options, () => starts('bios', 'bios'));
test('it starts where Secure Boot is on', options, () => starts('secure', 'secure-boot'));
