// What membership sees, in the words in which the election takes advice.
import type { MemberAdvice } from '../election/messages.ts';
import { isReachable, type MemberRecord } from '../membership/member.ts';

/** Capabilities that make a node a poor voter for good, by what people call them. */
const handicaps: Readonly<Record<string, string>> = {
  'link=wireless': 'wireless',
  'link=relayed': 'relayed',
};

/** Sorted by id, so that equal views are equal texts. */
export function adviceFrom(records: readonly MemberRecord[]): MemberAdvice[] {
  return records
    .map(record => {
      const { id, name, state, clusterId, clusterSize, tags, level, formerClusters } = record;
      return {
        ...{ id, name, clusterId, clusterSize, level, formerClusters, site: tags.site ?? '' },
        alive: isReachable(state),
        gone: state === 'dead' || state === 'left',
        machine: record.capabilities.find(each => each.startsWith('machine='))?.slice(8) ?? '',
        trouble: state === 'degraded' ? 'degraded' : (record.troubles[0] ?? ''),
        handicap: record.capabilities.map(each => handicaps[each] ?? '').find(each => each !== '') ?? '',
      };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
