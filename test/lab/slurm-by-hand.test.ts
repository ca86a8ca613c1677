// Shows that a lab's hosts carry real SLURM, by the recipe of the facts and without an agent: when a test of the slurm
// integration fails and this one passes, the lab is not to blame.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { missingForSlurm } from './requirements.ts';
import { waitFor } from './wait-for.ts';

const missing = missingForSlurm();
const options = missing === undefined ? { timeout: 120_000 } : { skip: missing };
let lab: Lab | undefined;
after(() => lab?.stop());

const slurmConf = (controller: Host) => `ClusterName=lab
SlurmctldHost=${controller.name}(${controller.ip})
SlurmctldParameters=enable_configless
AuthType=auth/munge
CredType=cred/munge
SlurmUser=slurm
StateSaveLocation=/var/lib/slurm/slurmctld
SlurmdSpoolDir=/var/spool/slurmd
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
SlurmctldLogFile=/var/log/slurm/slurmctld.log
SlurmdLogFile=/var/log/slurm/slurmd.log
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
ReturnToService=2
MaxNodeCount=64
TreeWidth=65533
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;

async function done(host: Host, argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run(argv);
  assert.equal(exitCode, 0, `${host.name}: ${argv.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

async function startMunge(host: Host, key: Uint8Array): Promise<void> {
  const [uid = 0, gid = 0] = (await done(host, ['stat', '--format=%u %g', '/var/lib/munge']))
    .split(' ')
    .map(Number);
  host.writeFile('/etc/munge/munge.key', key, { mode: 0o400, owner: { uid, gid } });
  await done(host, ['install', '-d', '-o', 'munge', '-g', 'munge', '-m', '0755', '/run/munge']);
  const asMunge = ['setpriv', '--reuid', 'munge', '--regid', 'munge', '--clear-groups'];
  await done(host, [...asMunge, 'munged', '--origin', '127.0.0.1']);
}

test('three hosts with a controller and dynamic nodes run one job across all of them', options, async () => {
  lab = await Lab.start({ hosts: 3 });
  const controller = lab.host('node-a');
  const key = randomBytes(1024);
  await Promise.all(lab.hosts.map(host => startMunge(host, key)));
  controller.writeFile('/etc/slurm/slurm.conf', slurmConf(controller));
  await done(controller, ['slurmctld']);
  await waitFor(async () => (await controller.run(['timeout', '3', 'squeue', '-h'])).exitCode === 0, {
    what: 'slurmctld to answer',
  });
  for (const host of lab.hosts) await done(host, ['slurmd', '-Z', '--conf-server', `${controller.ip}:6817`]);
  await waitFor(async () => (await done(controller, ['sinfo', '-h', '-o', '%D %t'])).trim() === '3 idle', {
    what: 'three idle nodes',
  });
  const output = await done(lab.host('node-c'), ['srun', '-N3', '-l', 'hostname']);
  const names = output
    .trim()
    .split('\n')
    .map(line => line.replace(/^\d+: /, ''));
  assert.deepEqual(
    names.sort(),
    lab.hosts.map(host => host.name),
  );
});
