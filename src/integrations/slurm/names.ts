// Names and places that the parts of this integration share; SLURM's own are those of Debian's packages.
import type { SecretKey } from '../reconciler.ts';

export const service = 'slurm';
/** munged takes 32 to 1024 bytes (munged(8)); the most costs nothing. */
export const mungeKey: SecretKey = { name: 'slurm/munge.key', bytes: 1024 };
export const controllerParts: readonly string[] = ['munge', 'slurmctld', 'answering'];
export const workerParts: readonly string[] = ['munge', 'slurmd', 'registered'];
export const accountingParts: readonly string[] = ['database', 'slurmdbd'];
export const controllerPort = 6817;
export const workerPort = 6818;
export const accountingPort = 6819;

/** SLURM's major releases in their order, to count how many lie between two (slurm.schedmd.com/upgrades.html, and its news before). */
export const releases: readonly string[] = [
  ...['20.02', '20.11', '21.08', '22.05', '23.02', '23.11'],
  ...['24.05', '24.11', '25.05', '25.11', '26.05'],
];

export const files = {
  mungeKey: '/etc/munge/munge.key',
  mungePid: '/run/munge/munged.pid',
  /** Of everything on a node but slurmctld: who serves, and who may go on. */
  slurmConf: '/etc/slurm/slurm.conf',
  /** Of slurmctld: it knows itself only, and so waits for nobody that has died. */
  controllerConf: '/etc/slurm/clusteros-slurmctld.conf',
  /** An operator's own lines, on one machine; made empty, and never touched again. */
  operatorConf: '/etc/slurm/local.conf',
  /** What is only looked at. */
  checkedConf: '/etc/slurm/clusteros-checked.conf',
  /** The cards of this machine. */
  gresConf: '/etc/slurm/gres.conf',
  /** How slurmd holds jobs to what they asked for. */
  cgroupConf: '/etc/slurm/cgroup.conf',
  /** Where slurmctld looks for it: beside its own file. */
  jobSubmit: '/etc/slurm/job_submit.lua',
  /** Of slurmdbd(8), which keeps the accounts; it says where the database is. */
  accountingConf: '/etc/slurm/slurmdbd.conf',
  /** In the state folder, and so copied with it: all accounts as they were at some moment. */
  accountingDump: '/var/lib/slurm/slurmctld/accounting.sql.gz',
  controllerPid: '/run/slurmctld.pid',
  workerPid: '/run/slurmd.pid',
  accountingPid: '/run/slurmdbd.pid',
  controllerLog: '/var/log/slurm/slurmctld.log',
  workerLog: '/var/log/slurm/slurmd.log',
  accountingLog: '/var/log/slurm/slurmdbd.log',
} as const;

export const folders = {
  state: '/var/lib/slurm/slurmctld',
  stateParent: '/var/lib/slurm',
  /** The database of the accounts, which only the controller's machine runs. */
  accounting: '/var/lib/slurm/accounting',
  spool: '/var/spool/slurmd',
  log: '/var/log/slurm',
  conf: '/etc/slurm',
  /** Within the state folder, and so copied with it: what was asked for by the last submissions. */
  requests: '/var/lib/slurm/slurmctld/requests',
  /** Likewise: jobs that slurmctld had acknowledged and not saved. */
  unrecorded: '/var/lib/slurm/slurmctld/unrecorded',
  /** Script and environment of the job that is just offered again; in memory, and its user's only. */
  offer: '/run/clusteros-offer',
} as const;
