// Shows that deploy/dev/install-packages refuses in words. That it installs is not tested here: it changes the machine.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isInstalled } from './requirements.ts';

const program = fileURLToPath(new URL('../../deploy/dev/install-packages', import.meta.url));
const options = isInstalled('dpkg-query') ? {} : { skip: 'needs Debian' };

function install(args: readonly string[]) {
  const env = { PATH: process.env.PATH ?? '', DEMO_INSTALL: '0' };
  return spawnSync(program, args, { encoding: 'utf8', env });
}

test('it is silent and content when every package is there', options, () => {
  const { status, stdout, stderr } = install(['bash', 'dpkg']);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
});

test('it refuses with DEMO_INSTALL=0 and names what is missing, for whom, and the command', options, () => {
  const { status, stdout, stderr } = install(['--for', 'the demo', 'bash', 'no-such-package']);
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^error: the demo needs no-such-package, and DEMO_INSTALL=0 says to install nothing\nhint: .+\n$/,
  );
});

test('it asks for packages when it is given none', options, () => {
  assert.equal(install([]).status, 2);
});
