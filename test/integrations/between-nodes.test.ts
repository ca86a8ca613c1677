// What is wrong between the controller's machine and a worker's, on two machines in memory: found out on the worker, and named there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterView, ServiceReport } from '../../src/integrations/cluster-view.ts';
import { slurmIntegration } from '../../src/integrations/slurm/slurm.ts';
import { usersFrom } from '../../src/integrations/slurm/users.ts';
import { CopyWorld, MemoryCopies } from './memory-copies.ts';
import { type MemoryHost, SlurmWorld } from './memory-host.ts';
import { type InOnePass, inOnePass } from './one-pass.ts';

interface Machine {
  readonly id: string;
  readonly name: string;
  readonly ip: string;
  readonly host: MemoryHost;
  readonly slurm: InOnePass;
  reports: readonly ServiceReport[];
}

/** atlas with slurmctld and slurmd, borea with slurmd. */
class Pair {
  readonly world = new SlurmWorld();
  readonly atlas: Machine;
  readonly borea: Machine;
  /** What borea has asked. */
  readonly questions: string[] = [];
  isReachable = true;
  wallMs = 1_000_000;

  constructor() {
    const copies = new CopyWorld();
    const [atlas, borea] = ['atlas', 'borea'].map((name, at): Machine => {
      const ip = `100.64.0.${at + 1}`;
      const host = this.world.addHost(name, ip);
      const slurm = inOnePass(
        slurmIntegration({
          fencingFile: '/var/lib/clusteros/fencing.json',
          takenFile: '/var/lib/clusteros/slurm-taken',
          retry: attempt => attempt(),
          copies: new MemoryCopies(copies, name, host),
          counterparts: { ask: (peer, question) => this.#ask(peer.id, question) },
          remember: async () => true,
        }),
      );
      return { id: name, name, ip, host, slurm, reports: [] };
    });
    assert.ok(atlas && borea);
    [this.atlas, this.borea] = [atlas, borea];
  }

  async #ask(id: string, question: string): Promise<string | undefined> {
    this.questions.push(question);
    const { slurm, host } = id === 'atlas' ? this.atlas : this.borea;
    return this.isReachable ? slurm.answer?.(host, question, 'asker') : undefined;
  }

  async pass(...machines: readonly Machine[]): Promise<void> {
    for (const machine of machines.length > 0 ? machines : [this.atlas, this.borea])
      machine.reports = await machine.slurm.pass(machine.host, this.#view(machine), () => {});
  }

  #view(self: Machine): ClusterView {
    return {
      level: 1,
      ...{
        clusterId: 'c',
        formerClusters: [],
        forgotten: {},
        clusterName: 'lab',
        self,
        operations: [],
        secretNames: ['slurm/munge.key'],
      },
      nodes: [this.atlas, this.borea].map(({ id, name, ip, reports }) => ({
        ...{ id, name, ip, address: `${ip}:7443`, tags: {}, reports },
        ...({ standing: 'voter', state: 'alive', capabilities: ['slurm-worker'] } as const),
      })),
      grants: [
        { service: 'slurm', role: 'controller', node: 'atlas', token: 5 },
        { service: 'slurm', role: 'worker', node: 'atlas', token: 6 },
        { service: 'slurm', role: 'worker', node: 'borea', token: 7 },
      ],
      wallMs: this.wallMs,
      settings: {},
      tenure: { leftMs: () => 1000, stands: () => true, knownForMs: () => 60_000, hasReleased: () => false },
      secret: () => new Uint8Array(1024).fill(7),
      secretId: () => 'cafe0007',
    };
  }
}

async function readyPair(): Promise<Pair> {
  const pair = new Pair();
  for (let passes = 0; passes < 3; passes++) await pair.pass();
  assert.deepEqual([workerOf(pair.atlas).state, workerOf(pair.borea).state], ['ready', 'ready']);
  pair.questions.length = 0;
  return pair;
}

function workerOf({ reports }: Machine): ServiceReport {
  const report = reports.find(({ role }) => role === 'worker');
  assert.ok(report);
  return report;
}

/** But for users, once a minute. */
const asked = ({ questions }: Pair) => questions.filter(question => question !== 'users');

/** Somebody starts munged anew, with another key than the one on the disk. */
function startMungedWith(host: MemoryHost, key: number): void {
  for (const [pid, name] of host.processes) if (name === 'munged') host.processes.delete(pid);
  host.mungedKey = new Uint8Array(1024).fill(key);
  host.startProcess('munged', '/run/munge/munged.pid');
}

test('a worker whose clock is off says by how much, to the letter the same while it is about that', async () => {
  const pair = await readyPair();
  pair.borea.host.clockAheadS = 600;
  await pair.pass();
  const report = workerOf(pair.borea);
  assert.deepEqual([report.state, report.reason], ['failing', 'clock-skew']);
  assert.match(report.detail, /^the clock here is 600 s ahead of that of atlas.*"timedatectl set-ntp true"/);
  assert.deepEqual(asked(pair), ['credential']);
  assert.deepEqual(workerOf(pair.atlas).state, 'ready', 'it harms nobody else');
  pair.borea.host.clockAheadS = 602;
  await pair.pass();
  assert.deepEqual(asked(pair), ['credential'], 'it is not asked in every pass');
  pair.wallMs += 20_000;
  await pair.pass();
  assert.equal(asked(pair).length, 2);
  assert.deepEqual(workerOf(pair.borea), report);
  pair.borea.host.clockAheadS = -400;
  pair.wallMs += 20_000;
  await pair.pass();
  assert.match(workerOf(pair.borea).detail, /^the clock here is 400 s behind that of atlas/);
  pair.borea.host.clockAheadS = 0;
  await pair.pass();
  assert.equal(workerOf(pair.borea).state, 'ready');
});

test('a munged that was started with another key is named, ended and started with that of the cluster', async () => {
  const pair = await readyPair();
  startMungedWith(pair.borea.host, 8);
  await pair.pass();
  const { state, reason, detail } = workerOf(pair.borea);
  assert.deepEqual([state, reason], ['failing', 'munge-key-differs']);
  assert.match(detail, /^munged here .* it was ended, and the next pass starts it$/);
  await pair.pass();
  assert.equal(workerOf(pair.borea).state, 'ready');
  assert.equal(pair.borea.host.mungedKey?.[0], 7);
});

test("when it is the controller's munged that has another key, the worker says so, and ends its own once only", async () => {
  const pair = await readyPair();
  startMungedWith(pair.atlas.host, 8);
  const starts = () => pair.borea.host.commands.filter(each => each.endsWith('--origin 127.0.0.1')).length;
  const before = starts();
  for (let passes = 0; passes < 4; passes++) {
    pair.wallMs += 20_000;
    await pair.pass(pair.borea);
  }
  assert.equal(starts(), before + 1);
  assert.equal(workerOf(pair.borea).reason, 'munge-key-differs');
  assert.match(
    workerOf(pair.borea).detail,
    /^munged on atlas does not use .*"kill \$\(cat \/run\/munge\/munged\.pid\)" there/,
  );
});

test('without an answer the worker says what it knows', async () => {
  const pair = await readyPair();
  pair.isReachable = false;
  startMungedWith(pair.borea.host, 8);
  await pair.pass();
  const { state, reason } = workerOf(pair.borea);
  assert.deepEqual([state, reason], ['failing', 'munge-key-rejected']);
});

test('a credential for others is that of a user without rights, and nothing else is answered', async () => {
  const { atlas } = await readyPair();
  atlas.host.commands.length = 0;
  await atlas.slurm.answer?.(atlas.host, 'credential', 'borea');
  assert.deepEqual(atlas.host.commands, [
    'setpriv --reuid munge --regid munge --clear-groups munge --no-input',
  ]);
  await assert.rejects(
    async () => atlas.slurm.answer?.(atlas.host, 'the key', 'borea'),
    /has no answer to "the key"/,
  );
});

const aMinute = 61_000;

test('a user of the queue who is somebody else on a worker is named there, with both numbers and both nodes', async () => {
  const pair = await readyPair();
  pair.world.uids.push(3001, 3001, 5);
  pair.atlas.host.users.set('alice', 3001);
  pair.borea.host.users.set('alice', 3002).set('bob', 3001);
  await pair.pass();
  assert.deepEqual(workerOf(pair.borea).reason, '', 'not more than one look a minute');
  pair.wallMs += aMinute;
  await pair.pass();
  const { state, reason, detail } = workerOf(pair.borea);
  assert.deepEqual([state, reason], ['ready', 'uid-differs']);
  assert.equal(
    detail,
    'jobs run by number, and alice is 3001 on atlas and 3002 on borea, where 3001 is bob: give each user the same number on all nodes',
  );
  assert.deepEqual([workerOf(pair.atlas).reason, pair.atlas.reports[0]?.reason], ['', '']);
  pair.borea.host.users.delete('bob');
  pair.borea.host.users.delete('alice');
  pair.wallMs += aMinute;
  await pair.pass();
  assert.match(workerOf(pair.borea).detail, /alice is 3001 on atlas and unknown on borea:/);
  pair.borea.host.users.set('alice', 3001);
  pair.wallMs += aMinute;
  await pair.pass();
  assert.equal(workerOf(pair.borea).reason, '');
  assert.doesNotMatch(workerOf(pair.borea).detail, /alice/);
});

test('a user of the queue who is nobody where slurmctld runs is told by the controller, and is no matter of the workers', async () => {
  const pair = await readyPair();
  pair.world.uids.push(3001);
  pair.borea.host.users.set('alice', 3001);
  pair.wallMs += aMinute;
  await pair.pass();
  const [controller] = pair.atlas.reports;
  assert.deepEqual(
    [controller?.role, controller?.state, controller?.reason],
    ['controller', 'ready', 'uid-unknown'],
  );
  assert.match(controller?.detail ?? '', /^slurmctld starts no jobs of 3001, who is unknown here/);
  assert.equal(workerOf(pair.borea).reason, '');
});

test('many that differ are counted, and one that does not answer leaves it at what was found', async () => {
  const pair = await readyPair();
  for (let uid = 3001; uid <= 3009; uid++) {
    pair.world.uids.push(uid);
    pair.atlas.host.users.set(`user${uid}`, uid);
  }
  pair.wallMs += aMinute;
  await pair.pass();
  assert.match(workerOf(pair.borea).detail, /user3003 is .* \(and 6 more\)/);
  const before = workerOf(pair.borea);
  pair.isReachable = false;
  pair.wallMs += aMinute;
  await pair.pass();
  assert.deepEqual(workerOf(pair.borea), before);
});

test('of what another node says only users are taken', () => {
  assert.deepEqual(usersFrom('0 root\n3001 \n-1 x\n12 a;b\n17\nnonsense\n1000 a.b-c@d\n'), [
    { uid: 0, name: 'root' },
    { uid: 3001, name: '' },
    { uid: 1000, name: 'a.b-c@d' },
  ]);
});
