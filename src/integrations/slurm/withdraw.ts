// A node that was taken out of the cluster for good: what it runs for SLURM ends, and the key and settings that it had go away.

import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import { slurmQueryTimeoutMs, stepsEndPollMs, stepsEndTimeoutMs } from '../limits.ts';
import { endAccounting } from './accounting.ts';
import { slurmctld } from './controller.ts';
import { stopDaemon } from './daemons.ts';
import { forgetContent } from './database.ts';
import { dropFence } from './fence.ts';
import { luaMark } from './job-submit.ts';
import { munged } from './munge.ts';
import { files, folders } from './names.ts';
import { accountingUnits, unmaskUnits } from './packaged-units.ts';
import { confMark } from './slurm-conf.ts';
import { slurmd } from './worker.ts';

/** Ends all of it, if ClusterOS has set it up. Resolves with what stayed, for people; empty when nothing did. */
export async function withdrawSlurm(host: Host): Promise<string> {
  const conf = new TextDecoder().decode(await host.readFile(files.slurmConf));
  if (!conf.startsWith(confMark)) return '';
  const pid = await host.runningPid(files.workerPid, 'slurmd');
  const left = pid === undefined ? [] : await endSteps(host, pid);
  await stopDaemon(host, slurmd);
  await stopDaemon(host, slurmctld);
  await endAccounting(host);
  await stopDaemon(host, munged);
  await dropFence(host);
  // What an operator has written stays: local.conf, and a gres.conf of his own, say.
  const ours: string[] = [files.mungeKey, files.controllerConf];
  const hadAccounting = (await textOf(host, files.accountingConf))?.startsWith(confMark) === true;
  await forgetContent(host);
  for (const path of [files.gresConf, files.cgroupConf, files.accountingConf])
    if ((await textOf(host, path))?.startsWith(confMark)) ours.push(path);
  for (const path of [...ours, files.slurmConf]) await host.removeFile(path);
  await unmaskUnits(host);
  if (hadAccounting) await unmaskUnits(host, accountingUnits);
  if ((await textOf(host, files.jobSubmit))?.startsWith(luaMark)) await host.removeFile(files.jobSubmit);
  return left.length === 0 ? '' : `steps of jobs that slurmctld did not end: ${left.join(', ')}`;
}

/**
 * Has slurmctld end what runs here, and start it anew elsewhere, while slurmd can still be told so. Resolves with the steps that
 * were still there in the end.
 */
async function endSteps(host: Host, slurmdPid: number): Promise<readonly string[]> {
  const commandLine = new TextDecoder().decode(await host.readFile(`/proc/${slurmdPid}/cmdline`)).split('\0');
  const name = commandLine[commandLine.indexOf('-N') + 1] ?? '';
  const steps = async () => {
    const names = await host.listFolder(folders.spool);
    return names.filter(each => each.startsWith(`${name}_`) && /_\d+\.\S+$/.test(each));
  };
  if ((await steps()).length === 0) return [];
  // It may have been said already where slurmctld runs; then the node is not known there any more.
  const down = ['update', `nodename=${name}`, 'state=down', 'reason=ClusterOS: removed'];
  await host.run('scontrol', down, { timeoutMs: slurmQueryTimeoutMs });
  for (let waitedMs = 0; waitedMs < stepsEndTimeoutMs; waitedMs += stepsEndPollMs) {
    if ((await steps()).length === 0) return [];
    await host.pause(stepsEndPollMs);
  }
  return steps();
}
