// What goes along to the disk and what does not, by rsync itself; and the fstab.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { copyFilters, fileSystemsOf, fstabText } from '../../../src/boot/install/copied.ts';
import { isInstalled } from '../../lab/requirements.ts';

const ids = { rootUuid: 'c53a9729-d725-4f2d-9f98-6bf51160e49b', espUuid: '49AC-83FA' };

/** The paths of those that rsync would copy. */
function copied(paths: readonly string[], nodeYaml = ''): readonly string[] {
  const root = mkdtempSync(join(tmpdir(), 'clusteros-copied-'));
  try {
    for (const path of paths) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), '');
    }
    const filters = copyFilters(nodeYaml).map(filter => `--filter=${filter}`);
    const out = execFileSync('rsync', ['-an', '--out-format=%n', ...filters, `${root}/`, `${root}-to/`], {
      encoding: 'utf8',
    });
    const names = new Set(out.split('\n').map(line => `/${line}`));
    return paths.filter(path => names.has(path));
  } finally {
    rmSync(root, { recursive: true });
  }
}

const options = isInstalled('rsync') ? {} : { skip: 'needs rsync' };

test('settings and keys go along', options, () => {
  const paths = [
    ...['/etc/clusteros/cluster.key', '/etc/clusteros/node.yaml', '/etc/clusteros/tailscale.env'],
    ...['/etc/clusteros/wifi.env', '/root/.ssh/authorized_keys', '/etc/ssh/sshd_config', '/etc/hostname'],
    ...['/etc/default/tailscaled', '/etc/slurm/local.conf', '/boot/vmlinuz-6.1', '/usr/bin/node-agent'],
    '/var/lib/rancher/k3s/agent/images/k3s-airgap-images-amd64.tar.zst',
  ];
  assert.deepEqual(copied(paths), paths);
});

test('no identity goes along, and no state of a service', options, () => {
  const paths = [
    ...[
      '/etc/machine-id',
      '/var/lib/dbus/machine-id',
      '/etc/ssh/ssh_host_ed25519_key',
      '/etc/ssh/ssh_host_rsa_key.pub',
    ],
    ...[
      '/var/lib/clusteros/node.key',
      '/var/lib/clusteros/former-1/node.key',
      '/var/lib/tailscale/tailscaled.state',
    ],
    ...['/etc/ssh/former-2026-x/ssh_host_rsa_key', '/var/lib/systemd/random-seed', '/etc/munge/munge.key'],
    ...['/var/lib/slurm/slurmctld/job_state', '/var/spool/slurmd/cred_state', '/etc/slurm/slurm.conf'],
    ...[
      '/var/lib/rancher/k3s/server/token',
      '/var/lib/rancher/k3s/agent/client-ca.crt',
      '/etc/rancher/node/password',
    ],
    ...['/etc/rancher/k3s/k3s.yaml', '/var/lib/kubelet/pods/x', '/var/lib/cloud/instance/id', '/etc/fstab'],
    ...[
      '/tmp/x',
      '/run/x',
      '/var/log/syslog',
      '/var/log/munge/munged.log',
      '/var/log/journal/a/system.journal',
    ],
    ...['/root/.bash_history', '/swapfile', '/boot/efi/EFI/BOOT/BOOTX64.EFI'],
  ];
  assert.deepEqual(copied(paths), []);
});

test("folders of logs go along without what is in them: a daemon's owner is theirs", options, () => {
  const root = mkdtempSync(join(tmpdir(), 'clusteros-copied-'));
  try {
    mkdirSync(join(root, 'from/var/log/munge'), { recursive: true });
    writeFileSync(join(root, 'from/var/log/munge/munged.log'), '');
    const filters = copyFilters('').map(filter => `--filter=${filter}`);
    execFileSync('rsync', ['-a', ...filters, `${root}/from/`, `${root}/to/`]);
    assert.equal(
      execFileSync('find', [`${root}/to`, '-name', 'mung*'], { encoding: 'utf8' }).trim(),
      `${root}/to/var/log/munge`,
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('the data folder of the agent is left out wherever an operator has put it', options, () => {
  assert.deepEqual(copied(['/srv/agent/node.key'], 'dataDir: /srv/agent\n'), []);
  // No pattern, and nothing that would leave out the root.
  for (const yaml of ['dataDir: /\n', 'dataDir: /srv/*\n', 'dataDir: [', 'dataDir: 7\n', ''])
    assert.deepEqual(copied(['/srv/agent/node.key'], yaml), ['/srv/agent/node.key'], yaml);
});

test('fstab names both file systems by their UUIDs', () => {
  const text = fstabText(ids, '');
  assert.match(text, new RegExp(`^UUID=${ids.rootUuid} / ext4 errors=remount-ro 0 1$`, 'm'));
  assert.match(text, new RegExp(`^UUID=${ids.espUuid} /boot/efi vfat umask=0077,nofail 0 2$`, 'm'));
  assert.deepEqual(fileSystemsOf(text), ids);
  assert.throws(() => fileSystemsOf('/dev/sda3 / ext4 defaults 0 1\n'));
});

test('of the former fstab what is of the network or of memory stays, no disk and no swap', () => {
  const former = [
    '# a comment',
    'UUID=1111 / ext4 x-systemd.growfs 0 1',
    'UUID=22-22 /boot/efi vfat nofail 0 2',
    '/dev/sdb1 /data ext4 defaults 0 2',
    'LABEL=swap none swap sw 0 0',
    '/swapfile none swap sw 0 0',
    'server:/home /home nfs4 soft,_netdev 0 0',
    'tmpfs /scratch tmpfs size=1G 0 0',
  ].join('\n');
  const lines = fstabText(ids, former).trim().split('\n');
  assert.deepEqual(lines.slice(3), [
    'server:/home /home nfs4 soft,_netdev 0 0',
    'tmpfs /scratch tmpfs size=1G 0 0',
  ]);
});
