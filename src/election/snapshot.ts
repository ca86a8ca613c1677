// All that was decided up to one entry, as a text: what a compacted log no longer holds. The same decisions give the
// same text on every node. A text that is damaged, or of a newer version, is refused rather than misread.
import { type ClusterState, isClusterState, unborn } from './cluster-state.ts';
import { configurationFrom } from './command.ts';
import type { Configuration } from './quorum.ts';

export interface Snapshot {
  readonly index: number;
  /** Term of the entry at `index`. */
  readonly term: number;
  /** What `snapshotText` has made. */
  readonly text: string;
}

/**
 * Raised when a version writes what an older one would misread; an older text is taken and completed.
 * 1: nodes, voting, grants, secrets, operations. 2: also level, removed, recoveries, sessions. 3: also vacant. 4: also settings.
 * 5: also recoveredJobs.
 */
const snapshotVersion = 5;

export interface SnapshotContent {
  readonly configuration: Configuration;
  readonly state: ClusterState;
}

export function snapshotText({ configuration, state }: SnapshotContent): string {
  return JSON.stringify({ version: snapshotVersion, configuration, state });
}

/** What a snapshot holds. @throws Error saying why it cannot be taken */
export function snapshotContent(text: string): SnapshotContent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('the snapshot is not JSON');
  }
  const { version, configuration, state } = (value ?? {}) as Record<string, unknown>;
  if (typeof version !== 'number' || version < 1 || version > snapshotVersion)
    throw new Error(
      `the snapshot has version ${String(version)}, this program knows those up to ${snapshotVersion}`,
    );
  const known = configurationFrom(configuration);
  if (!known) throw new Error('the snapshot has no configuration');
  const older = version < snapshotVersion && typeof state === 'object';
  const completed = older ? { ...unborn, ...state } : state;
  if (!isClusterState(completed)) throw new Error('the snapshot holds no decided state');
  return { configuration: known, state: completed };
}
