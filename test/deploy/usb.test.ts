// What `make usb` takes and refuses, and the partition that it writes: read back by mtools, as a laptop would.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mibBytes, settingsAtMib } from '../../deploy/image/layout.ts';
import { settingsMib } from '../../deploy/image/limits.ts';
import { putSettings, readmeText, settingsFileSystem } from '../../deploy/image/settings-partition.ts';
import { usbSettings } from '../../deploy/image/usb-settings.ts';
import { handedNames } from '../../src/boot/handed/files.ts';
import { isInstalled } from '../lab/requirements.ts';

const root = join(import.meta.dirname, '../..');
const key = `${Buffer.alloc(32, 7).toString('base64')}\n`;
const forFat =
  isInstalled('mcopy') && isInstalled('mkfs.vfat') ? {} : { skip: 'needs mtools and dosfstools' };

function inFolder(work: (folder: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'clusteros-usb-'));
    try {
      await work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

test('without a word nothing is put on the stick', async () => {
  const { files, secrets } = await usbSettings(root, {});
  assert.deepEqual([files, secrets], [[], []]);
});

test(
  'files go on as the machine will read them, and it is known which are secret',
  inFolder(async folder => {
    writeFileSync(join(folder, 'TAILSCALE.ENV.txt'), '\ufeffTAILSCALE_AUTHKEY=tskey-auth-x\r\n');
    writeFileSync(join(folder, 'node.yaml'), 'name: atlas\n');
    writeFileSync(join(folder, '.DS_Store'), '');
    writeFileSync(join(folder, 'the.key'), key, { mode: 0o600 });
    const settings = join(folder, 'settings');
    mkdirSync(settings);
    for (const name of ['TAILSCALE.ENV.txt', 'node.yaml', '.DS_Store'])
      writeFileSync(join(settings, name), readFileSync(join(folder, name)));
    const environment = { SETTINGS: settings, WITH_KEY: '1', KEY: join(folder, 'the.key') };
    const { files, secrets } = await usbSettings(root, environment);
    assert.deepEqual(files, [
      { name: 'tailscale.env', text: 'TAILSCALE_AUTHKEY=tskey-auth-x\n' },
      { name: 'node.yaml', text: 'name: atlas\n' },
      { name: 'cluster.key', text: key },
    ]);
    assert.deepEqual(secrets, ['tailscale.env', 'cluster.key']);
    writeFileSync(join(settings, 'cluster.key'), Buffer.alloc(32, 8).toString('base64'));
    await assert.rejects(usbSettings(root, environment), /another cluster\.key than WITH_KEY=1/);
  }),
);

test(
  'what the machine would refuse is refused here, without a word of what is in it',
  inFolder(async folder => {
    const refused = async (name: string, text: string, words: RegExp) => {
      const file = join(folder, name);
      writeFileSync(file, text);
      await assert.rejects(usbSettings(root, { SETTINGS: folder }), (error: Error) => {
        assert.match(error.message, words);
        assert.doesNotMatch(error.message, /canary/);
        return true;
      });
      rmSync(file);
    };
    await refused('README.txt', 'nothing else', /has none of cluster\.key/);
    await refused('wifi.env', 'WIFI_SSID=Lab\nWIFI_KEY=canary\n', /wifi\.env: line 2: WIFI_KEY/);
    await refused('cluster.key', 'canary', /not 32 bytes in base64/);
    await refused('node.yaml', 'bootstap: auto\n', /node\.yaml: unknown setting bootstap/);
    await refused('id_ed25519', 'canary', /id_ed25519 has no use on a stick/);
    await assert.rejects(usbSettings(root, { SETTINGS: join(folder, 'none') }), /cannot be read/);
    await assert.rejects(usbSettings(root, { WITH_KEY: '1', KEY: join(folder, 'none') }), /cannot be read/);
  }),
);

test(
  'the partition has a page that names every file, and what was put there',
  forFat,
  inFolder(folder => {
    const fat = settingsFileSystem(root, folder);
    assert.equal(fat.length, settingsMib * mibBytes);
    const disk = join(folder, 'disk');
    const file = openSync(disk, 'w');
    ftruncateSync(file, (settingsAtMib + settingsMib) * mibBytes);
    assert.throws(() => putSettings(disk, []), /has no partition CLUSTEROS/);
    writeSync(file, fat, 0, fat.length, settingsAtMib * mibBytes);
    closeSync(file);
    putSettings(disk, [{ name: 'cluster.key', text: key }]);
    const read = (name: string) => {
      const place = `${disk}@@${settingsAtMib * mibBytes}`;
      return spawnSync('mtype', ['-i', place, `::/${name}`], { encoding: 'utf8' }).stdout;
    };
    assert.equal(read('cluster.key'), key);
    assert.equal(read('README.txt'), readmeText(root));
    for (const name of handedNames) assert.ok(readmeText(root).includes(`  ${name} `), name);
    assert.doesNotMatch(readmeText(root), /[^\r]\n/);
  }),
);
