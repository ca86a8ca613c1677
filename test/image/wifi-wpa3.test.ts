// WPA3 needs netplan 1.0, which Debian 13 has: the same chain there, on a machine whose card is there from power-on and which has no
// other way to its tailnet.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { buildTools } from '../tailnet/tools.ts';
import { installAccessPoint, networks, seatOf } from './access-point.ts';
import { done, until } from './agent-service.ts';
import { bareRoot } from './bare-root.ts';
import { ControlServer, missingForTailnetImage } from './control-server.ts';
import { installClusterOs, installTailscale, writeInto } from './installed.ts';
import { chainTimeoutMs } from './limits.ts';
import { Rack } from './rack.ts';
import type { VirtualMachine } from './virtual-machine.ts';

const missing = missingForTailnetImage();
/** Each wait within has its own bound. */
const options = missing === undefined ? {} : { skip: missing };
const { ssid, key } = networks.wpa3;

let control: ControlServer | undefined;
let rack: Rack | undefined;
let machine: VirtualMachine;

before(async () => {
  if (missing !== undefined) return;
  buildTools();
  control = await ControlServer.start();
  const signIn = `TAILSCALE_AUTHKEY=${await control.createKey()}\nTAILSCALE_LOGIN_SERVER=${control.url}\n`;
  ({ rack, machine } = await Rack.buildBare({ controlPort: control.port }, folder =>
    bareRoot(folder, 'trixie', tree => {
      installClusterOs(tree);
      installTailscale(tree);
      installAccessPoint(tree);
      writeInto(tree, 'etc/modules-load.d/hwsim.conf', 'mac80211_hwsim\n');
      writeInto(tree, 'etc/clusteros/tailscale.env', signIn, 0o600);
      writeInto(tree, 'etc/clusteros/cluster.key', `${randomBytes(32).toString('base64')}\n`, 0o600);
      const wifi = `WIFI_SSID=${ssid}\nWIFI_KEY=${key}\nWIFI_SECURITY=wpa3\n`;
      writeInto(tree, 'etc/clusteros/wifi.env', wifi, 0o600);
    }),
  ));
  await machine.powerOn();
});
after(async () => {
  await rack?.remove();
  await control?.stop();
});

const journal = async () => {
  const units = ['wifi-setup', 'netplan-wpa-wlan0', 'access-point', 'tailscale-auth', 'node-agent'];
  const argv = ['journalctl', '-b', '--no-pager', '-o', 'short-monotonic', '-n', '60'];
  return (await machine.run([...argv, ...units.flatMap(each => ['-u', each])])).stdout;
};

test(
  'a machine of Debian 13 that is told of a WPA3 network alone becomes a member by it',
  options,
  async t => {
    const wait = { what: 'the agent to be ready', timeoutMs: chainTimeoutMs, explain: journal };
    const isUp = async () =>
      (await machine.run(['systemctl', 'is-active', 'node-agent'])).stdout === 'active\n';
    await until(machine, wait, isUp);
    assert.equal((await seatOf(machine))?.ssid, ssid);
    assert.match(await done(machine, ['ip', 'route', 'get', '10.0.3.100']), / dev wlan0 /);
    const link = await done(machine, ['wpa_cli', '-p', '/run/wpa_supplicant', '-i', 'wlan0', 'status']);
    assert.match(link, /^key_mgmt=SAE$/m);
    await done(machine, ['clusterctl', 'wait', '--for', 'leader', '--timeout', '120s'], 180_000);
    const failed = await done(machine, ['systemctl', '--failed', '--plain', '--no-legend']);
    assert.equal(failed, '');
    const version = await done(machine, ['systemctl', '--version']);
    t.diagnostic(version.split('\n')[0] ?? '');
  },
);

test('at the next boot the card has its network without wifi-setup doing anything', options, async () => {
  await machine.shutDown();
  await machine.powerOn();
  const wait = { what: `the card to be in "${ssid}"`, explain: journal };
  await until(machine, wait, async () => (await seatOf(machine))?.ssid === ssid);
  await until(machine, { what: 'the agent', timeoutMs: chainTimeoutMs, explain: journal }, async () => {
    return (await machine.run(['systemctl', 'is-active', 'node-agent'])).stdout === 'active\n';
  });
  const said = await done(machine, ['journalctl', '-b', '-u', 'wifi-setup', '--no-pager', '-o', 'cat']);
  assert.match(said, /nothing to do/);
  assert.equal(await done(machine, ['systemctl', '--failed', '--plain', '--no-legend']), '');
});
