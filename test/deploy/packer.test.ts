// The template for packer: its variables are explained, nothing of anybody is in it, it leaves out what the image of `make image` leaves out, and
// packer finds nothing wrong with it. No machine is started: Ubuntu's cloud image would have to be fetched.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostName, identities, maskedUnits } from '../../deploy/image/configuration.ts';
import { isInstalled } from '../lab/requirements.ts';

const file = join(import.meta.dirname, '../../deploy/image/packer.pkr.hcl');
const text = readFileSync(file, 'utf8');
const forPacker =
  isInstalled('packer') && isInstalled('ssh-keygen')
    ? {}
    : { skip: 'needs packer (package packer of Debian 12) and ssh-keygen' };

test('every variable says what it is, and none is a secret', () => {
  const variables = [...text.matchAll(/^variable "(\w+)" \{\n([\s\S]*?)^\}/gm)];
  assert.ok(variables.length >= 5);
  for (const [, name = '', body = ''] of variables) {
    assert.match(body, /^ {2}description = "\S.*"$/m, name);
    assert.doesNotMatch(name, /key|secret|password|token/);
  }
  assert.doesNotMatch(text, /[th]skey-|PRIVATE KEY|ssh-\S+ AAAA|ssh_password|[A-Za-z0-9+/]{43}=/);
});

test('the disk has no identity, no daemon of SLURM starts by itself, and first-boot gives the name', () => {
  for (const unit of maskedUnits) assert.ok(text.includes(` ${unit}`), unit);
  assert.ok(text.includes(`echo ${hostName} > /etc/hostname`));
  // Of root's folder all goes; nobody has typed a command, and Ubuntu has no hostid.
  const others = ['root/.ssh/*', 'root/.bash_history', 'etc/hostid'];
  for (const glob of identities.filter(each => !others.includes(each)))
    assert.ok(text.includes(` /${glob}`), glob);
  assert.match(text, / \/root\/\.ssh .*"/);
  assert.ok(text.includes(': > /etc/machine-id'));
});

test('packer finds nothing wrong with it', forPacker, context => {
  const folder = mkdtempSync(join(tmpdir(), 'clusteros-packer-'));
  try {
    mkdirSync(join(folder, 'seed'));
    for (const name of ['user-data', 'meta-data']) writeFileSync(join(folder, 'seed', name), '');
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'seed/key')]);
    const packer = (args: readonly string[]) =>
      spawnSync('packer', [...args, file], {
        encoding: 'utf8',
        env: { ...process.env, CHECKPOINT_DISABLE: '1', PACKER_CONFIG_DIR: folder, HOME: folder },
      });
    const variables = { seed: join(folder, 'seed'), packages: folder, checksum: `sha256:${'0'.repeat(64)}` };
    const given = Object.entries(variables).flatMap(([name, value]) => ['-var', `${name}=${value}`]);
    const { status, stdout, stderr } = packer(['validate', ...given]);
    // Newer ones have no builder inside.
    if (/plugin/i.test(`${stdout}${stderr}`))
      context.skip('needs the plugin qemu of packer ("packer plugins install")');
    else assert.equal(status, 0, `${stdout}${stderr}`);
    assert.equal(packer(['fmt', '-check']).status, 0, 'run "packer fmt"');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
