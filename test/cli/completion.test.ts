// Completion: what a shell is offered, and that bash's script asks for it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { run } from '../../src/cli/program.ts';
import { isInstalled } from '../lab/requirements.ts';
import { clusterctl, launcher } from './clusterctl.ts';
import { fakeAgent } from './fake-agent.ts';
import { soundLab } from './lab.ts';

/** What is offered for a line; its last word is the one under the cursor. */
async function offered(line: string, endpoint = 'unix:/nonexistent'): Promise<string[]> {
  let stdout = '';
  await run(['complete-words', '--', ...line.split(' ')], {
    env: { CLUSTERCTL_ENDPOINT: endpoint },
    stdout: { write: text => (stdout += text) },
    stderr: { write: () => {} },
    nowMs: () => 0,
  });
  return stdout.split('\n').filter(Boolean);
}

for (const [line, words] of [
  ['mem', ['members', 'member']],
  ['member sh', ['show']],
  ['members --st', ['--state']],
  ['members -o j', ['json']],
  ['-o json lead', ['leader']],
  ['members --role l', ['leader', 'learner']],
  ['key create --out ', ['//files']],
  ['service move ', ['slurm', 'k3s']],
  ['wait --for h', ['healthy']],
  ['completion z', ['zsh']],
  ['member tag atlas ', []],
  ['members -- --st', []],
] as const)
  test(`"clusterctl ${line}" goes on with ${words.join(', ') || 'nothing that is known'}`, async () => {
    assert.deepEqual(await offered(line), words);
  });

test('each verb of the help is offered, and the hidden one is not', async () => {
  const words = await offered('');
  const { stdout } = await clusterctl('--help');
  const inHelp = [
    ...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z][a-z0-9-]*)(?= |$)/gm),
  ].map(([, name]) => name);
  assert.deepEqual(words, inHelp);
  assert.ok(words.length > 10);
  assert.ok(!words.includes('complete-words'));
});

test('members are offered by the names that the agent has, and none where there is no agent', async () => {
  await using agent = await fakeAgent(soundLab());
  const { stdout } = await clusterctl('members -o name', agent);
  assert.deepEqual(await offered('member show ', agent.endpoint), stdout.trim().split('\n').sort());
  assert.deepEqual(await offered('member show '), []);
});

test('bash is offered the same', isInstalled('bash') ? {} : { skip: 'needs bash' }, () => {
  const script = `source <(clusterctl completion bash)
    COMP_WORDS=(clusterctl member sh) COMP_CWORD=2; _clusterctl; printf '%s|' "\${COMPREPLY[@]}"
    COMP_WORDS=(clusterctl members -o '') COMP_CWORD=3; _clusterctl; printf '%s|' "\${COMPREPLY[@]}"`;
  const env = { PATH: `${dirname(launcher)}:${process.env.PATH}` };
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8', env });
  assert.deepEqual([stdout, stderr], ['show|table|wide|json|yaml|name|', '']);
});

for (const shell of ['bash', 'zsh', 'fish'])
  test(
    `the script is ${shell}`,
    isInstalled(shell) ? {} : { skip: `needs ${shell} (package ${shell})` },
    async () => {
      const { stdout } = await clusterctl(`completion ${shell}`);
      const folder = mkdtempSync(join(tmpdir(), 'clusterctl-test-'));
      writeFileSync(join(folder, 'script'), stdout);
      const { status, stderr } = spawnSync(shell, ['-n', join(folder, 'script')], { encoding: 'utf8' });
      rmSync(folder, { recursive: true });
      assert.equal(status, 0, stderr);
    },
  );

test('another shell is a mistake', async () => {
  const { code, stderr } = await clusterctl('completion tcsh');
  assert.deepEqual([code, /use bash, zsh, fish/.test(stderr)], [2, true]);
});
