// A disk at its first boot, at every later one, and in another machine: what is made, what is put aside, what is left as it is, and
// that a boot which is cut off at any step comes to the same.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BootError } from '../../src/boot/ending.ts';
import { asideName, firstBootFacts, refuseWhileInUse, takeStep } from '../../src/boot/first-boot-machine.ts';
import { firstBootPlan } from '../../src/boot/first-boot-plan.ts';
import { hostsWith, ruleName } from '../../src/boot/host-name.ts';
import { machineIdentity, writeEnrolment } from '../../src/integrations/tailscale/enrolment.ts';
import { MemoryHost } from '../integrations/memory-host.ts';
import { isInstalled } from '../lab/requirements.ts';

const serial = '/sys/class/dmi/id/product_uuid';
const nowMs = Date.UTC(2026, 10, 27, 1, 2, 3);
const original = '4c4c4544-0042-3510-8050-b4c04f564433';
const copy = '4c4c4544-0042-3510-8050-ffffffffff01';

class Disk extends MemoryHost {
  /** Steps until the power goes. */
  stepsLeft = Number.POSITIVE_INFINITY;
  keys = 0;
  uuids = 0;

  constructor() {
    super();
    this.put(serial, `${original}\n`);
    this.put('/etc/hostname', 'debian\n');
    this.put('/etc/hosts', '127.0.0.1\tlocalhost\n127.0.1.1\tdebian\n');
    this.put('/etc/machine-id', '');
    this.put('/etc/ssh/sshd_config', '');
    this.card('eth0', '52:54:00:ab:cd:ef');
    this.card('wlan0', 'b8:27:eb:00:00:01', 'phy80211');
    this.programs.set('ssh-keygen', () => {
      this.keys += 1;
      this.put('/etc/ssh/ssh_host_ed25519_key', `key ${this.keys}`);
      return {};
    });
    for (const name of ['hostname', 'udevadm']) this.programs.set(name, () => ({}));
    this.programs.set('systemctl', () => ({ exitCode: 3 }));
  }

  card(name: string, mac: string, ...more: readonly string[]): void {
    this.put(`/sys/class/net/${name}/address`, `${mac}\n`);
    this.put(`/sys/class/net/${name}/type`, '1\n');
    this.put(`/sys/class/net/${name}/addr_assign_type`, '0\n');
    for (const each of ['device', ...more]) this.put(`/sys/class/net/${name}/${each}/uevent`, '');
  }

  /** Runs first-boot. Resolves with the kinds of the steps it took. */
  async boot({ adopts = false } = {}): Promise<string[]> {
    this.uuids += 1;
    this.put('/proc/sys/kernel/random/uuid', `1234567${this.uuids}-1234-4123-8123-123456789abc\n`);
    const facts = await firstBootFacts(this, () => {});
    const plan = firstBootPlan(facts, { adopts });
    await refuseWhileInUse(this, plan);
    for (const step of plan.steps) await takeStep(this.#cuttable(), step, asideName(nowMs, facts), () => {});
    return plan.steps.map(({ kind }) => kind);
  }

  /** As after some weeks as a member. */
  async isMember(): Promise<this> {
    await this.boot();
    this.put('/var/lib/clusteros/node.key', 'canary');
    this.put('/var/lib/clusteros/epoch', '7');
    this.put('/var/lib/clusteros/log/000003.log', 'entries');
    this.put('/var/lib/clusteros/clock', '');
    this.put('/var/lib/tailscale/tailscaled.state', 'canary');
    await writeEnrolment(this, { machine: (await machineIdentity(this)) ?? '', stableId: 'n1' });
    return this;
  }

  get paths(): string[] {
    return [...this.files.keys()].filter(each => /^\/(etc\/ssh\/(ssh_|former)|var)/.test(each)).sort();
  }

  #cuttable(): this {
    return new Proxy(this, {
      get: (_, key) => {
        const name = key as keyof this;
        const method = this[name];
        if (typeof method !== 'function') return method;
        if (!['writeFile', 'rename', 'run', 'ensureFolder'].includes(String(name))) return method.bind(this);
        return async (...args: unknown[]) => {
          if (this.stepsLeft <= 0) throw new Error('no power');
          this.stepsLeft -= 1;
          return await (method as (...args: unknown[]) => unknown).apply(this, args);
        };
      },
    });
  }
}

test('the first boot makes what is of this machine alone, and the second has nothing to do', async () => {
  const disk = new Disk();
  assert.deepEqual(await disk.boot(), ['machine-id', 'ssh-keys', 'host-name', 'record']);
  assert.equal(disk.text('/etc/machine-id'), '12345671123441238123123456789abc\n');
  assert.equal(disk.text('/etc/hostname'), 'node-abcdef\n');
  assert.equal(disk.text('/etc/hosts'), '127.0.0.1\tlocalhost\n127.0.1.1\tnode-abcdef\n');
  assert.ok(disk.commands.includes('hostname node-abcdef'));
  assert.equal(disk.files.get('/var/lib/clusteros/machine.json')?.mode, 0o600);
  assert.deepEqual(await disk.boot(), []);
});

test('what systemd makes of the machine-id is kept', async () => {
  const disk = new Disk();
  disk.put('/etc/machine-id', 'uninitialized\n');
  disk.programs.set('systemd-machine-id-setup', (_, host) => {
    host.put('/etc/machine-id', `${'c'.repeat(32)}\n`);
    return {};
  });
  await disk.boot();
  assert.equal(disk.text('/etc/machine-id'), `${'c'.repeat(32)}\n`);
});

test('what is there already is left alone: keys, machine-id, a name that an operator has given', async () => {
  const disk = new Disk();
  disk.put('/etc/machine-id', `${'a'.repeat(32)}\n`);
  disk.put('/etc/ssh/ssh_host_rsa_key', 'mine');
  disk.put('/etc/hostname', 'atlas\n');
  assert.deepEqual(await disk.boot(), ['record']);
  assert.equal(disk.keys, 0);
});

test('a machine without an SSH server gets no keys', async () => {
  const disk = new Disk();
  disk.files.delete('/etc/ssh/sshd_config');
  assert.deepEqual(await disk.boot(), ['machine-id', 'host-name', 'record']);
});

test('the settings name the machine: node.yaml before tailscale.env, and a name that is none is passed over', async () => {
  const disk = new Disk();
  disk.put('/etc/clusteros/tailscale.env', 'TAILSCALE_HOSTNAME=borea\nTAILSCALE_AUTHKEY=canary\n');
  const wished = async () => (await firstBootFacts(disk, line => said.push(line))).wishedName;
  const said: string[] = [];
  assert.equal(await wished(), 'borea');
  disk.put('/etc/clusteros/node.yaml', 'name: atlas\n');
  assert.equal(await wished(), 'atlas');
  disk.put('/etc/clusteros/node.yaml', 'name: atlas.lab\n');
  assert.equal(await wished(), '');
  disk.put('/etc/clusteros/node.yaml', 'name: [');
  disk.put('/etc/clusteros/tailscale.env', 'TAILSCALE_AUTHKEY="canary\n');
  assert.equal(await wished(), '');
  assert.equal(said.length, 3, said.join('\n'));
  assert.doesNotMatch(said.join('\n'), /canary/);
  disk.put('/etc/clusteros/node.yaml', 'name: atlas\n');
  await disk.boot();
  assert.equal(disk.text('/etc/hostname'), 'atlas\n');
});

test('the rule takes the first wired card, then WiFi, then the number of the machine', () => {
  const card = (name: string, mac: string, isWifi = false) => ({ name, mac, isWifi });
  const wifi = card('wlan0', 'b8:27:eb:00:00:01', true);
  assert.equal(
    ruleName([wifi, card('eno2', '00:00:00:00:00:02'), card('eno1', '00:00:00:AA:00:01')], ''),
    'node-aa0001',
  );
  assert.equal(ruleName([wifi], 'ffffffff'), 'node-000001');
  assert.equal(ruleName([], '0123456789'), 'node-456789');
  assert.equal(ruleName([], ''), undefined);
});

test('cards that are not of the hardware, or whose address is not lasting, name nothing', async () => {
  const disk = new Disk();
  disk.put('/sys/class/net/eth0/addr_assign_type', '3\n');
  disk.put('/sys/class/net/br0/address', '02:00:00:00:00:09\n');
  const { cards } = await firstBootFacts(disk, () => {});
  assert.deepEqual(cards, [{ name: 'wlan0', mac: 'b8:27:eb:00:00:01', isWifi: true }]);
});

test('the hosts file keeps its other names', () => {
  assert.equal(hostsWith('127.0.1.1 debian.lab debian\n', 'debian', 'a'), '127.0.1.1\ta debian.lab\n');
  assert.equal(hostsWith('127.0.0.1 localhost', 'debian', 'a'), '127.0.0.1 localhost\n127.0.1.1\ta\n');
  assert.equal(hostsWith('', 'debian', 'a'), '127.0.1.1\ta\n');
});

test('a disk that was copied becomes another node, and what it was is put aside, not deleted', async () => {
  const disk = await new Disk().isMember();
  const before = disk.text('/etc/machine-id');
  disk.put(serial, copy);
  disk.card('eth0', '52:54:00:00:00:02');
  assert.deepEqual(await disk.boot(), [
    ...['move-aside', 'move-aside', 'move-aside', 'machine-id', 'ssh-keys', 'host-name', 'record'],
  ]);
  const aside = disk.paths[0]?.split('/')[3] ?? '';
  assert.match(aside, /^former-20261127010203-[0-9a-f]{8}$/);
  assert.deepEqual(disk.paths, [
    `/etc/ssh/${aside}/ssh_host_ed25519_key`,
    '/etc/ssh/ssh_host_ed25519_key',
    '/var/lib/clusteros/clock',
    `/var/lib/clusteros/${aside}/epoch`,
    `/var/lib/clusteros/${aside}/log/000003.log`,
    `/var/lib/clusteros/${aside}/node.key`,
    `/var/lib/clusteros/${aside}/tailnet.json`,
    '/var/lib/clusteros/machine.json',
    `/var/lib/tailscale/${aside}/tailscaled.state`,
  ]);
  assert.equal(disk.folders.get(`/var/lib/clusteros/${aside}`)?.mode, 0o700);
  assert.notEqual(disk.text('/etc/machine-id'), before);
  assert.equal(disk.text('/etc/ssh/ssh_host_ed25519_key'), 'key 2');
  assert.equal(disk.text('/etc/hostname'), 'node-000002\n');
  assert.deepEqual(await disk.boot(), []);
});

test('a copy whose original was enrolled before there was a record is known by its enrolment', async () => {
  const disk = await new Disk().isMember();
  disk.files.delete('/var/lib/clusteros/machine.json');
  disk.put(serial, copy);
  assert.ok((await disk.boot()).includes('move-aside'));
});

test('a data folder elsewhere is put aside too', async () => {
  const disk = await new Disk().isMember();
  disk.put('/etc/clusteros/node.yaml', 'dataDir: /data/node\n');
  disk.put('/data/node/node.key', 'canary');
  disk.put(serial, copy);
  await disk.boot();
  assert.ok([...disk.files.keys()].some(each => /^\/data\/node\/former-\S+\/node\.key$/.test(each)));
});

test('a name that an operator has given stays on a copy', async () => {
  const disk = await new Disk().isMember();
  disk.put('/etc/hostname', 'atlas\n');
  disk.put(serial, copy);
  assert.ok(!(await disk.boot()).includes('host-name'));
});

for (const hasRecord of [true, false])
  test(`a boot of a copy ${hasRecord ? 'with' : 'without'} a record that is cut off at any step comes to the same`, async () => {
    const whole = await new Disk().isMember();
    whole.put(serial, copy);
    await whole.boot();
    for (let steps = 0; ; steps += 1) {
      const disk = await new Disk().isMember();
      disk.put(serial, copy);
      if (!hasRecord) disk.files.delete('/var/lib/clusteros/machine.json');
      disk.stepsLeft = steps;
      const wasCut = await disk.boot().then(
        () => false,
        () => true,
      );
      disk.stepsLeft = Number.POSITIVE_INFINITY;
      await disk.boot();
      const where = `power gone after ${steps} steps`;
      const living = (each: Disk) => each.paths.filter(path => !path.includes('/former-'));
      assert.deepEqual(living(disk), living(whole), where);
      for (const [path, content] of [
        ['node.key', 'canary'],
        ['epoch', '7'],
      ] as const) {
        const kept = disk.paths.filter(each => each.endsWith(`/${path}`) && each.includes('/former-'));
        assert.deepEqual(
          kept.map(each => disk.text(each)),
          [content],
          where,
        );
      }
      assert.notEqual(disk.text('/etc/ssh/ssh_host_ed25519_key'), 'key 1', where);
      assert.notEqual(disk.text('/etc/machine-id').slice(0, 8), '12345671', where);
      assert.match(disk.text('/var/lib/clusteros/machine.json'), /"givenName":"node-abcdef"/, where);
      assert.deepEqual(await disk.boot(), [], where);
      if (!wasCut) break;
      assert.ok(steps < 100);
    }
  });

test('the same node on other hardware, by the word of an operator, stays what it is', async () => {
  const disk = await new Disk().isMember();
  disk.put(serial, copy);
  assert.deepEqual(await disk.boot({ adopts: true }), ['adopt-enrolment', 'record']);
  assert.equal(disk.text('/var/lib/clusteros/node.key'), 'canary');
  assert.match(
    disk.text('/var/lib/clusteros/tailnet.json'),
    new RegExp((await machineIdentity(disk)) ?? 'x'),
  );
  assert.deepEqual(await disk.boot(), []);
});

test('what is in use is not put aside', async () => {
  const disk = await new Disk().isMember();
  disk.put(serial, copy);
  disk.programs.set('systemctl', args => ({ exitCode: args.includes('tailscaled') ? 0 : 3 }));
  await assert.rejects(
    disk.boot(),
    (error: BootError) => error instanceof BootError && /tailscaled runs/.test(error.message),
  );
  assert.equal(disk.text('/var/lib/clusteros/node.key'), 'canary');
});

test('hardware without a number of its own gets all but the record, and is never taken for a copy', async () => {
  const disk = new Disk();
  disk.put(serial, '00000000-0000-0000-0000-000000000000');
  assert.deepEqual(await disk.boot(), ['machine-id', 'ssh-keys', 'host-name']);
  const member = await new Disk().isMember();
  member.put(serial, '');
  assert.deepEqual(await member.boot(), []);
});

/** The program itself, with tmpfs for /etc, /var/lib and the hardware, and a host name of its own. */
function inNamespaces(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'clusteros-first-boot-'));
  try {
    const program = new URL('../../bin/first-boot', import.meta.url).pathname;
    const file = join(folder, 'script');
    writeFileSync(
      file,
      `set -e
mkdir ${folder}/etc; cp /etc/passwd /etc/group ${folder}/etc/; cp -r /etc/ld.so.cache /etc/alternatives ${folder}/etc/ 2>/dev/null || true
mount -t tmpfs tmpfs /var/lib; mount --bind ${folder}/etc /etc; mount -t tmpfs tmpfs /sys/class
mkdir -p /etc/ssh /sys/class/dmi/id /sys/class/net/eth0/device
echo ${original} > /sys/class/dmi/id/product_uuid
echo 52:54:00:ab:cd:ef > /sys/class/net/eth0/address; echo 1 > /sys/class/net/eth0/type; echo 0 > /sys/class/net/eth0/addr_assign_type
: > /etc/ssh/sshd_config; echo debian > /etc/hostname; : > /etc/machine-id
first_boot() { ${program} "$@"; }
${script}
`,
    );
    return execFileSync('unshare', ['--mount', '--uts', '--propagation', 'private', 'sh', file], {
      encoding: 'utf8',
      timeout: 60_000,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const hostNameBefore = readFileSync('/proc/sys/kernel/hostname', 'utf8');
test(
  'the program does it on files of a real system, and changes nothing in a dry run',
  process.getuid?.() === 0 && isInstalled('ssh-keygen')
    ? {}
    : { skip: 'needs root, for namespaces, and ssh-keygen (package openssh-client)' },
  () => {
    const said = inNamespaces(`
first_boot --dry-run; test ! -s /etc/machine-id; test ! -e /var/lib/clusteros
first_boot; first_boot
echo "name $(hostname) $(cat /etc/hostname) id $(wc -c < /etc/machine-id) mode $(stat -c %a /var/lib/clusteros /var/lib/clusteros/machine.json | tr '\\n' ' ')"
ls /etc/ssh/ssh_host_ed25519_key
echo key > /var/lib/clusteros/node.key
echo ${copy} > /sys/class/dmi/id/product_uuid
first_boot
find /var/lib/clusteros -type f
`);
    assert.match(said, /would do: an \/etc\/machine-id/);
    assert.match(said, /nothing to do: this disk belongs to this machine, node-abcdef/);
    assert.match(said, /name node-abcdef node-abcdef id 33 mode 700 600/);
    assert.match(said, /new SSH host keys[\s\S]*ssh_host_ed25519_key\n/);
    assert.match(said, /put aside, into \/var\/lib\/clusteros\/former-\d{14}-[0-9a-f]{8}: node\.key/);
    assert.match(said, /\/var\/lib\/clusteros\/former-\S+\/node\.key\n/);
    assert.equal(readFileSync('/proc/sys/kernel/hostname', 'utf8'), hostNameBefore);
  },
);
