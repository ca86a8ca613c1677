// What this machine remembers of its part in Kubernetes: of which cluster, as what, and with which settings it was last started. By it
// our own k3s is told from one that somebody else has set up, which is never touched.
import { z } from 'zod';
import type { ClusterView } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import { ServiceError } from '../service-error.ts';
import { files, folders } from './names.ts';
import type { Kind } from './unit.ts';

export interface Mark {
  /** Of ClusterOS. */
  readonly clusterId: string;
  readonly kind: Kind;
  /** Of the grant that it has been let in for. */
  readonly token: number;
  /** The essence of the settings it was last started with; empty before. */
  readonly startedWith: string;
  /** The last recovery that this server has done, by its operation. */
  readonly recovered?: number | undefined;
}

const shape = z.object({
  clusterId: z.string(),
  kind: z.enum(['server', 'agent']),
  token: z.int(),
  startedWith: z.string(),
  recovered: z.int().optional(),
});

/** @throws ServiceError when the file is damaged */
export async function readMark(host: Host, file: string): Promise<Mark | undefined> {
  const bytes = await host.readFile(file);
  if (bytes === undefined) return undefined;
  try {
    return shape.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    const detail = `${file}, which tells whose k3s this is, is damaged: see "kubectl get nodes", then remove it to have this machine join anew`;
    throw new ServiceError('mark-damaged', true, detail);
  }
}

export async function writeMark(host: Host, file: string, mark: Mark): Promise<void> {
  await host.writeFile(file, `${JSON.stringify(mark)}\n`, { mode: 0o600 });
}

/** What is there of a k3s, whoever set it up. */
export interface Traces {
  /** A datastore of etcd. */
  readonly isMember: boolean;
  /** etcd's other members have taken that one out: at its next start k3s would set it aside, and join or found anew by what it is told then. */
  readonly isRemoved: boolean;
  /** A server has let its kubelet in. */
  readonly isNode: boolean;
}

export async function tracesOf(host: Host): Promise<Traces> {
  const isMember = (await host.listFolder(folders.members)).length > 0;
  const isRemoved = (await host.readFile(files.tombstone)) !== undefined;
  return { isMember, isRemoved, isNode: (await host.readFile(files.kubeletCertificate)) !== undefined };
}

/** A k3s that is not of this cluster, by what is known here. */
export function isForeign(
  { isMember, isNode }: Pick<Traces, 'isMember' | 'isNode'>,
  mark: Mark | undefined,
  view: Pick<ClusterView, 'clusterId' | 'formerClusters'>,
): boolean {
  return (isMember || isNode) && !isOf(view, mark);
}

/** A mark of this cluster, also from before an operator has recovered it: Kubernetes lives on when ClusterOS gets another id. */
export function isOf(
  { clusterId, formerClusters }: Pick<ClusterView, 'clusterId' | 'formerClusters'>,
  mark: Mark | undefined,
): mark is Mark {
  return mark !== undefined && [clusterId, ...formerClusters].includes(mark.clusterId);
}

export function foreignK3s(): ServiceError {
  return new ServiceError(
    'foreign-k3s',
    true,
    'somebody else has set up k3s on this machine, and it is left alone: to give the machine to this cluster run "k3s-uninstall.sh" (or move /var/lib/rancher/k3s aside), then "systemctl restart node-agent"',
  );
}
