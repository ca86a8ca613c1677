// What systemd is told, by a systemd-notify that writes down what it was given.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { supervisorFrom } from '../../src/agent/supervisor.ts';

/** Puts a systemd-notify first in the path; `said` reads its calls. */
function notified(t: TestContext, exitCode = 0) {
  const folder = mkdtempSync(join(tmpdir(), 'clusteros-notify-'));
  const log = join(folder, 'log');
  writeFileSync(log, '');
  const program = join(folder, 'systemd-notify');
  writeFileSync(program, `#!/bin/sh\necho "$*" >> ${log}\nexit ${exitCode}\n`);
  chmodSync(program, 0o755);
  const { PATH } = process.env;
  process.env.PATH = `${folder}:${PATH}`;
  t.after(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true });
  });
  const said = () => readFileSync(log, 'utf8').split('\n').filter(Boolean);
  const until = async (done: () => boolean) => {
    for (let i = 0; i < 1000 && !done(); i++) await sleep(10);
    assert.ok(done(), said().join());
  };
  return { said, until };
}

test('systemd hears that the service is ready, and how it stands', async t => {
  const { said, until } = notified(t);
  const supervisor = supervisorFrom({ NOTIFY_SOCKET: '/run/systemd/notify' }, assert.fail);
  supervisor.ready();
  supervisor.status('waits for the tailnet');
  await until(() => said().length === 2);
  assert.deepEqual(said().toSorted(), ['--ready', '--status=waits for the tailnet']);
  supervisor.close();
});

test('that the service is ready is told until systemd has heard it', async t => {
  const { said, until } = notified(t, 1);
  const supervisor = supervisorFrom({ NOTIFY_SOCKET: '/x' }, () => {});
  supervisor.ready();
  await until(() => said().length === 2);
  supervisor.close();
});

test('the watchdog is told several times within its time, until the end', async t => {
  const { said, until } = notified(t);
  const supervisor = supervisorFrom({ NOTIFY_SOCKET: '/x', WATCHDOG_USEC: '90000' }, assert.fail);
  await until(() => said().filter(each => each === 'WATCHDOG=1').length >= 3);
  supervisor.close();
});

test('without a service manager nothing is run; one that cannot be told is no fault, and is said once', async t => {
  const { said, until } = notified(t, 1);
  supervisorFrom({}, assert.fail).ready();
  const troubles: string[] = [];
  const supervisor = supervisorFrom({ NOTIFY_SOCKET: '/x' }, why => troubles.push(why));
  supervisor.ready();
  await until(() => troubles.length === 1);
  assert.equal(said().length, 1);
  supervisor.status('again');
  await until(() => said().length === 2);
  await sleep(50);
  assert.equal(troubles.length, 1);
});
