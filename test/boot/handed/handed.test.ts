// From the partition to the machine: what is taken is on the machine's disk before it is gone from the stick, what is wrong stays, and a run
// that is cut off anywhere comes to the same. The partition is a real folder, the machine the twin.
import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { handedFacts, takeHandedStep } from '../../../src/boot/handed/machine.ts';
import { type Partition, partitionAt } from '../../../src/boot/handed/partition.ts';
import { handedPlan } from '../../../src/boot/handed/plan.ts';
import { MemoryHost } from '../../integrations/memory-host.ts';

const key = Buffer.alloc(32, 7).toString('base64');
const otherKey = Buffer.alloc(32, 8).toString('base64');
const blob = (byte: number) => {
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return Buffer.concat([field(Buffer.from('ssh-ed25519')), field(Buffer.alloc(32, byte))]).toString('base64');
};
const [ada, bob] = [`ssh-ed25519 ${blob(1)} ada@laptop`, `ssh-ed25519 ${blob(2)} bob`];
const wifi = 'WIFI_COUNTRY=DE\nWIFI_SSID=Lab\nWIFI_KEY=canary passphrase\n';
const tailscale = 'TAILSCALE_AUTHKEY=tskey-auth-canary\n';
const nowMs = Date.UTC(2026, 10, 27, 12, 30);

/** A stick in a machine. */
class Stick {
  readonly folder = mkdtempSync(join(tmpdir(), 'clusteros-stick-'));
  readonly machine = new MemoryHost();
  /** What changes something, until the power goes. */
  changesLeft = Number.POSITIVE_INFINITY;
  changes = 0;

  constructor() {
    this.machine.programs.set('node-agent', (args, host) => {
      const text = host.text(args[args.indexOf('--config') + 1] ?? '');
      return text.startsWith('name: ')
        ? {}
        : { exitCode: 2, stderr: `error: unknown setting canary in node.yaml: run "node-agent info"` };
    });
  }

  put(name: string, content: string | Uint8Array): void {
    writeFileSync(join(this.folder, name), content);
  }
  get names(): string[] {
    return readdirSync(this.folder).sort();
  }
  text(name: string): string {
    const path = join(this.folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }
  modeOf(path: string): string | undefined {
    return this.machine.files.get(path)?.mode.toString(8);
  }

  async boot() {
    const partition = this.#cuttable(partitionAt(this.folder));
    const plan = handedPlan(await handedFacts(this.machine, partition, nowMs));
    const machine = this.#cuttable(this.machine);
    for (const step of plan.steps) await takeHandedStep(machine, partition, step);
    return plan;
  }

  #cuttable<T extends Partition | MemoryHost>(thing: T): T {
    return new Proxy(thing, {
      get: (_, property) => {
        const method = thing[property as keyof T];
        if (typeof method !== 'function') return method;
        if (!['writeFile', 'ensureFolder', 'tell', 'wipe', 'wipeFreeSpace'].includes(String(property)))
          return method.bind(thing);
        return async (...args: unknown[]) => {
          if (this.changesLeft <= 0) throw new Error('no power');
          this.changesLeft -= 1;
          this.changes += 1;
          return await method.apply(thing, args);
        };
      },
    });
  }
}

function withStick(title: string, work: (stick: Stick) => Promise<void>): void {
  test(title, async () => {
    const stick = new Stick();
    try {
      await work(stick);
    } finally {
      rmSync(stick.folder, { recursive: true });
    }
  });
}

const installed = {
  '/etc/clusteros/cluster.key': `${key}\n`,
  '/etc/clusteros/tailscale.env': tailscale,
  '/etc/clusteros/wifi.env': wifi,
  '/root/.ssh/authorized_keys': `${ada}\n`,
  '/etc/clusteros/node.yaml': 'name: atlas\n',
};

function fill(stick: Stick): void {
  stick.put('README.txt', 'what may be put here');
  stick.put('CLUSTER.KEY', `${key}\r\n`);
  stick.put('tailscale.env.txt', `\ufeff${tailscale.replaceAll('\n', '\r\n')}`);
  stick.put('wifi.env', Buffer.from(`\ufeff${wifi}`, 'utf16le'));
  stick.put('authorized_keys', ada);
  stick.put('node.yaml', 'name: atlas');
  stick.put('._cluster.key', 'canary of macOS');
  mkdirSync(join(stick.folder, 'System Volume Information'));
}

function isTaken(stick: Stick): void {
  for (const [path, text] of Object.entries(installed)) {
    assert.equal(stick.machine.text(path), text, path);
    assert.equal(stick.modeOf(path), '600', path);
  }
  assert.deepEqual(stick.names, ['._cluster.key', 'README.txt', 'System Volume Information', 'TAKEN.txt']);
}

withStick('all is taken, for root alone, and is gone from the stick', async stick => {
  fill(stick);
  // Another name of the same bytes: what becomes of them is seen by it.
  const witness = mkdtempSync(join(tmpdir(), 'clusteros-witness-'));
  try {
    for (const name of ['CLUSTER.KEY', 'wifi.env']) linkSync(join(stick.folder, name), join(witness, name));
    const { taken, refused, unknown } = await stick.boot();
    assert.deepEqual([taken.length, refused, unknown], [5, [], []]);
    isTaken(stick);
    for (const name of readdirSync(witness)) {
      const bytes = readFileSync(join(witness, name));
      assert.ok(bytes.length >= 65536 && bytes.every(byte => byte === 0), name);
    }
    assert.match(
      stick.text('TAKEN.txt'),
      /2026-11-27 12:30 UTC {2}CLUSTER\.KEY: is now \/etc\/clusteros\/cluster\.key\r\n/,
    );
    assert.doesNotMatch(stick.text('TAKEN.txt'), /canary|BwcH/);
    // In memory only, and not for long.
    assert.deepEqual(
      [...stick.machine.files.keys()].filter(path => path.startsWith('/run')),
      [],
    );
  } finally {
    rmSync(witness, { recursive: true });
  }
});

withStick('nothing is written where nothing is handed over', async stick => {
  stick.put('README.txt', 'what may be put here');
  assert.deepEqual((await stick.boot()).steps, []);
  fill(stick);
  await stick.boot();
  const before = stick.changes;
  assert.deepEqual((await stick.boot()).steps, []);
  assert.equal(stick.changes, before);
});

withStick('a file with a mistake stays as it is, and the others are taken', async stick => {
  fill(stick);
  stick.put('wifi.env', 'WIFI_SSID=Lab\nWIFI_KEY=canary\n');
  stick.put('node.yaml', 'canary: 1\n');
  stick.put('notes.docx', 'canary');
  const { refused, unknown } = await stick.boot();
  assert.deepEqual(
    refused.map(({ name }) => name),
    ['wifi.env', 'node.yaml'],
  );
  assert.deepEqual(unknown, ['notes.docx']);
  assert.equal(stick.text('wifi.env'), 'WIFI_SSID=Lab\nWIFI_KEY=canary\n');
  assert.equal(stick.machine.text('/etc/clusteros/wifi.env'), '');
  assert.equal(stick.machine.text('/etc/clusteros/cluster.key'), `${key}\n`);
  const problems = stick.text('PROBLEMS.txt');
  assert.match(
    problems,
    /wifi\.env: line 2: WIFI_KEY is neither a passphrase.*\r\n {2}what helps: mend WIFI_KEY/,
  );
  assert.match(problems, /no use here[\s\S]*notes\.docx/);
  assert.doesNotMatch(problems.replace('none: canary', ''), /canary/);
  // As it is at the next boot, too: a stick is not written to at each.
  assert.deepEqual((await stick.boot()).steps, []);
  stick.put('wifi.env', wifi);
  stick.put('node.yaml', 'name: atlas\n');
  rmSync(join(stick.folder, 'notes.docx'));
  await stick.boot();
  isTaken(stick);
});

withStick('the key of another cluster is refused, the same one is not missed', async stick => {
  stick.machine.put('/etc/clusteros/cluster.key', key);
  stick.put('cluster.key', otherKey);
  const [refused] = (await stick.boot()).refused;
  assert.match(`${refused?.why} ${refused?.mend}`, /another cluster's.*clusterctl member remove/);
  assert.equal(stick.machine.text('/etc/clusteros/cluster.key'), key);
  assert.deepEqual(stick.names, ['PROBLEMS.txt', 'cluster.key']);
  stick.put('cluster.key', `${key}\n`);
  assert.deepEqual((await stick.boot()).taken, [
    'cluster.key: was there already, as /etc/clusteros/cluster.key',
  ]);
  assert.deepEqual(stick.names, ['TAKEN.txt']);
});

withStick('keys for root are added to those that are there, each once', async stick => {
  stick.machine.put('/root/.ssh/authorized_keys', `# by hand\n${ada}`);
  stick.put('authorized_keys', `${ada}\r\n${bob}\r\n${bob} again\r\n`);
  await stick.boot();
  assert.equal(stick.machine.text('/root/.ssh/authorized_keys'), `# by hand\n${ada}\n${bob}\n`);
  assert.equal(stick.modeOf('/root/.ssh/authorized_keys'), '600');
});

withStick('of two files for one thing none is taken', async stick => {
  stick.put('cluster.key', key);
  stick.put('cluster.key.txt', otherKey);
  const { refused } = await stick.boot();
  assert.equal(refused.length, 2);
  assert.deepEqual(stick.names, ['PROBLEMS.txt', 'cluster.key', 'cluster.key.txt']);
});

withStick('an agent that gives no answer leaves node.yaml where it is', async stick => {
  stick.machine.programs.delete('node-agent');
  stick.put('node.yaml', 'name: atlas\n');
  assert.match((await stick.boot()).refused[0]?.why ?? '', /cannot be checked.*127/);
  assert.ok(stick.names.includes('node.yaml'));
});

test('a run that is cut off at any change is finished by the next one, and no file is ever in neither place', async () => {
  let cuts = 0;
  for (let allowed = 0; ; allowed += 1) {
    const stick = new Stick();
    try {
      fill(stick);
      stick.changesLeft = allowed;
      const end = await stick.boot().then(
        () => 'done',
        () => 'cut',
      );
      for (const [path, text] of Object.entries(installed)) {
        const kind = path.split('/').at(-1) ?? '';
        const isThere = stick.names.some(name => [kind, `${kind}.txt`].includes(name.toLowerCase()));
        assert.ok(isThere || stick.machine.text(path) === text, `${kind} after ${allowed} changes`);
      }
      stick.changesLeft = Number.POSITIVE_INFINITY;
      await stick.boot();
      await stick.boot();
      // The page may miss what a run has not come to tell.
      if (!stick.names.includes('TAKEN.txt')) stick.put('TAKEN.txt', '');
      isTaken(stick);
      if (end === 'done') break;
      cuts += 1;
    } finally {
      rmSync(stick.folder, { recursive: true });
    }
  }
  assert.ok(cuts >= 12, `${cuts} cuts`);
});

withStick(
  'what was being overwritten when the power went is overwritten to its end, and never read',
  async stick => {
    stick.put('clusteros-wipe-cluster.key', Buffer.concat([Buffer.alloc(10), Buffer.from(key.slice(10))]));
    const { taken, refused } = await stick.boot();
    assert.deepEqual([taken, refused, stick.names], [[], [], []]);
  },
);
