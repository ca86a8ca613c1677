// wait-for-tailscale at each stage of the way into the tailnet: the reason, the mend, the exit code.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { BackendState } from '../../src/integrations/tailscale/shapes.ts';
import { device } from '../integrations/tailscale/fake-tailscaled.ts';
import { Bench } from './bench.ts';

/** An address that every machine has. */
const own = device('atlas', 1, { TailscaleIPs: ['::1', '127.0.0.1'], Tags: ['tag:cluster'] });

function onBench(title: string, run: (bench: Bench) => Promise<void>): void {
  test(title, { timeout: 60_000 }, async () => {
    const bench = await Bench.start();
    bench.tailscaled.self = own;
    try {
      await run(bench);
    } finally {
      await bench.dispose();
    }
  });
}

/** Until tailscaled has been asked twice more: the first of them may have been on its way. The test's own limit ends it. */
async function untilAsked({ tailscaled }: Bench): Promise<void> {
  const wanted = tailscaled.asked.length + 2;
  while (tailscaled.asked.length < wanted) await new Promise(resolve => setTimeout(resolve, 20));
}

const wait = (bench: Bench, ...args: string[]) => bench.run('wait-for-tailscale', args);

describe('wait-for-tailscale', { concurrency: 3 }, () => {
  onBench('it prints the addresses that are there, IPv4 first, as soon as they are', async bench => {
    bench.tailscaled.state = 'Running';
    const { exitCode, stdout, stderr } = await wait(bench);
    assert.equal(exitCode, 0, stderr);
    assert.equal(stdout.split('\n')[0], '127.0.0.1');
    assert.equal(stderr, '');
  });

  onBench('it says nothing when it shall be quiet', async bench => {
    bench.tailscaled.state = 'Running';
    assert.deepEqual(await wait(bench, '--quiet'), { exitCode: 0, stdout: '', stderr: '' });
  });

  const stages: readonly [BackendState, RegExp][] = [
    ['NoState', /tailscaled has just started/],
    ['Starting', /no word from its control server yet\nhint: see whether this machine has a network/],
    ['NeedsLogin', /not signed in to a tailnet \(NeedsLogin\)\nhint: run "tailscale-auth"/],
    ['NeedsMachineAuth', /waits for its approval .*\nhint: approve it in the admin console/],
    ['Stopped', /switched off \(Stopped.*\nhint: run "tailscale-auth" or "tailscale up"/],
    ['InUseOtherUser', /serves another user/],
  ];
  for (const [state, expected] of stages)
    onBench(`at ${state} it ends with 7, the reason and the mend`, async bench => {
      bench.tailscaled.state = state;
      const { exitCode, stdout, stderr } = await wait(bench, '--timeout', '200ms');
      assert.equal(exitCode, 7);
      assert.match(stderr, expected);
      assert.match(stderr, /^waiting: .*\nerror: after 0\.2 s /);
      assert.equal(stdout, '');
    });

  onBench('without tailscaled it says so, and quietly that only', async bench => {
    await bench.tailscaled.stop();
    const { exitCode, stderr } = await wait(bench, '--timeout', '200ms', '--quiet');
    assert.equal(exitCode, 7);
    assert.match(
      stderr,
      /^error: after 0\.2 s tailscaled is not there: there is no socket .*\nhint: install tailscale.*\n$/,
    );
  });

  onBench('a socket that a tailscaled has left behind is told from none', async bench => {
    await bench.tailscaled.stop({ leavesSocket: true });
    const { exitCode, stderr } = await wait(bench, '--timeout', '200ms');
    assert.equal(exitCode, 7);
    assert.match(
      stderr,
      /tailscaled is not running: nobody listens on .*\nhint: see "systemctl status tailscaled"/,
    );
  });

  onBench('a tailscaled that answers with rubbish is named', async bench => {
    bench.tailscaled.broken = { status: 200, body: '{"Version": 3}' };
    const { exitCode, stderr } = await wait(bench, '--timeout', '200ms');
    assert.equal(exitCode, 7);
    assert.match(stderr, /status is of another kind \(Version: .*\)\nhint: see which tailscaled/);
  });

  onBench('an address that is on no interface is not there', async bench => {
    bench.tailscaled.state = 'Running';
    bench.tailscaled.self = device('atlas', 1);
    const { exitCode, stderr } = await wait(bench, '--timeout', '200ms');
    assert.equal(exitCode, 7);
    assert.match(
      stderr,
      /its address 100\.64\.0\.1 is on no interface.*\nhint: see "ip address show tailscale0"/,
    );
    bench.tailscaled.hasTun = false;
    assert.match(
      (await wait(bench, '--timeout', '200ms')).stderr,
      /hint: take --tun=userspace-networking out/,
    );
  });

  onBench('it goes on when a stage is over, and tells each once', async bench => {
    bench.tailscaled.state = 'NeedsLogin';
    const run = wait(bench, '--timeout', '30s');
    await untilAsked(bench);
    bench.tailscaled.state = 'Starting';
    await untilAsked(bench);
    bench.tailscaled.state = 'Running';
    const { exitCode, stderr } = await run;
    assert.equal(exitCode, 0, stderr);
    assert.equal(stderr.match(/NeedsLogin\)/g)?.length, 1);
    assert.equal(stderr.match(/no word from/g)?.length, 1);
  });

  onBench('what is no duration is an error of use', async bench => {
    const { exitCode, stderr } = await wait(bench, '--timeout', 'soon');
    assert.equal(exitCode, 2);
    assert.match(stderr, /"soon" is no duration/);
    assert.equal((await wait(bench, '--tiemout', '2m')).exitCode, 2);
  });

  const off = 'integrations: { tailscale: { enabled: false } }\n';
  for (const program of ['tailscale-auth', 'wait-for-tailscale'])
    onBench(`${program} has nothing to do where the tailnet is off`, async bench => {
      writeFileSync(bench.nodeYaml, off);
      const { exitCode, stdout, stderr } = await bench.run(program, ['--timeout', '200ms']);
      assert.equal(exitCode, 0, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^the tailnet is off by .*node\.yaml: there is nothing to /);
      assert.deepEqual(bench.tailscaled.asked, []);
    });

  onBench('settings that are no YAML do not switch the tailnet off, and it is said', async bench => {
    writeFileSync(bench.nodeYaml, `${off}: [`);
    bench.tailscaled.state = 'Running';
    const { exitCode, stdout, stderr } = await wait(bench);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /^127\.0\.0\.1\n/);
    assert.match(stderr, /node\.yaml is no YAML and is passed over/);
  });

  for (const program of ['tailscale-auth', 'wait-for-tailscale'])
    onBench(`${program} --help tells the exit codes`, async bench => {
      const { exitCode, stdout } = await bench.run(program, ['--help']);
      assert.equal(exitCode, 0);
      assert.match(stdout, /Exit codes:/);
    });
});
