// What every Host must do, the real one and its in-memory twin alike.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host } from '../../src/integrations/host.ts';

export interface HostFixture {
  readonly host: Host;
  /** A folder to work in. */
  readonly folder: string;
  /** A program that is there, does nothing and succeeds. */
  readonly program: string;
  /** Starts a long-lived process that is called `name` and writes its pid to `pidFile`; resolves with the pid. */
  startDaemon(pidFile: string): Promise<{ readonly name: string; readonly pid: number }>;
  /** Takes connections. */
  listen(): Promise<{ readonly ip: string; readonly port: number }>;
  dispose(): Promise<void>;
}

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

/** Declares the suite for the host that `makeFixture` makes. */
export function hostSuite(name: string, makeFixture: () => Promise<HostFixture>): void {
  const cases: Record<string, (fixture: HostFixture) => Promise<void>> = {
    'a written file is read back, and a second write replaces it': async ({ host, folder }) => {
      await host.ensureFolder(`${folder}/a/b`, { mode: 0o755 });
      await host.writeFile(`${folder}/a/b/file`, 'one', { mode: 0o600 });
      await host.writeFile(`${folder}/a/b/file`, new TextEncoder().encode('two'), { mode: 0o400 });
      assert.equal(text(await host.readFile(`${folder}/a/b/file`)), 'two');
    },
    'it is told who takes connections, and who does not': async ({ host, listen }) => {
      const { ip, port } = await listen();
      assert.equal(await host.accepts(ip, port, 2000), true);
      assert.equal(await host.accepts(ip, 1, 2000), false, 'nobody listens there');
    },
    'a file that is not there is undefined, not an error': async ({ host, folder }) => {
      assert.equal(await host.readFile(`${folder}/none`), undefined);
      assert.equal(await host.readFile(`${folder}/none/deeper`), undefined);
    },
    'a file that is taken away is gone, and one that is not there is no error': async ({ host, folder }) => {
      await host.ensureFolder(folder, { mode: 0o755 });
      await host.writeFile(`${folder}/file`, 'one', { mode: 0o600 });
      await host.removeFile(`${folder}/file`);
      assert.equal(await host.readFile(`${folder}/file`), undefined);
      await host.removeFile(`${folder}/file`);
      await host.removeFile(`${folder}/none/deeper`);
    },
    'a file gets another name, in place of one that had it, and one that is not there is no error':
      async fixture => {
        const { host, folder } = fixture;
        await host.ensureFolder(`${folder}/a`, { mode: 0o755 });
        await host.writeFile(`${folder}/one`, 'one', { mode: 0o600 });
        await host.writeFile(`${folder}/a/two`, 'two', { mode: 0o600 });
        await host.rename(`${folder}/one`, `${folder}/a/two`);
        assert.equal(text(await host.readFile(`${folder}/a/two`)), 'one');
        assert.equal(await host.readFile(`${folder}/one`), undefined);
        await host.rename(`${folder}/one`, `${folder}/a/two`);
        assert.equal(text(await host.readFile(`${folder}/a/two`)), 'one');
      },
    'a folder gets another name with all that is in it': async ({ host, folder }) => {
      await host.ensureFolder(`${folder}/from/deeper`, { mode: 0o700 });
      await host.ensureFolder(`${folder}/to`, { mode: 0o700 });
      await host.writeFile(`${folder}/from/deeper/one`, 'one', { mode: 0o600 });
      await host.rename(`${folder}/from`, `${folder}/to/there`);
      assert.equal(text(await host.readFile(`${folder}/to/there/deeper/one`)), 'one');
      assert.deepEqual(await host.listFolder(folder), ['to']);
    },
    'a folder lists what is directly in it, sorted; what is no folder lists nothing': async fixture => {
      const { host, folder } = fixture;
      await host.ensureFolder(`${folder}/a/deeper`, { mode: 0o755 });
      for (const name of ['two', 'one', 'deeper/three'])
        await host.writeFile(`${folder}/a/${name}`, 'x', { mode: 0o600 });
      assert.deepEqual(await host.listFolder(`${folder}/a`), ['deeper', 'one', 'two']);
      assert.deepEqual(await host.listFolder(`${folder}/none`), []);
      assert.deepEqual(await host.listFolder(`${folder}/a/one`), []);
    },
    'a program that is not installed is exit code 127, and which does not find it': async ({
      host,
      program,
    }) => {
      assert.equal((await host.run('no-such-program-anywhere', [], { timeoutMs: 1000 })).exitCode, 127);
      assert.equal(await host.which('no-such-program-anywhere'), undefined);
      assert.equal((await host.run(program, [], { timeoutMs: 5000 })).exitCode, 0);
      assert.notEqual(await host.which(program), undefined);
    },
    'a daemon is found by its pid file and name, and is gone after a signal': async fixture => {
      const { host, folder } = fixture;
      const pidFile = `${folder}/daemon.pid`;
      assert.equal(await host.runningPid(pidFile, 'sleep'), undefined, 'without a pid file nothing runs');
      const { name: program, pid } = await fixture.startDaemon(pidFile);
      assert.equal(await host.runningPid(pidFile, program), pid);
      assert.equal(
        await host.runningPid(pidFile, 'another'),
        undefined,
        'a recycled number is not our daemon',
      );
      assert.equal(await host.isRunning(pid, program), true);
      assert.equal(await host.isRunning(pid, 'another'), false);
      await host.removeFile(pidFile);
      assert.equal(await host.isRunning(pid, program), true, 'it runs without its pid file');
      assert.equal(await host.signal(pid, 'SIGCONT'), true);
      assert.equal(await host.isRunning(pid, program), true, 'it goes on');
      assert.equal(await host.signal(pid, 'SIGKILL'), true);
      for (let i = 0; i < 200 && (await host.isRunning(pid, program)); i++) await host.pause(10);
      assert.equal(await host.isRunning(pid, program), false);
      assert.equal(await host.runningPid(pidFile, program), undefined);
      assert.equal(await host.signal(pid, 'SIGTERM'), false, 'a signal to nobody says so');
    },
  };
  for (const [title, run] of Object.entries(cases)) {
    test(`${name}: ${title}`, async () => {
      const fixture = await makeFixture();
      try {
        await run(fixture);
      } finally {
        await fixture.dispose();
      }
    });
  }
}
