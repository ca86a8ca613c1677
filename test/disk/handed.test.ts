// A stick on which somebody has put a key and settings, as laptops write them: at its first boot the machine takes what is right, before it has
// a name or a network, wipes it from the stick, and says there what is wrong with the rest.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { mibBytes, settingsAtMib, usbName } from '../../deploy/image/layout.ts';
import { type WatchedFolder, watchedFolder } from '../image/janitor.ts';
import { must } from './command.ts';
import type { DiskMachine } from './disk-machine.ts';
import { type FlashedMachine, flash } from './flashed-machine.ts';
import { diskImage, ensureImage, missingForDisk } from './image.ts';

const missing = missingForDisk();
const options = missing === undefined ? {} : { skip: missing };
const key = Buffer.alloc(32, 'canary-key').toString('base64');
const publicKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB ada@laptop';
/** Pieces of what nobody may find on the stick afterwards. */
const canaries = [key.slice(0, 20), 'tskey-auth-canary'];
let folder: WatchedFolder;
let flashed: FlashedMachine;
let machine: DiskMachine;

before(async () => {
  if (missing !== undefined) return;
  ensureImage();
  folder = watchedFolder('clusteros-handed-');
  const stick = join(folder.path, usbName);
  must('cp', ['--sparse=always', diskImage, stick]);
  drop(stick, 'CLUSTER.KEY', `${key}\r\n`);
  drop(
    stick,
    'tailscale.env.txt',
    '\ufeffTAILSCALE_AUTHKEY=tskey-auth-canary\r\nTAILSCALE_HOSTNAME=atlas\r\n',
  );
  drop(stick, 'wifi.env', 'WIFI_SSID=Lab\nWIFI_KEY=canary\n');
  drop(stick, 'authorized_keys', `${publicKey}\r\n`);
  drop(stick, 'node.yaml', 'clusterName: handed\r\n');
  drop(stick, '._node.yaml', 'of macOS');
  drop(stick, 'notes.docx', 'of somebody');
  flashed = flash({ firmware: 'bios', uuid: 'a1f0c0de-1111-4222-8333-44445555666a', image: stick });
  machine = flashed.machine;
  await machine.powerOn();
});
after(async () => {
  await flashed?.remove();
  folder?.remove();
});

/** As a laptop would put it there. */
function drop(stick: string, name: string, text: string): void {
  const file = join(folder.path, 'dropped');
  writeFileSync(file, text);
  must('mcopy', ['-i', `${stick}@@${settingsAtMib * mibBytes}`, file, `::/${name}`]);
}

/** What is on the partition now. */
const onStick = (command: string) =>
  machine.must(
    `mkdir -p /tmp/stick; mount -o ro /dev/disk/by-label/CLUSTEROS /tmp/stick; cd /tmp/stick; ${command}; cd /; umount /tmp/stick`,
  );

test(
  'what is right is the machine’s, for root alone, before it has a name and a network',
  options,
  async () => {
    assert.equal(await machine.must('findmnt -no SOURCE /'), '/dev/sda4');
    const files = ['cluster.key', 'tailscale.env', 'node.yaml'].map(name => `/etc/clusteros/${name}`);
    assert.equal(
      await machine.must(`stat -c "%a %U" ${files.join(' ')} /root/.ssh/authorized_keys`),
      '600 root\n600 root\n600 root\n600 root',
    );
    assert.equal(await machine.must('cat /etc/clusteros/cluster.key'), key);
    assert.equal(
      await machine.must('cat /etc/clusteros/tailscale.env'),
      'TAILSCALE_AUTHKEY=tskey-auth-canary\nTAILSCALE_HOSTNAME=atlas',
    );
    assert.equal(await machine.must('cat /etc/clusteros/node.yaml'), 'clusterName: handed');
    // Beside the key by which this test comes in.
    assert.equal(await machine.must('grep -c ssh- /root/.ssh/authorized_keys'), '2');
    assert.ok((await machine.must('cat /root/.ssh/authorized_keys')).includes(publicKey));
    // By what was handed over: first-boot came after it.
    assert.equal(await machine.must('hostname'), 'atlas');
  },
);

test('it is on the stick no more, by no name and in no free block', options, async () => {
  assert.deepEqual((await onStick('ls -A')).split('\n').sort(), [
    ...['._node.yaml', 'PROBLEMS.txt', 'README.txt', 'TAKEN.txt', 'notes.docx', 'wifi.env'],
  ]);
  await machine.must('echo 3 > /proc/sys/vm/drop_caches');
  for (const canary of canaries)
    assert.equal(
      await machine.must(`grep -c -a -F "${canary}" /dev/disk/by-label/CLUSTEROS || true`),
      '0',
      canary.slice(0, 6),
    );
  // The search itself finds what is there.
  assert.equal(await machine.must('grep -c -a -F "WIFI_KEY=canary" /dev/disk/by-label/CLUSTEROS'), '1');
  assert.match(
    await onStick('cat TAKEN.txt'),
    /tailscale\.env\.txt: is now \/etc\/clusteros\/tailscale\.env/,
  );
});

test(
  'what is wrong stays, and its reason is on the stick, on the screen and in the journal',
  options,
  async () => {
    assert.equal((await machine.run(['test', '-e', '/etc/clusteros/wifi.env'])).exitCode, 1);
    const problems = await onStick('cat PROBLEMS.txt');
    assert.match(problems, /wifi\.env: line 2: WIFI_KEY is neither a passphrase/);
    assert.match(problems, /no use here[\s\S]*notes\.docx/);
    assert.equal(await machine.must('systemctl show -P ExecMainStatus handed-settings'), '4');
    const journal = await machine.must('journalctl -b -u handed-settings --no-pager -o cat');
    assert.match(journal, /not taken: wifi\.env: line 2: WIFI_KEY/);
    for (const text of [journal, problems, await onStick('cat TAKEN.txt')])
      for (const canary of [...canaries, 'canary']) assert.ok(!text.includes(canary), text);
    assert.equal(await machine.must('findmnt -rno TARGET | grep handed || true'), '');
  },
);

test('mended, it is taken; and then there is nothing to do', options, async () => {
  await machine.must(
    'mkdir -p /tmp/stick; mount /dev/disk/by-label/CLUSTEROS /tmp/stick; printf "WIFI_SSID=Lab\\r\\nWIFI_KEY=long enough\\r\\n" > /tmp/stick/wifi.env; rm /tmp/stick/notes.docx; umount /tmp/stick',
  );
  assert.match(
    await machine.must('handed-settings --dry-run'),
    /would do: write \/etc\/clusteros\/wifi\.env/,
  );
  await machine.must('systemctl restart handed-settings');
  assert.equal(await machine.must('cat /etc/clusteros/wifi.env'), 'WIFI_SSID=Lab\nWIFI_KEY=long enough');
  assert.deepEqual((await onStick('ls -A')).split('\n').sort(), ['._node.yaml', 'README.txt', 'TAKEN.txt']);
  assert.match(await machine.must('handed-settings'), /^nothing to take from CLUSTEROS$/);
});
