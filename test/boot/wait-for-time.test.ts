// The gate for the clock: a machine with a battery goes through at once, one without waits for a time server, none waits for ever,
// and no clock is ever put back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { saveTime, throughTimeGate } from '../../src/boot/time-gate.ts';
import { MemoryHost } from '../integrations/memory-host.ts';

const day = 86_400_000;
const known = Date.UTC(2026, 10, 20);
const clockFile = '/var/lib/clusteros/clock';

/** A machine at its boot. */
class Board extends MemoryHost {
  wallMs: number;
  steadyMs = 0;
  /** When each file was changed. */
  readonly changes = new Map<string, number>([['/usr/bin/wait-for-time', known - 10 * day]]);
  /** When a time server is heard, and what it says. */
  server: { readonly afterMs: number; readonly nowMs: number } | undefined;
  readonly said: string[] = [];
  maySet = true;

  constructor(wallMs: number) {
    super();
    this.wallMs = wallMs;
    this.programs.set('stat', ([, ...paths]) => ({
      exitCode: 1,
      stdout: paths
        .flatMap(path => {
          const atMs = this.changes.get(path);
          return atMs === undefined ? [] : [`${Math.floor(atMs / 1000)} ${path}\n`];
        })
        .join(''),
    }));
    this.programs.set('date', ([, set = '']) => {
      if (!this.maySet) return { exitCode: 1 };
      this.wallMs = Number(set.slice('--set=@'.length)) * 1000;
      return {};
    });
    this.programs.set('timedatectl', () => ({ stdout: this.#isHeard() ? 'yes\n' : 'no\n' }));
  }

  override async pause(durationMs = 0): Promise<void> {
    this.wallMs += durationMs;
    this.steadyMs += durationMs;
    if (this.#isHeard()) this.wallMs = this.server?.nowMs ?? 0;
  }

  #isHeard(): boolean {
    return this.server !== undefined && this.steadyMs >= this.server.afterMs;
  }

  async through({ sets = true, timeoutMs = 90_000 } = {}): Promise<string> {
    return await throughTimeGate({
      ...{ host: this, sets, timeoutMs, clockFile, ownFiles: ['/usr/bin/wait-for-time'] },
      wallMs: () => this.wallMs,
      steadyMs: () => this.steadyMs,
      say: line => this.said.push(line),
    });
  }

  get setTo(): number | undefined {
    const command = this.commands.find(each => each.startsWith('date '));
    return command === undefined ? undefined : Number(command.split('@')[1]) * 1000;
  }
}

test('a machine with a battery goes through at once', async () => {
  const board = new Board(known);
  board.put('/sys/class/rtc/rtc0/since_epoch', `${known / 1000}\n`);
  assert.match(await board.through(), /^2026-11-20 00:00:00 UTC, by the clock of the hardware$/);
  assert.equal(board.steadyMs, 0);
});

test('a clock that a time server has set is right, whatever files say', async () => {
  const board = new Board(known);
  board.changes.set(clockFile, known + day);
  board.put('/run/systemd/timesync/synchronized', '');
  assert.match(await board.through(), /synchronised$/);
  assert.equal(board.setTo, undefined);
});

test('a board without a battery is put forward to the latest known time, and waits for a time server', async () => {
  for (const newest of ['/var/lib/systemd/timesync/clock', clockFile, '/var/lib/clusteros/log/000009.log']) {
    const board = new Board(5000);
    board.put('/var/lib/clusteros/log/000008.log', '');
    board.put('/var/lib/clusteros/log/000009.log', '');
    board.changes.set(newest, known);
    board.server = { afterMs: 7000, nowMs: known + 3 * day };
    assert.match(await board.through(), /^2026-11-23 .*synchronised$/);
    assert.equal(board.setTo, known, newest);
    assert.match(
      board.said.join('\n'),
      new RegExp(`put forward from 1970-01-01 .* to 2026-11-20 .*${newest}`),
    );
  }
});

test('where no time server is heard the boot goes on with what is known', async () => {
  const board = new Board(5000);
  board.changes.set(clockFile, known);
  assert.match(await board.through(), /nothing speaks against: no time server was heard$/);
  assert.ok(board.steadyMs <= 31_000, String(board.steadyMs));
});

test('a new disk knows when the program was made', async () => {
  const board = new Board(5000);
  await board.through();
  assert.equal(board.setTo, known - 10 * day);
});

test('without --set, or where the clock cannot be set, the boot goes on after the timeout with a warning', async () => {
  for (const board of [new Board(5000), Object.assign(new Board(5000), { maySet: false })]) {
    assert.match(await board.through({ sets: !board.maySet, timeoutMs: 20_000 }), /which is wrong$/);
    assert.equal(board.steadyMs, 20_000);
    assert.match(board.said.join('\n'), /warning: the clock says 1970-01-01 .* already .*\nhint: /);
  }
});

test('a clock is never put back, and a file from the far future is no witness', async () => {
  const board = new Board(known + day);
  board.changes.set(clockFile, known);
  await board.through();
  const future = new Board(known);
  future.changes.set(clockFile, Date.UTC(2099, 0));
  await future.through();
  for (const each of [board, future]) assert.equal(each.setTo, undefined);
});

test('the clock of the hardware is believed before a file that is ahead of it', async () => {
  const board = new Board(known);
  board.put('/sys/class/rtc/rtc0/since_epoch', `${known / 1000}\n`);
  board.changes.set(clockFile, known + 400 * day);
  assert.match(await board.through({ timeoutMs: 5000 }), /which is wrong$/);
  assert.equal(board.setTo, undefined);
});

test('a battery that is empty is none', async () => {
  const board = new Board(5000);
  board.put('/sys/class/rtc/rtc0/since_epoch', '946684800\n');
  board.changes.set(clockFile, known);
  await board.through();
  assert.equal(board.setTo, known);
});

test('the time is written down when it can be right', async () => {
  const board = new Board(5000);
  await saveTime(board, board.wallMs, clockFile);
  assert.equal(board.files.has(clockFile), false);
  await saveTime(board, known, clockFile);
  assert.equal(board.files.get(clockFile)?.mode, 0o600);
});

test('the program looks, lets the boot go on and writes the time down where it is told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clusteros-time-'));
  try {
    const program = new URL('../../bin/wait-for-time', import.meta.url).pathname;
    const file = join(folder, 'clock');
    const run = (...args: readonly string[]) =>
      spawnSync(program, ['--clock-file', file, ...args], { encoding: 'utf8', timeout: 30_000 });
    const { status, stdout } = run('--timeout', '1s');
    assert.equal(status, 0);
    assert.match(stdout, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, /);
    assert.equal(run('--save').status, 0);
    assert.ok(Math.abs(statSync(file).mtimeMs - Date.now()) < 60_000);
    // A disk that knows of a later time, and no leave to set the clock.
    const ahead = Date.now() / 1000 + 3600;
    writeFileSync(file, '');
    utimesSync(file, ahead, ahead);
    assert.match(run('--timeout', '1s').stderr, /warning: the clock says .*the boot goes on\nhint:/);
    assert.equal(run('--timeout', 'soon').status, 2);
    assert.match(run('--help').stdout, /Exit codes:/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
