// What must hold of whoever is counted: voters, removed nodes, holders of roles (I11, I12, I13, I16). Looks at disks and at
// what was decided, and throws on the first thing that may not be.
import assert from 'node:assert/strict';
import type { ClusterState, Grant } from '../../src/election/cluster-state.ts';
import type { Entry } from '../../src/election/command.ts';
import { type Configuration, isQuorum } from '../../src/election/quorum.ts';
import type { Watched } from './checkers.ts';

export class DecisionChecker {
  /** I11: cluster → the last configuration that was decided. */
  readonly #configurations = new Map<string, Configuration>();
  /** I13: cluster → who has been removed from it. */
  readonly #removed = new Map<string, Set<string>>();
  /** I16: cluster, service and role → the token of its newest grant, and after which entry that was seen. */
  readonly #newest = new Map<string, { readonly token: number; readonly index: number }>();
  /** I16: the same and a token → who holds it. */
  readonly #holders = new Map<string, string>();

  /** A node leads for the first time in a term. @param votes who has voted for it, durably */
  led(node: Watched, term: number, votes: ReadonlySet<string>): void {
    const { clusterId } = node.disk.saved;
    const configuration = configurationOf(node);
    assert.ok(
      !this.#removed.get(clusterId)?.has(node.id),
      `I13: ${node.name} leads in term ${term} though it was removed`,
    );
    // The founder of a cluster votes before there is anyone to count.
    if (term === 1) return;
    assert.ok(
      isQuorum(configuration, votes),
      `I12: ${node.name} leads in term ${term} with the votes of ${[...votes]}, of voters ${configuration.voters}`,
    );
  }

  /** An entry was seen decided for the first time. @param all every node there is, running or not */
  decided(clusterId: string, entry: Entry, all: readonly Watched[]): void {
    const holders = all.filter(
      ({ disk }) =>
        disk.saved.clusterId === clusterId &&
        (disk.saved.base.index >= entry.index ||
          disk.saved.entries[entry.index - 1 - disk.saved.base.index]?.term === entry.term),
    );
    const former = this.#configurations.get(clusterId);
    // A configuration is in force once it is in the log: those that were not decided then count too.
    const inForce = holders.flatMap(({ disk }) =>
      disk.saved.entries.flatMap(({ index, payload }) =>
        payload.kind === 'configuration' && index >= entry.index ? [payload.configuration] : [],
      ),
    );
    const ids = new Set(holders.map(({ id }) => id));
    // A cluster that was recovered begins with the configuration of the snapshot it was recovered from.
    const first = former ? [former] : holders.map(({ disk }) => disk.saved.base.configuration);
    const isHeld = [...first, ...inForce].some(each => isQuorum(each, ids));
    assert.ok(
      isHeld,
      `I12: entry ${entry.index} counts as decided and only ${holders.map(({ name }) => name)} hold it`,
    );
    if (entry.payload.kind !== 'configuration') return;
    const next = entry.payload.configuration;
    if (former) this.#follows(former, next, entry.index);
    this.#configurations.set(clusterId, next);
  }

  /** The state after entry `index` was seen for the first time; a node that is behind may show an older one than others did. */
  state(clusterId: string, index: number, { removed, grants }: ClusterState): void {
    const gone = this.#removed.get(clusterId) ?? new Set();
    this.#removed.set(clusterId, gone);
    for (const id of Object.keys(removed)) gone.add(id);
    const sole = grants.filter(each => each.sole);
    for (const grant of sole) {
      const name = `${grant.service} ${grant.role}`;
      const count = sole.filter(
        ({ service, role }) => service === grant.service && role === grant.role,
      ).length;
      assert.equal(count, 1, `I16: ${name} has ${count} holders`);
      this.#holdsToken(`${clusterId}/${name}`, index, grant);
    }
  }

  #holdsToken(key: string, index: number, { service, role, token, node }: Grant): void {
    const name = `${service} ${role}`;
    const holder = this.#holders.get(`${key}/${token}`) ?? node;
    assert.equal(node, holder, `I16: token ${token} of ${name} has two holders`);
    this.#holders.set(`${key}/${token}`, node);
    const newest = this.#newest.get(key) ?? { token, index };
    const grows = index >= newest.index ? token >= newest.token : token <= newest.token;
    assert.ok(
      grows,
      `I16: the token of ${name} is ${token} after entry ${index}, and ${newest.token} after ${newest.index}`,
    );
    if (index >= newest.index) this.#newest.set(key, { token, index });
  }

  /** I11, on the log of a leader: one change of the configuration at a time. */
  changing({ name, disk }: Watched, applied: number): void {
    const { base, entries } = disk.saved;
    const open = entries
      .slice(Math.max(0, applied - base.index))
      .filter(({ payload }) => payload.kind === 'configuration');
    assert.ok(open.length <= 1, `I11: ${name} has ${open.length} changes of the configuration under way`);
  }

  /** I11: every majority of the one meets every majority of the next. */
  #follows(former: Configuration, next: Configuration, index: number): void {
    const same = (a: readonly string[], b: readonly string[]) =>
      a.length === b.length && a.every(id => b.includes(id));
    const enters = former.outgoing.length === 0 && same(next.outgoing, former.voters);
    const ends = next.outgoing.length === 0 && same(next.voters, former.voters);
    const repeats = same(next.voters, former.voters) && same(next.outgoing, former.outgoing);
    assert.ok(
      enters || ends || repeats,
      `I11: from voters ${former.voters} to ${next.voters} (and ${next.outgoing}) without a joint step at ${index}`,
    );
  }
}

/** The configuration in force on a node, by its disk. */
function configurationOf({ disk }: Watched): Configuration {
  const last = disk.saved.entries.findLast(({ payload }) => payload.kind === 'configuration');
  return last?.payload.kind === 'configuration' ? last.payload.configuration : disk.saved.base.configuration;
}
