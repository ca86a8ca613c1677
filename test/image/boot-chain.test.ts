// The whole chain from power-on to a member, on a disk that has never booted, with the units as packages install them, Tailscale's own
// tailscaled and a real control server: nobody logs in, nobody types.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { buildTools } from '../tailnet/tools.ts';
import { done, until } from './agent-service.ts';
import { bareRoot } from './bare-root.ts';
import { ControlServer, missingForTailnetImage } from './control-server.ts';
import { installClusterOs, installTailscale, writeInto } from './installed.ts';
import { chainTimeoutMs } from './limits.ts';
import { Rack } from './rack.ts';
import type { VirtualMachine } from './virtual-machine.ts';

const missing = missingForTailnetImage();
/** Each wait within has its own bound. */
const options = missing === undefined ? {} : { skip: missing };

let control: ControlServer | undefined;
let rack: Rack | undefined;
let machine: VirtualMachine;

before(async () => {
  if (missing !== undefined) return;
  buildTools();
  control = await ControlServer.start();
  const settings = `TAILSCALE_AUTHKEY=${await control.createKey()}\nTAILSCALE_LOGIN_SERVER=${control.url}\n`;
  ({ rack, machine } = await Rack.buildBare({ controlPort: control.port }, folder =>
    bareRoot(folder, 'bookworm', tree => {
      installClusterOs(tree);
      installTailscale(tree);
      writeInto(tree, 'etc/clusteros/tailscale.env', settings, 0o600);
      writeInto(tree, 'etc/clusteros/cluster.key', `${randomBytes(32).toString('base64')}\n`, 0o600);
    }),
  ));
  await machine.powerOn();
});
after(async () => {
  await rack?.remove();
  await control?.stop();
});

/** In the order of deploy/systemd/README.md; each is done before the next begins. */
const chain = [
  ...['handed-settings.service', 'first-boot.service', 'network-pre.target', 'systemd-networkd.service'],
  'network-online.target',
  ...['wait-for-time.service', 'tailscale-auth.service', 'wait-for-tailscale.service', 'node-agent.service'],
];

interface MemberRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly role: string;
  readonly address: string;
  readonly epoch: number;
}

async function untilReady(): Promise<void> {
  const journal = async () => {
    const argv = ['journalctl', '-b', '--no-pager', '-o', 'short-monotonic', '-n', '60'];
    const units = [...chain, 'tailscaled.service', 'wifi-setup.service'].flatMap(each => ['-u', each]);
    return (await machine.run([...argv, ...units])).stdout;
  };
  await until(
    machine,
    { what: 'the agent to be ready', timeoutMs: chainTimeoutMs, explain: journal },
    async () => (await machine.run(['systemctl', 'is-active', 'node-agent.service'])).stdout === 'active\n',
  );
  // Ready is who listens; a member is who a leader has let in.
  await done(machine, ['clusterctl', 'wait', '--for', 'leader', '--timeout', '120s'], 180_000);
}

async function members(): Promise<readonly MemberRow[]> {
  return JSON.parse(await done(machine, ['clusterctl', 'members', '-o', 'json']));
}

/** What makes this machine itself. */
async function identity() {
  const text = async (path: string) => (await done(machine, ['cat', path])).trim();
  const [member] = await members();
  assert.ok(member);
  return {
    machineId: await text('/etc/machine-id'),
    hostKey: await text('/etc/ssh/ssh_host_ed25519_key.pub'),
    name: await text('/etc/hostname'),
    id: member.id,
    address: member.address,
  };
}

async function failedUnits(): Promise<string> {
  return await done(machine, ['systemctl', '--failed', '--plain', '--no-legend']);
}

test(
  'a disk that has never booted becomes a member of a cluster, and nothing has failed',
  options,
  async t => {
    await untilReady();
    const argv = ['systemctl', 'is-system-running', '--wait'];
    const { stdout } = await machine.run(argv, { timeoutMs: chainTimeoutMs });
    assert.equal(await failedUnits(), '');
    assert.equal(stdout, 'running\n');
    const [member, ...others] = await members();
    assert.deepEqual([member?.state, member?.role, others], ['alive', 'leader', []]);
    assert.match(member?.address ?? '', /^100\.64\.0\.\d+:7443$/);
    const status = await machine.run(['node-agent', 'status']);
    t.diagnostic(status.stdout);
    assert.equal(status.exitCode, 0, status.stderr);
    const { machineId, hostKey, name } = await identity();
    assert.match(machineId, /^[0-9a-f]{32}$/);
    assert.match(hostKey, /^ssh-ed25519 /);
    // It had none, and was told none: its cards give it one.
    assert.match(name, /^[a-z][a-z0-9-]+$/);
    const [node] = (await control?.nodes()) ?? [];
    assert.deepEqual([node?.given_name, `${node?.ip_addresses[0]}:7443`], [name, member?.address]);
  },
);

test('each link of the chain began when the one before it was done', options, async t => {
  const properties = 'InactiveExitTimestampMonotonic,ActiveEnterTimestampMonotonic,Result';
  const times = new Map<string, { beganUs: number; doneUs: number }>();
  for (const unit of [...chain, 'tailscaled.service', 'ssh.service']) {
    const shown = await done(machine, ['systemctl', 'show', '-p', properties, unit]);
    const of = (name: string) =>
      Number(new RegExp(`^${name}TimestampMonotonic=(\\d+)$`, 'm').exec(shown)?.[1]);
    times.set(unit, { beganUs: of('InactiveExit'), doneUs: of('ActiveEnter') });
    t.diagnostic(`${unit}: began ${of('InactiveExit') / 1e6} s, done ${of('ActiveEnter') / 1e6} s`);
  }
  const isBefore = (first: string, second: string) => {
    const [former, latter] = [times.get(first), times.get(second)];
    assert.ok(former && latter && former.doneUs > 0, `${first} has been done`);
    assert.ok(former.doneUs <= latter.beganUs, `${first} was done before ${second} began`);
  };
  for (const [at, unit] of chain.slice(1).entries()) isBefore(chain[at] ?? '', unit);
  isBefore('tailscaled.service', 'tailscale-auth.service');
  for (const each of ['ssh.service', 'tailscaled.service']) isBefore('first-boot.service', each);
  for (const argv of [
    ['systemd-analyze', 'critical-chain', 'node-agent.service'],
    ['systemd-analyze', 'verify', 'multi-user.target'],
  ]) {
    const { stdout, stderr } = await machine.run(argv);
    t.diagnostic(`${argv.join(' ')}\n${stdout}${stderr}`);
  }
});

test(
  'nothing of WiFi has run, and no network is set, on a machine that nobody has told of one',
  options,
  async () => {
    const shown = await done(machine, [
      'systemctl',
      'show',
      '-p',
      'ConditionResult,ActiveState',
      'wifi-setup',
    ]);
    assert.equal(shown, 'ActiveState=inactive\nConditionResult=no\n');
    assert.equal(await done(machine, ['ls', '/etc/netplan']), '50-clusteros-wired.yaml\n');
  },
);

test('the key that let it in is nowhere in the journal', options, async () => {
  const settings = await done(machine, ['cat', '/etc/clusteros/tailscale.env']);
  const key = /AUTHKEY=(.*)/.exec(settings)?.[1] ?? '';
  assert.ok(key.length > 20);
  const { stdout } = await machine.run(['journalctl', '-b', '--no-pager', '-o', 'cat', '-g', key]);
  assert.equal(stdout, '');
});

test('tailscaled may go and come on the live machine: the same agent, the same member', options, async () => {
  const mainPid = () => done(machine, ['systemctl', 'show', '-p', 'MainPID', '--value', 'node-agent']);
  const memberNow = async () => {
    const [{ id, address, epoch, state } = {} as MemberRow] = await members();
    return { id, address, epoch, state };
  };
  const before = [await mainPid(), await memberNow()];
  await done(machine, ['systemctl', 'stop', 'tailscaled']);
  await until(machine, { what: 'the agent to notice' }, async () => {
    return (await done(machine, ['clusterctl', 'events', '-o', 'json'])).includes('no-socket');
  });
  assert.equal((await machine.run(['systemctl', 'is-active', 'node-agent'])).stdout, 'active\n');
  await done(machine, ['systemctl', 'start', 'tailscaled']);
  await done(machine, ['wait-for-tailscale', '--timeout', '60s'], 90_000);
  await until(machine, { what: 'the agent to be back on its tailnet' }, async () => {
    return (await machine.run(['node-agent', 'doctor'])).exitCode === 0;
  });
  assert.deepEqual([await mainPid(), await memberNow()], before);
});

/** The exit code and each line of `node-agent doctor`. */
async function doctor() {
  const { exitCode, stdout } = await machine.run(['node-agent', 'doctor']);
  return { exitCode, lines: stdout.trimEnd().split('\n') };
}

async function untilDoctorIsContent(): Promise<void> {
  await until(machine, { what: 'the doctor to find nothing' }, async () => (await doctor()).exitCode === 0);
}

test(
  'a clock that is wrong is what the doctor names, with the mend, and nothing after it',
  options,
  async () => {
    await done(machine, ['date', '--set', '1999-01-01']);
    const { exitCode, lines } = await doctor();
    await done(machine, ['date', '--set', `@${Math.round(Date.now() / 1000)}`]);
    assert.equal(exitCode, 1);
    assert.equal(lines.length, 2, lines.join('\n'));
    assert.match(lines[0] ?? '', /^clock +broken +the clock says 1999-01-01 .* before this program was made/);
    assert.match(lines[1] ?? '', /^ +mend: .*date -s/);
    await untilDoctorIsContent();
  },
);

test(
  'a machine without a link is what the doctor names, card by card, and nothing after it',
  options,
  async () => {
    // The test's own way in goes, too: somebody at the console does it.
    const cards = 'eth0 eth1 eth2';
    const script = `for card in ${cards}; do ip link set $card down; done
    node-agent doctor > /run/doctor.txt; echo "exit $?" >> /run/doctor.txt
    for card in ${cards}; do ip link set $card up; done`;
    await done(machine, ['systemd-run', '--quiet', '--collect', '--unit=at-the-console', 'sh', '-c', script]);
    await until(machine, { what: 'the cards to be up again' }, async () => {
      return /^exit/m.test((await machine.run(['cat', '/run/doctor.txt'])).stdout);
    });
    const lines = (await done(machine, ['cat', '/run/doctor.txt'])).trimEnd().split('\n');
    assert.match(lines[0] ?? '', /^clock +(ok|note) /);
    const [link, mend, end] = lines.slice(-3);
    const none = cards.split(' ').map(card => `${card} has no link`);
    assert.match(link ?? '', new RegExp(`^link +broken +no network: ${none.join(', ')}$`));
    assert.match(mend ?? '', /^ +mend: plug in a cable, or name a WiFi network/);
    assert.equal(end, 'exit 1');
    await untilDoctorIsContent();
  },
);

test(
  'at a second boot it is the same machine and the same member, and no second key is spent',
  options,
  async () => {
    const [before, [former]] = [await identity(), await members()];
    await machine.shutDown();
    await machine.powerOn();
    await untilReady();
    assert.deepEqual(await identity(), before);
    const [member] = await members();
    assert.equal(member?.epoch, (former?.epoch ?? 0) + 1);
    assert.equal((await control?.nodes())?.length, 1);
    assert.equal(await failedUnits(), '');
    const { stdout } = await machine.run(['journalctl', '-b', '-u', 'first-boot', '--no-pager', '-o', 'cat']);
    assert.match(stdout, /nothing to do/);
  },
);
