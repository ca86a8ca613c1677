// The disk of `make image`, started as a stick is, by BIOS: it becomes a machine of its own, on which a job runs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { waitFor } from '../lab/wait-for.ts';
import { makeClusterOfOne } from './cluster-of-one.ts';
import type { DiskMachine } from './disk-machine.ts';
import { type FlashedMachine, flash } from './flashed-machine.ts';
import { diskImage, ensureImage, missingForDisk } from './image.ts';
import { clusterTimeoutMs } from './limits.ts';

const missing = missingForDisk();
const options = missing === undefined ? {} : { skip: missing };
let flashed: FlashedMachine;
let machine: DiskMachine;

before(async () => {
  if (missing !== undefined) return;
  ensureImage();
  flashed = flash({ firmware: 'bios', uuid: 'a1f0c0de-1111-4222-8333-444455556666' });
  machine = flashed.machine;
  await machine.powerOn();
});
after(() => flashed?.remove());

test('what was made is whole', options, () => {
  const check = ['--check', '--quiet', '--strict', 'SHA256SUMS'];
  const { status, stderr } = spawnSync('sha256sum', check, { cwd: dirname(diskImage), encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

test('it has a name, a machine-id and host keys of its own, and nobody has a password', options, async () => {
  assert.equal((await machine.run(['test', '-d', '/sys/firmware/efi'])).exitCode, 1);
  assert.equal(await machine.must('hostname'), 'node-123456');
  assert.match(await machine.must('cat /etc/machine-id'), /^[0-9a-f]{32}$/);
  assert.equal(await machine.must('ls /etc/ssh/ssh_host_*_key | wc -l'), '3');
  assert.match(await machine.must('cat /var/lib/clusteros/machine.json'), /"machine": ?"[0-9a-f]{32}"/);
  assert.equal(await machine.must('cut -d: -f2 /etc/shadow | grep -c "^[^*!]" || true'), '0');
  assert.match(await machine.must('sshd -T'), /^passwordauthentication no$/m);
});

test('its root has grown to the disk', options, async () => {
  // The stick has 4 GiB, the image a third of it.
  assert.ok(Number(await machine.must('df --output=size -m / | tail -1')) > 3500);
  assert.equal(await machine.must('sgdisk -v /dev/sda | grep -c "No problems found"'), '1');
});

test('its cable has an address, and what has no key for the tailnet waits and says so', options, async () => {
  const units = 'systemd-networkd-wait-online first-boot ssh tailscaled';
  assert.equal(await machine.must(`systemctl is-active ${units}`), 'active\nactive\nactive\nactive');
  assert.match(await machine.must('ip -4 -o address show scope global'), / inet 10\.0\.2\.15/);
  const isWaiting = async () => {
    const jobs = await machine.must('systemctl list-jobs --no-legend');
    return /wait-for-tailscale\.service +start +running/.test(jobs);
  };
  await waitFor(isWaiting, { what: 'wait-for-tailscale', timeoutMs: clusterTimeoutMs });
  const said = await machine.must('journalctl -b -u tailscale-auth --no-pager');
  assert.match(said, /hint: put TAILSCALE_AUTHKEY.* into \/etc\/clusteros\/tailscale\.env/);
});

test('a cluster of one, without a tailnet, runs a job, and no unit has failed', options, async () => {
  await makeClusterOfOne(machine);
  assert.equal(await machine.must('systemctl --failed --no-legend'), '');
});
