// The host suite, run on this machine and on the in-memory twin.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { realHost } from '../../src/integrations/host.ts';
import { MemoryHost } from '../integrations/memory-host.ts';
import { hostSuite } from './host.suite.ts';

hostSuite('this machine', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clusteros-host-'));
  const server = createServer();
  const children: ReturnType<typeof spawn>[] = [];
  return {
    ...{ host: realHost(), folder, program: 'true' },
    async startDaemon(pidFile) {
      const child = spawn('sleep', ['60']);
      children.push(child);
      assert.ok(child.pid !== undefined);
      await writeFile(pidFile, `${child.pid}\n`);
      return { name: 'sleep', pid: child.pid };
    },
    async listen() {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return { ip: '127.0.0.1', port: (server.address() as AddressInfo).port };
    },
    async dispose() {
      server.close();
      for (const child of children) child.kill('SIGKILL');
      await rm(folder, { recursive: true });
    },
  };
});

hostSuite('in memory', async () => {
  const host = new MemoryHost();
  host.programs.set('true', () => ({}));
  return {
    ...{ host, folder: '/work', program: 'true' },
    startDaemon: async pidFile => ({ name: 'sleep', pid: host.startProcess('sleep', pidFile) }),
    async listen() {
      host.accepting = (ip, port) => ip === '100.64.0.1' && port === 6818;
      return { ip: '100.64.0.1', port: 6818 };
    },
    dispose: async () => {},
  };
});

test('a file has its mode from the first moment, and no other file stays behind', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'clusteros-host-'));
  t.after(() => rm(folder, { recursive: true }));
  await realHost().writeFile(join(folder, 'secret'), 'x', { mode: 0o400 });
  assert.equal((await stat(join(folder, 'secret'))).mode & 0o777, 0o400);
  const { readdir } = await import('node:fs/promises');
  assert.deepEqual(await readdir(folder), ['secret']);
});

test('a command that hangs is cut off, and a daemon that keeps its pipes open does not hold up the command', async () => {
  const host = realHost();
  const hung = await host.run('sleep', ['30'], { timeoutMs: 100 });
  assert.equal(hung.exitCode, -1);
  assert.match(hung.stderr, /sleep did not end within 100 ms$/);
  const { exitCode, stdout } = await host.run('sh', ['-c', 'sleep 3 & echo started'], { timeoutMs: 2000 });
  assert.deepEqual([exitCode, stdout], [0, 'started\n']);
});

test('input reaches the command', async () => {
  const { stdout } = await realHost().run('cat', [], { timeoutMs: 2000, input: 'hello' });
  assert.equal(stdout, 'hello');
});
