// What is taken from tailscale.env, what is refused, and that no error holds a value.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BootError, timeoutMsFrom } from '../../src/boot/ending.ts';
import { Secrets } from '../../src/boot/secrets.ts';
import { readSettings, settingsFrom, signInSettings } from '../../src/boot/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'clusteros-settings-'));
after(() => rmSync(folder, { recursive: true }));

const read = (text: string) => signInSettings(settingsFrom(text, 'a.env'), 'a.env');

test('settings are NAME=VALUE, with comments, blank lines, quotes round a value and the line ends of Windows', () => {
  const text = [
    '\uFEFF# for atlas',
    '',
    'TAILSCALE_AUTHKEY="tskey-auth-x-y"',
    "TAILSCALE_TAGS='tag:cluster, tag:lab'",
    '  TAILSCALE_HOSTNAME=atlas  ',
    'TAILSCALE_LOGIN_SERVER=https://control.example.com',
    '',
  ].join('\r\n');
  assert.deepEqual(read(text), {
    oauth: undefined,
    authKey: 'tskey-auth-x-y',
    tags: ['tag:cluster', 'tag:lab'],
    hostname: 'atlas',
    loginServer: 'https://control.example.com',
    source: 'a.env',
  });
});

test('a node has tag:cluster unless it is said otherwise, and none when that is said', () => {
  assert.deepEqual(read('').tags, ['tag:cluster']);
  assert.deepEqual(read('TAILSCALE_TAGS=').tags, []);
});

test('a setting that is set to nothing is not set', () => {
  const { oauth, authKey, hostname } = read(
    'TAILSCALE_AUTHKEY=\nTAILSCALE_HOSTNAME=""\nTAILSCALE_OAUTH_CLIENT_ID=\nTAILSCALE_OAUTH_CLIENT_SECRET=\n',
  );
  assert.deepEqual([oauth, authKey, hostname], [undefined, undefined, '']);
});

const wrong: readonly [string, string, RegExp][] = [
  ['a name that is none', 'TAILSCALE_AUTH_KEY=canary', /line 1: TAILSCALE_AUTH_KEY is no setting/],
  ['an export', 'export TAILSCALE_AUTHKEY=canary', /line 1: begins with "export"/],
  ['blanks round the "="', '\nTAILSCALE_AUTHKEY = canary', /line 2: is not NAME=VALUE/],
  [
    'a name that is set twice',
    'TAILSCALE_AUTHKEY=canary\nTAILSCALE_AUTHKEY=canary',
    /line 2: .* a second time/,
  ],
  ['a command', 'TAILSCALE_AUTHKEY=$(cat canary)', /holds a quote, a backslash or a "\$"/],
  ['a variable', 'TAILSCALE_AUTHKEY=$CANARY', /holds a quote, a backslash or a "\$"/],
  ['backticks', 'TAILSCALE_AUTHKEY=`canary`', /holds a quote/],
  ['a quote without an end', 'TAILSCALE_AUTHKEY="canary', /holds a quote/],
  ['a key with a blank', 'TAILSCALE_AUTHKEY=canary canary', /a blank, a character that no key has/],
  ['a key with a character from a word processor', 'TAILSCALE_AUTHKEY=canary\u2013canary', /no key has/],
  ['a key that is endless', `TAILSCALE_AUTHKEY=${'canary'.repeat(200)}`, /too many/],
  [
    'the secret of a client as a key',
    'TAILSCALE_AUTHKEY=tskey-client-canary',
    /put it into TAILSCALE_OAUTH_CLIENT_SECRET/,
  ],
  ['an access token as a key', 'TAILSCALE_AUTHKEY=tskey-api-canary', /not an auth key/],
  ['a tag without "tag:"', 'TAILSCALE_TAGS=cluster', /no list of tags/],
  ['a host name with a dot', 'TAILSCALE_HOSTNAME=atlas.lab', /no host name/],
  ['a control server that is no URL', 'TAILSCALE_LOGIN_SERVER=control.example.com', /no URL/],
  [
    'a client without its secret',
    'TAILSCALE_OAUTH_CLIENT_ID=canary',
    /without TAILSCALE_OAUTH_CLIENT_SECRET/,
  ],
  [
    'a secret without its client',
    'TAILSCALE_OAUTH_CLIENT_SECRET=canary',
    /without TAILSCALE_OAUTH_CLIENT_ID/,
  ],
  [
    'a client without tags',
    'TAILSCALE_OAUTH_CLIENT_ID=canary\nTAILSCALE_OAUTH_CLIENT_SECRET=canary\nTAILSCALE_TAGS=',
    /an OAuth client and no tags/,
  ],
];
for (const [what, text, expected] of wrong)
  test(`${what} is an error of use that names the place and no value`, () => {
    assert.throws(
      () => read(text),
      (error: unknown) => {
        assert.ok(error instanceof BootError, String(error));
        assert.equal(error.exitCode, 2);
        assert.match(error.message, expected);
        assert.doesNotMatch(error.message + error.mend, /canary/i);
        return true;
      },
    );
  });

test('a file that others can read is refused with the mend', async () => {
  const file = join(folder, 'open.env');
  writeFileSync(file, 'TAILSCALE_AUTHKEY=canary\n');
  chmodSync(file, 0o640);
  await assert.rejects(
    readSettings({ file, credentialsFolder: undefined }),
    (error: BootError) => error.exitCode === 2 && error.mend === `run "chmod 0600 ${file}"`,
  );
});

test('a file that was asked for must be there', async () => {
  await assert.rejects(
    readSettings({ file: join(folder, 'none.env'), credentialsFolder: undefined }),
    (error: BootError) => error.exitCode === 2 && /cannot be read \(ENOENT\)/.test(error.message),
  );
});

test('a credential of systemd that is not right is refused by its name', async () => {
  writeFileSync(join(folder, 'TAILSCALE_TAGS'), 'cluster', { mode: 0o400 });
  await assert.rejects(readSettings({ file: undefined, credentialsFolder: folder }), (error: BootError) =>
    /TAILSCALE_TAGS in .*TAILSCALE_TAGS is no list of tags/.test(error.message),
  );
});

test('what is known to be secret, and what looks like a key, is in no text', () => {
  const secrets = new Secrets();
  secrets.add('abc/def+ghi');
  secrets.add('x');
  assert.equal(
    secrets.hide('key abc/def+ghi, abc%2Fdef%2Bghi, tskey-auth-k1-xyz and hskey-auth-12_34 for x'),
    'key (hidden), (hidden), tskey-(hidden) and hskey-(hidden) for x',
  );
});

test('durations are read as people write them, and nothing else is', () => {
  assert.deepEqual(['500ms', '90s', '2m', '1.5h', 'infinity'].map(timeoutMsFrom), [
    ...[500, 90_000, 120_000, 5_400_000],
    Number.POSITIVE_INFINITY,
  ]);
  for (const text of ['', '5', '0s', '-1s', '2d', 'soon'])
    assert.throws(
      () => timeoutMsFrom(text),
      (error: BootError) => error.exitCode === 2,
    );
});
