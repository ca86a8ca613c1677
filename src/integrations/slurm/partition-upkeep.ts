// Which machines are in the partitions that choose theirs by tags. SLURM (22.05) puts a node into them by its features when
// slurmctld starts, and not when its features change later: then whoever serves says so.
import type { Host } from '../host.ts';
import { slurmNodesMax } from '../limits.ts';
import { isChoosy, partitionFeature } from './machine-shape.ts';
import { type SlurmNode, wordIn } from './node-lines.ts';
import { scontrol } from './scontrol.ts';
import type { SlurmSettings } from './settings.ts';

export interface PartitionChange {
  readonly partition: string;
  /** Names of its nodes, sorted. */
  readonly nodes: readonly string[];
}

/**
 * The partitions that should have other nodes, none when all is well. Pure.
 * @param text of `scontrol --oneliner show partitions`; one that slurmctld does not know yet is left alone
 */
export function partitionChanges(
  { partitions }: Pick<SlurmSettings, 'partitions'>,
  nodes: readonly Pick<SlurmNode, 'name' | 'features'>[],
  text: string,
): readonly PartitionChange[] {
  const lines = new Map(text.split('\n').map(line => [wordIn(line, 'PartitionName'), line]));
  return partitions.filter(isChoosy).flatMap(partition => {
    const line = lines.get(partition.name);
    if (line === undefined) return [];
    const feature = partitionFeature(partition);
    const wanted = nodes
      .filter(({ features }) => features.includes(feature))
      .map(({ name }) => name)
      .toSorted();
    const present = namesIn(wordIn(line, 'Nodes'));
    return wanted.join() === present.join() ? [] : [{ partition: partition.name, nodes: wanted }];
  });
}

/** Host list expressions (`node-[a,c-d]`, `n[01-12]`) as sorted names; scontrol writes lists so. */
export function namesIn(list: string): readonly string[] {
  const groups = list.match(/[^,[\]]+(\[[^\]]*\])?/g) ?? [];
  return groups.flatMap(namesOfGroup).toSorted();
}

function namesOfGroup(group: string): readonly string[] {
  const [, prefix = '', ranges] = /^([^[]+)\[([^\]]*)\]$/.exec(group) ?? [undefined, group];
  if (ranges === undefined) return [prefix];
  return ranges.split(',').flatMap(range => {
    const [first = '', last = first] = range.split('-', 2);
    const count = Number(last) - Number(first) + 1;
    if (!/^\d+$/.test(first) || !(count > 0 && count <= slurmNodesMax)) return [`${prefix}${range}`];
    return Array.from(
      { length: count },
      (_, at) => prefix + String(Number(first) + at).padStart(first.length, '0'),
    );
  });
}

/** @throws ServiceError when slurmctld refuses or does not answer */
export async function keepPartitions(
  host: Host,
  settings: SlurmSettings,
  nodes: readonly SlurmNode[],
): Promise<void> {
  if (!settings.partitions.some(isChoosy)) return;
  const shown = await scontrol(host, ['--oneliner', 'show', 'partitions']);
  for (const { partition, nodes: names } of partitionChanges(settings, nodes, shown))
    await scontrol(host, ['update', `partitionname=${partition}`, `nodes=${names.join(',')}`]);
}
