// Shows that the lab's hosts are apart from each other and from the machine, that its cuts cut, and that it leaves nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Lab } from './lab.ts';
import { folderOf, removeLab, sweepLabs } from './leftovers.ts';
import { privateFolders } from './mount-points.ts';
import { namespaceNames } from './network.ts';
import { childrenOf, identityOf, isRunning, sendSignal } from './processes.ts';
import { missingForLab } from './requirements.ts';
import { waitFor } from './wait-for.ts';

const missing = missingForLab();
const options = missing === undefined ? { timeout: 60_000 } : { skip: missing };
const holder = fileURLToPath(new URL('fixtures/lab-holder.ts', import.meta.url));
let lab: Lab;

if (missing === undefined) {
  before(async () => {
    lab = await Lab.start({ hosts: 3 });
  });
  after(() => lab?.stop());
}

async function reaches(from: string, to: string): Promise<boolean> {
  return await lab.host(from).reaches(lab.host(to).ip, 500);
}

/** What is left of a lab, for a person to read. */
async function leftOf(name: string): Promise<string[]> {
  const namespaces = (await namespaceNames()).filter(each => each.startsWith(`${name}-`));
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const folder = folderOf(name);
  return [
    ...namespaces,
    ...mounts.filter(line => line.includes(name)),
    ...(existsSync(folder) ? [folder] : []),
  ];
}

async function startHolder(flags: readonly string[]) {
  const held = spawn(process.execPath, [holder, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: held.stdout }), 'line')) as [string];
  const { name, pids } = JSON.parse(line) as { name: string; pids: number[] };
  assert.ok(pids.every(pid => identityOf(pid) !== undefined));
  return { held, name, pids };
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

test('every host reaches every other by its tailnet address', options, async () => {
  for (const from of lab.hosts)
    for (const to of lab.hosts)
      assert.equal(await from.reaches(to.ip), true, `${from.name} does not reach ${to.name}`);
});

test('a host has a name of its own and the machine keeps its', options, async () => {
  const before = hostname();
  for (const host of lab.hosts) assert.equal((await host.run(['uname', '-n'])).stdout, `${host.name}\n`);
  assert.equal(hostname(), before);
});

test('a host sees its own processes only, and its PID 1 reaps orphans', options, async () => {
  const host = lab.host('node-a');
  await host.run(['bash', '-c', '(setsid sleep 0.05 &) ; (setsid true &)']);
  const states = async () =>
    (await host.run(['ps', '-e', '-o', 'pid=,stat=,comm='])).stdout.trim().split('\n');
  await waitFor(async () => !(await states()).some(line => /\sZ/.test(line)), { what: 'no zombies' });
  const first = (await states())[0] ?? '';
  assert.match(first, /^\s*1 \S+\s+bash$/);
  assert.ok((await states()).length < 6, (await states()).join('\n'));
});

test(
  'what a host writes is on its own disk, and neither the others nor the machine have it',
  options,
  async () => {
    for (const folder of [...privateFolders, '/run']) {
      lab.host('node-a').writeFile(`${folder}/of-a`, 'mine');
      assert.equal((await lab.host('node-a').run(['cat', `${folder}/of-a`])).stdout, 'mine\n');
      assert.notEqual((await lab.host('node-b').run(['test', '-e', `${folder}/of-a`])).exitCode, 0, folder);
      assert.equal(existsSync(`${folder}/of-a`), false, folder);
    }
    assert.throws(() => lab.host('node-a').writeFile('/etc/hosts', ''), /not private to node-a/);
  },
);

test('a cut between two hosts drops both directions in silence and spares the third', options, async () => {
  await lab.cut('node-a', 'node-b');
  assert.equal(await reaches('node-a', 'node-b'), false);
  assert.equal(await reaches('node-b', 'node-a'), false);
  assert.equal(await reaches('node-a', 'node-c'), true);
  assert.equal(await reaches('node-b', 'node-c'), true);
  await lab.heal();
  assert.equal(await reaches('node-a', 'node-b'), true);
});

test('a one-way cut lets the other direction through', options, async () => {
  const [a, b] = [lab.host('node-a'), lab.host('node-b')];
  await lab.cutOneWay('node-a', 'node-b');
  const listen = `const s = require('node:dgram').createSocket('udp4');
    s.on('message', m => console.log(String(m).trim())); s.bind(9000, () => console.log('bound'));`;
  const [atA, atB] = await Promise.all([a, b].map(host => host.spawn([process.execPath, '-e', listen])));
  assert.ok(atA && atB);
  const isBound = () => atA.stdout.includes('bound') && atB.stdout.includes('bound');
  await waitFor(isBound, { what: 'both listeners' });
  await a.run(['bash', '-c', `echo from-a > /dev/udp/${b.ip}/9000`]);
  await b.run(['bash', '-c', `echo from-b > /dev/udp/${a.ip}/9000`]);
  await waitFor(() => atA.stdout.includes('from-b'), { what: 'the packet from node-b' });
  assert.deepEqual(atB.stdout, ['bound']);
  await lab.heal();
  await a.run(['bash', '-c', `echo healed > /dev/udp/${b.ip}/9000`]);
  await waitFor(() => atB.stdout.includes('healed'), { what: 'the packet after the cut' });
  for (const child of [atA, atB]) child.kill('SIGKILL');
  assert.deepEqual(await atA.exited, { exitCode: 137, signal: 'SIGKILL' });
});

test('an isolated host reaches nobody until the lab heals', options, async () => {
  await lab.isolate('node-c');
  assert.equal(await reaches('node-c', 'node-a'), false);
  assert.equal(await reaches('node-b', 'node-c'), false);
  assert.equal(await reaches('node-a', 'node-b'), true);
  await lab.heal();
  assert.equal(await reaches('node-c', 'node-a'), true);
});

test(
  'an open connection goes silent in a power cut, and the host comes back with its disk',
  options,
  async () => {
    const [a, b] = [lab.host('node-a'), lab.host('node-b')];
    const serve = `require('node:net').createServer(s => s.resume()).listen(9001, () => console.log('listens'));`;
    const server = await b.spawn([process.execPath, '-e', serve]);
    await waitFor(() => server.stdout.includes('listens'), { what: 'the server' });
    const dial = `const s = require('node:net').connect(9001, '${b.ip}', () => console.log('open'));
    for (const e of ['end', 'error', 'close']) s.on(e, () => console.log(e));`;
    const client = await a.spawn([process.execPath, '-e', dial]);
    await waitFor(() => client.stdout.includes('open'), { what: 'the connection' });
    b.writeFile('/var/lib/clusteros/kept', 'still here');
    await lab.powerOff('node-b');
    assert.equal(b.isOn, false);
    assert.equal(isRunning(server.process ?? { pid: 0, startTicks: '' }), false);
    assert.equal(await reaches('node-a', 'node-b'), false);
    await lab.powerOn('node-b');
    assert.equal(await reaches('node-a', 'node-b'), true);
    assert.deepEqual(client.stdout, ['open']);
    assert.equal((await b.run(['cat', '/var/lib/clusteros/kept'])).stdout, 'still here\n');
    client.kill('SIGKILL');
  },
);

test('a signal reaches the process in the host, and its exit tells of it', options, async () => {
  const child = await lab.host('node-a').spawn(['sleep', '1000']);
  const { pid } = child;
  assert.equal(readFileSync(`/proc/${pid}/comm`, 'utf8'), 'sleep\n');
  child.kill('SIGSTOP');
  await waitFor(() => / T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')), { what: 'the stop' });
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  assert.deepEqual(await child.exited, { exitCode: 143, signal: 'SIGTERM' });
  assert.equal(identityOf(pid), undefined);
  assert.equal(child.kill('SIGKILL'), false);
});

test('a command that does not end in time is killed and its words are in the error', options, async () => {
  const slow = lab.host('node-a').run(['bash', '-c', 'echo so far; exec sleep 1000'], { timeoutMs: 300 });
  await assert.rejects(slow, /took over 300 ms: so far/);
});

for (const mode of [[], ['--may-be-kept']])
  test(
    `SIGKILL of the process that holds a lab leaves nothing of it ${mode}`.trimEnd(),
    options,
    async () => {
      const { held, name, pids } = await startHolder(mode);
      held.kill('SIGKILL');
      const look = async () =>
        (await leftOf(name)).length === 0 && pids.every(pid => identityOf(pid) === undefined);
      await waitFor(look, { what: `nothing to be left of ${name}` });
    },
  );

test('a kept lab outlives its process and every sweep, and ends when it is told to', options, async () => {
  const { held, name, pids } = await startHolder(['--may-be-kept', '--keep']);
  held.kill('SIGKILL');
  await once(held, 'exit');
  await sweepLabs();
  assert.ok(pids.every(pid => identityOf(pid) !== undefined));
  await removeLab(name);
  assert.deepEqual(await leftOf(name), []);
  await waitFor(() => pids.every(pid => identityOf(pid) === undefined), { what: 'its processes to be gone' });
});

test('the next lab sweeps what a dead process and a dead janitor left', options, async () => {
  const { held, name } = await startHolder(['--may-be-kept']);
  const janitor = childrenOf(held.pid ?? 0).find(({ pid }) => commandOf(pid).includes('janitor.ts'));
  assert.ok(janitor);
  sendSignal(janitor, 'SIGKILL');
  held.kill('SIGKILL');
  await once(held, 'exit');
  assert.notDeepEqual(await leftOf(name), []);
  assert.ok((await sweepLabs()).includes(name));
  assert.deepEqual(await leftOf(name), []);
});
