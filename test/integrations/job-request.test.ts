// The pure parts of what becomes of jobs that slurmctld had not saved: what its files hold, and how sbatch is asked again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remapDependency } from '../../src/integrations/slurm/dependency.ts';
import { environmentFrom, exportFileText } from '../../src/integrations/slurm/job-environment.ts';
import {
  formerIdIn,
  hindrance,
  jobRequestFrom,
  sbatchArguments,
} from '../../src/integrations/slurm/job-request.ts';
import { nextJobIdIn } from '../../src/integrations/slurm/job-state.ts';
import { environmentBytes, jobStateBytes } from './slurm-files.ts';

const head = 'request=0123456789abcdef0123456789abcdef\nuser_id=5\ngroup_id=60\nuser_name=games\n';
const request = (lines: string) => {
  const found = jobRequestFrom(`${head}${lines}`);
  assert.ok(found);
  return found;
};
const again = {
  ...{ formerId: 7, nowMs: 1_795_728_000_000, others: new Map(), openMode: undefined },
  ...{ environment: '/e', script: '/s' },
};
const args = (lines: string, change = {}) => sbatchArguments(request(lines), { ...again, ...change }).args;

test('the next id is read from the head of a job_state of SLURM 22.05, and of no other file', () => {
  // As 22.05.8 wrote it when job 2 was the last.
  const real = Buffer.from(
    '0000001150524f544f434f4c5f56455253494f4e002600000000006b08a46f00000003000000',
    'hex',
  );
  assert.equal(nextJobIdIn(real), 3);
  assert.equal(nextJobIdIn(jobStateBytes(5001)), 5001);
  assert.equal(nextJobIdIn(real.subarray(0, 30)), undefined, 'cut off');
  assert.equal(nextJobIdIn(new Uint8Array()), undefined);
  const other = Buffer.from(real);
  other[21] = 0x27;
  assert.equal(nextJobIdIn(other), undefined, 'another version');
  assert.equal(nextJobIdIn(jobStateBytes(0)), 0, 'none was ever given');
  assert.equal(nextJobIdIn(jobStateBytes(0xfffffffe)), undefined);
});

test('a request is read with what a line cannot hold, and one that is not whole is none', () => {
  const { user, userId, groupId, name, scriptArguments } = request(
    'name=a\\nb\\\\n\nargument=two words\nargument=\n',
  );
  assert.deepEqual({ user, userId, groupId }, { user: 'games', userId: 5, groupId: 60 });
  assert.equal(name, 'a\nb\\n');
  assert.deepEqual(scriptArguments, ['two words', '']);
  assert.equal(jobRequestFrom(head.replace('user_id=5\n', '')), undefined);
  assert.equal(jobRequestFrom(head.replace('0123', 'x')), undefined);
  assert.equal(jobRequestFrom(''), undefined);
});

test('what was not given is not asked for; the job is held', () => {
  const nothing =
    'name=x\ntime_limit=4294967294\nnice=4294967294\ncpus_per_task=65534\nmin_nodes=1\nmax_nodes=4294967294\n' +
    'num_tasks=4294967294\nshared=65534\nrequeue=65534\nmail_type=0\nbitflags=503316480\nbegin_time=0\n' +
    'pn_min_tmp_disk=4294967294\nreboot=65534\ncontiguous=0\nthreads_per_core=65534\n';
  assert.deepEqual(args(nothing), [
    ...['--parsable', '--hold', '--export=ALL', '--export-file=/e'],
    ...['--comment=clusteros: recovered job 7', '--job-name=x', '/s'],
  ]);
});

test('options of the command line are asked for again', () => {
  const asked = args(
    'comment=mine\naccount=lab\npartition=main\ntime_limit=7\ntime_min=4294967295\nmin_mem_per_node=33\narray_inx=1-4%2\n' +
      'min_nodes=1\nmax_nodes=2\nnum_tasks=3\ncpus_per_task=2\nnice=2147483653\nbegin_time=1795729000\nmail_type=6\n' +
      'shared=0\nrequeue=0\nbitflags=503316481\ntres_per_node=gres:gpu:a100:2,gres:tape:1\ntres_per_job=gres:gpu:4\n' +
      'mem_per_tres=gres:gpu:1024\nexc_nodes=b\nwork_dir=/usr\nstd_out=/x/%j\nargument=a b\n',
    { openMode: 'a' },
  );
  for (const wanted of [
    ...['--comment=clusteros: recovered job 7; mine', '--account=lab', '--partition=main', '--time=7'],
    ...[
      '--time-min=UNLIMITED',
      '--mem=33M',
      '--array=1-4%2',
      '--nodes=1-2',
      '--ntasks=3',
      '--cpus-per-task=2',
    ],
    ...['--nice=5', '--begin=uts1795729000', '--mail-type=END,FAIL', '--exclusive', '--no-requeue'],
    ...['--kill-on-invalid-dep=yes', '--gres=gpu:a100:2,tape:1', '--gpus=4', '--mem-per-gpu=1024'],
    ...['--exclude=b', '--chdir=/usr', '--output=/x/%j', '--open-mode=append'],
  ])
    assert.ok(asked.includes(wanted), `${wanted} in ${asked.join(' ')}`);
  assert.deepEqual(asked.slice(-2), ['/s', 'a b']);
  assert.ok(args('begin_time=1795720000\n').includes('--begin=now'), 'that time has come');
});

test('a dependency follows the job it is on, and is dropped aloud when that one is gone', () => {
  const others = new Map([
    [7, 5007],
    [8, undefined],
  ]);
  const remap = (text: string) => remapDependency(text, others);
  assert.deepEqual(remap('afterok:7:9,afterany:8'), { dependency: 'afterok:5007:9', dropped: 'afterany:8' });
  assert.deepEqual(remap('afterok:7_3?after:7+5'), {
    dependency: 'afterok:5007_3?after:5007+5',
    dropped: '',
  });
  assert.deepEqual(remap('singleton'), { dependency: 'singleton', dropped: '' });
  assert.deepEqual(remap(''), { dependency: '', dropped: '' });
  const { args: asked, leftOut } = sbatchArguments(request('dependency=afterok:8\ncomment=mine\n'), {
    ...again,
    others,
  });
  assert.ok(asked.includes('--comment=clusteros: recovered job 7; without its dependency afterok:8; mine'));
  assert.equal(leftOut, 'without its dependency afterok:8');
});

test('a comment names the former job only when it begins as ours do', () => {
  assert.equal(formerIdIn('clusteros: recovered job 1234; mine'), 1234);
  assert.equal(formerIdIn('my clusteros: recovered job 1234'), undefined);
  assert.equal(formerIdIn('(null)'), undefined);
});

test('a part of a job of several parts is not offered', () => {
  assert.match(hindrance(request('het_job_offset=0\n')) ?? '', /several parts/);
  assert.equal(hindrance(request('het_job_offset=4294967294\ncron_job=false\n')), undefined);
});

test('the environment comes back with what sbatch would say of itself', () => {
  const environment = environmentFrom(
    environmentBytes(['A=1', 'SLURM_SUBMIT_DIR=/usr', 'CLUSTEROS_REQUEST=x', 'B=\xe9\n']),
  );
  assert.ok(environment);
  assert.equal(
    Buffer.from(exportFileText(environment)).toString('latin1'),
    'A=1\0SLURM_SUBMIT_DIR=/usr\0B=\xe9\n\0CLUSTEROS_REQUEST=restore\nSLURM_SUBMIT_DIR=/usr\0',
  );
  assert.equal(environmentFrom(environmentBytes(['A=1', 'B=2']).subarray(0, 10)), undefined, 'cut off');
});
