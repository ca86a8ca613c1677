// What `make image` is told and what it makes of it, without building one.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { configuration, hostName, type ImageContent } from '../../deploy/image/configuration.ts';
import { distributions } from '../../deploy/image/distributions.ts';
import { imagePackages, sourcesOf } from '../../deploy/image/packages.ts';
import { imageSettings } from '../../deploy/image/settings.ts';
import { refuseIdentities, type TreeOptions } from '../../deploy/image/tree.ts';
import { clusterosMachine } from '../../deploy/package/clusteros-machine.ts';
import { isDefaultName } from '../../src/boot/host-name.ts';

const root = join(import.meta.dirname, '../..');
const content: ImageContent = {
  ...{ root, distribution: 'debian', suite: 'bookworm', hasFirmware: false },
  ...{ clusterKey: undefined, authorizedKeys: undefined },
  ...{ rootUuid: '6f1b1e6a-0000-4000-8000-000000000000', espId: 'ABCD0123' },
};

function inFolder(work: (folder: string) => void): () => void {
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'clusteros-image-'));
    try {
      work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

const textOf = (path: string, of = content) => {
  const entry = configuration(of).find(each => each.path === path);
  return entry && 'text' in entry ? String(entry.text) : undefined;
};

test('without a word there is no key, no account and firmware', () => {
  const settings = imageSettings(root, {});
  assert.deepEqual(
    [settings.clusterKey, settings.authorizedKeys, settings.hasFirmware, settings.suite],
    [undefined, undefined, true, 'bookworm'],
  );
});

test(
  'a key goes in only when that is said, and only one that is a key and closed to others',
  inFolder(folder => {
    const key = join(folder, 'cluster.key');
    writeFileSync(key, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
    assert.equal(imageSettings(root, { KEY: key }).clusterKey, undefined);
    assert.equal(imageSettings(root, { KEY: key, WITH_KEY: '1' }).clusterKey, key);
    chmodSync(key, 0o644);
    assert.throws(() => imageSettings(root, { KEY: key, WITH_KEY: '1' }), /open to others/);
    writeFileSync(key, 'short');
    chmodSync(key, 0o600);
    assert.throws(() => imageSettings(root, { KEY: key, WITH_KEY: '1' }), /no cluster key/);
    assert.throws(() => imageSettings(root, { KEY: join(folder, 'none'), WITH_KEY: '1' }), /cannot be read/);
  }),
);

test('settings that are none are refused', () => {
  assert.throws(() => imageSettings(root, { ARCH: 'arm64' }), /amd64 only/);
  assert.throws(() => imageSettings(root, { MIRROR: 'ftp://x' }), /MIRROR/);
  assert.throws(() => imageSettings(root, { SUITE: 'book worm' }), /SUITE/);
});

test(
  'Ubuntu is a setting: its own mirrors, names and keyring, and never without a signature',
  inFolder(folder => {
    const keyring = join(folder, 'keyring.gpg');
    writeFileSync(keyring, '');
    const settings = imageSettings(root, {
      DISTRIBUTION: 'ubuntu',
      KEYRING: keyring,
      MIRROR: 'http://mirror.lab/ubuntu',
    });
    assert.deepEqual(
      [settings.suite, settings.mirror, settings.securityMirror],
      ['noble', 'http://mirror.lab/ubuntu', 'http://security.ubuntu.com/ubuntu'],
    );
    const { suite, mirror, securityMirror: security, distribution } = settings;
    assert.equal(
      sourcesOf(suite, { mirror, security, distribution, hasFirmware: true, keyring }),
      ['noble', 'noble-updates']
        .map(each => `deb [signed-by=${keyring}] http://mirror.lab/ubuntu ${each} main universe\n`)
        .concat(`deb [signed-by=${keyring}] http://security.ubuntu.com/ubuntu noble-security main universe\n`)
        .join(''),
    );
    assert.throws(
      () => imageSettings(root, { DISTRIBUTION: 'ubuntu', KEYRING: join(folder, 'none') }),
      /KEYRING.*cannot be read\nhint/,
    );
    assert.throws(() => imageSettings(root, { DISTRIBUTION: 'gentoo' }), /none of debian, ubuntu/);
    const packages = imagePackages({ distribution, hasFirmware: true });
    assert.deepEqual(
      [packages.includes('linux-image-generic'), packages.includes('linux-firmware')],
      [true, true],
    );
    // What only Debian has.
    const { kernel, firmware } = distributions.debian;
    for (const each of [kernel, ...firmware.filter(name => name.startsWith('firmware-'))])
      assert.ok(!packages.includes(each), each);
    const ubuntu = { ...content, distribution, suite };
    assert.match(textOf('/boot/grub/grub.cfg', ubuntu) ?? '', /linux \/boot\/vmlinuz root=/);
    assert.match(
      textOf('/etc/apt/sources.list', ubuntu) ?? '',
      /^deb http:\/\/archive\.ubuntu\.com\/ubuntu noble main universe\n/,
    );
    assert.match(textOf('/boot/grub/grub.cfg') ?? '', /linux \/vmlinuz root=/);
  }),
);

test('what clusteros-machine depends on is in the tree, so that nothing is downloaded later', () => {
  const { fields } = clusterosMachine({ root, version: '1.0.0', epoch: 0 });
  const needed = (fields.Depends ?? '').split(', ').map(each => each.split(/[ |]/)[0] ?? '');
  const there = imagePackages({ hasFirmware: false, distribution: 'debian' });
  for (const name of needed) if (name !== 'clusteros') assert.ok(there.includes(name), name);
});

test('the name of the image is none that first-boot would keep, and cloud-init keeps its hands off', () => {
  assert.ok(isDefaultName(hostName));
  const cloud = parse(textOf('/etc/cloud/cloud.cfg.d/90-clusteros.cfg') ?? '');
  assert.deepEqual(
    [cloud.preserve_hostname, cloud.network, cloud.ssh_deletekeys, cloud.ssh_genkeytypes],
    [true, { config: 'disabled' }, false, []],
  );
  assert.match(textOf('/etc/ssh/sshd_config.d/10-clusteros.conf') ?? '', /^PasswordAuthentication no$/m);
  assert.equal(textOf('/etc/machine-id'), '');
});

test('the disk is found by the numbers of its file systems, whichever disk it is', () => {
  assert.match(
    textOf('/etc/fstab') ?? '',
    /^UUID=6f1b1e6a-\S+ \/ ext4 .*growfs.*\nUUID=ABCD-0123 \/boot\/efi vfat/,
  );
  for (const file of ['/etc/fstab', '/boot/grub/grub.cfg', '/etc/default/grub'])
    assert.doesNotMatch(textOf(file) ?? '', /\/dev\/[shv]da|nvme/, file);
});

for (const [path, text] of [
  ['etc/machine-id', 'aa2fd4e275bf44209c0c125d0824df0b\n'],
  ['etc/ssh/ssh_host_ed25519_key', 'key'],
  ['etc/munge/munge.key', 'key'],
  ['etc/clusteros/cluster.key', 'key'],
  ['etc/clusteros/tailscale.env', 'TAILSCALE_AUTHKEY=x'],
  ['var/lib/systemd/random-seed', 'seed'],
  ['root/.ssh/authorized_keys', 'ssh-ed25519 AAAA'],
  ['etc/shadow', 'root:*:1::::::\nada:$y$j9T$x:1::::::\n'],
] as const)
  test(
    `an image with ${path} is refused`,
    inFolder(tree => {
      const write = (name: string, content: string) => {
        mkdirSync(dirname(join(tree, name)), { recursive: true });
        writeFileSync(join(tree, name), content);
      };
      write('etc/machine-id', '');
      write('etc/shadow', 'root:*:1::::::\nsshd:!:1::::::\n');
      const options = { ...content, base: '', debs: [] } satisfies TreeOptions;
      refuseIdentities(tree, options);
      write(path, text);
      assert.throws(
        () => refuseIdentities(tree, options),
        /on every node the same: (etc|var|root|a password of ada)/,
      );
    }),
  );
