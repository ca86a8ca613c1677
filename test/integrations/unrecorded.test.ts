// Jobs that were acknowledged and not saved are set aside before slurmctld starts, and offered again once, whatever is cut short.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobIdGap } from '../../src/integrations/limits.ts';
import { startLines } from '../../src/integrations/slurm/keeping-start.ts';
import { offerUnrecorded, type RecoveredJob } from '../../src/integrations/slurm/offers.ts';
import { setAside, unrecordedIds } from '../../src/integrations/slurm/unrecorded.ts';
import { MemoryHost } from './memory-host.ts';
import { environmentBytes, jobStateBytes } from './slurm-files.ts';

const state = '/var/lib/slurm/slurmctld';
const nameOf = (id: number) => id.toString(16).padStart(32, '0');

/** A machine with the state folder of a slurmctld that has died, and a SLURM that is a list of comments. */
function machine(nextId: number) {
  const host = new MemoryHost();
  const file = { mode: 0o600, owner: 'slurm' };
  const put = (path: string, content: Uint8Array) => host.files.set(path, { ...file, content });
  put(`${state}/job_state`, jobStateBytes(nextId));
  host.put('/etc/slurm/clusteros-slurmctld.conf', startLines({ firstJobId: 1, keeps: true }));
  const queue = new Map<number, string>();
  const foreign = new Set<number>();
  let last = 10_000;
  let dies = false;
  let refuses = '';
  const sbatch: { args: readonly string[]; script: string; environment: string }[] = [];
  host.programs.set('sbatch', () => ({}));
  host.programs.set('getent', args => ({ exitCode: args[1] === '404' ? 2 : 0 }));
  host.programs.set('squeue', () => ({
    stdout: [...queue].map(([id, comment]) => `${id} ${foreign.has(id) ? 6 : 5} ${comment}\n`).join(''),
  }));
  host.programs.set('setpriv', args => {
    if (refuses !== '' && args.some(arg => arg.startsWith('--dependency')))
      return { exitCode: 1, stderr: refuses };
    last += 1;
    const comment = args.find(arg => arg.startsWith('--comment=')) ?? '';
    queue.set(last, comment.slice('--comment='.length));
    const [script, environment] = ['script', 'environment'].map(part =>
      host.text(`/run/clusteros-offer/${part}`),
    );
    sbatch.push({ args, script: script ?? '', environment: environment ?? '' });
    if (dies) throw new Error('the agent has died');
    return { stdout: `${last}\n` };
  });
  const told: RecoveredJob[] = [];
  return {
    ...{ host, queue, foreign, sbatch, told },
    job(id: number, lines = 'name=x\n', user = 5) {
      const folder = `${state}/hash.${id % 10}/job.${id}`;
      put(`${folder}/script`, Buffer.from('#!/bin/sh\n\0'));
      put(`${folder}/environment`, environmentBytes([`CLUSTEROS_REQUEST=${nameOf(id)}`, 'SECRET=s3cret']));
      const head = `request=${nameOf(id)}\nuser_id=${user}\ngroup_id=60\nuser_name=games\n`;
      host.put(`${state}/requests/${id % 1024}`, `${head}${lines}`);
      return folder;
    },
    save: (id: number) => put(`${state}/job_state`, jobStateBytes(id)),
    offer: (knows = true) =>
      offerUnrecorded(host, {
        nowMs: 0,
        remember: async jobs => {
          if (knows) told.splice(0, told.length, ...jobs);
          return knows;
        },
      }),
    dieInOffer: (isSo: boolean) => {
      dies = isSo;
    },
    refuse: (words: string) => {
      refuses = words;
    },
  };
}

test('only what is not saved is set aside, and ids go on above all that may have been given', async () => {
  const { host, job } = machine(4);
  const saved = job(3);
  const lost = job(12);
  assert.equal(await setAside(host), 13 + jobIdGap);
  assert.deepEqual(await unrecordedIds(host), [12]);
  assert.ok(host.files.has(`${saved}/script`));
  assert.ok(!host.files.has(`${lost}/script`));
  assert.equal(await setAside(host), 4 + jobIdGap, 'again: nothing is lost');
  assert.deepEqual(await unrecordedIds(host), [12]);
});

test('a folder without any state has no ids to keep clear of; one whose first jobs were never saved has', async () => {
  const { host, job } = machine(1);
  await host.removeFile(`${state}/job_state`);
  assert.equal(await setAside(host), undefined);
  job(1);
  assert.equal(await setAside(host), 2 + jobIdGap);
  assert.deepEqual(await unrecordedIds(host), [1]);
});

test('a slurmctld that has saved a queue without ever having had a job is known too', async () => {
  const { host, job } = machine(0);
  assert.equal(await setAside(host), undefined);
  assert.equal(host.text(`${state}/unrecorded/unknown`), '');
  job(1);
  assert.equal(await setAside(host), 2 + jobIdGap);
  assert.deepEqual(await unrecordedIds(host), [1]);
});

test('the former job_state stands for one that is not there, and one of another version is not guessed at', async () => {
  const { host, job, offer } = machine(9);
  job(7);
  await host.rename(`${state}/job_state`, `${state}/job_state.old`);
  await setAside(host);
  assert.deepEqual(await unrecordedIds(host), []);
  host.put(`${state}/job_state`, 'something else');
  assert.equal(await setAside(host), undefined);
  assert.deepEqual(await unrecordedIds(host), []);
  assert.match(await offer(), /not of SLURM 22.05/);
});

test('each is offered once, with its script and environment, and its files go when the new job is saved', async () => {
  const { host, job, offer, told, sbatch, save } = machine(4);
  job(5, 'name=one\ntime_limit=7\n');
  job(6, 'name=two\ndependency=afterok:5\n');
  await setAside(host);
  assert.equal(await offer(), '');
  assert.deepEqual(told, [
    { formerId: 5, id: 10_001, user: 'games', name: 'one', note: '' },
    { formerId: 6, id: 10_002, user: 'games', name: 'two', note: '' },
  ]);
  assert.equal(sbatch[0]?.script, '#!/bin/sh\n');
  assert.match(sbatch[0]?.environment ?? '', /SECRET=s3cret/);
  assert.deepEqual(sbatch[0]?.args.slice(0, 5), ['--reuid=5', '--regid=60', '--init-groups', 'env', '-i']);
  assert.ok(sbatch[1]?.args.includes('--dependency=afterok:10001'));
  assert.ok(!host.commands.join('\n').includes('s3cret'));
  assert.deepEqual(await host.listFolder('/run/clusteros-offer'), []);
  await offer();
  assert.equal(sbatch.length, 2);
  assert.deepEqual(await unrecordedIds(host), [5, 6], 'they may still be needed');
  save(10_003);
  await offer();
  assert.deepEqual(await unrecordedIds(host), []);
});

test('an agent that dies while it offers finds the job by its comment', async () => {
  const { host, job, offer, told, sbatch, dieInOffer } = machine(4);
  job(5);
  await setAside(host);
  dieInOffer(true);
  await assert.rejects(offer(), /has died/);
  dieInOffer(false);
  await offer();
  assert.equal(sbatch.length, 1);
  assert.equal(told[0]?.id, 10_001);
});

test('files stay until the cluster has taken note', async () => {
  const { host, job, offer, save } = machine(4);
  job(5);
  await setAside(host);
  save(20_000);
  await offer(false);
  assert.deepEqual(await unrecordedIds(host), [5]);
  await offer(true);
  assert.deepEqual(await unrecordedIds(host), []);
});

test('one that was offered and not saved is offered again under its first id, whether or not its folder was copied', async () => {
  for (const copied of [true, false]) {
    const { host, job, offer, told, queue } = machine(4);
    job(5);
    await setAside(host);
    await offer();
    // The holder dies: slurmctld forgets, the folders are what was copied.
    queue.clear();
    if (copied) job(10_001, 'name=x\ncomment=clusteros: recovered job 5\n');
    await setAside(host);
    assert.deepEqual(await unrecordedIds(host), [5]);
    await offer();
    assert.deepEqual(
      told.map(({ formerId, id }) => [formerId, id]),
      [[5, 10_002]],
    );
    assert.equal(queue.size, 1);
  }
});

test('another user who writes our comment has a job like any other', async () => {
  const { host, job, offer, told } = machine(4);
  job(5);
  job(6, 'name=x\ncomment=clusteros: recovered job 5\n', 6);
  await setAside(host);
  assert.deepEqual(await unrecordedIds(host), [5, 6]);
  await offer();
  assert.equal(told.length, 2);
});

test('a comment on the job of another user does not stand for one that was lost', async () => {
  const { host, job, offer, told, queue, foreign } = machine(4);
  job(5);
  await setAside(host);
  queue.set(9, 'clusteros: recovered job 5');
  foreign.add(9);
  await offer();
  assert.equal(told[0]?.id, 10_001);
});

test('a job whose owner slurmctld has not written down is told of and never offered as anybody', async () => {
  const { host, job, offer, told, sbatch } = machine(4);
  job(5);
  await host.removeFile(`${state}/requests/5`);
  await setAside(host);
  await offer();
  assert.equal(sbatch.length, 0);
  assert.equal(told[0]?.id, 0);
  assert.match(told[0]?.note ?? '', /not known whose/);
  await offer();
  assert.deepEqual(await unrecordedIds(host), [5], 'an operator can still have its script');
});

test('a dependency that SLURM refuses is dropped and told of; what it refuses besides is not offered', async () => {
  const { host, job, offer, told, refuse } = machine(4);
  job(5, 'name=x\ndependency=afterok:2\n');
  await setAside(host);
  refuse('sbatch: error: Batch job submission failed: Job dependency problem');
  await offer();
  assert.deepEqual(told, [
    { formerId: 5, id: 10_001, user: 'games', name: 'x', note: 'without its dependency afterok:2' },
  ]);
  job(10_050, 'name=y\ndependency=afterok:3\n');
  await setAside(host);
  refuse('sbatch: error: Batch job submission failed: Invalid partition name specified');
  await offer();
  assert.match(told.at(-1)?.note ?? '', /Invalid partition/);
});

test('a user that this machine does not know has no job offered', async () => {
  const { host, job, offer, told, sbatch } = machine(4);
  job(5, 'name=x\n', 404);
  await setAside(host);
  await offer();
  assert.equal(sbatch.length, 0);
  assert.match(told[0]?.note ?? '', /has no user 404/);
});

test('a slurmctld that does not answer is asked again later; what was offered before is told of', async () => {
  const { host, job, offer, refuse, told } = machine(4);
  job(4);
  job(5, 'name=x\ndependency=afterok:2\n');
  await setAside(host);
  refuse('sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)');
  await assert.rejects(offer(), /does not answer/);
  assert.deepEqual(
    told.map(({ id }) => id),
    [10_001],
  );
  refuse('');
  await offer();
  assert.equal(told[1]?.id, 10_002);
});
