// What starts quickly stays quick: help and `key create` load no gRPC.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

for (const args of [
  ['--help'],
  ['members', '--help'],
  ['key', 'create', '--out', '/nonexistent/cluster.key'],
]) {
  test(`"clusterctl ${args.join(' ')}" loads no gRPC`, () => {
    const hook = `import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) {
        if (/grpc|cli-table3|^yaml$/.test(name)) process.stderr.write('LOADED ' + name + '\\n');
        return next(name, context);
      } });`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, program, ...args],
      { encoding: 'utf8' },
    );
    assert.ok(stdout.length + stderr.length > 0);
    assert.doesNotMatch(stderr, /LOADED/);
  });
}
