// The templates for cloud-init: as they stand they change nothing and hold nobody's secret; with every "#" taken away they are what cloud-init
// and the programs of the boot read.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { imagePackages } from '../../deploy/image/packages.ts';
import { unitsOf } from '../../deploy/package/clusteros.ts';
import { loadConfig } from '../../src/agent/config.ts';
import { contentTrouble, type HandedName, handedNames, targets } from '../../src/boot/handed/files.ts';
import { isInstalled } from '../lab/requirements.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'deploy/cloud-init');
const templates = readdirSync(folder).filter(name => name.endsWith('.user-data.yaml'));
const text = (name: string) => readFileSync(join(folder, name), 'utf8');
/** A "#" with one blank behind it is a comment; the first line is cloud-init's own. */
const whole = (name: string) => text(name).replace(/^#(?! \S|cloud-config)/gm, '');

const shape = z.strictObject({
  ssh_pwauth: z.literal(false),
  ssh_authorized_keys: z.array(z.string()).optional(),
  package_update: z.boolean().optional(),
  packages: z.array(z.string()).optional(),
  write_files: z.array(
    z.strictObject({
      path: z.string(),
      owner: z.literal('root:root'),
      permissions: z.literal('0600'),
      content: z.string(),
    }),
  ),
  runcmd: z.array(z.array(z.string())),
});

function inFolder(work: (folder: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const own = mkdtempSync(join(tmpdir(), 'clusteros-cloud-init-'));
    try {
      await work(own);
    } finally {
      rmSync(own, { recursive: true });
    }
  };
}

test('there are templates, and as they stand they do nothing', () => {
  assert.deepEqual(templates, ['debian.user-data.yaml', 'image.user-data.yaml']);
  for (const name of templates) {
    assert.match(text(name), /^#cloud-config\n/);
    assert.deepEqual(parse(text(name)), { ssh_pwauth: false });
  }
  assert.deepEqual(Object.keys(parse(text('meta-data'))), ['instance-id']);
});

/** What a template would hold that somebody has committed with their own in it. */
const secrets = {
  'a key of the tailnet': /[th]skey-/,
  'a cluster key': /[A-Za-z0-9+/]{43}=/,
  'a public key, which names its owner': /(ssh|ecdsa)-\S+ AAAA/,
  'a private key': /PRIVATE KEY/,
  'a password, or its hash': /passw(or)?d\w*:\s*\S|\$[1-7y]\$/i,
  'a network': /WIFI_SSID=(?!\.\.\.$)|WIFI_KEY=(?!\.\.\.$)/m,
  'a secret value': /(KEY|SECRET|PASSWORD)=(?!\.\.\.$)/m,
  'an address': /\b\d+\.\d+\.\d+\.\d+\b|https?:\/\/(?!\.\.\.)/,
};

test('nobody’s secret, network or address is in one', () => {
  for (const name of templates)
    for (const [what, pattern] of Object.entries(secrets))
      assert.doesNotMatch(text(name), pattern, `${name}: ${what}`);
  // The patterns find what they are for.
  for (const slip of [
    ...[
      '  TAILSCALE_AUTHKEY=tskey-auth-x',
      'WIFI_SSID=Home',
      `      ${Buffer.alloc(32, 7).toString('base64')}`,
    ],
    ...['passwd: $6$x', '- ssh-ed25519 AAAAC3 ada', 'https://files.example.org/'],
  ])
    assert.ok(
      Object.values(secrets).some(pattern => pattern.test(slip)),
      slip,
    );
});

/** What somebody would put in place of the dots. */
const samples: Readonly<Record<string, string>> = {
  'cluster.key': Buffer.alloc(32, 7).toString('base64'),
  'tailscale.env': 'tskey-auth-x-y',
  'wifi.env': 'a passphrase',
};

for (const name of templates)
  test(
    `${name}, with every "#" taken away, is what the programs of the boot read`,
    inFolder(async own => {
      const { write_files: files, runcmd, packages } = shape.parse(parse(whole(name)));
      for (const { path, content } of files) {
        const kind = handedNames.find(each => targets[each] === path);
        assert.ok(kind !== undefined && kind !== 'authorized_keys', path);
        const filled = content.replaceAll('...', samples[kind] ?? '...');
        if (kind !== 'node.yaml') {
          assert.equal(contentTrouble(kind, filled), undefined, path);
          continue;
        }
        const file = join(own, kind);
        writeFileSync(file, filled);
        await loadConfig({ file, environment: {}, flags: [] });
      }
      const kinds = files.map(({ path }) => path.split('/').at(-1) as HandedName);
      for (const each of ['cluster.key', 'tailscale.env', 'node.yaml'] as const)
        assert.ok(kinds.includes(each), each);
      for (const unit of runcmd.flat().filter(word => word.endsWith('.service')))
        assert.ok(unitsOf(root).includes(unit), unit);
      for (const each of packages ?? [])
        assert.ok(imagePackages({ hasFirmware: false, distribution: 'debian' }).includes(each), each);
    }),
  );

test(
  'cloud-init itself finds nothing wrong with any of them',
  isInstalled('cloud-init') ? {} : { skip: 'needs cloud-init (package cloud-init)' },
  inFolder(own => {
    for (const [index, content] of templates.flatMap(name => [text(name), whole(name)]).entries()) {
      const file = join(own, `${index}.yaml`);
      writeFileSync(file, content);
      const { status, stdout, stderr } = spawnSync('cloud-init', ['schema', '--config-file', file], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, `${stdout}${stderr}`);
      assert.match(stdout, /^Valid cloud-config/m);
    }
  }),
);
