// The machine's side: mounts the partition for as long as it is looked at, gathers what is there and here, and takes the steps of the plan.
import { textOf } from '../../integrations/file-text.ts';
import type { Host } from '../../integrations/host.ts';
import { BootError, exitCode } from '../ending.ts';
import {
  type HandedName,
  handedNames,
  nodeYamlTrouble,
  problemsFile,
  sorted,
  takenFile,
  targets,
  textFrom,
} from './files.ts';
import { agentTimeoutMs, mountTimeoutMs } from './limits.ts';
import type { Partition } from './partition.ts';
import type { HandedFacts, HandedStep } from './plan.ts';
import type { Trouble } from './trouble.ts';

/** In memory: nothing of it is left after a crash. */
export const runFolder = '/run/handed-settings';
const mountPoint = `${runFolder}/partition`;

/**
 * Mounts a partition, to be read until `writable` was called, and unmounts it whatever happens.
 * @param work gets the folder
 * @throws BootError where the kernel does not take it
 */
export async function withPartition<T>(
  host: Host,
  device: string,
  work: (folder: string, writable: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const mount = async (args: readonly string[]) => {
    const { exitCode: code, stderr } = await host.run('mount', args, { timeoutMs: mountTimeoutMs });
    if (code !== 0)
      throw new BootError(
        exitCode.failed,
        `${device} cannot be mounted: ${stderr.trim().split('\n').at(-1)}`,
        'look at it on another computer; "journalctl -k" has what the kernel says of it',
      );
  };
  await host.ensureFolder(runFolder, { mode: 0o700 });
  await host.ensureFolder(mountPoint, { mode: 0o700 });
  const options = 'nosuid,nodev,noexec,umask=0077';
  await mount(['-t', 'vfat', '-o', `ro,${options}`, device, mountPoint]);
  try {
    return await work(mountPoint, () => mount(['-o', `remount,rw,${options}`, mountPoint]));
  } finally {
    await host.run('umount', [mountPoint], { timeoutMs: mountTimeoutMs });
  }
}

export async function handedFacts(host: Host, partition: Partition, nowMs: number): Promise<HandedFacts> {
  const names = await partition.names();
  const { found } = sorted(names);
  const contents = new Map<string, Uint8Array | undefined>();
  for (const name of [...found.values()].flat()) contents.set(name, await partition.read(name));
  const present = new Map<HandedName, string>();
  for (const kind of handedNames) present.set(kind, (await textOf(host, targets[kind])) ?? '');
  const page = async (file: string) =>
    names.includes(file) ? new TextDecoder().decode(await partition.read(file)) : '';
  return {
    ...{ names, contents, present, nowMs },
    nodeYaml: await nodeYamlVerdict(host, contents.get(found.get('node.yaml')?.[0] ?? '')),
    taken: await page(takenFile),
    problems: await page(problemsFile),
  };
}

/** The agent's own word: whether it would start with it. */
async function nodeYamlVerdict(host: Host, bytes: Uint8Array | undefined): Promise<Trouble | undefined> {
  const text = bytes && textFrom(bytes);
  if (typeof text !== 'string') return undefined;
  const file = `${runFolder}/node.yaml`;
  await host.ensureFolder(runFolder, { mode: 0o700 });
  await host.writeFile(file, text, { mode: 0o600 });
  try {
    const args = ['info', '--config', file, '--output', 'json'];
    const { exitCode: code, stderr } = await host.run('node-agent', args, { timeoutMs: agentTimeoutMs });
    if (code === 0) return undefined;
    if (code === 2) return nodeYamlTrouble(stderr);
    return {
      why: `cannot be checked: "node-agent info" ended with ${code}`,
      mend: 'run "handed-settings" once the agent is installed',
    };
  } finally {
    await host.removeFile(file);
  }
}

/** Takes one step. */
export async function takeHandedStep(host: Host, partition: Partition, step: HandedStep): Promise<void> {
  switch (step.kind) {
    case 'install': {
      const folder = step.path.slice(0, step.path.lastIndexOf('/'));
      // One that is there keeps its rights: the package's is for a group, too.
      if ((await host.listFolder(folder)).length === 0) await host.ensureFolder(folder, { mode: 0o700 });
      return await host.writeFile(step.path, step.text, { mode: 0o600 });
    }
    case 'wipe': {
      for (const name of step.names) await partition.wipe(name);
      return;
    }
    case 'wipe-free-space':
      return await partition.wipeFreeSpace();
    case 'tell':
      return await partition.tell(step.file, step.text);
  }
}
