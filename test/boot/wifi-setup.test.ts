// wifi-setup as people start it, and node-agent in front of it, beside the twin of tailscaled and a netplan of a few lines: another
// member is a port that is open or not. Every output is looked through for passphrases.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { device, FakeTailscaled } from '../integrations/tailscale/fake-tailscaled.ts';
import { isInstalled } from '../lab/requirements.ts';

const programs = fileURLToPath(new URL('../../bin/', import.meta.url));
const settingsFor = (ssid: string) => `WIFI_SSID=${ssid}\nWIFI_KEY=canary-${ssid}\n`;

class Bench {
  readonly tailscaled: FakeTailscaled;
  readonly member: Server;
  readonly port: number;
  child: ChildProcess | undefined;

  private constructor(tailscaled: FakeTailscaled, member: Server, port: number) {
    this.tailscaled = tailscaled;
    this.member = member;
    this.port = port;
  }

  /** A machine that is on its tailnet by the network "home", with one other member. */
  static async start(): Promise<Bench> {
    const tailscaled = await FakeTailscaled.start();
    const tags = ['tag:cluster'];
    tailscaled.self = device('atlas', 1, { TailscaleIPs: ['127.0.0.1'], Tags: tags });
    tailscaled.peers = [device('borea', 2, { TailscaleIPs: ['127.0.0.1'], Tags: tags })];
    tailscaled.prefs.ControlURL = 'http://127.0.0.1:1';
    const member = createServer(socket => socket.destroy());
    await new Promise<void>(resolve => member.listen(0, '127.0.0.1', resolve));
    const { port } = member.address() as { port: number };
    const bench = new Bench(tailscaled, member, port);
    mkdirSync(bench.path('netplan'));
    const yaml = bench.path('netplan/60-clusteros-wifi.yaml');
    writeFileSync(
      bench.path('netplan.sh'),
      `#!/bin/sh\n[ "$1" = generate ] || cp '${yaml}' '${bench.path('applied')}'\n`,
      { mode: 0o755 },
    );
    bench.write('wifi.env', settingsFor('home'));
    assert.equal((await bench.run(['apply'])).exitCode, 0);
    return bench;
  }

  async dispose(): Promise<void> {
    this.child?.kill('SIGKILL');
    this.member.close();
    await this.tailscaled.dispose();
  }

  path(name: string): string {
    return join(this.tailscaled.folder, name);
  }
  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }
  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    chmodSync(this.path(name), 0o600);
    return this.path(name);
  }
  get network(): string {
    return /canary-(\w+)/.exec(this.read('applied'))?.[1] ?? '';
  }
  /** By a name that the network has been given lately. */
  async untilOn(network: string): Promise<void> {
    for (let looks = 0; this.network !== network; looks += 1) {
      assert.ok(looks < 200, `never on ${network}`);
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  async set(ssid: string, ...args: readonly string[]) {
    const file = this.write('new.env', settingsFor(ssid));
    const where = ['--socket', this.tailscaled.socket, '--port', String(this.port)];
    return await this.run(['set', '--file', file, '--yes', ...where, ...args]);
  }

  async run([verb = '', ...args]: readonly string[], program: readonly string[] = ['wifi-setup']) {
    const [name = '', ...before] = program;
    const places = ['--settings', this.path('wifi.env'), '--netplan-dir', this.path('netplan')];
    const child = spawn(
      `${programs}${name}`,
      [
        ...[...before, verb, ...places, '--run-dir', this.path('run'), '--netplan', this.path('netplan.sh')],
        ...['--card', 'wlan0', ...args],
      ],
      { env: { PATH: process.env.PATH ?? '' }, stdio: ['pipe', 'pipe', 'pipe'] },
    );
    this.child = child;
    child.stdin.end();
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    const exitCode = await new Promise<number>(resolve => child.once('close', code => resolve(code ?? -1)));
    assert.doesNotMatch(said, /canary/i, 'a passphrase was said');
    assert.doesNotMatch(said, /\n {4}at /, 'no trace: an operator cannot mend that');
    return { exitCode, said };
  }
}

function onBench(title: string, run: (bench: Bench) => Promise<void>): void {
  test(title, { timeout: 60_000 }, async () => {
    const bench = await Bench.start();
    try {
      await run(bench);
    } finally {
      await bench.dispose();
    }
  });
}

describe('wifi-setup', { concurrency: 3 }, () => {
  onBench('settings by which the other member answers are kept', async bench => {
    const { exitCode, said } = await bench.set('other');
    assert.equal(exitCode, 0, said);
    assert.match(said, /another member answers \(now borea\)[\s\S]*kept/);
    assert.equal(bench.read('wifi.env'), settingsFor('other'));
    assert.equal(bench.network, 'other');
    assert.equal(existsSync(bench.path('wifi.env.trial')), false);
    assert.match((await bench.run(['apply'])).said, /^nothing to do/);
  });

  onBench('settings by which nobody answers are taken back, with exit code 7', async bench => {
    const run = bench.set('nowhere', '--timeout', '2s');
    await bench.untilOn('nowhere');
    bench.member.close();
    const { exitCode, said } = await run;
    assert.equal(exitCode, 7, said);
    assert.match(
      said,
      /error: after 2 s none of the members .* \(borea\).*the former WiFi settings are back\nhint:/,
    );
    assert.equal(bench.network, 'home');
    assert.equal(bench.read('wifi.env'), settingsFor('home'));
  });

  onBench('killed in the middle, the next run puts the former settings back', async bench => {
    const run = bench.set('nowhere');
    await bench.untilOn('nowhere');
    bench.child?.kill('SIGKILL');
    await run;
    assert.equal(bench.network, 'nowhere');
    assert.match((await bench.set('other')).said, /another change of the WiFi is under way, or was cut off/);
    const { exitCode, said } = await bench.run(['apply']);
    assert.equal(exitCode, 0);
    assert.match(said, /was cut off .*the former settings hold/);
    assert.equal(bench.network, 'home');
    assert.equal(existsSync(bench.path('wifi.env.trial')), false);
  });

  onBench(
    'a terminal that goes away does not end it, and SIGTERM has it put the former settings back',
    async bench => {
      const run = bench.set('nowhere');
      await bench.untilOn('nowhere');
      bench.member.close();
      bench.child?.kill('SIGHUP');
      await new Promise(resolve => setTimeout(resolve, 300));
      assert.equal(bench.network, 'nowhere');
      bench.child?.kill('SIGTERM');
      const { exitCode, said } = await run;
      assert.equal(exitCode, 1);
      assert.match(said, /it was told to end; the former WiFi settings are back/);
      assert.equal(bench.network, 'home');
    },
  );

  onBench('a tailscaled that is gone is no tailnet', async bench => {
    await bench.tailscaled.stop();
    const { exitCode, said } = await bench.set('other', '--timeout', '1s');
    assert.equal(exitCode, 7);
    assert.match(said, /tailscaled is not there/);
    assert.equal(bench.network, 'home');
  });

  onBench(
    'nothing is changed by a dry run, nor where nobody can be asked, nor by a file that is wrong',
    async bench => {
      const dry = await bench.set('other', '--dry-run');
      assert.equal(dry.exitCode, 0);
      assert.match(dry.said, /now: "home".*\nwould try: "other"/);
      const file = bench.write('new.env', settingsFor('other'));
      const unasked = await bench.run(['set', '--file', file, '--socket', bench.tailscaled.socket]);
      assert.deepEqual([unasked.exitCode, /--yes/.test(unasked.said)], [2, true]);
      const wrong = await bench.run(['set', '--yes', '--file', bench.write('new.env', 'WIFI_SSID=canary\n')]);
      assert.equal(wrong.exitCode, 2);
      assert.match(wrong.said, /new\.env, line 1: WIFI_SSID without WIFI_KEY/);
      chmodSync(bench.write('new.env', settingsFor('other')), 0o644);
      const open = await bench.run(['set', '--yes', '--file', bench.path('new.env')]);
      assert.match(open.said, /can be read by others \(mode 0644\)/);
      assert.equal(bench.network, 'home');
    },
  );

  test('netplan itself takes what is rendered, and its complaints are passed on without the passphrase that it shows', {
    timeout: 60_000,
    ...(isInstalled('netplan') ? {} : { skip: 'needs netplan (package netplan.io)' }),
  }, async () => {
    const bench = await Bench.start();
    try {
      const real = `#!/bin/sh\n[ "$1" = apply ] || exec netplan "$@"\ncp '${bench.path('netplan/60-clusteros-wifi.yaml')}' '${bench.path('applied')}'\n`;
      writeFileSync(bench.path('netplan.sh'), real);
      const three = 'WIFI_SSID_2=three\nWIFI_KEY_2=canary-three\nWIFI_SECURITY_2=wpa3\n';
      bench.write('wifi.env', settingsFor('other') + three);
      const { exitCode, said } = await bench.run(['apply']);
      assert.equal(exitCode, 0, said);
      assert.equal(bench.network, 'other');
      // Debian 12 has netplan 0.106, which does not know WPA3.
      const knowsWpa3 = !/too old for WPA3/.test(said);
      assert.equal(bench.read('applied').includes('sae'), knowsWpa3);
      if (!knowsWpa3) {
        bench.write('wifi.env', three);
        const alone = await bench.run(['apply']);
        assert.deepEqual([alone.exitCode, /hint: set wpa2/.test(alone.said)], [2, true], alone.said);
      }
      assert.deepEqual(readdirSync(bench.path('run')), []);
    } finally {
      await bench.dispose();
    }
  });

  onBench('node-agent wifi set is the same, told where the tailnet of this node is', async bench => {
    const yaml = bench.write(
      'node.yaml',
      `bind: 127.0.0.1:${bench.port}\nintegrations: {tailscale: {socket: ${bench.tailscaled.socket}}}\n`,
    );
    const file = bench.write('new.env', settingsFor('other'));
    const agent = ['node-agent', 'wifi', '--config', yaml];
    const { exitCode, said } = await bench.run(['set', '--file', file, '--yes'], agent);
    assert.equal(exitCode, 0, said);
    assert.match(said, /now borea/);
    assert.equal(bench.network, 'other');
    assert.equal((await bench.run(['sett'], agent)).exitCode, 2);
  });
});
