// The member table on disk, in LevelDB. A cache: what cannot be read is left out and counted, never fatal.
import { Level } from 'level';
import type { MemberRecord } from './member.ts';

/** Where a table outlives the process. The in-memory twin is in the simulator. */
export interface TableStore {
  /** All readable records. */
  load(): Promise<MemberRecord[]>;
  /** Keeps these records durably; later ones replace earlier ones of the same id. */
  save(records: readonly MemberRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** True for a value that has the shape of a record; what a disk or an older version may hold is not trusted. */
export function isMemberRecord(value: unknown): value is MemberRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  const texts = ['id', 'name', 'address', 'version', 'clusterId'].every(
    key => typeof record[key] === 'string',
  );
  const numbers = ['epoch', 'incarnation', 'clusterSize'].every(key => Number.isSafeInteger(record[key]));
  const lists = ['capabilities', 'services', 'accusers'].every(key => Array.isArray(record[key]));
  return texts && numbers && lists && ['alive', 'suspect', 'dead', 'left'].includes(String(record.state));
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
      const records: MemberRecord[] = [];
      for await (const [key, value] of db.iterator()) {
        const record = parse(value);
        if (isMemberRecord(record) && record.id === key) records.push(record);
        else onUnreadable(key);
      }
      return records;
    },
    async save(records) {
      await db.batch(
        records.map(record => ({ type: 'put' as const, key: record.id, value: JSON.stringify(record) })),
        { sync: true },
      );
    },
    close: () => db.close(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
