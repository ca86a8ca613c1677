// What SLURM is to know of a machine: memory for jobs, and features by which jobs and partitions choose it. Pure.
import type { ClusterView, ViewNode } from '../cluster-view.ts';
import {
  memoryPerCpuMibDefault,
  memoryPerCpuMibStep,
  memoryReserveMib,
  memoryReserveShare,
} from '../limits.ts';
import { service } from './names.ts';
import { type Partition, type SlurmSettings, settingsFrom, settingsOf } from './settings.ts';

/** Settings that hold in the cluster of `view`. */
export function settingsIn({ settings }: Pick<ClusterView, 'settings'>): SlurmSettings {
  return settingsOf(settings[service]);
}

/** Why the decided settings cannot be followed here; empty when they can. */
export function unreadableSettings({ settings }: ClusterView): string {
  const decided = settings[service];
  const read = decided && settingsFrom(decided.settings);
  if (!read || !('refused' in read)) return '';
  return `the settings that entry ${decided.version} decided cannot be read (${read.refused}): update ClusterOS on this node, or set them anew`;
}

/** Memory that is left for jobs, MiB; undefined when the machine did not tell its size. */
export function jobMemoryMib(node: Pick<ViewNode, 'capabilities'> | undefined): number | undefined {
  const total = numberOf(node, 'memory-mib');
  if (total === 0) return undefined;
  // A machine that is smaller than two reserves gives half of what it has.
  const reserve = Math.min(Math.max(memoryReserveMib, total * memoryReserveShare), total / 2);
  return Math.floor(total - reserve);
}

/**
 * Memory for each processor of a job that asks for none, MiB: as set, else what the least endowed worker has for one, so that such a
 * job runs anywhere and as many run side by side as there are processors. Without it a job would have all of a machine.
 */
export function memoryPerCpuMib(view: ClusterView): number {
  const { memoryPerCpuMib: set } = settingsIn(view);
  if (set > 0) return set;
  const workers = new Set(
    view.grants.filter(each => each.service === service && each.role === 'worker').map(({ node }) => node),
  );
  const shares = view.nodes
    .filter(({ id }) => workers.has(id))
    .flatMap(node => {
      const memory = jobMemoryMib(node);
      // Of a machine that does not tell its processors a job with one must fit, at least.
      return memory === undefined ? [] : [memory / Math.max(1, numberOf(node, 'cores'))];
    });
  const least = Math.min(memoryPerCpuMibDefault, ...shares);
  // In steps, so that machines that are nearly alike do not change it.
  return Math.max(memoryPerCpuMibStep, Math.floor(least / memoryPerCpuMibStep) * memoryPerCpuMibStep);
}

/** The feature that puts a machine into a partition. */
export function partitionFeature({ name }: Pick<Partition, 'name'>): string {
  return `partition_${featureWord(name)}`;
}

/**
 * Features of a machine, sorted: `arch_x86_64`, `link_wired`, `gpu_nvidia`, an operator's tags as `key_value`, and the partitions
 * that its tags put it into. Characters that job constraints use (sbatch(1), --constraint) are `_`.
 */
export function featuresOf(
  { capabilities, tags }: Pick<ViewNode, 'capabilities' | 'tags'>,
  { partitions }: Pick<SlurmSettings, 'partitions'>,
): readonly string[] {
  const facts = capabilities.flatMap(each => {
    const [key = '', value = ''] = each.split('=', 2);
    if (key === 'arch' || key === 'link') return [`${key}_${value}`];
    return key === 'gpu' ? [`gpu_${value.split(':', 1)[0]}`] : [];
  });
  const labels = Object.entries(tags).map(([key, value]) => `${key}_${value}`);
  const places = partitions.filter(each => isChoosy(each) && isIn(each, tags)).map(partitionFeature);
  return [...new Set([...facts, ...labels].map(featureWord)), ...places].toSorted();
}

/** Whether the partition is of some machines only. */
export function isChoosy({ tags }: Pick<Partition, 'tags'>): boolean {
  return Object.keys(tags).length > 0;
}

function isIn({ tags: wanted }: Pick<Partition, 'tags'>, tags: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => tags[key] === value);
}

function featureWord(text: string): string {
  return text.replace(/[^A-Za-z0-9_.]/g, '_');
}

/** A capability `key=number`; 0 when the machine does not have it. */
function numberOf(node: Pick<ViewNode, 'capabilities'> | undefined, key: string): number {
  const text = node?.capabilities.find(each => each.startsWith(`${key}=`));
  return Number(text?.slice(key.length + 1) ?? 0);
}
