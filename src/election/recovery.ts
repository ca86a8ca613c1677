// A new cluster from what one node of a lost one knows: the last resort when a majority of the voters is gone for good.
// Pure: the caller backs up, asks, and writes. The new cluster has another id, so nothing of the old one is mistaken for it.
import { applyCommand, type ClusterState, knownLevel, unborn } from './cluster-state.ts';
import { recoveryIndexGap } from './limits.ts';
import type { Save } from './messages.ts';
import type { Saved } from './replica.ts';
import { snapshotContent, snapshotText } from './snapshot.ts';

export interface RecoveryPlan {
  readonly state: ClusterState;
  /** Entries that this node holds and does not know to be decided; they are taken, because they may be. */
  readonly undecided: number;
  readonly lastIndex: number;
  /** One atomic write that makes it so. */
  readonly save: Save;
}

/**
 * What `node` would make of its log: everything in it counts as decided, and it is the only voter.
 * @param clusterId of the new cluster
 * @param atMs wall clock, for people only
 * @throws Error saying why that cannot be
 */
export function planRecovery(saved: Saved, node: string, clusterId: string, atMs: number): RecoveryPlan {
  if (saved.clusterId === '') throw new Error('this node belongs to no cluster: there is nothing to recover');
  const state = stateIn(saved);
  if (state.level > knownLevel)
    throw new Error(
      `the cluster is at level ${state.level}, this program knows ${knownLevel}: update it first`,
    );
  if (!Object.hasOwn(state.nodes, node))
    throw new Error(
      'as far as this node knows it was not admitted, or was removed: recover from another node',
    );
  const lastIndex = saved.base.index + saved.entries.length;
  const index = lastIndex + recoveryIndexGap;
  const recovery = { formerId: saved.clusterId, node, index, atMs };
  const recovered = { ...state, clusterId, recoveries: [...state.recoveries, recovery] };
  const configuration = { voters: [node], outgoing: [], learners: [] };
  const term = saved.term + 1;
  const text = snapshotText({ configuration, state: recovered });
  return {
    ...{ state: recovered, undecided: lastIndex - Math.min(lastIndex, saved.commitIndex), lastIndex },
    save: {
      ...{
        clusterId,
        term,
        votedFor: '',
        commitIndex: index,
        truncateFrom: saved.base.index + 1,
        entries: [],
      },
      compaction: { snapshot: { index, term, text }, base: { index, term, configuration } },
    },
  };
}

function stateIn({ snapshot, entries }: Saved): ClusterState {
  let state = snapshot ? snapshotContent(snapshot.text).state : unborn;
  for (const { index, payload } of entries)
    if (payload.kind === 'command' && index > (snapshot?.index ?? 0))
      state = applyCommand(state, payload.command, index, payload.session).state;
  return state;
}
