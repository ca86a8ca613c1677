// The units of deploy/systemd: systemd itself finds nothing wrong with them, the order at boot is the one that is described, and
// what they start are programs and flags that there are.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { isInstalled } from '../lab/requirements.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const folder = join(root, 'deploy/systemd');
const units = readdirSync(folder).filter(name => name.endsWith('.service'));
const text = (unit: string) => readFileSync(join(folder, unit), 'utf8');

/** Every `Name=value` of a unit, in order, with its section. */
function settingsOf(unit: string) {
  let section = '';
  return text(unit)
    .split('\n')
    .flatMap(line => {
      const [, header] = /^\[(\w+)\]$/.exec(line) ?? [];
      if (header !== undefined) section = header;
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [{ section, name, value }];
    });
}

const setting = (unit: string, name: string) =>
  settingsOf(unit)
    .filter(each => each.name === name)
    .map(({ value }) => value)
    .join(' ');

test(
  'systemd-analyze finds nothing wrong with any unit',
  isInstalled('systemd-analyze') ? {} : { skip: 'needs systemd-analyze (package systemd)' },
  async () => {
    const copy = mkdtempSync(join(tmpdir(), 'clusteros-units-'));
    try {
      // Our programs are not installed here, and tailscaled's unit comes with its package.
      writeFileSync(join(copy, 'tailscaled.service'), '[Service]\nExecStart=/bin/true\n');
      for (const unit of units)
        writeFileSync(
          join(copy, unit),
          text(unit).replace(/^(Exec\w+)=\/usr\/bin\/[a-z-]+/gm, '$1=/bin/true'),
        );
      // systemd's own unit, with what is added to it.
      const waits = 'systemd-networkd-wait-online.service';
      mkdirSync(join(copy, `${waits}.d`));
      for (const name of readdirSync(join(folder, `${waits}.d`)))
        writeFileSync(join(copy, `${waits}.d`, name), readFileSync(join(folder, `${waits}.d`, name)));
      // As cloud-init has it on Debian: the network before sysinit.target, and so before all that is not early.
      writeFileSync(
        join(copy, 'cloud-init.service'),
        `[Unit]\nDefaultDependencies=no\nWants=${waits}\nAfter=${waits}\nBefore=network-online.target sysinit.target\n[Service]\nType=oneshot\nExecStart=/bin/true\n[Install]\nWantedBy=sysinit.target\n`,
      );
      mkdirSync(join(copy, 'sysinit.target.wants'));
      symlinkSync('../cloud-init.service', join(copy, 'sysinit.target.wants/cloud-init.service'));
      writeFileSync(join(copy, 'ssh.service'), '[Service]\nExecStart=/bin/true\n');
      const paths = [...units, waits].map(unit => join(copy, unit));
      const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', ...paths], {
        env: { PATH: process.env.PATH ?? '', SYSTEMD_UNIT_PATH: `${copy}:` },
      });
      const complaints = `${stdout}${stderr}`
        .split('\n')
        .filter(line => [...units, waits].some(unit => line.includes(unit)) || /ordering cycle/i.test(line));
      assert.deepEqual(complaints, []);
    } finally {
      rmSync(copy, { recursive: true });
    }
  },
);

test('the order at boot is network-online, tailscaled, tailscale-auth, wait-for-tailscale, node-agent', () => {
  const chain = [
    'network-online.target',
    'tailscaled.service',
    'tailscale-auth.service',
    'wait-for-tailscale.service',
  ];
  const last = 'node-agent.service';
  assert.match(setting('tailscale-auth.service', 'After'), /network-online\.target.*tailscaled\.service/);
  for (const [index, unit] of [...chain.slice(2), last].entries()) {
    const before = chain[index + 1] ?? '';
    for (const name of ['After', 'Wants'])
      assert.ok(setting(unit, name).includes(before), `${unit}: ${name}=${before}`);
    assert.equal(setting(unit, 'Requires'), '', `${unit}: what failed once must not keep it down`);
    assert.equal(setting(unit, 'WantedBy'), 'multi-user.target');
  }
});

test('before it: first-boot, the network, WiFi, the clock; each before all that needs it, and none of them required', () => {
  const before = (unit: string, others: readonly string[]) => {
    for (const other of others)
      assert.ok(setting(unit, 'Before').split(' ').includes(other), `${unit}: Before=${other}`);
  };
  before('first-boot.service', [
    ...['network-pre.target', 'ssh.service', 'sshd.service', 'tailscaled.service', 'node-agent.service'],
  ]);
  before('wifi-setup.service', ['network-online.target']);
  before('handed-settings.service', [
    ...['first-boot.service', 'network-pre.target', 'wifi-setup.service', 'tailscale-auth.service'],
    ...['node-agent.service', 'ssh.service'],
  ]);
  assert.match(setting('wifi-setup.service', 'After'), /first-boot\.service.*systemd-networkd\.service/);
  assert.match(setting('wait-for-time.service', 'After'), /network-online\.target/);
  for (const name of ['After', 'Wants'])
    assert.match(setting('tailscale-auth.service', name), /wait-for-time\.service/);
  for (const unit of ['handed-settings.service', 'first-boot.service', 'wifi-setup.service']) {
    // Else they would come after sysinit.target, and cloud-init wants the network before that.
    assert.equal(setting(unit, 'DefaultDependencies'), 'no');
    assert.equal(setting(unit, 'Conflicts'), 'shutdown.target');
  }
  for (const unit of units) assert.equal(setting(unit, 'Requires'), '', unit);
});

test('the boot waits for one link, and for no longer than systemd is told', () => {
  const dropIn = text('systemd-networkd-wait-online.service.d/50-clusteros.conf');
  assert.match(dropIn, /^ExecStart=\nExecStart=\S+systemd-networkd-wait-online --any --timeout=60$/m);
  const wired = readFileSync(join(root, 'deploy/netplan/50-clusteros-wired.yaml'), 'utf8');
  assert.doesNotMatch(wired, /^[^#]*optional/m);
});

test('limits of restarts are where systemd reads them, and no unit gives up or loops tightly', () => {
  for (const unit of units) {
    const limits = settingsOf(unit).filter(({ name }) => name.startsWith('StartLimit'));
    assert.deepEqual(
      limits.map(({ section, name, value }) => [section, name, value]),
      [['Unit', 'StartLimitIntervalSec', '0']],
      unit,
    );
    assert.equal(setting(unit, 'Restart'), 'on-failure');
    assert.ok(Number(setting(unit, 'RestartSec')) >= 5, `${unit}: seconds between two starts`);
  }
});

test('a file that is refused is not tried again and again, and settings are taken within minutes or not at all', () => {
  assert.equal(setting('handed-settings.service', 'RestartPreventExitStatus'), '4');
  assert.equal(setting('handed-settings.service', 'TimeoutStartSec'), '3min');
  // Else what is mounted would be there for everybody, and stay after a crash.
  assert.equal(setting('handed-settings.service', 'PrivateMounts'), 'yes');
});

test('credentials are handed over by systemd, and are in no environment and no command', () => {
  assert.equal(
    setting('tailscale-auth.service', 'LoadCredential'),
    'tailscale.env:/etc/clusteros/tailscale.env',
  );
  for (const unit of units)
    for (const { name, value } of settingsOf(unit)) {
      assert.ok(!name.startsWith('Environment') && name !== 'PassEnvironment', `${unit}: ${name}`);
      assert.doesNotMatch(value, /tskey|AUTHKEY|SECRET/);
    }
});

test('what outlives the agent is not ended with it', () => {
  assert.equal(setting('node-agent.service', 'KillMode'), 'process');
  assert.equal(setting('node-agent.service', 'RestartPreventExitStatus'), '4');
});

test('each unit starts a program of this project with flags that it has', async () => {
  for (const unit of units) {
    const [path = '', ...args] = setting(unit, 'ExecStart').split(' ');
    assert.match(path, /^\/usr\/bin\//);
    const [command, ...rest] = args[0]?.startsWith('--') ? ['', ...args] : args;
    const help = [...(command ? [command] : []), '--help'];
    const { stdout } = await run(join(root, 'bin', path.slice('/usr/bin/'.length)), help);
    for (const flag of rest.filter(each => each.startsWith('--')))
      assert.ok(stdout.includes(flag), `${unit}: ${path} has no ${flag}`);
  }
});
