// What is wrong on one machine, or between two, is named by its reason, ends in the right state, and harms nobody else: after each a job
// runs on the others. Real slurmctld, slurmd and munged; the jobs are an ordinary user's.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { after, test } from 'node:test';
import { clusterctl, clusterctlProgram, clusterctlText, peerAddress, startAgent } from './agent-host.ts';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';
import { LabCluster } from './lab-cluster.ts';
import { missingForSlurm } from './requirements.ts';
import { compileShim, missingForShim } from './shim.ts';
import { jobText, queueKept, runAsUser, submit } from './slurm-queue.ts';
import { waitFor } from './wait-for.ts';

interface Part {
  readonly member: string;
  readonly role: string;
  readonly state: string;
  readonly reason: string;
  readonly detail: string;
  readonly holds: boolean;
  readonly copy: string;
}
interface MemberRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly address: string;
}

const missing = missingForSlurm() ?? missingForShim();
const options = missing === undefined ? { timeout: 300_000 } : { skip: missing };
const compiled = missing === undefined ? compileShim('clock-ahead') : undefined;
/** Of each host; its own, since /run is. */
const clockFile = '/run/clock-ahead';
const cluster = new LabCluster({}, { LD_PRELOAD: compiled?.shim ?? '', CLOCK_AHEAD_FILE: clockFile });
after(async () => {
  await cluster.stop();
  compiled?.remove();
});

/** Those with SLURM. */
const workers = ['node-a', 'node-b', 'node-c', 'node-d'];
const withoutSlurm = 'node-e';
const stateFolder = '/var/lib/slurm';
/** Of each disk for SLURM's state: more than an agent wants to be left, and soon full. */
const diskMegabytes = 32;
/** A user whom only the hosts know, by one number each. */
const alice = 3001;

const hostOf = (name: string) => cluster.lab.host(name);
/** A host that is in nobody's way: what the others say is asked of it. */
const observer = () => hostOf(withoutSlurm);

async function run(host: Host, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run(['bash', '-c', script]);
  assert.equal(exitCode, 0, `${host.name}: ${script}: ${stdout}${stderr}`);
  return stdout.trim();
}

async function parts(): Promise<readonly Part[]> {
  // Exit code 6 while the controller does not serve.
  const argv = ['bash', '-c', '"$0" service show slurm -o json || [ $? = 6 ]', clusterctlProgram];
  const { stdout, stderr } = await observer().run(argv, {
    env: { CLUSTERCTL_ENDPOINT: `unix:${observer().paths.socket}` },
  });
  assert.notEqual(stdout, '', stderr);
  return (JSON.parse(stdout) as { readonly parts: readonly Part[] }).parts;
}

async function holder(): Promise<string> {
  const found = (await parts()).find(({ holds }) => holds);
  assert.ok(found, 'somebody has the role');
  return found.member;
}

/** Waits until `member` says this of its role; `said` is the state, or the reason where there is one. */
function untilSaid(member: string, role: string, said: string, timeoutMs = 60_000): Promise<Part> {
  let last: readonly Part[] = [];
  return waitFor(
    async () => {
      last = await parts();
      return last.find(
        each => each.member === member && each.role === role && (each.reason || each.state) === said,
      );
    },
    {
      timeoutMs,
      what: `${role} on ${member} to say ${said}`,
      explain: () => JSON.stringify(last, undefined, 1),
    },
  );
}

/** The event of a role of that member that fails, with the reason. In its own log: to others it may be over before they hear of it. */
function untilTold(member: string, reason: string): Promise<true> {
  const told = () =>
    cluster
      .eventsOf(member, 'service.failed')
      .some(event => event.member === member && event.fields.reason === reason) || undefined;
  return waitFor(told, { timeoutMs: 60_000, what: `the event that ${member} fails with ${reason}` });
}

/** One job over these nodes, started on the first. */
async function jobRunsOn(names: readonly string[]): Promise<void> {
  const [first = ''] = names;
  const argv = [
    'timeout',
    '20',
    'srun',
    '--mem',
    '10',
    '-N',
    String(names.length),
    '-w',
    names.join(','),
    'hostname',
  ];
  let last = '';
  await waitFor(
    async () => {
      const { stdout, stderr, exitCode } = await runAsUser(hostOf(first), argv, { timeoutMs: 60_000 });
      last = `${stdout}${stderr}`;
      return exitCode === 0 && stdout.trim().split('\n').length === names.length;
    },
    {
      timeoutMs: 60_000,
      what: `a job on ${names.join(', ')}`,
      explain: async () => `${last}${await nodesText()}`,
    },
  );
}

/** What slurmctld thinks of its nodes and jobs. */
async function nodesText(): Promise<string> {
  const script =
    'timeout 5 scontrol --oneliner show nodes; timeout 5 squeue; tail -n 40 /var/log/slurm/slurmctld.log';
  return (await hostOf(await holder()).run(['bash', '-c', script], { timeoutMs: 20_000 })).stdout;
}

async function allWell(): Promise<void> {
  await clusterctlText(observer(), ['wait', '--for', 'healthy', '--timeout', '90s'], 100_000);
  await waitFor(
    async () =>
      (await parts()).filter(
        ({ role, state, copy }) => role === 'standby' && state === 'ready' && copy === 'current',
      ).length >= 2,
    {
      timeoutMs: 60_000,
      what: 'two nodes to stand by',
      explain: async () =>
        `${await clusterctlText(observer(), ['service', 'show', 'slurm'])}${await clusterctlText(observer(), ['voters'])}`,
    },
  );
}

const others = (...names: readonly string[]) => workers.filter(name => !names.includes(name));
/** A worker that has no other part than that, or stands by. */
async function aWorker(): Promise<string> {
  const [name = ''] = others(await holder());
  return name;
}

/** Gives alice another number. The file is mounted, so it must stay the same file. */
function renumber(from: number, to: number): string {
  return `sed 's/^alice:x:${from}:/alice:x:${to}:/' /etc/passwd > /run/other && cat /run/other > /etc/passwd`;
}

async function prepare(lab: Lab): Promise<void> {
  for (const name of workers) {
    const size = `size=${diskMegabytes}m,mode=755`;
    await run(lab.host(name), `mount -t tmpfs -o ${size} tmpfs ${stateFolder}`);
  }
  for (const host of lab.hosts) {
    await run(host, 'cp /etc/passwd /run/passwd && mount --bind /run/passwd /etc/passwd');
    await run(host, `echo alice:x:${alice}:60::/:/bin/sh >> /etc/passwd`);
  }
  for (const program of ['munged', 'slurmctld', 'slurmd'])
    await run(lab.host(withoutSlurm), `mount --bind /dev/null "$(command -v ${program})"`);
}

test('a member without SLURM is one like any other, and the cluster is healthy', options, async () => {
  await cluster.start(5, prepare, 1);
  await clusterctlText(observer(), ['wait', '--for', 'members=5', '--timeout', '40s'], 50_000);
  await allWell();
  const { detail } = await untilSaid(withoutSlurm, 'worker', 'absent');
  assert.match(detail, /^install slurm-wlm and munge, /);
  assert.match(await clusterctlText(observer(), ['members']), /^node-e .* slurm:absent$/m);
  await jobRunsOn(workers);
});

test('munged that was started with another key is named and gets that of the cluster', options, async () => {
  const name = await aWorker();
  const harm =
    'head -c 1024 /dev/urandom > /run/other.key && chown munge /run/other.key && chmod 400 /run/other.key; ' +
    'kill "$(cat /run/munge/munged.pid)"; sleep 0.2; rm -f /run/munge/munged.pid; ' +
    'setpriv --reuid munge --regid munge --clear-groups munged --key-file=/run/other.key --origin 127.0.0.1';
  await run(hostOf(name), harm);
  await untilTold(name, 'munge-key-differs');
  await jobRunsOn(others(name));
  await untilSaid(name, 'worker', 'ready');
  await jobRunsOn(workers);
});

test('a clock that is ten minutes ahead is named with the seconds', options, async () => {
  const name = await aWorker();
  await run(hostOf(name), `echo 600 > ${clockFile}`);
  const { detail } = await untilSaid(name, 'worker', 'clock-skew');
  assert.match(detail, /^the clock here is (599|600|601) s ahead of that of node-/);
  await jobRunsOn(others(name));
  await run(hostOf(name), `rm ${clockFile}`);
  await untilSaid(name, 'worker', 'ready');
  await allWell();
  await jobRunsOn(workers);
});

test(
  'a user who has another number on one worker is named, with both numbers and both machines',
  options,
  async () => {
    const controller = await holder();
    const [name = ''] = others(controller);
    await run(hostOf(name), renumber(alice, alice + 1));
    const asAlice = ['setpriv', '--reuid', String(alice), '--regid', '60', '--clear-groups'];
    const job = [
      'sbatch',
      '--parsable',
      '--mem',
      '10',
      '-D',
      '/tmp',
      '-o',
      '/dev/null',
      '--wrap',
      'sleep 1000',
    ];
    const { stdout, stderr, exitCode } = await hostOf(controller).run([...asAlice, ...job]);
    assert.equal(exitCode, 0, stderr);
    // The controller's machine looks once a minute, then the worker.
    const { state, detail } = await untilSaid(name, 'worker', 'uid-differs', 150_000);
    assert.equal(state, 'ready');
    assert.ok(detail.includes(`alice is ${alice} on ${controller} and ${alice + 1} on ${name}`), detail);
    const warned = cluster.eventsOf(withoutSlurm, 'service.warned');
    assert.deepEqual(
      warned.map(({ member }) => member),
      [name],
      'one event',
    );
    await clusterctlText(observer(), ['wait', '--for', 'healthy', '--timeout', '10s']);
    await run(hostOf(controller), `scancel ${stdout.trim()}`);
    await run(hostOf(name), renumber(alice + 1, alice));
    await jobRunsOn(workers);
  },
);

test('a slurmctld that somebody has stopped goes on', options, async () => {
  const name = await holder();
  await run(hostOf(name), 'kill -STOP "$(cat /run/slurmctld.pid)"');
  await untilTold(name, 'slurmctld-stopped');
  await untilSaid(name, 'controller', 'ready');
  await jobRunsOn(workers);
  await allWell();
});

test('a port that another program has taken is named, and another node serves', options, async () => {
  const name = await holder();
  const host = hostOf(name);
  const take = `const { createServer } = require('node:net');
    const listen = () => createServer().on('error', () => setTimeout(listen, 5)).listen(6817, '0.0.0.0', () => console.log('taken'));
    listen();`;
  const thief = await host.spawn([process.execPath, '--eval', take]);
  await run(host, 'kill -9 "$(cat /run/slurmctld.pid)"');
  await waitFor(() => thief.stdout.includes('taken'), { what: 'the port to be taken' });
  await untilTold(name, 'port-in-use');
  const next = await waitFor(
    async () =>
      (await parts()).find(each => each.holds && each.state === 'ready' && each.member !== name)?.member,
    { timeoutMs: 60_000, what: `another controller than ${name}` },
  );
  assert.notEqual(next, name);
  await jobRunsOn(others(name));
  thief.kill('SIGKILL');
  await thief.exited;
  await allWell();
  await jobRunsOn(workers);
});

test(
  'a full disk under the state is named, and another node goes on with what was written',
  options,
  async () => {
    const name = await holder();
    const host = hostOf(name);
    // An srun that ended in the seconds that a killed slurmctld had not written down runs on in what it wrote, for ever.
    await run(host, 'scancel --user games');
    const job = await submit(host, 'sleep 1000', '--mem', '10');
    await waitFor(async () => /JobState=RUNNING/.test(await jobText(host, job)), { what: 'the job to run' });
    await queueKept(host, job, 2);
    await host.run(['bash', '-c', `head -c ${diskMegabytes}M /dev/zero > ${stateFolder}/filler`]);
    const { detail } = await untilSaid(name, 'standby', 'state-disk-full');
    assert.match(detail, /free some space/);
    await untilTold(name, 'state-disk-full');
    assert.notEqual(await holder(), name);
    await jobRunsOn(workers);
    assert.match(await run(host, `squeue --noheader --jobs ${job} --format %T`), /RUNNING|PENDING/);
    await run(host, `scancel ${job}; rm ${stateFolder}/filler`);
    await allWell();
  },
);

test(
  'a machine that was set up anew is a new member, and SLURM does not mistake it for the old one',
  options,
  async () => {
    const name = others(await holder()).at(-1) ?? '';
    const host = hostOf(name);
    const before = await rowOf(name);
    await cluster.lab.powerOff(name);
    await cluster.lab.powerOn(name);
    const disks = ['/var/lib/clusteros', '/var/lib/slurm', '/etc/slurm', '/etc/munge', '/var/spool/slurmd'];
    await run(host, `find ${disks.join(' ')} -mindepth 1 -delete; mkdir -m 700 /var/lib/slurm/slurmctld`);
    await cluster.restart(name, { peers: cluster.hosts.map(peerAddress) });
    const again = `${name}-2`;
    await untilSaid(again, 'worker', 'ready', 90_000);
    assert.notEqual((await rowOf(again))?.id, before?.id);
    await waitFor(async () => / Reason=ClusterOS: the member is dead /.test(await slurmSays(name)), {
      timeoutMs: 60_000,
      what: 'SLURM to give nothing to the node of the former member',
      explain: () => slurmSays(name),
    });
    await jobRunsOn([...others(name), again].toSorted());
    await clusterctlText(observer(), ['member', 'remove', name, '--yes'], 40_000);
    await waitFor(async () => /not found/.test(await slurmSays(name)), {
      timeoutMs: 60_000,
      what: 'SLURM to know the former one no more',
      explain: () => slurmSays(name),
    });
    await allWell();
    workers.splice(workers.indexOf(name), 1);
  },
);

test('a worker that comes back at another address is the same node there', options, async () => {
  const name = await aWorker();
  const host = hostOf(name);
  const before = await rowOf(name);
  const ip = host.ip.replace('100.64.0.', '100.64.1.');
  await cluster.agentOn(name).stop();
  await run(host, `ip address add ${ip}/10 dev eth0`);
  for (const other of cluster.lab.hosts.filter(each => each !== host))
    await run(other, `ip neigh replace ${ip} lladdr ${host.port.mac} dev eth0 nud permanent`);
  await cluster.restart(name, { bind: `${ip}:7443` });
  await waitFor(async () => (await slurmSays(name)).includes(` NodeAddr=${ip} `), {
    timeoutMs: 60_000,
    what: `SLURM to know ${name} at ${ip}`,
    explain: () => slurmSays(name),
  });
  await allWell();
  const now = await rowOf(name);
  assert.deepEqual([now?.id, now?.address], [before?.id, `${ip}:7443`]);
  await jobRunsOn(workers);
});

test('a clone on another machine: one of the two goes on, as the one node that it is', options, async () => {
  const name = await aWorker();
  const original = hostOf(name);
  const { bystander } = cluster;
  for (const file of ['node.key', 'epoch', 'log', 'log.begun', 'members'])
    cpSync(
      original.outside(`${original.paths.dataDir}/${file}`),
      bystander.outside(`${bystander.paths.dataDir}/${file}`),
      {
        recursive: true,
      },
    );
  await startAgent(bystander, { peers: cluster.hosts.map(peerAddress) });
  const { exitCode } = await cluster.agentOn(name).child.exited;
  assert.equal(exitCode, 4, cluster.agentOn(name).lastWords());
  await waitFor(async () => (await slurmSays(name)).includes(` NodeAddr=${bystander.ip} `), {
    timeoutMs: 60_000,
    what: `SLURM to know ${name} at ${bystander.ip}`,
    explain: () => slurmSays(name),
  });
  await jobRunsOn(others(name));
  await allWell();
  await jobRunsOn([...others(name), name]);
});

async function rowOf(name: string): Promise<MemberRow | undefined> {
  return ((await clusterctl(observer(), ['members'])) as MemberRow[]).find(each => each.name === name);
}

/** What slurmctld says of a node, in one line. */
async function slurmSays(node: string): Promise<string> {
  const argv = ['scontrol', '--oneliner', 'show', 'node', node];
  const { stdout, stderr } = await hostOf(await holder()).run(argv, { timeoutMs: 15_000 });
  return stdout + stderr;
}
