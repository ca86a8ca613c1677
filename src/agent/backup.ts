// A backup of what was decided, as one text with a checksum: JSON that people can read, secrets only as they are sealed.
import { type ClusterState, isClusterState } from '../election/cluster-state.ts';
import type { Command } from '../election/command.ts';
import { snapshotContent, snapshotText } from '../election/snapshot.ts';
import { checksumOf } from './checksum.ts';
import type { Sealer } from './sealing.ts';

export interface Backup {
  /** Wall clock of the agent that made it, milliseconds since 1970. */
  readonly atMs: number;
  /** Log index of the last entry that it holds. */
  readonly index: number;
  readonly state: ClusterState;
}

const format = 'clusteros-backup';
const emptyConfiguration = { voters: [], outgoing: [], learners: [] };

/** The text of a backup. */
export function backupText({ atMs, index, state }: Backup): string {
  const decided = snapshotText({ configuration: emptyConfiguration, state });
  const checksum = checksumOf(Buffer.from(decided));
  const { clusterId, clusterName } = state;
  return `${JSON.stringify({ format, clusterId, clusterName, index, atMs, checksum, decided: JSON.parse(decided) }, null, 2)}\n`;
}

/** What a text holds. @throws Error saying why it is no backup */
export function backupFrom(text: string): Backup {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  const { atMs, index, checksum, decided, ...rest } = (value ?? {}) as Record<string, unknown>;
  if (rest.format !== format) throw new Error(`it is no ${format}`);
  const inner = JSON.stringify(decided) ?? '';
  if (checksumOf(Buffer.from(inner)) !== checksum)
    throw new Error('its checksum does not match: it was changed or damaged');
  const { state } = snapshotContent(inner);
  if (typeof atMs !== 'number' || typeof index !== 'number' || !isClusterState(state))
    throw new Error('it is not whole');
  return { atMs, index, state };
}

/**
 * What a backup would bring back into the present state: the command, and the changes for people.
 * @param bound names of secrets that go with what machines have stored: what is there stays, and of another cluster none is taken
 * @param refused by service: why its settings of the backup cannot be taken now; those that hold stay
 */
export function restoreOf(
  { state: kept }: Backup,
  present: ClusterState,
  sealer: Sealer,
  bound: readonly string[] = [],
  refused: Readonly<Record<string, string>> = {},
): { readonly command: Extract<Command, { kind: 'restore' }>; readonly changes: readonly string[] } {
  const secrets = Object.fromEntries(Object.entries(kept.secrets).filter(([name]) => !bound.includes(name)));
  const unreadable = Object.entries(secrets).filter(([, sealed]) => sealer.open(sealed) === undefined);
  if (unreadable.length > 0)
    throw new Error(
      `its secrets are sealed with another cluster key (${unreadable.map(([name]) => name).join(', ')})`,
    );
  const { wanted, wishes } = kept.voting;
  const changes: string[] = [];
  if (wanted !== present.voting.wanted)
    changes.push(`voters aimed for: ${wanted} instead of ${present.voting.wanted}`);
  for (const [node, wish] of Object.entries(wishes)) {
    const name = present.nodes[node]?.name;
    if (name === undefined) continue;
    if (present.voting.wishes[node] !== wish)
      changes.push(`${name} ${wish === 'always' ? 'is' : 'is not'} to vote`);
  }
  const same = (a: string, b: string | undefined) =>
    b !== undefined && Buffer.compare(sealer.open(a) ?? Buffer.of(), sealer.open(b) ?? Buffer.of(1)) === 0;
  for (const [name, sealed] of Object.entries(secrets)) {
    const own = present.secrets[name];
    if (!same(sealed, own))
      changes.push(`secret ${name} is ${own === undefined ? 'brought back' : 'replaced'}`);
  }
  const settings = Object.fromEntries(
    Object.entries(kept.settings)
      .filter(([service]) => !Object.hasOwn(refused, service))
      .map(([service, each]) => [service, each.settings]),
  );
  for (const [service, why] of Object.entries(refused))
    changes.push(`settings of ${service} stay as they are: ${why}`);
  for (const [service, wished] of Object.entries(settings))
    if (JSON.stringify(wished) !== JSON.stringify(present.settings[service]?.settings))
      changes.push(`settings of ${service} are those of the backup`);
  return { command: { kind: 'restore', wanted, wishes, secrets, settings }, changes };
}
