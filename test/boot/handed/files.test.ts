// What laptops make of names and texts, and what is wrong with a file: told without a word of what is in it.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readClusterKey } from '../../../src/agent/cluster-key.ts';
import { clusterKeyTrouble } from '../../../src/boot/handed/cluster-key.ts';
import { contentTrouble, nodeYamlTrouble, sorted, textFrom } from '../../../src/boot/handed/files.ts';
import { missingKeys, sshKeysFrom } from '../../../src/boot/handed/ssh-keys.ts';
import { isInstalled } from '../../lab/requirements.ts';

const root = new URL('../../../', import.meta.url).pathname;
const key = Buffer.alloc(32, 7).toString('base64');

function inFolder(work: (folder: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'clusteros-handed-'));
    try {
      await work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

test('names are known in capitals and with the ".txt" that Windows hides; what systems leave is no name', () => {
  const { found, leftovers, unknown } = sorted([
    ...['CLUSTER.KEY', 'tailscale.env.txt', 'Node.yaml', '._cluster.key', '.DS_Store', 'README.txt'],
    ...['System Volume Information/', '.Spotlight-V100/', '.Trashes/', 'TAKEN.txt', 'PROBLEMS.txt'],
    ...['clusteros-wipe-wifi.env', 'cluster.key.bak', 'settings/', 'wifi.env/'],
  ]);
  assert.deepEqual(
    [...found].map(([kind, names]) => [kind, ...names]),
    [
      ['cluster.key', 'CLUSTER.KEY'],
      ['tailscale.env', 'tailscale.env.txt'],
      ['node.yaml', 'Node.yaml'],
    ],
  );
  assert.deepEqual(leftovers, ['clusteros-wipe-wifi.env']);
  assert.deepEqual(unknown, ['cluster.key.bak', 'settings/', 'wifi.env/']);
});

test('a text is the same from every editor', () => {
  const text = 'a=1\nb=2\n';
  const dos = text.replaceAll('\n', '\r\n');
  const big = Buffer.from(`\ufeff${dos}`, 'utf16le').swap16();
  for (const bytes of [
    Buffer.from(text),
    Buffer.from(dos),
    Buffer.from(text.replaceAll('\n', '\r')),
    Buffer.from(text.trimEnd()),
    Buffer.from(`\ufeff${dos}`),
    Buffer.from(`\ufeff${dos}`, 'utf16le'),
    big,
  ])
    assert.equal(textFrom(new Uint8Array(bytes)), text);
});

test('what is no text is told apart: pulled too early, too large, another encoding', () => {
  const why = (bytes: Uint8Array) => {
    const text = textFrom(bytes);
    return typeof text === 'string' ? text : text.why;
  };
  assert.equal(why(new Uint8Array(0)), 'is empty');
  assert.equal(why(new Uint8Array(45)), 'is empty');
  assert.equal(why(Buffer.from(' \r\n')), 'is empty');
  assert.match(why(new Uint8Array(65537).fill(65)), /has more than 65536 bytes/);
  assert.match(why(Buffer.from('key', 'utf16le')), /no text in UTF-8/);
  assert.match(why(new Uint8Array([0xc3, 0x28])), /no text in UTF-8/);
});

test(
  'a cluster key is one here when it is one for the agent',
  inFolder(async folder => {
    const file = join(folder, 'key');
    for (const text of [
      key,
      `${key}\n`,
      ` ${key} `,
      key.slice(1),
      `${key}${key}`,
      key.replace('=', ''),
      Buffer.alloc(31).toString('base64'),
      Buffer.alloc(32, 255).toString('base64url'),
      'canary',
    ]) {
      writeFileSync(file, text, { mode: 0o600 });
      const isOne = await readClusterKey(file).then(
        () => true,
        () => false,
      );
      assert.equal(clusterKeyTrouble(text) === undefined, isOne, text);
    }
  }),
);

test('settings are refused by their own readers, and nothing that is in them is told', () => {
  const told = [
    contentTrouble('cluster.key', 'canary'),
    contentTrouble('tailscale.env', 'TAILSCALE_AUTHKEY="tskey canary"\n'),
    contentTrouble('tailscale.env', 'TAILSCALE_AUTHKEY=tskey-api-canary\n'),
    contentTrouble('tailscale.env', 'TAILSCALE_OAUTH_CLIENT_SECRET=canary\n'),
    contentTrouble('wifi.env', 'WIFI_SSID=Lab\nWIFI_KEY=canary\n'),
    contentTrouble('wifi.env', 'canary'),
    contentTrouble('authorized_keys', 'ssh-ed25519 canary ada\n'),
    contentTrouble('authorized_keys', '-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\n'),
  ];
  for (const each of told) {
    assert.ok(each !== undefined);
    assert.doesNotMatch(JSON.stringify(each), /canary/i);
    assert.notEqual(each.mend, '');
  }
  assert.match(told[4]?.why ?? '', /^line 2: WIFI_KEY is neither/);
  assert.match(told[7]?.why ?? '', /private key/);
  assert.equal(contentTrouble('cluster.key', `${key}\n`), undefined);
  assert.equal(contentTrouble('tailscale.env', 'TAILSCALE_AUTHKEY=tskey-auth-x-y\n'), undefined);
  assert.equal(contentTrouble('wifi.env', 'WIFI_SSID=Lab\nWIFI_KEY=a passphrase\n'), undefined);
});

test(
  'node.yaml is what the agent says it is, without the values that it repeats',
  inFolder(folder => {
    const file = join(folder, 'node.yaml');
    const wordsOn = (text: string) => {
      writeFileSync(file, text);
      const { status, stderr } = spawnSync(join(root, 'bin/node-agent'), ['info', '--config', file], {
        encoding: 'utf8',
      });
      assert.equal(status, 2, stderr);
      const { why } = nodeYamlTrouble(stderr);
      assert.doesNotMatch(why, /canary/);
      return why;
    };
    assert.equal(wordsOn('bootstap: auto\n'), 'has a setting that there is none: bootstap');
    assert.equal(wordsOn('canary7+/=: auto\n'), 'has a setting that there is none');
    assert.equal(wordsOn('bind: canary\n'), 'has a value that bind cannot have');
    assert.match(wordsOn('name: [a\ncanary: "\n'), /^is not YAML \(line \d+, column \d+\)$/);
    assert.equal(wordsOn('canary\n'), 'is refused by the agent');
  }),
);

test(
  'public keys of every kind that ssh-keygen makes are keys, and are there once',
  isInstalled('ssh-keygen') ? {} : { skip: 'needs ssh-keygen (package openssh-client)' },
  inFolder(folder => {
    const lines = (['ed25519', 'ecdsa', 'rsa'] as const).map(type => {
      execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', `of ${type}`, '-f', join(folder, type)]);
      return readFileSync(join(folder, `${type}.pub`), 'utf8').trim();
    });
    const optioned = `from="10.0.0.0/8",command="ls -l \\"x\\"" ${lines[0]}`;
    const text = `# ours\n\n${lines.join('\n')}\n${lines[0]} once more\n`;
    const keys = sshKeysFrom(text);
    assert.ok(!('why' in keys));
    assert.deepEqual(missingKeys(keys, ''), lines);
    assert.deepEqual(missingKeys(keys, `${lines[1]}\n${optioned}\n`), [lines[2]]);
    assert.ok(!('why' in sshKeysFrom(optioned)));
    // Cut off in the middle, by whatever, and still base64.
    const [type = '', blob = ''] = (lines[0] ?? '').split(' ');
    const trouble = sshKeysFrom(`${lines[1]}\n${type} ${blob.slice(0, 40)} ada\n`);
    assert.match('why' in trouble ? trouble.why : '', /no public key in line 2/);
    assert.ok('why' in sshKeysFrom('# nobody\n'));
  }),
);
