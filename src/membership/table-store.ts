// The member table on disk, in LevelDB. A cache: what cannot be read is left out and counted, never fatal. The owners'
// signatures are its checksums.
import { Level } from 'level';
import type { Accusation, CarriedRecord, MemberRecord, SignedClaim } from './member.ts';

/** A record as it is kept: what travels, and this node's verdict. */
export interface SavedRecord extends CarriedRecord {
  readonly dead: boolean;
}

/** Where a table outlives the process. The in-memory twin is in the simulator. */
export interface TableStore {
  /** All readable records. */
  load(): Promise<SavedRecord[]>;
  /** Keeps these records durably (later ones replace earlier ones of the same id) and forgets these ids. */
  save(records: readonly MemberRecord[], forgotten: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** What is kept of a record. */
export function savedFrom({ signed, accusations, state }: MemberRecord): SavedRecord {
  return { signed, accusations, dead: state === 'dead' };
}

const isTextRecord = (value: unknown, keys: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  keys.every(key => typeof (value as Record<string, unknown>)[key] === 'string');

const isSigned = (value: unknown): value is SignedClaim =>
  isTextRecord(value, ['body', 'publicKey', 'signature']);
const isAccusation = (value: unknown): value is Accusation =>
  isTextRecord(value, ['observer', 'evidence', 'publicKey', 'signature']);

/** The saved record in `text`; undefined when there is none. Whether it is true, its signature tells. */
export function savedRecordFrom(text: string): SavedRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { signed, accusations, dead } = value as Record<string, unknown>;
  if (!isSigned(signed) || !Array.isArray(accusations) || !accusations.every(isAccusation)) return undefined;
  return { signed, accusations, dead: dead === true };
}

/**
 * Opens the table in `folder`, which this process must own alone. Throws what LevelDB throws; the caller moves a
 * damaged folder aside and opens again, because the table can be rebuilt from any neighbour.
 * @param onUnreadable told the key of each record that was left out
 */
export async function openTableStore(
  folder: string,
  onUnreadable: (key: string) => void,
): Promise<TableStore> {
  const db = new Level<string, string>(folder, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  await db.open();
  return {
    async load() {
      const records: SavedRecord[] = [];
      for await (const [key, value] of db.iterator()) {
        const record = savedRecordFrom(value);
        if (record) records.push(record);
        else onUnreadable(key);
      }
      return records;
    },
    async save(records, forgotten) {
      await db.batch(
        [
          ...records.map(record => ({
            ...{ type: 'put' as const, key: record.id },
            value: JSON.stringify(savedFrom(record)),
          })),
          ...forgotten.map(key => ({ type: 'del' as const, key })),
        ],
        { sync: true },
      );
    },
    close: () => db.close(),
  };
}
