// The program itself, as an operator meets it: each bad input is one line that names the thing and the mend, with the
// documented exit code, and leaves nothing half-written.
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

const program = new URL('../../bin/node-agent', import.meta.url).pathname;

interface Bench {
  readonly folder: string;
  /** Flags that make a good start; later ones win. */
  readonly flags: readonly string[];
}

let lastPort = 21_000 + (process.pid % 20_000);

async function bench(t: TestContext): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'clusteros-agent-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'key'), `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  lastPort += 1;
  const flags = [
    ...['--data-dir', join(folder, 'data'), '--cluster-key', join(folder, 'key'), '--name', 'atlas'],
    ...['--bind', `127.0.0.1:${lastPort}`, '--set', `admin.socket=${join(folder, 'agent.sock')}`],
    ...['--set', 'integrations.slurm.enabled=false'],
  ];
  return { folder, flags };
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], env: NodeJS.ProcessEnv = process.env, uid?: number): Promise<Outcome> {
  return new Promise(resolve => {
    const child = execFile(
      program,
      args,
      { env, timeout: 30_000, ...(uid === undefined ? {} : { uid, gid: uid }) },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** Starts an agent that is to run; resolves when it listens. It is ended with the test. */
async function startAgent(t: TestContext, flags: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, ['start', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise(resolve => child.once('exit', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  await new Promise<void>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', chunk => {
      text += chunk;
      if (text.includes('"agent.started"')) resolve();
    });
    child.once('exit', code => reject(new Error(`it ended with ${code}: ${text}`)));
  });
  return child;
}

async function assertRefused(outcome: Outcome, code: number, expected: RegExp): Promise<void> {
  const errors = outcome.stderr.trim().split('\n');
  assert.deepEqual([errors.length, outcome.code], [1, code], outcome.stderr);
  assert.match(errors[0] ?? '', expected);
}

test('a missing, a readable and a garbled cluster key are refused before anything is made', async t => {
  const { folder, flags } = await bench(t);
  await assertRefused(
    await run(['start', ...flags, '--cluster-key', join(folder, 'none')]),
    2,
    /^error: cluster key .*none is missing: copy it/,
  );
  await chmod(join(folder, 'key'), 0o644);
  await assertRefused(
    await run(['start', ...flags]),
    2,
    /can be read by others \(mode 0644\): run "chmod 0600/,
  );
  await chmod(join(folder, 'key'), 0o600);
  await writeFile(join(folder, 'key'), 'hunter2');
  const outcome = await run(['start', ...flags]);
  await assertRefused(outcome, 2, /not 32 bytes in base64/);
  assert.ok(!outcome.stderr.includes('hunter2'));
  assert.deepEqual((await readdir(folder)).sort(), ['key']);
});

test('an unknown key in node.yaml, an unknown flag and an unknown setting are usage errors', async t => {
  const { folder, flags } = await bench(t);
  await writeFile(join(folder, 'node.yaml'), 'clusterkey: /x\n');
  await assertRefused(
    await run(['start', ...flags, '--config', join(folder, 'node.yaml')]),
    2,
    /unknown setting clusterkey in .*: did you mean clusterKey\?/,
  );
  const flag = await run(['start', ...flags, '--pear', 'x']);
  assert.equal(flag.code, 2);
  assert.match(flag.stderr, /unknown option '--pear'[\s\S]*Did you mean --peer\?/);
  await assertRefused(
    await run(['start', ...flags, '--set', 'color=red']),
    2,
    /unknown setting color in --set color/,
  );
  assert.equal((await run(['start', ...flags, '--set', 'nonsense'])).code, 2);
  assert.ok(!existsSync(join(folder, 'data')));
});

test('a port in use is named with the mend', async t => {
  const { flags } = await bench(t);
  const server = createServer();
  await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: lastPort }, resolve));
  t.after(() => server.close());
  await assertRefused(
    await run(['start', ...flags]).then(onlyErrors),
    1,
    /cannot listen on 127.0.0.1:\d+: the port is in use.*--bind/,
  );
});

test('an address this machine does not have is named with the mend', async t => {
  const { flags } = await bench(t);
  const outcome = await run(['start', ...flags, '--bind', '100.64.99.99:7443']);
  await assertRefused(
    onlyErrors(outcome),
    1,
    /cannot listen on 100.64.99.99:7443: this machine does not have the address/,
  );
});

test('a data folder that is a file, or in one, is refused', async t => {
  const { folder, flags } = await bench(t);
  await writeFile(join(folder, 'file'), '');
  await assertRefused(
    await run(['start', ...flags, '--data-dir', join(folder, 'file')]),
    1,
    /data folder .*file cannot be written \(EEXIST|ENOTDIR\)/,
  );
  await assertRefused(
    await run(['start', ...flags, '--data-dir', '/proc/clusteros']),
    1,
    /data folder \/proc\/clusteros cannot be written/,
  );
});

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
/** Root may write everywhere, so root runs the program as nobody, unless nobody cannot reach the checkout. */
const hidden =
  isRoot && spawnSync(program, ['version'], { uid: nobody, gid: nobody }).status !== 0
    ? 'nobody may not enter this checkout, and root may write everywhere'
    : false;

test('a data folder of somebody else is refused', { skip: hidden }, async t => {
  const { folder, flags } = await bench(t);
  await mkdir(join(folder, 'data'), { mode: 0o500 });
  if (isRoot) for (const path of [folder, join(folder, 'key')]) await chown(path, nobody, nobody);
  const outcome = await run(['start', ...flags], process.env, isRoot ? nobody : undefined);
  await assertRefused(outcome, 4, /data folder .* cannot be written \(EACCES\): start the agent as root/);
});

test('a second agent on the same data folder, and one on the same socket, are kept out', async t => {
  const { folder, flags } = await bench(t);
  const child = await startAgent(t, flags);
  lastPort += 1;
  const elsewhere = ['--bind', `127.0.0.1:${lastPort}`];
  const locked = await run(['start', ...flags, ...elsewhere]);
  await assertRefused(
    locked,
    1,
    new RegExp(`data folder .* is in use by another agent \\(process ${child.pid}\\): stop it`),
  );
  const socket = await run(['start', ...flags, ...elsewhere, '--data-dir', join(folder, 'other')]);
  await assertRefused(onlyErrors(socket), 1, /admin socket .* is in use by another agent/);
  const status = await run(['status', ...flags, '-o', 'json']);
  assert.equal(status.code, 0);
  assert.equal(JSON.parse(status.stdout).epoch, 1, 'the failed starts did not touch the running one');
});

test('slurm that is switched on and not installed is named with the mend', async t => {
  const { flags } = await bench(t);
  const node = new URL('../../node_modules/.bin', import.meta.url).pathname;
  const outcome = await run(['start', ...flags, '--set', 'integrations.slurm.enabled=true'], {
    PATH: `${node}:/bin`,
  });
  await assertRefused(
    onlyErrors(outcome),
    2,
    /integrations.slurm.enabled is true, but neither slurmctld nor slurmd is installed: run "apt-get install/,
  );
});

test('init is idempotent, info shows each value and its source, status says 3 when nothing runs', async t => {
  const { folder, flags } = await bench(t);
  const first = await run(['init', ...flags]);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^atlas \([0-9a-f]{32}\) is ready in /);
  assert.equal((await run(['init', ...flags])).stdout, first.stdout);
  const info = JSON.parse((await run(['info', ...flags, '-o', 'json'])).stdout);
  assert.ok(first.stdout.includes(info.id));
  const bind = info.settings.find((each: { name: string }) => each.name === 'bind');
  assert.deepEqual([bind.value, bind.source], [`127.0.0.1:${lastPort}`, '--bind']);
  assert.ok(
    !JSON.stringify(info).includes((await readFile(join(folder, 'key'), 'utf8')).trim()),
    'the key is not shown',
  );
  const status = await run(['status', ...flags]);
  assert.equal(status.code, 3);
  assert.match(status.stderr, /no agent answers at .*agent.sock/);
});

test('init --found makes a node found at once, even where bootstrap is join', async t => {
  const { flags } = await bench(t);
  assert.match((await run(['init', ...flags, '--found'])).stdout, /founds a cluster when it starts/);
  await startAgent(t, [...flags, '--set', 'bootstrap=join']);
  const deadline = Date.now() + 10_000;
  for (;;) {
    const status = JSON.parse((await run(['status', ...flags, '-o', 'json'])).stdout);
    if (status.role === 'leader') break;
    assert.ok(Date.now() < deadline, 'it leads a cluster of one within 10 s');
  }
  await assertRefused(
    await run(['init', ...flags, '--found']).then(onlyErrors),
    1,
    /is in use by another agent/,
  );
});

test('version prints the version', async () => {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.equal(JSON.parse((await run(['version', '-o', 'json'])).stdout).version, version);
});

test('a stopped agent says goodbye and ends with 0', async t => {
  const { folder, flags } = await bench(t);
  const child = await startAgent(t, flags);
  const code = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  assert.equal(await code, 0);
  assert.ok(existsSync(join(folder, 'data', 'epoch')));
});

/** The error lines of an agent that had begun to log before it could not go on. */
function onlyErrors(outcome: Outcome): Outcome {
  return {
    ...outcome,
    stderr: outcome.stderr
      .split('\n')
      .filter(line => line.startsWith('error:'))
      .join('\n'),
  };
}

test('an output that there is not is refused before anything is read or looked at', async t => {
  const { folder } = await bench(t);
  await writeFile(join(folder, 'node.yaml'), 'bind: nowhere\n');
  for (const command of ['doctor', 'status', 'info']) {
    const { code, stdout, stderr } = await run([command, '-o', 'xml', '--config', join(folder, 'node.yaml')]);
    assert.deepEqual(
      { code, stdout, stderr },
      { code: 2, stdout: '', stderr: 'error: unknown output "xml": use -o table or -o json\n' },
    );
  }
});
