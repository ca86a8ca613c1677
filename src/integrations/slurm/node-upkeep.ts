// What slurmctld should think of the nodes: the one that serves keeps work from machines that are dead or that an operator drains, gives
// it back, and takes out the nodes of members that were removed. What somebody else has said of a node is left alone.
import type { ClusterView, ViewNode } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import { nodeJobsMax, slurmdAnswerTimeoutMs, slurmQueryTimeoutMs } from '../limits.ts';
import { settingsIn } from './machine-shape.ts';
import { workerPort } from './names.ts';
import { nodesFrom, type SlurmNode } from './node-lines.ts';
import { keepPartitions } from './partition-upkeep.ts';
import { errorFrom } from './reasons.ts';
import { scontrol } from './scontrol.ts';

export type NodeChange =
  | { readonly kind: 'drain'; readonly node: string; readonly reason: string }
  | { readonly kind: 'resume'; readonly node: string }
  /** What runs there is started anew elsewhere, as far as it may be. */
  | { readonly kind: 'requeue'; readonly node: string }
  | { readonly kind: 'delete'; readonly node: string };

/** Ours are told from those of people by it. */
const reasonMark = 'ClusterOS: ';

/** Whether ClusterOS, not a person, keeps work from the node. */
export function isOurDrain({ words, reason }: Pick<SlurmNode, 'words' | 'reason'>): boolean {
  return isDrained({ words }) && reason.startsWith(reasonMark);
}

export function isDrained({ words }: Pick<SlurmNode, 'words'>): boolean {
  return words.includes('drain') || words.includes('draining') || words.includes('drained');
}

/**
 * The changes that are due, none when slurmctld thinks of all nodes as it should. Pure.
 * @param answering ids of dead members whose slurmd takes connections: only their agent has died, and work goes on there
 */
export function nodeChanges(
  { nodes, wallMs }: Pick<ClusterView, 'nodes' | 'wallMs'>,
  present: readonly Pick<SlurmNode, 'name' | 'words' | 'reason' | 'member'>[],
  answering: ReadonlySet<string>,
): readonly NodeChange[] {
  return present.flatMap((slurmNode): NodeChange[] => {
    const { name: node, reason } = slurmNode;
    const member = nodes.find(each => each.name === node);
    if (!member) return slurmNode.member === '' ? [] : [{ kind: 'delete', node }];
    const wanted = drainReason(member, answering);
    const changes: NodeChange[] = [];
    if (wanted === undefined) {
      if (isOurDrain(slurmNode)) changes.push({ kind: 'resume', node });
    } else if (!isDrained(slurmNode) || (isOurDrain(slurmNode) && reason !== wanted))
      changes.push({ kind: 'drain', node, reason: wanted });
    const { requeueAtMs = 0 } = member.drain ?? {};
    if (requeueAtMs > 0 && wallMs >= requeueAtMs && mayRun(slurmNode))
      changes.push({ kind: 'requeue', node });
    return changes;
  });
}

/** An operator's word comes before what the machine's death says: it stays when the machine is back. */
function drainReason({ id, drain, state }: ViewNode, answering: ReadonlySet<string>): string | undefined {
  if (drain) return `${reasonMark}${drain.reason}`;
  return state === 'dead' && !answering.has(id) ? `${reasonMark}the member is dead` : undefined;
}

/** Ids of the dead members whose slurmd takes connections all the same. What answers at the address of another member is that one's. */
async function answeringOf(host: Host, nodes: readonly ViewNode[]): Promise<ReadonlySet<string>> {
  const taken = new Set(nodes.filter(({ state }) => state !== 'dead').map(({ ip }) => ip));
  const dead = nodes.filter(({ state, ip }) => state === 'dead' && ip !== '' && !taken.has(ip));
  const asked = dead.map(async ({ id, ip }) =>
    (await host.accepts(ip, workerPort, slurmdAnswerTimeoutMs)) ? [id] : [],
  );
  return new Set((await Promise.all(asked)).flat());
}

function mayRun({ words }: Pick<SlurmNode, 'words'>): boolean {
  return words.some(word => /^(allocated|mixed|completing|draining)$/.test(word));
}

/**
 * Brings what slurmctld thinks of the nodes up to date. To be run where it serves.
 * @throws ServiceError when slurmctld refuses or does not answer; what comes after in the list is done by the next pass
 */
export async function keepNodes(
  host: Host,
  view: Pick<ClusterView, 'nodes' | 'wallMs' | 'settings'>,
): Promise<void> {
  const { exitCode, stdout, stderr } = await host.run('scontrol', ['--oneliner', 'show', 'nodes'], {
    timeoutMs: slurmQueryTimeoutMs,
  });
  // "No nodes in the system" is said with exit code 0 or 1, by version.
  if (exitCode !== 0 && !/no nodes/i.test(`${stdout}${stderr}`))
    throw errorFrom('asking slurmctld for its nodes', stderr);
  const answering = await answeringOf(host, view.nodes);
  const present = nodesFrom(stdout);
  for (const change of nodeChanges(view, present, answering)) await apply(host, change);
  await keepPartitions(host, settingsIn(view), present);
}

async function apply(host: Host, change: NodeChange): Promise<void> {
  const { node } = change;
  switch (change.kind) {
    case 'drain':
      await scontrol(host, ['update', `nodename=${node}`, 'state=drain', `reason=${change.reason}`]);
      break;
    case 'resume':
      await scontrol(host, ['update', `nodename=${node}`, 'state=resume']);
      break;
    case 'requeue':
      for (const job of await jobsOn(host, node)) await requeue(host, job.id);
      break;
    case 'delete':
      // A node that is down has no jobs: they are ended there, if it can be reached, and wait for another.
      await scontrol(host, ['update', `nodename=${node}`, 'state=down', `reason=${reasonMark}removed`]);
      await scontrol(host, ['delete', `nodename=${node}`]);
  }
}

/** One that just ends, or that its owner forbids to run twice, stays as it is. */
async function requeue(host: Host, job: string): Promise<void> {
  const { exitCode, stderr } = await host.run('scontrol', ['requeue', job], {
    timeoutMs: slurmQueryTimeoutMs,
  });
  const stays = /disabled|completing|invalid job id|already (done|finished)|not pending|batch jobs/i;
  if (exitCode !== 0 && !stays.test(stderr)) throw errorFrom(`starting job ${job} anew elsewhere`, stderr);
}

export interface NodeJob {
  readonly id: string;
  readonly user: string;
}

/** The jobs that run on a node or just end there, at most `nodeJobsMax`. @throws ServiceError when slurmctld does not answer */
export async function jobsOn(host: Host, node: string): Promise<readonly NodeJob[]> {
  const args = ['--noheader', '--nodelist', node, '--states', 'running,suspended,completing,stopped'];
  const { exitCode, stdout, stderr } = await host.run('squeue', [...args, '--format', '%A %u'], {
    timeoutMs: slurmQueryTimeoutMs,
  });
  if (exitCode !== 0) throw errorFrom(`asking slurmctld for the jobs on ${node}`, stderr);
  return stdout
    .split('\n')
    .map(line => line.trim().split(' '))
    .filter(([id = '']) => /^\d+$/.test(id))
    .slice(0, nodeJobsMax)
    .map(([id = '', user = '']) => ({ id, user }));
}
