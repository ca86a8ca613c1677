// What operators set for SLURM, on real daemons: partitions by tags, GPUs by their device files, memory of jobs that ask for none,
// a machine's own lines; and what happens to settings that slurmctld does not take. A job runs through all of it.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clusterctl, clusterctlProgram, clusterctlText } from './agent-host.ts';
import type { Host } from './host.ts';
import { LabCluster } from './lab-cluster.ts';
import { missingForSlurm } from './requirements.ts';
import { hasEndedOnce, jobText, runAsUser, submit } from './slurm-queue.ts';
import { waitFor } from './wait-for.ts';

const missing = missingForSlurm();
const options = missing === undefined ? { timeout: 300_000 } : { skip: missing };
const cluster = new LabCluster({});
after(() => cluster.stop());

interface MemberRow {
  readonly name: string;
  readonly services: readonly { readonly role: string }[];
}

let holder: Host;
/** Runs from the first change to the last. */
let long = '';

const done = async (host: Host, argv: readonly string[]) => {
  const { exitCode, stdout, stderr } = await host.run(argv);
  assert.equal(exitCode, 0, `${host.name}: ${argv.join(' ')}: ${stdout}${stderr}`);
  return stdout;
};

/** A /dev of the host's own, with files that stand for two cards. */
async function giveGpus(host: Host): Promise<void> {
  const script = `mkdir /run/dev && mount -t tmpfs -o mode=0755 tmpfs /run/dev && cd /run/dev &&
    cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty . && ln -s /proc/self/fd fd &&
    mkdir shm pts && mount -t tmpfs tmpfs shm && cp -a null nvidia0 && cp -a null nvidia1 && mount --rbind /run/dev /dev`;
  await done(host, ['sh', '-c', script]);
}

/** An /etc of the host's own, so that it can have users of its own. */
async function giveUsers(host: Host): Promise<void> {
  const script = `mkdir /run/etc /run/keep && cp -a /etc/. /run/etc &&
    for each in munge slurm clusteros; do mkdir /run/keep/$each && mount --bind /etc/$each /run/keep/$each || exit 1; done &&
    mount --bind /run/etc /etc &&
    for each in munge slurm clusteros; do mount --bind /run/keep/$each /etc/$each || exit 1; done`;
  await done(host, ['sh', '-c', script]);
}

async function configure(settings: object, ...flags: string[]) {
  const file = '/var/lib/clusteros/slurm-settings.yaml';
  holder.writeFile(file, JSON.stringify(settings), { mode: 0o600 });
  const argv = [clusterctlProgram, 'service', 'configure', 'slurm', '--file', file, ...flags];
  return holder.run(argv, { timeoutMs: 60_000 });
}

const main = { name: 'main', default: true };
const fast = { name: 'fast', tags: { site: 'east' }, maxTime: '60', options: { PriorityTier: '10' } };

const untilShown = (host: Host, argv: readonly string[], pattern: RegExp) =>
  waitFor(async () => pattern.test((await host.run(argv)).stdout), {
    timeoutMs: 60_000,
    what: `"${argv.join(' ')}" to show ${pattern}`,
    explain: async () => (await host.run(argv)).stdout,
  });

test('three hosts are a SLURM, one of them with two cards', options, async () => {
  await cluster.start(3, async lab => {
    await giveGpus(lab.host('node-c'));
    for (const each of lab.hosts) await giveUsers(each);
  });
  const host = cluster.lab.host('node-a');
  await clusterctlText(host, ['wait', '--for', 'members=3', '--timeout', '40s'], 50_000);
  await clusterctlText(host, ['wait', '--for', 'healthy', '--timeout', '90s'], 100_000);
  const rows = (await clusterctl(host, ['members'])) as MemberRow[];
  const name = rows.find(({ services }) => services.some(({ role }) => role === 'controller'))?.name;
  holder = cluster.lab.host(name ?? '');
  long = await submit(holder, 'sleep 600', '--mem', '10', '-w', 'node-b');
});

test('a job that asks for a card gets one, and one for two cards both', options, async () => {
  const shown = await done(holder, ['sinfo', '--noheader', '--Node', '--format', '%N %G']);
  assert.match(shown, /node-c gpu:nvidia:2/);
  const ask = (gres: string) =>
    done(holder, [
      'srun',
      '--mem=10',
      `--gres=${gres}`,
      'sh',
      '-c',
      'echo $(hostname) $CUDA_VISIBLE_DEVICES',
    ]);
  assert.equal((await ask('gpu:1')).trim(), 'node-c 0');
  assert.equal((await ask('gpu:nvidia:2')).trim(), 'node-c 0,1');
});

test('a card whose device file is gone is no card any more, and slurmd serves on', options, async () => {
  const host = cluster.lab.host('node-c');
  await done(host, ['rm', '/dev/nvidia1']);
  await untilShown(
    holder,
    ['sinfo', '--noheader', '--Node', '--format', '%N %G %t'],
    /node-c gpu:nvidia:1 idle/,
  );
  assert.match(await done(holder, ['srun', '--mem=10', '--gres=gpu:1', 'hostname']), /^node-c$/m);
  await done(host, ['cp', '-a', '/dev/null', '/dev/nvidia1']);
  await untilShown(
    holder,
    ['sinfo', '--noheader', '--Node', '--format', '%N %G %t'],
    /node-c gpu:nvidia:2 idle/,
  );
});

test('a job that asks for no memory leaves room for others', options, async () => {
  const one = await submit(holder, 'sleep 30', '-w', 'node-a', '-c', '1');
  const other = await submit(holder, 'sleep 30', '-w', 'node-a', '-c', '1');
  for (const job of [one, other])
    await waitFor(async () => /JobState=RUNNING/.test(await jobText(holder, job)), {
      timeoutMs: 20_000,
      what: `${job} to run`,
    });
  await done(holder, ['scancel', one, other]);
});

test('a partition has the machines with its tags, also when tags change later', options, async () => {
  await clusterctlText(holder, ['member', 'tag', 'node-b', 'site=east']);
  const { exitCode, stdout, stderr } = await configure({ partitions: [main, fast] }, '--yes');
  assert.equal(exitCode, 0, `${stdout}${stderr}`);
  assert.equal(stdout, 'partition fast is new: machines with site=east, at most 60, PriorityTier=10\n');
  await untilShown(
    holder,
    ['sinfo', '--noheader', '--partition', 'fast', '--format', '%N %l'],
    /^node-b 1:00:00$/m,
  );
  assert.equal((await done(holder, ['srun', '-p', 'fast', '--mem=10', 'hostname'])).trim(), 'node-b');
  await clusterctlText(holder, ['member', 'tag', 'node-a', 'site=east']);
  await untilShown(
    holder,
    ['sinfo', '--noheader', '--partition', 'fast', '--format', '%N'],
    /^node-(\[a-b\]|a,node-b)$/m,
  );
  assert.equal((await done(holder, ['srun', '-p', 'fast', '-N2', '--mem=10', 'true'])).trim(), '');
});

test('what SLURM cannot read is refused with its words, and nothing is decided', options, async () => {
  for (const [settings, reason] of [
    [{ partitions: [main, fast], extra: ['FooBar=1'] }, /SLURM cannot read it: .*unrecognized key: FooBar/],
    [
      { partitions: [main, { ...fast, options: { PriorityTier: 'high' } }] },
      /SLURM cannot read it: .*PriorityTier/i,
    ],
    [{ partitions: [main], extra: ['SlurmUser=root'] }, /ClusterOS sets SlurmUser itself/],
  ] as const) {
    const { exitCode, stderr } = await configure(settings, '--yes');
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, reason);
  }
});

test(
  'settings with which slurmctld does not start are told of, and it serves by the former ones',
  options,
  async () => {
    const { exitCode, stderr } = await configure(
      { partitions: [main, fast], extra: ['PriorityType=priority/none'] },
      '--yes',
    );
    assert.equal(exitCode, 6, stderr);
    assert.match(stderr, /They are decided, and not in use: .*does not take/);
    assert.equal((await done(holder, ['srun', '-p', 'fast', '--mem=10', 'hostname'])).trim().length, 6);
    const back = await configure({ partitions: [main, fast] }, '--yes');
    assert.equal(back.exitCode, 0, back.stderr);
  },
);

test('a partition with a job goes only when it is forced to', options, async () => {
  const job = await submit(holder, 'sleep 300', '--mem', '10', '-p', 'fast');
  await waitFor(async () => /JobState=RUNNING/.test(await jobText(holder, job)), {
    timeoutMs: 20_000,
    what: 'the job to run',
  });
  const refused = await configure({ partitions: [main] }, '--yes');
  assert.match(refused.stderr, /this would end jobs: 1 job in partition fast, which goes.*--force/);
  const dry = await configure({ partitions: [main] }, '--dry-run');
  assert.equal(dry.stdout, 'partition fast goes\nends: 1 job in partition fast, which goes\n');
  await done(holder, ['scancel', job]);
  await waitFor(async () => !/JobState=(RUNNING|COMPLETING)/.test(await jobText(holder, job)), {
    timeoutMs: 30_000,
    what: 'it to end',
  });
  assert.equal((await configure({ partitions: [main] }, '--yes')).exitCode, 0);
  assert.doesNotMatch(await done(holder, ['sinfo', '--noheader', '--format', '%P']), /fast/);
});

test('a machine’s own lines are taken in, and stay', options, async () => {
  const own = '# mine\nKillWait=17\n';
  holder.writeFile('/etc/slurm/local.conf', own);
  await untilShown(holder, ['scontrol', 'show', 'config'], /^KillWait +=? *17 sec/m);
  assert.equal(await done(holder, ['cat', '/etc/slurm/local.conf']), own);
});

test('the job that ran all the while has not noticed', options, async () => {
  assert.match(await jobText(holder, long), /JobState=RUNNING .*Restarts=0/);
  await done(holder, ['scancel', long]);
  const short = await submit(holder, 'true', '--mem', '10');
  await waitFor(() => hasEndedOnce(holder, short), { timeoutMs: 60_000, what: 'a last job to end' });
  assert.equal((await runAsUser(holder, ['srun', '--mem', '10', 'echo', 'fine'])).stdout, 'fine\n');
});

test(
  'a user that operators want is the same on all machines, and her jobs run by her name',
  options,
  async () => {
    const { exitCode, stderr } = await configure(
      {
        partitions: [main],
        users: [{ name: 'ada', uid: 2001, home: '/tmp' }],
      },
      '--yes',
      '--force',
    );
    assert.equal(exitCode, 0, stderr);
    for (const name of ['node-a', 'node-b', 'node-c'])
      await untilShown(cluster.lab.host(name), ['id', 'ada'], /^uid=2001\(ada\) gid=2001\(ada\)/);
    const asAda = ['setpriv', '--reuid', 'ada', '--regid', 'ada', '--clear-groups'];
    const names = await done(holder, [...asAda, 'srun', '--mem=10', '-N3', '--overcommit', 'id', '-un']);
    assert.equal(names, 'ada\nada\nada\n');
    assert.match(await done(holder, ['getent', 'shadow', 'ada']), /^ada:!/, 'nobody logs in by a password');
  },
);
