// What keeps a slurmctld that runs from doing its work: somebody has stopped the process, or its disk is full. Looks, and tells a stopped
// one to go on; never ends anything.
import type { Host } from '../host.ts';
import { commandTimeoutMs, stateRoomBytesMin } from '../limits.ts';
import { ServiceError } from '../service-error.ts';
import { files, folders } from './names.ts';

/** Whether the process was stopped by a signal (proc(5): state T); it holds its port then, and answers nobody. */
export async function isStopped(host: Host, pid: number): Promise<boolean> {
  const stat = new TextDecoder().decode(await host.readFile(`/proc/${pid}/stat`));
  return /^\d+ \(.*\) T /s.test(stat);
}

/** Has slurmctld go on; nothing of what it knew is lost by that. @throws ServiceError always: it is told, and looked at again */
export async function goOn(host: Host): Promise<never> {
  const pid = await host.runningPid(files.controllerPid, 'slurmctld');
  if (pid !== undefined) await host.signal(pid, 'SIGCONT');
  const detail = `slurmctld (process ${pid}) was stopped by a signal, and was told to go on: find out who did that`;
  throw new ServiceError('slurmctld-stopped', false, detail, true);
}

/** Whether slurmctld can write down its state here. True as well where that cannot be told. */
export async function hasRoom(host: Host): Promise<boolean> {
  // On a node that never was the controller the folder is not there yet.
  for (const folder of [folders.state, folders.stateParent]) {
    const has = await spaceIn(host, folder, stateRoomBytesMin);
    if (has !== undefined) return has;
  }
  return true;
}

/** Whether so many bytes can be written in the folder. True as well where that cannot be told. */
export async function hasSpace(host: Host, folder: string, bytes: number): Promise<boolean> {
  return (await spaceIn(host, folder, bytes)) ?? true;
}

async function spaceIn(host: Host, folder: string, bytes: number): Promise<boolean | undefined> {
  const args = ['--file-system', '--format', '%a %S %d %c', folder];
  const { exitCode, stdout } = await host.run('stat', args, { timeoutMs: commandTimeoutMs });
  const [blocks, blockBytes, files, filesMax] = stdout.trim().split(' ').map(Number);
  if (exitCode !== 0 || blocks === undefined || blockBytes === undefined) return undefined;
  // Some file systems count no files.
  return blocks * blockBytes >= bytes && (files !== 0 || filesMax === 0);
}

/** slurmctld goes on with a full disk, takes no batch jobs and forgets at its end what it could not write. */
export function diskFull(): ServiceError {
  const detail = `the disk of ${folders.state} is full, so slurmctld cannot write down its queue: free some space`;
  return new ServiceError('state-disk-full', true, detail);
}
