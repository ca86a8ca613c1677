// Shows that the machines themselves work, without an agent: when a test of the product fails and this one passes, they are not to
// blame.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Rack } from './rack.ts';
import { missingForImage } from './requirements.ts';

const missing = missingForImage();
/** Each wait within has its own bound. */
const options = missing === undefined ? {} : { skip: missing };
let rack: Rack;
before(async () => {
  if (missing !== undefined) return;
  rack = await Rack.build(2);
  await rack.powerOn();
});
after(() => rack?.remove());

test('a machine runs Debian 12 with its own systemd, and control groups of version 2', options, async () => {
  const [a] = rack.machines;
  const words = await a?.run([
    'sh',
    '-c',
    '. /etc/os-release; echo $VERSION_ID; cat /proc/1/comm; stat -fc %T /sys/fs/cgroup',
  ]);
  assert.deepEqual(words, { exitCode: 0, stdout: '12\nsystemd\ncgroup2fs\n', stderr: '' });
});

test(
  'a machine tells how a command ended, and takes its arguments, input and environment as they are',
  options,
  async () => {
    const script = 'cat; printf "%s|" "$@" "$WISH"; echo no >&2; exit 3';
    const argv = ['sh', '-c', script, 'sh', "it's", 'a  b', '$HOME'];
    const result = await rack.machine('node-a').run(argv, { input: 'in\n', env: { WISH: '*' } });
    assert.deepEqual(result, { exitCode: 3, stdout: "in\nit's|a  b|$HOME|*|\n", stderr: 'no\n' });
  },
);

test('a machine ends a command that takes too long', options, async () => {
  await assert.rejects(
    rack.machine('node-a').run(['sleep', '60'], { timeoutMs: 1_000 }),
    /took over 1000 ms/,
  );
});

test(
  'machines reach each other by the addresses of a tailnet, in packets of its size, and nobody else',
  options,
  async () => {
    const a = rack.machine('node-a');
    const ping = (size: number, ip: string) =>
      a.run(['ping', '-c1', '-W5', '-Mdo', '-s', String(size), ip]).then(({ exitCode }) => exitCode);
    assert.equal(await ping(1280 - 28, '100.64.0.2'), 0);
    assert.notEqual(await ping(1281 - 28, '100.64.0.2'), 0);
    assert.notEqual(await ping(56, '192.0.2.1'), 0);
  },
);

test('a machine shuts down in order, or loses its power and keeps what was synced', options, async () => {
  const [a, b] = [rack.machine('node-a'), rack.machine('node-b')];
  await b.run(['sh', '-c', 'echo kept > /root/note; sync /root/note']);
  await Promise.all([a.shutDown(), b.powerOff()]);
  assert.deepEqual([a.isOn, b.isOn], [false, false]);
  assert.match(a.lastWords(), /Power down|reboot: /);
  await b.powerOn();
  assert.equal((await b.run(['cat', '/root/note'])).stdout, 'kept\n');
});
