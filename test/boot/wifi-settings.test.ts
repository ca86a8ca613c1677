// What is taken from wifi.env, what is refused with line and setting, that no error holds a value, and what netplan makes of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { BootError } from '../../src/boot/ending.ts';
import { wifiCards, wifiNetplan } from '../../src/boot/wifi-netplan.ts';
import { secretsOf, type WifiSettings, wifiSettingsFrom } from '../../src/boot/wifi-settings.ts';
import { isInstalled } from '../lab/requirements.ts';

const read = (...lines: string[]) => wifiSettingsFrom('wifi.env', lines.join('\n'));

test('without settings there is no network', () => {
  assert.deepEqual(read(''), { country: '', networks: [] });
  assert.equal(wifiNetplan(read('WIFI_COUNTRY=DE'), ['wlan0']), undefined);
});

test('networks come in their order, and a passphrase stands as it is written', () => {
  const settings = read(
    'WIFI_COUNTRY=DE',
    'WIFI_SSID_10=last',
    'WIFI_SECURITY_10=open',
    'WIFI_SSID="Lab 1"',
    'WIFI_KEY="pa"ss\\$wo`rd #1"',
    "WIFI_SSID_2='it''s'",
    'WIFI_KEY_2=12345678',
    'WIFI_SECURITY_2=WPA3',
    'WIFI_HIDDEN_2=true',
  );
  assert.equal(settings.country, 'DE');
  assert.deepEqual(settings.networks, [
    { ssid: 'Lab 1', isHidden: false, auth: { kind: 'wpa2', key: 'pa"ss\\$wo`rd #1' } },
    { ssid: "it''s", isHidden: true, auth: { kind: 'wpa3', key: '12345678' } },
    { ssid: 'last', isHidden: false, auth: { kind: 'open' } },
  ]);
  assert.deepEqual(secretsOf(settings), ['pa"ss\\$wo`rd #1', '12345678']);
});

const enterprise = ['WIFI_SSID=x', 'WIFI_SECURITY=enterprise', 'WIFI_IDENTITY=ada', 'WIFI_CA_CERT=/ca.pem'];

test('an enterprise network is by name and password, or by certificate', () => {
  const [byPassword] = read(...enterprise, 'WIFI_PASSWORD=s').networks;
  assert.partialDeepStrictEqual(byPassword?.auth, { method: 'peap', password: 's', phase2: 'MSCHAPV2' });
  const tls = ['WIFI_EAP=tls', 'WIFI_CLIENT_CERT=/c.pem', 'WIFI_CLIENT_KEY=/c.key'];
  const [byCertificate] = read(...enterprise, ...tls, 'WIFI_CLIENT_KEY_PASSWORD=k').networks;
  assert.partialDeepStrictEqual(byCertificate?.auth, {
    method: 'tls',
    clientKey: '/c.key',
    phase2: undefined,
  });
});

const wrong: readonly [string, readonly string[], RegExp][] = [
  ['a name that is none', ['', 'WIFI_PASSPHRASE=canary'], /line 2: WIFI_PASSPHRASE is no setting/],
  ['a comment behind a key', ['WIFI_SSID=x', 'WIFI_KEY=canary12 # for Ada'], /line 2: WIFI_KEY .*holds " #"/],
  [
    'a comment behind a quoted key',
    ['WIFI_KEY="canary12" # for Ada'],
    /line 1: WIFI_KEY begins with a quote/,
  ],
  [
    'a quote without an end',
    ['WIFI_KEY="canary12'],
    /line 1: WIFI_KEY begins with a quote that does not end/,
  ],
  ['the number one', ['WIFI_SSID_1=canary'], /line 1: WIFI_SSID_1 is no setting/],
  ['too many networks', ['WIFI_SSID_17=canary'], /WIFI_SSID_17 is no setting/],
  ['blanks round the "="', ['WIFI_KEY = canary12'], /line 1: is not NAME=VALUE/],
  ['a setting twice', ['WIFI_SSID=canary', 'WIFI_SSID=canary'], /line 2: WIFI_SSID is set a second time/],
  ['a key that is too short', ['WIFI_SSID=x', 'WIFI_KEY=canary'], /line 2: WIFI_KEY is neither a passphrase/],
  ['a key with other letters', ['WIFI_SSID=x', 'WIFI_KEY=canäry-canäry'], /line 2: WIFI_KEY is neither/],
  ['a name of 33 bytes', [`WIFI_SSID=canary${'é'.repeat(14)}`], /WIFI_SSID is longer than 32 bytes/],
  ['a network without a key', ['', 'WIFI_SSID=canary'], /line 2: WIFI_SSID without WIFI_KEY/],
  ['a key without a network', ['WIFI_KEY_2=canary12'], /line 1: WIFI_KEY_2 without WIFI_SSID_2/],
  [
    'a key for an open network',
    ['WIFI_SSID=x', 'WIFI_SECURITY=open', 'WIFI_KEY=canary12'],
    /line 3: WIFI_KEY is set, and the network is open/,
  ],
  ['WEP', ['WIFI_SSID=x', 'WIFI_SECURITY=wep'], /WIFI_SECURITY is none of wpa2, wpa3/],
  [
    'a network twice',
    ['WIFI_SSID=canary', 'WIFI_KEY=canary12', 'WIFI_SSID_2=canary', 'WIFI_KEY_2=canary12'],
    /line 3: WIFI_SSID_2 names a network that is there already/,
  ],
  ['a country that is none', ['WIFI_COUNTRY=QX'], /WIFI_COUNTRY is no country/],
  ['a country in words', ['WIFI_COUNTRY=Germany'], /no country in two capital letters/],
  ['UK', ['WIFI_COUNTRY=UK'], /is written GB/],
  [
    'a password without an enterprise network',
    ['WIFI_SSID=x', 'WIFI_PASSWORD=canary'],
    /of an enterprise network only/,
  ],
  ['a key for an enterprise network', [...enterprise, 'WIFI_KEY=canary12'], /not of an enterprise network/],
  ['no password for one', enterprise, /line 1: WIFI_SSID without WIFI_PASSWORD/],
  [
    'one whose authority nobody named',
    ['WIFI_SSID=x', 'WIFI_IDENTITY=ada', 'WIFI_PASSWORD=canary'],
    /WIFI_SSID without WIFI_CA_CERT/,
  ],
  [
    'a certificate without its key',
    [...enterprise, 'WIFI_EAP=tls', 'WIFI_CLIENT_CERT=/c'],
    /without WIFI_CLIENT_KEY/,
  ],
  ['a path that is relative', ['WIFI_SSID=x', 'WIFI_CA_CERT=canary.pem'], /WIFI_CA_CERT is no absolute path/],
];
for (const [what, lines, expected] of wrong)
  test(`${what} is an error of use that names the place and no value`, () => {
    assert.throws(
      () => read(...lines),
      (error: unknown) => {
        assert.ok(error instanceof BootError, String(error));
        assert.equal(error.exitCode, 2);
        assert.match(error.message, expected);
        assert.doesNotMatch(error.message + error.mend, /canary/i);
        return true;
      },
    );
  });

test('cards are known by their name', () => {
  assert.deepEqual(wifiCards(['lo', 'eth0', 'wlp3s0', 'wlan0', 'tailscale0', 'wl;x', 'wwan0']), [
    'wlan0',
    'wlp3s0',
  ]);
});

test('any name and any passphrase come out of the YAML as they went in', () => {
  const ssid = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    .filter(each => !/\p{Cc}/u.test(each));
  const key = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 63 });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.oneof(ssid, fc.constantFrom('__proto__', 'null', 'yes', '1', '-', '? x', '&a'))),
      key,
      (ssids, secret) => {
        fc.pre(ssids.length > 0);
        const networks = ssids.map(
          each => ({ ssid: each, isHidden: true, auth: { kind: 'wpa2', key: secret } }) as const,
        );
        const text = wifiNetplan({ country: 'NO', networks }, ['wlan0', 'wlan1']) ?? '';
        const { network } = parse(text, { mapAsMap: false, version: '1.1', schema: 'failsafe' });
        for (const card of ['wlan0', 'wlan1']) {
          const points = network.wifis[card]['access-points'];
          assert.deepEqual(Object.keys(points).sort(), [...ssids].sort());
          for (const each of ssids) {
            const found = Object.getOwnPropertyDescriptor(points, each)?.value;
            assert.equal(found.auth.password, secret);
          }
          assert.equal(network.wifis[card]['regulatory-domain'], 'NO');
        }
      },
    ),
    { numRuns: 300 },
  );
});

/** What netplan makes of it below a folder of its own. */
function generated(files: Readonly<Record<string, string>>, look: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'clusteros-netplan-'));
  try {
    mkdirSync(join(root, 'etc/netplan'), { recursive: true });
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(root, 'etc/netplan', name), text, { mode: 0o600 });
    execFileSync('netplan', ['generate', '--root-dir', root], { stdio: 'pipe' });
    look(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const withNetplan = isInstalled('netplan') ? {} : { skip: 'needs netplan (package netplan.io)' };
const wired = readFileSync(new URL('../../deploy/netplan/50-clusteros-wired.yaml', import.meta.url), 'utf8');

test(
  'netplan itself takes every kind of network, and gives wpa_supplicant the passphrases as they are',
  withNetplan,
  () => {
    const settings: WifiSettings = read(
      'WIFI_COUNTRY=DE',
      'WIFI_SSID=Lab "1" \\ $x é',
      'WIFI_KEY="pa"ss\\$wo`rd: #1 {x}"',
      'WIFI_SSID_2=open',
      'WIFI_SECURITY_2=open',
      'WIFI_HIDDEN_2=true',
      'WIFI_SSID_3=uni',
      'WIFI_IDENTITY_3=ada@example.com',
      'WIFI_PASSWORD_3=se"cret',
      'WIFI_CA_CERT_3=/etc/ssl/certs/ca-certificates.crt',
      'WIFI_SSID_4=cards',
      'WIFI_EAP_4=tls',
      'WIFI_IDENTITY_4=node',
      'WIFI_CA_CERT_4=/ca.pem',
      'WIFI_CLIENT_CERT_4=/c.pem',
      'WIFI_CLIENT_KEY_4=/c.key',
    );
    const text = wifiNetplan(settings, ['wlan0', 'wlp3s0']) ?? '';
    generated({ '50-clusteros-wired.yaml': wired, '60-clusteros-wifi.yaml': text }, root => {
      for (const card of ['wlan0', 'wlp3s0']) {
        const supplicant = readFileSync(join(root, `run/netplan/wpa-${card}.conf`), 'utf8');
        assert.ok(supplicant.includes('ssid="Lab "1" \\ $x é"'));
        assert.ok(supplicant.includes('psk="pa"ss\\$wo`rd: #1 {x}"'));
        assert.match(supplicant, /country=DE/);
        assert.match(supplicant, /ssid="open"\n\s*scan_ssid=1\n\s*key_mgmt=NONE/);
        assert.match(supplicant, /eap=PEAP[\s\S]*password="se"cret"[\s\S]*phase2="auth=MSCHAPV2"/);
        assert.match(supplicant, /eap=TLS/);
      }
      const metric = (name: string) =>
        /RouteMetric=(\d+)/.exec(
          readFileSync(join(root, `run/systemd/network/10-netplan-${name}.network`), 'utf8'),
        )?.[1];
      assert.ok(Number(metric('zz-clusteros-en')) < Number(metric('wlan0')), 'a cable comes first');
      assert.equal(metric('zz-clusteros-eth'), metric('zz-clusteros-en'));
    });
  },
);

test('the example of docs/operations.md is what it says', () => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [example = ''] = /^ {4}# where the machine stands[\s\S]*?(?=\n\n)/m.exec(page) ?? [];
  const { country, networks } = read(...example.replaceAll('=...', '=12345678').split('\n'));
  assert.equal(country, 'DE');
  assert.deepEqual(
    networks.map(({ ssid, auth, isHidden }) => [ssid, auth.kind, isHidden]),
    [
      ['Lab', 'wpa2', false],
      ['University', 'enterprise', true],
    ],
  );
});

test('neither the repository nor a template names a network', () => {
  assert.doesNotMatch(wired, /wifis|access-points|ssid/i);
});
