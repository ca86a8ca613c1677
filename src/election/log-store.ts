// Term, vote and log on disk, in a LevelDB of their own. What `save` has resolved survives a power cut; what it has not
// may be there or not, but never in part. Never repairs by itself, and never takes a missing log for an empty one.
import { existsSync } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { Level } from 'level';
import { type Entry, payloadFrom } from './command.ts';
import type { Save } from './messages.ts';
import { type LogBase, noBase } from './raft-log.ts';
import { nothingSaved, type Saved } from './replica.ts';
import { type Snapshot, snapshotContent } from './snapshot.ts';

/** Where the election outlives the process. The in-memory twin is in the simulator. */
export interface LogStore {
  load(): Promise<Saved>;
  /** Durable when it resolves. After a failure the process must end: what is on disk is unknown. */
  save(save: Save): Promise<void>;
  /** Forgets everything, in one step, once it has set a copy aside: this node gives its cluster up. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** What is wrong with a log, and the mend, in one line. */
export class LogStoreError extends Error {
  override readonly name = 'LogStoreError';
}

interface Meta {
  readonly clusterId: string;
  readonly term: number;
  readonly votedFor: string;
  readonly commitIndex: number;
  readonly lastIndex: number;
  /** Where the entries begin; absent in logs that were never compacted. */
  readonly base?: LogBase;
}

const metaKey = 'meta';
const snapshotKey = 'snapshot';
const entryKey = (index: number) => `entry/${String(index).padStart(16, '0')}`;

// Each value carries a checksum of its own: LevelDB opens some damaged files without a word (facts: LevelDB lies quietly).
function sealed(value: unknown): string {
  const text = JSON.stringify(value);
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}`;
}

function unsealed(line: string): unknown {
  const text = line.slice(9);
  if (crc32(text).toString(16).padStart(8, '0') !== line.slice(0, 8)) throw new Error('checksum mismatch');
  return JSON.parse(text);
}

const mend =
  'this node must not vote with it; stop the agent, move the data folder aside, and start again: it then joins as a new node';

/**
 * Opens the log in `folder`, which this process must own alone. A marker file beside it remembers that a log was
 * begun, so that a missing or emptied folder is found out.
 * @throws LogStoreError when the log is missing, damaged or of a newer version
 */
export async function openLogStore(folder: string): Promise<LogStore> {
  const marker = `${folder}.begun`;
  const begun = existsSync(marker);
  const db = await openLevel(folder, begun).catch(async error => {
    // Nothing was promised before the marker; the power went while LevelDB made its first files, which it does not sync.
    if (begun || codeOf(error) !== 'LEVEL_CORRUPTION')
      throw new LogStoreError(`the log in ${folder} cannot be opened (${causeOf(error)}): ${mend}`);
    await rm(folder, { recursive: true });
    return openLevel(folder, false);
  });
  let base = noBase;
  let lastIndex = 0;
  let marked = begun;
  return {
    load: async () => {
      try {
        const saved = await load(db, begun);
        base = saved.base;
        lastIndex = base.index + saved.entries.length;
        return saved;
      } catch (error) {
        throw new LogStoreError(
          `the log in ${folder} is damaged (${error instanceof Error ? error.message : error}): ${mend}`,
        );
      }
    },
    async save(save) {
      const { clusterId, term, votedFor, commitIndex, entries, truncateFrom, compaction } = save;
      const batch = db.batch();
      for (let index = truncateFrom; truncateFrom > 0 && index <= lastIndex; index++)
        batch.del(entryKey(index));
      if (truncateFrom > 0) lastIndex = truncateFrom - 1;
      if (compaction) {
        // The snapshot and what it makes needless, in one batch.
        for (let index = base.index + 1; index <= Math.min(lastIndex, compaction.base.index); index++)
          batch.del(entryKey(index));
        base = compaction.base;
        lastIndex = Math.max(lastIndex, base.index);
        batch.put(snapshotKey, sealed(compaction.snapshot));
      }
      for (const entry of entries) batch.put(entryKey(entry.index), sealed(entry));
      lastIndex = entries.at(-1)?.index ?? lastIndex;
      const meta: Meta = { clusterId, term, votedFor, commitIndex, lastIndex, base };
      batch.put(metaKey, sealed(meta));
      try {
        await batch.write({ sync: true });
        if (!marked) await touch(marker);
      } catch (error) {
        throw new LogStoreError(
          `the log in ${folder} could not be written (${causeOf(error)}): ` +
            'see that its disk has room and no errors ("dmesg"), then start the agent again; it goes on where it was',
        );
      }
      marked = true;
    },
    async clear() {
      const given = await load(db, begun);
      await keepCopy(`${folder}.given-up-${given.clusterId || 'none'}.json`, given);
      // The marker goes first: a log without a marker is only a log, a marker without a log is an alarm.
      await rm(marker, { force: true });
      marked = false;
      const batch = db.batch();
      for await (const key of db.keys()) batch.del(key);
      await batch.write({ sync: true });
      base = noBase;
      lastIndex = 0;
    },
    close: () => db.close(),
  };
}

async function load(db: Level<string, string>, begun: boolean): Promise<Saved> {
  const line = await db.get(metaKey);
  if (line === undefined) {
    if (begun) throw new Error('it was begun, but its first record is gone');
    return nothingSaved;
  }
  const meta = unsealed(line) as Meta;
  const { clusterId, term, votedFor, commitIndex, lastIndex, base = noBase } = meta;
  const snapshot = await loadSnapshot(db);
  if ((snapshot?.index ?? 0) < base.index)
    throw new Error(`it begins behind entry ${base.index}, and the snapshot of what was before is gone`);
  const entries: Entry[] = [];
  for await (const [key, value] of db.iterator({ gte: 'entry/', lt: 'entry0' })) {
    const raw = unsealed(value) as Entry;
    const payload = payloadFrom(raw.payload);
    if ('refused' in payload)
      throw new Error(`${key}: ${payload.refused}; a newer version may have written it`);
    const due = base.index + entries.length + 1;
    if (raw.index !== due || key !== entryKey(raw.index)) throw new Error(`entry ${due} is missing`);
    entries.push({ index: raw.index, term: raw.term, payload });
  }
  if (base.index + entries.length !== lastIndex)
    throw new Error(`it ends at entry ${base.index + entries.length}, not at ${lastIndex}`);
  return { clusterId, term, votedFor, commitIndex, snapshot, base, entries };
}

async function loadSnapshot(db: Level<string, string>): Promise<Snapshot | undefined> {
  const line = await db.get(snapshotKey);
  if (line === undefined) return undefined;
  const snapshot = unsealed(line) as Snapshot;
  // A snapshot of a newer version must not be misread.
  snapshotContent(snapshot.text);
  return snapshot;
}

async function openLevel(folder: string, begun: boolean): Promise<Level<string, string>> {
  const encodings = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
  const db = new Level<string, string>(folder, { ...encodings, createIfMissing: !begun });
  await db.open();
  return db;
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error ? (error.cause as { code?: unknown } | undefined)?.code : undefined;
const causeOf = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);

/** For people who miss something later; nothing reads it. */
async function keepCopy(path: string, saved: Saved): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(saved)}\n`, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}

/** Creates an empty file that survives a power cut. */
async function touch(path: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  await file.sync();
  await file.close();
  await rename(`${path}.new`, path);
  const folder = await open(dirname(path), 'r');
  await folder.sync();
  await folder.close();
}
