// The doctor on real machines of a real tailnet: each link of the chain is broken in turn, named with its mend, and holds again once
// that was done.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { stringify } from 'yaml';
import {
  clusterctlProgram,
  newClusterKey,
  nodeAgent,
  type RunningAgent,
  startAgent,
} from '../lab/agent-host.ts';
import type { Child } from '../lab/child.ts';
import { waitFor } from '../lab/wait-for.ts';
import { buildTimeoutMs } from './limits.ts';
import type { TailnetHost } from './tailnet-host.ts';
import { TailnetLab } from './tailnet-lab.ts';
import { missingForTailnet } from './tools.ts';

const missing = missingForTailnet();
const options = missing === undefined ? { timeout: 180_000 } : { skip: missing };
const clusterKey = newClusterKey();
const settings = {
  bind: undefined,
  peers: undefined,
  'integrations.tailscale.enabled': true,
  'integrations.slurm.enabled': false,
};

let tailnet: TailnetLab | undefined;
const agents = new Map<TailnetHost, RunningAgent>();
after(() => tailnet?.stop());

interface Finding {
  readonly stage: string;
  readonly state: string;
  readonly text: string;
  readonly mend: string;
}

function world() {
  assert.ok(tailnet, 'the tailnet was not made');
  const [a, b] = tailnet.hosts as [TailnetHost, TailnetHost];
  return { tailnet, a, b };
}

async function diagnosed({ host }: TailnetHost): Promise<{ exitCode: number; findings: readonly Finding[] }> {
  const argv = [nodeAgent, 'doctor', '--config', host.paths.config, '-o', 'json'];
  const { exitCode, stdout, stderr } = await host.run(argv, { timeoutMs: 60_000 });
  assert.notEqual(stdout, '', stderr);
  return { exitCode, findings: JSON.parse(stdout) as Finding[] };
}

/** Waits until the doctor's last finding is this one. */
async function untilBroken(on: TailnetHost, expected: RegExp): Promise<void> {
  let last = '';
  await waitFor(
    async () => {
      const { exitCode, findings } = await diagnosed(on);
      const finding = findings.at(-1);
      last = `${exitCode} ${finding?.stage}: ${finding?.text}: ${finding?.mend}`;
      return exitCode === 1 && finding?.state === 'broken' && expected.test(last);
    },
    { timeoutMs: 60_000, what: `the doctor to say ${expected}`, explain: () => last },
  );
}

async function untilWhole(on: TailnetHost): Promise<readonly Finding[]> {
  let last: readonly Finding[] = [];
  await waitFor(
    async () => {
      const { exitCode, findings } = await diagnosed(on);
      last = findings;
      return exitCode === 0;
    },
    { timeoutMs: 60_000, what: 'the whole chain to hold', explain: () => JSON.stringify(last.at(-1)) },
  );
  return last;
}

async function start(on: TailnetHost): Promise<void> {
  agents.set(on, await startAgent(on.host, { peers: [], clusterKey, settings }));
}

test('a machine that is not signed in: the login', {
  ...options,
  ...(missing === undefined ? { timeout: buildTimeoutMs } : {}),
}, async () => {
  tailnet = await TailnetLab.start(2);
  const { a } = world();
  const { paths } = a.host;
  const file = {
    ...{ dataDir: paths.dataDir, clusterKey: paths.clusterKey, admin: { socket: paths.socket } },
    integrations: { tailscale: { enabled: true }, slurm: { enabled: false } },
  };
  a.host.writeFile(paths.config, stringify(file));
  a.writeSettings({ TAILSCALE_LOGIN_SERVER: tailnet.control.url });
  await untilBroken(a, /^1 login: .*NeedsLogin.*: run "tailscale-auth"/);
});

test('tailscaled that was killed: tailscaled', options, async () => {
  const { a } = world();
  await a.kill();
  await untilBroken(a, /^1 tailscaled: tailscaled is not running/);
  await a.start();
});

test('signed in without a cluster key: the key', options, async () => {
  const { tailnet, a } = world();
  await tailnet.join(a);
  await untilBroken(a, /^1 key: cluster key .*cluster\.key is missing: copy it from a member/);
  a.host.writeFile(a.host.paths.clusterKey, clusterKey, { mode: 0o644 });
  await untilBroken(a, /^1 key: .*can be read by others.*chmod 0600/);
  a.host.writeFile(a.host.paths.clusterKey, clusterKey, { mode: 0o600 });
});

test('another program at the port: the port; nobody at all: the agent', options, async () => {
  const { tailnet, a } = world();
  await untilBroken(a, /^1 agent: no agent answers .*systemctl start node-agent/);
  const address = (await tailnet.seenBy(a)).self?.addresses[0] ?? '';
  const script = `require('net').createServer().listen(7443, '${address}')`;
  const squatter: Child = await a.host.spawn([process.execPath, '-e', script], {
    logFile: '/var/log/squatter.log',
  });
  await untilBroken(a, /^1 port: another program listens at .*:7443.*ss -ltnp/);
  squatter.kill('SIGKILL');
  await squatter.exited;
});

test('an agent that is alone: the whole chain holds, and clusterctl says the same', options, async () => {
  const { a } = world();
  await start(a);
  const findings = await untilWhole(a);
  assert.equal(
    findings.find(({ stage }) => stage === 'peers')?.text,
    'this machine is alone in its cluster so far',
  );
  const { exitCode, stdout } = await a.host.run([clusterctlProgram, 'doctor', '-o', 'json'], {
    timeoutMs: 30_000,
  });
  assert.equal(exitCode, 0);
  const stages = (JSON.parse(stdout) as Finding[]).map(({ stage }) => stage);
  assert.deepEqual(
    stages,
    findings.map(({ stage }) => stage),
  );
});

test('a firewall before the port: the port, until it is away', options, async () => {
  const { a } = world();
  const rule = `add table inet wall
    add chain inet wall in { type filter hook input priority 0; }
    add rule inet wall in tcp dport 7443 drop`;
  assert.equal((await a.host.run(['nft', '-f', '-'], { input: rule })).exitCode, 0);
  await untilBroken(a, /^1 port: nothing takes connections at .*nft list ruleset/);
  assert.equal((await a.host.run(['nft', 'delete', 'table', 'inet', 'wall'])).exitCode, 0);
  await untilWhole(a);
});

test('the only other member is gone: the peers, until it is back', options, async () => {
  const { tailnet, a, b } = world();
  await tailnet.join(b);
  await start(b);
  await waitFor(
    async () => (await diagnosed(a)).findings.some(({ text }) => text === 'all 1 others are reached'),
    { timeoutMs: 60_000, what: 'the other to be reached' },
  );
  agents.get(b)?.kill('SIGKILL');
  await agents.get(b)?.child.exited;
  await untilBroken(a, /^1 peers: none of 1 others is reached: look at node-b/);
  await start(b);
  await untilWhole(a);
});

test(
  'the tailnet is switched off: the login, and all is well by itself once it is on again',
  options,
  async () => {
    const { a } = world();
    const agent = agents.get(a);
    assert.ok(agent);
    const linesBefore = agent.child.stdout.length;
    await a.tailscale('down');
    await untilBroken(a, /^1 login: tailscaled is signed in and switched off/);
    await a.tailscale('up');
    await untilWhole(a);
    assert.ok(agent.child.isRunning, 'the same agent');
    const lines = agent.child.stdout.slice(linesBefore);
    assert.ok(lines.length < 60, `it says what changes, and no more: ${lines.length} lines`);
  },
);
