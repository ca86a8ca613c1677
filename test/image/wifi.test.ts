// WiFi on a card of the kernel's, with a real access point, netplan, wpa_supplicant and networkd: the machine reaches its tailnet by it
// alone. The card is plugged in after boot.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { buildTools } from '../tailnet/tools.ts';
import { authorityFile, installAccessPoint, networks, plugCard, seatOf } from './access-point.ts';
import { done, until } from './agent-service.ts';
import { bareRoot } from './bare-root.ts';
import { ControlServer, missingForTailnetImage } from './control-server.ts';
import { installClusterOs, installTailscale, writeInto } from './installed.ts';
import { chainTimeoutMs, wifiTrialTimeoutMs } from './limits.ts';
import { Rack } from './rack.ts';
import type { VirtualMachine } from './virtual-machine.ts';

const missing = missingForTailnetImage();
/** Each wait within has its own bound. */
const options = missing === undefined ? {} : { skip: missing };
const { wpa2, other, enterprise } = networks;
const settingsFile = '/etc/clusteros/wifi.env';
const first = `WIFI_COUNTRY=DE\nWIFI_SSID=${wpa2.ssid}\nWIFI_KEY=${wpa2.key}\n`;

let control: ControlServer | undefined;
let rack: Rack | undefined;
let machine: VirtualMachine;

before(async () => {
  if (missing !== undefined) return;
  buildTools();
  control = await ControlServer.start();
  const signIn = `TAILSCALE_AUTHKEY=${await control.createKey()}\nTAILSCALE_LOGIN_SERVER=${control.url}\n`;
  ({ rack, machine } = await Rack.buildBare({ controlPort: control.port }, folder =>
    bareRoot(folder, 'bookworm', tree => {
      installClusterOs(tree);
      installTailscale(tree);
      installAccessPoint(tree);
      writeInto(tree, 'etc/clusteros/tailscale.env', signIn, 0o600);
      writeInto(tree, 'etc/clusteros/cluster.key', `${randomBytes(32).toString('base64')}\n`, 0o600);
      writeInto(tree, settingsFile, first, 0o600);
    }),
  ));
  await machine.powerOn();
});
after(async () => {
  await rack?.remove();
  await control?.stop();
});

const journal = async () => {
  const argv = ['journalctl', '-b', '--no-pager', '-o', 'short-monotonic', '-n', '60'];
  const units = ['wifi-setup', 'netplan-wpa-wlan0', 'systemd-networkd', 'access-point', 'tailscale-auth'];
  return (await machine.run([...argv, ...units.flatMap(each => ['-u', each])])).stdout;
};

async function untilSeatedIn(ssid: string): Promise<void> {
  const wait = { what: `the card to be in "${ssid}", with an address`, explain: journal };
  await until(machine, wait, async () => (await seatOf(machine))?.ssid === ssid);
}

async function set(settings: string) {
  const argv = ['node-agent', 'wifi', 'set', '--file', '-', '--yes', '--timeout', '40s'];
  return await machine.run(argv, { input: settings, timeoutMs: wifiTrialTimeoutMs });
}

const settingsNow = () => done(machine, ['cat', settingsFile]);

test('settings without a card are no failure, and the machine boots on', options, async () => {
  const isUp = async () =>
    (await machine.run(['systemctl', 'is-active', 'node-agent'])).stdout === 'active\n';
  await until(machine, { what: 'the agent, by cable', timeoutMs: chainTimeoutMs, explain: journal }, isUp);
  const shown = await done(machine, ['journalctl', '-b', '-u', 'wifi-setup', '--no-pager', '-o', 'cat']);
  assert.match(shown, /this machine has no WiFi card/);
  assert.equal(await done(machine, ['systemctl', '--failed', '--plain', '--no-legend']), '');
});

test(
  'a card that is plugged in after boot gets its network, its address and its country by itself',
  options,
  async () => {
    await plugCard(machine);
    await untilSeatedIn(wpa2.ssid);
    const mode = await done(machine, ['stat', '--format=%a', '/etc/netplan/60-clusteros-wifi.yaml']);
    assert.equal(mode, '600\n');
    assert.match(await done(machine, ['iw', 'reg', 'get']), /^country DE:/m);
    assert.match(await done(machine, ['ip', 'route', 'get', '10.0.3.100']), / dev wlan0 /);
  },
);

test('by it alone the machine is on its tailnet', options, async () => {
  // What the cable carried is gone: the control server and the relay are asked anew.
  await done(machine, ['systemctl', 'restart', 'tailscaled']);
  await until(machine, { what: 'the tailnet by WiFi', explain: journal }, async () => {
    return (await machine.run(['node-agent', 'doctor'])).exitCode === 0;
  });
});

test('settings with a wrong key are taken back, and nobody has to come', options, async () => {
  const { exitCode, stdout, stderr } = await set(
    `WIFI_COUNTRY=DE\nWIFI_SSID=${other.ssid}\nWIFI_KEY=not that passphrase\n`,
  );
  assert.equal(exitCode, 7, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /the former WiFi settings are back/);
  assert.doesNotMatch(stderr, /passphrase|correct horse/);
  assert.equal(await settingsNow(), first);
  await untilSeatedIn(wpa2.ssid);
});

test('settings that work are kept', options, async () => {
  const text = `WIFI_COUNTRY=DE\nWIFI_SSID=${other.ssid}\nWIFI_KEY=${other.key}\n`;
  const { exitCode, stdout, stderr } = await set(text);
  assert.equal(exitCode, 0, `${stderr}\n${await journal()}`);
  assert.match(stdout, /^kept: /);
  assert.equal(await settingsNow(), text);
  assert.equal((await seatOf(machine))?.ssid, other.ssid);
});

test(
  'an enterprise network shows who it is, and lets the machine in by name and password',
  options,
  async () => {
    const { ssid, identity, password } = enterprise;
    const names = `WIFI_SSID=${ssid}\nWIFI_IDENTITY=${identity}\nWIFI_PASSWORD=${password}\n`;
    const { exitCode, stderr } = await set(`${names}WIFI_CA_CERT=${authorityFile}\n`);
    assert.equal(exitCode, 0, `${stderr}\n${await journal()}`);
    assert.equal((await seatOf(machine))?.ssid, ssid);
  },
);

test('a card that is pulled out and plugged in again is served again', options, async () => {
  // The access point is of the same module: it goes and comes, too.
  await done(machine, ['systemctl', 'stop', 'access-point']);
  await done(machine, ['ip', 'netns', 'delete', 'air']);
  await done(machine, ['modprobe', '-r', 'mac80211_hwsim']);
  await until(machine, { what: 'the card to be gone' }, async () => {
    return (await machine.run(['test', '-e', '/sys/class/net/wlan0'])).exitCode !== 0;
  });
  await plugCard(machine);
  await untilSeatedIn(enterprise.ssid);
});

test('settings that are taken away leave a card without any network', options, async () => {
  await done(machine, ['rm', settingsFile]);
  await done(machine, ['node-agent', 'wifi', 'apply'], wifiTrialTimeoutMs);
  await until(machine, { what: 'the card to be silent' }, async () => {
    return /^Not connected/.test((await machine.run(['iw', 'dev', 'wlan0', 'link'])).stdout);
  });
  assert.equal(await done(machine, ['ls', '/etc/netplan']), '50-clusteros-wired.yaml\n');
  const supplicant = await machine.run(['systemctl', 'is-active', 'netplan-wpa-wlan0.service']);
  assert.equal(supplicant.stdout, 'inactive\n');
});
