// A real Debian with its own systemd, control groups and packaged units, and the agent as one of its services: what a lab of
// namespaces cannot show.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { agentUnit, clusterctl, done, installAgents, until, untilHealthy } from './agent-service.ts';
import { jobTimeoutMs } from './limits.ts';
import { Rack } from './rack.ts';
import { missingForImage } from './requirements.ts';
import type { VirtualMachine } from './virtual-machine.ts';

const missing = missingForImage();
/** Each wait within has its own bound. */
const options = missing === undefined ? {} : { skip: missing };
const packagedUnits = ['slurmctld.service', 'slurmd.service', 'munge.service'] as const;
const daemons = ['munged', 'slurmctld', 'slurmd'] as const;
/** A user that Debian always has, without rights. */
const asUser = ['setpriv', '--reuid', 'games', '--regid', 'games', '--clear-groups'];

let rack: Rack;
let machine: VirtualMachine;

before(async () => {
  if (missing !== undefined) return;
  rack = await Rack.build(1);
  machine = rack.machine('node-a');
  await machine.powerOn();
});
after(() => rack?.remove());

/** Runs a shell script as an ordinary user, as a job that is waited for. */
async function runJob(options: readonly string[], script: string) {
  const argv = [...asUser, 'srun', '--chdir=/tmp', ...options, 'sh', '-c', script];
  return await machine.run(argv, { timeoutMs: jobTimeoutMs });
}

async function submit(script: string): Promise<string> {
  const argv = [...asUser, 'sbatch', '--parsable', '--chdir=/tmp', '--output=/dev/null', `--wrap=${script}`];
  return (await done(machine, argv)).trim();
}

async function jobText(job: string): Promise<string> {
  return (await machine.run(['scontrol', '-o', 'show', 'job', job])).stdout;
}

/** Waits until slurmctld has written down what it knows of the job, and so has the disk. */
async function untilSaved(job: string): Promise<void> {
  const beganAt = Number(await done(machine, ['date', '+%s.%N']));
  // What it has not written down yet is lost with the power; one more change has it write for sure.
  await done(machine, ['scontrol', 'update', `jobid=${job}`, `comment=${beganAt}`]);
  const argv = ['stat', '--format=%.Y', '/var/lib/slurm/slurmctld/job_state'];
  const isSaved = async () => Number((await machine.run(argv)).stdout) > beganAt;
  await until(machine, { what: 'slurmctld to write down its queue' }, isSaved);
  await done(machine, ['sync']);
}

/** Of the daemons that run, in their order; each must run once. */
async function daemonPids(): Promise<readonly string[]> {
  const pids = [];
  for (const each of daemons) pids.push((await done(machine, ['pgrep', '--exact', each])).trim());
  for (const each of pids) assert.match(each, /^\d+$/, 'each daemon runs once');
  return pids;
}

test('Debian itself would start the daemons', options, async () => {
  const states = await done(machine, ['systemctl', 'is-enabled', ...packagedUnits]);
  assert.deepEqual(states.trim().split('\n'), ['enabled', 'enabled', 'enabled']);
  // The whole boot, without a unit that failed.
  assert.equal((await machine.run(['systemctl', 'is-system-running', '--wait'])).stdout, 'running\n');
  await done(machine, ['systemctl', 'is-active', 'munge.service']);
});

test('the agent, as a service, makes it a whole SLURM', options, async () => {
  await installAgents([machine]);
  await untilHealthy(machine);
  const { exitCode, stdout, stderr } = await runJob([], 'hostname; id --user --name');
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout, 'node-a\ngames\n');
  const shown = await clusterctl(machine, ['service', 'show', 'slurm']);
  assert.match(shown.stdout, /ready/, shown.stderr);
});

test(
  'nobody but the agent starts the daemons: the packaged units are masked and none of them runs',
  options,
  async () => {
    // It exits with 1 when none is enabled, which is the point.
    const { stdout: enabled } = await machine.run(['systemctl', 'is-enabled', ...packagedUnits]);
    assert.deepEqual(enabled.trim().split('\n'), ['masked', 'masked', 'masked']);
    const { stdout: active } = await machine.run(['systemctl', 'is-active', ...packagedUnits]);
    assert.ok(!/^active$/m.test(active), active);
  },
);

test('a job has the processors that it asked for, also when it wants more', options, async () => {
  const { stdout, stderr } = await runJob(['--cpus-per-task=1'], 'taskset -pc 0-1 $$ > /dev/null; nproc');
  assert.equal(stdout, '1\n', stderr);
});

test('a job that takes more memory than it asked for is ended, and its node works on', options, async () => {
  const script = `perl -e 'my $x = "x" x (300 << 20); print "had it all\\n"'`;
  const { exitCode, stdout, stderr } = await runJob(['--mem=50M'], script);
  assert.notEqual(exitCode, 0);
  assert.equal(stdout, '');
  assert.match(stderr, /oom-kill|Out Of Memory/);
  assert.equal((await runJob(['--mem=700M'], script)).stdout, 'had it all\n');
});

test('a restart of the agent ends neither the daemons nor a job', options, async () => {
  const job = await submit('sleep 30');
  const isRunning = async () => /JobState=RUNNING/.test(await jobText(job));
  await until(machine, { what: 'the job to run' }, isRunning);
  const pids = await daemonPids();
  await done(machine, ['systemctl', 'restart', agentUnit]);
  // Before the new agent does anything. What it does later is not systemd's doing: where the emulation holds it up for longer than
  // its tenure lasts, it ends slurmctld for a moment, as it should.
  assert.deepEqual(await daemonPids(), pids);
  await untilHealthy(machine);
  const hasEnded = async () => !/JobState=(RUNNING|COMPLETING)/.test(await jobText(job));
  await until(machine, { what: 'the job to end' }, hasEnded);
  assert.match(await jobText(job), /JobState=COMPLETED .*Restarts=0 .*ExitCode=0:0/);
});

test('after a power cut it comes back by itself, and so does its queue', options, async () => {
  const job = await submit('sleep 600');
  await until(machine, { what: 'the job to run' }, async () => /JobState=RUNNING/.test(await jobText(job)));
  await untilSaved(job);
  await machine.powerOff();
  await machine.powerOn();
  await untilHealthy(machine);
  assert.match(await jobText(job), new RegExp(`^JobId=${job} `));
  await done(machine, ['scancel', job]);
  assert.equal((await runJob([], 'hostname')).stdout, 'node-a\n');
});
