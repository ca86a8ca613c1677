// Renders slurm.conf for a cluster of dynamic nodes. Each node has it from its own agent, with all controllers in it; slurmctld
// has one with itself only. SLURM's own ways are not used: `scontrol reconfigure` breaks dynamic nodes (22.05: their port is lost).
import { slurmNodesMax } from '../limits.ts';
import { isChoosy, partitionFeature } from './machine-shape.ts';
import { accountingPort, controllerPort, files, folders, workerPort } from './names.ts';
import type { Partition, SlurmSettings } from './settings.ts';

/** The first line: a file without it is not ours, nor is the daemon that reads it. */
export const confMark = '# Written by ClusterOS from what the cluster decided; changes here do not last.';

export interface SlurmConf {
  /** Of the cluster; SLURM allows lower-case letters, digits, `-` and `_`, at most 40 (slurm.conf(5)). */
  readonly clusterName: string;
  /** The machine that serves, and then those that may have to go on: whoever is first serves. */
  readonly controllers: readonly ControllerHost[];
  readonly settings: SlurmSettings;
  /** For slurmctld only: memory for each processor of a job that asks for none. */
  readonly memoryPerCpuMib?: number;
  /** The machine can hold jobs to what they asked for (confinement.ts). */
  readonly confines?: boolean;
  /** Where slurmdbd is, as the reader of the file reaches it; without it no accounts are kept. */
  readonly accountingHost?: string;
  /** For slurmctld only: the machine's own lines, taken in rather than included, so that it is seen when they change. */
  readonly local?: string;
}

export interface ControllerHost {
  /** What the machine calls itself; slurmctld refuses to start under another name. */
  readonly hostName: string;
  readonly ip: string;
}

/** The text of slurm.conf(5). Equal input gives equal text. */
export function slurmConfText({
  clusterName,
  controllers,
  settings,
  memoryPerCpuMib,
  confines = false,
  accountingHost,
  local,
}: SlurmConf): string {
  const name = clusterName
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '-')
    .slice(0, 40);
  const memory = memoryPerCpuMib === undefined ? '' : `DefMemPerCPU=${memoryPerCpuMib}\n`;
  const extra = settings.extra.map(line => `${line}\n`).join('');
  return `${confMark}
ClusterName=${name}
${controllers.map(({ hostName, ip }) => `SlurmctldHost=${hostName}(${ip})\n`).join('')}AuthType=auth/munge
CredType=cred/munge
SlurmUser=slurm
SlurmctldPort=${controllerPort}
SlurmdPort=${workerPort}
StateSaveLocation=${folders.state}
SlurmdSpoolDir=${folders.spool}
SlurmctldPidFile=${files.controllerPid}
SlurmdPidFile=${files.workerPid}
SlurmctldLogFile=${files.controllerLog}
SlurmdLogFile=${files.workerLog}
MpiDefault=none
${confines ? confinedLines : unconfinedLines}${measuringLines(confines, accountingHost !== undefined)}${accountingLines(accountingHost)}SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# Without a job that comes or goes the scheduler looks each minute only; after a fail-over that is too late.
SchedulerParameters=sched_interval=3,bf_interval=3
# The files of slurmctld and of the nodes differ in who serves.
DebugFlags=NO_CONF_HASH
# A node that comes back after a crash is used again by itself.
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=60
KillWait=10
# An srun or salloc that ended unheard, as in the seconds before a fail-over, would hold its processors for ever.
InactiveLimit=60
MaxNodeCount=${slurmNodesMax}
# Dynamic nodes are not in this file, so messages go straight to each of them.
TreeWidth=65533
GresTypes=gpu
${memory}${settings.partitions.map(partitionLines).join('')}${extra}# Lines of this machine's own.
${local ?? `Include ${files.operatorConf}\n`}`;
}

const confinedLines = `ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup,task/affinity
`;
const unconfinedLines = `# Without control groups processes are tracked by their parents, and memory is booked but not enforced.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
`;

/** What steps use is measured where control groups do so by themselves, for sstat(1), and elsewhere only for accounts. */
function measuringLines(confines: boolean, isAccounted: boolean): string {
  if (!confines && !isAccounted) return 'JobAcctGatherType=jobacct_gather/none\n';
  // In seconds; of a job that ends before nothing is known but its time.
  return `JobAcctGatherType=jobacct_gather/${confines ? 'cgroup' : 'linux'}\nJobAcctGatherFrequency=10\n`;
}

function accountingLines(host: string | undefined): string {
  if (host === undefined) return 'AccountingStorageType=accounting_storage/none\n';
  return `AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=${host}
AccountingStoragePort=${accountingPort}
`;
}

function partitionLines(partition: Partition): string {
  const { name, maxTime, options, default: isDefault } = partition;
  const set = `nodes_${name}`;
  const nodes = isChoosy(partition) ? `NodeSet=${set} Feature=${partitionFeature(partition)}\n` : '';
  const words = [
    ...[`PartitionName=${name}`, `Nodes=${isChoosy(partition) ? set : 'ALL'}`],
    ...[`Default=${isDefault ? 'YES' : 'NO'}`, `MaxTime=${maxTime}`, 'State=UP'],
    ...Object.entries(options).map(([key, value]) => `${key}=${value}`),
  ];
  return `${nodes}${words.join(' ')}\n`;
}
