// Whether jobs can be held to the processors, memory and devices that they asked for: by control groups of version 2, which slurmd
// (22.05) has from systemd only. Elsewhere they are booked, and a job may use more.

import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import { hasSystemd } from '../systemd.ts';
import { files } from './names.ts';
import { confMark } from './slurm-conf.ts';

/** What slurmd's plugins ask for; without one of them it does not start. */
const controllersNeeded = ['cpuset', 'cpu', 'memory'];

/** Whether this machine has them. */
export async function canConfine(host: Host): Promise<boolean> {
  const controllers = ((await textOf(host, '/sys/fs/cgroup/cgroup.controllers')) ?? '').trim().split(' ');
  return (await hasSystemd(host)) && controllersNeeded.every(each => controllers.includes(each));
}

/** The text of cgroup.conf(5). */
const conf = `${confMark}
CgroupPlugin=cgroup/v2
ConstrainCores=yes
ConstrainRAMSpace=yes
ConstrainDevices=yes
`;

/** Whether slurmd finds what it needs of it; an operator's own file is left as it is. */
export async function isConfigured(host: Host): Promise<boolean> {
  const present = await textOf(host, files.cgroupConf);
  return present !== undefined && (!present.startsWith(confMark) || present === conf);
}

/** To be written before slurmd starts. */
export async function configureConfinement(host: Host): Promise<void> {
  await host.writeFile(files.cgroupConf, conf, { mode: 0o644 });
}
