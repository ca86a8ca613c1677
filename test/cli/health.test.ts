// What counts as healthy, and what is only under way: `status` and `wait --for healthy` share it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { clusterctl } from './clusterctl.ts';
import { fakeAgent } from './fake-agent.ts';
import { kubernetesLab, type Lab, operation, report, soundLab } from './lab.ts';

/** The lines of `status` that are not ok, and its headline and exit code. */
async function verdict(change: (lab: Lab) => void) {
  const lab = soundLab();
  change(lab);
  await using agent = await fakeAgent(lab);
  const { stdout, code } = await clusterctl('status', agent);
  const [headline = '', ...checks] = stdout.trimEnd().split('\n');
  return { headline, faults: checks.filter(line => !/^\S+ +ok /.test(line)), checks, code };
}

test('a running operation and a starting service are told as settling', async () => {
  const { headline, faults, code } = await verdict(lab => {
    lab.operations.push(operation(22, 'borea', 'running'));
    lab.status.operationsRunning = 1;
    lab.members.members[1] = { ...lab.members.members[1], services: [report('slurm', 'worker', 'starting')] };
  });
  assert.equal(headline, 'cluster lab   SETTLING   2 of 6 checks need some time');
  assert.deepEqual(faults, [
    'operations    running    join of slurm worker borea: start-slurmd 2/2',
    'slurm         starting   borea: starting',
  ]);
  assert.equal(code, 6);
});

test('a service that is ready with a warning is healthy, and the warning is told', async () => {
  const lab = soundLab();
  const warned = { ...report('slurm', 'worker', 'ready', 'bob differs'), reason: 'uid-differs' };
  lab.members.members[1] = {
    ...lab.members.members[1],
    services: [report('slurm', 'controller'), warned],
  };
  await using agent = await fakeAgent(lab);
  const { stdout, code } = await clusterctl('status', agent);
  assert.match(stdout, /^slurm {9}ok {9}3 of 3 nodes ready; borea: bob differs$/m);
  assert.equal(code, 0);
  assert.match((await clusterctl('members borea', agent)).stdout, / slurm:uid-differs\n/);
});

test('who keeps Kubernetes counts with its worst role, and who has given it up or has not the program does not', async () => {
  const { faults, checks } = await verdict(lab => {
    const [atlas, borea, ceres] = kubernetesLab().members.members;
    const released = report('k3s', 'server', 'released');
    const absent = { ...report('k3s', 'agent', 'absent', 'put k3s into /usr/local/bin'), token: 0 };
    lab.members.members = [
      { ...atlas },
      { ...borea, services: [released] },
      { ...ceres, services: [absent] },
    ];
  });
  assert.deepEqual(faults, []);
  assert.equal(checks.at(-1), 'k3s           ok         1 of 1 node ready');
  const keeper = await verdict(lab => {
    lab.members.members = kubernetesLab().members.members;
    const trouble = { ...report('k3s', 'keeper', 'failing', 'its API does not answer'), step: 'answering' };
    lab.members.members[0]?.services?.splice(0, 1, trouble);
  });
  assert.deepEqual(keeper.faults, [
    'k3s           failing    atlas: its API does not answer (step answering)',
  ]);
  const changing = await verdict(lab => {
    lab.members.members = kubernetesLab().members.members;
    const [atlas, borea] = lab.members.members;
    // Another has the keeper's role by now; a new server is on its way.
    atlas?.services?.splice(0, 1, report('k3s', 'keeper', 'released'));
    borea?.services?.splice(0, 1, {
      ...report('k3s', 'server', 'starting', 'waiting for its turn'),
      step: 'admission',
    });
  });
  assert.deepEqual(changing.faults, [
    'k3s           starting   borea: waiting for its turn (step admission)',
  ]);
});

test('a decision that is due counts as under way', async () => {
  const { headline, faults, code } = await verdict(lab => {
    lab.status.decisionsDue = 2;
  });
  assert.equal(headline, 'cluster lab   SETTLING   1 of 6 checks needs some time');
  assert.deepEqual(faults, ['operations    starting   2 about to begin']);
  assert.equal(code, 6);
});

test('a failed operation that a later one has made good is not told', async () => {
  const { faults } = await verdict(lab => {
    lab.operations = [operation(21, 'atlas', 'failed'), operation(30, 'atlas', 'done')];
    lab.operations.push(operation(31, 'borea', 'failed'));
    lab.status.operationsFailed = 1;
  });
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', /^operations {4}failed {5}join of slurm worker borea: [^;]*$/);
});

test('a leader that no majority confirms is no leader', async () => {
  const { faults, code } = await verdict(lab => {
    lab.leader = { refused: 'no-quorum', detail: 'this node led, but no majority confirms it' };
  });
  assert.deepEqual(faults, ['leader        none       this node led, but no majority confirms it']);
  assert.equal(code, 6);
});

test('a follower cannot confirm its leader, and that is no fault', async () => {
  const { code } = await verdict(lab => {
    lab.status = { ...lab.status, id: '0b'.repeat(16), name: 'borea', role: 'voter' };
    lab.leader = { ...lab.leader, confirmed: false };
  });
  assert.equal(code, 0);
});

test('members that left are no fault, and those not admitted yet are only counted', async () => {
  const { checks, code } = await verdict(lab => {
    const [, borea, ceres] = lab.members.members;
    lab.members.members[1] = { ...borea, state: 'left' };
    lab.members.members[2] = { ...ceres, admitted: false };
  });
  assert.equal(checks[2], 'members       ok         1 of 1 alive, 1 left, 1 not admitted yet');
  assert.equal(code, 0);
});

test('the worst silent member names the state, and the others say theirs', async () => {
  const { faults } = await verdict(lab => {
    const [atlas, borea, ceres] = lab.members.members;
    lab.members.members = [
      { ...atlas, state: 'degraded' },
      { ...borea, state: 'dead', seenMs: 7_200_000 },
      { ...ceres, state: 'suspect', seenMs: 9000 },
    ];
    lab.status.votersAnswering = 1;
  });
  assert.deepEqual(faults, [
    'voters        lost       1 of 3 answering, need 2',
    'members       dead       atlas: degraded, loses messages; borea: silent for 2h; ceres: suspect, silent for 9s',
  ]);
});

test('a node that belongs to no cluster says why', async () => {
  const { headline, faults, code } = await verdict(lab => {
    lab.status = { name: 'atlas', waitingFor: 'discovery window, 8 s to go' };
    lab.leader = { refused: 'no-leader', detail: 'no cluster yet: discovery window, 8 s to go' };
    lab.members = { members: [] };
    lab.operations = [];
  });
  assert.match(headline, /^no cluster +DEGRADED +3 of 4 checks need attention$/);
  assert.equal(faults[0], 'leader        none       no cluster yet: discovery window, 8 s to go');
  assert.equal(code, 6);
});
