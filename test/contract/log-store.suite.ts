// What every log store must do, LevelDB and its in-memory twin alike.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unborn } from '../../src/election/cluster-state.ts';
import type { Entry } from '../../src/election/command.ts';
import type { LogStore } from '../../src/election/log-store.ts';
import type { Save } from '../../src/election/messages.ts';
import { noBase } from '../../src/election/raft-log.ts';
import { nothingSaved } from '../../src/election/replica.ts';
import { snapshotText } from '../../src/election/snapshot.ts';

export interface LogStoreFixture {
  /** Opens the store; once more after `close` it is a restart. */
  open(): Promise<LogStore>;
  dispose(): Promise<void>;
}

const entry = (index: number, term: number): Entry => ({ index, term, payload: { kind: 'noop' } });
const save = (change: Partial<Save>): Save => ({
  ...{ clusterId: 'c', term: 1, votedFor: 'me', commitIndex: 0, truncateFrom: 0, entries: [] },
  ...change,
});

const snapshotAt = (index: number) => ({
  ...{ index, term: 2, text: snapshotText({ configuration: noBase.configuration, state: unborn }) },
});

/** Declares the suite for the store that `fixture` makes. */
export function logStoreSuite(name: string, makeFixture: () => Promise<LogStoreFixture>): void {
  const cases: Record<string, (fixture: LogStoreFixture) => Promise<void>> = {
    'a new store holds nothing': async fixture => {
      const store = await fixture.open();
      assert.deepEqual(await store.load(), nothingSaved);
      await store.close();
    },
    'what was saved is there after a restart': async fixture => {
      const store = await fixture.open();
      await store.load();
      await store.save(save({ entries: [entry(1, 1), entry(2, 1)] }));
      await store.save(save({ term: 2, votedFor: 'you', commitIndex: 1 }));
      await store.close();
      const again = await fixture.open();
      const expected = {
        clusterId: 'c',
        term: 2,
        votedFor: 'you',
        commitIndex: 1,
        ...{ snapshot: undefined, base: noBase },
        entries: [entry(1, 1), entry(2, 1)],
      };
      assert.deepEqual(await again.load(), expected);
      await again.close();
    },
    'entries are cut and others put in their place in one write': async fixture => {
      const store = await fixture.open();
      await store.load();
      await store.save(save({ entries: [entry(1, 1), entry(2, 1), entry(3, 1)] }));
      await store.save(save({ term: 2, truncateFrom: 2, entries: [entry(2, 2)] }));
      await store.close();
      const again = await fixture.open();
      assert.deepEqual((await again.load()).entries, [entry(1, 1), entry(2, 2)]);
      await again.close();
    },
    'a cut without new entries shortens the log': async fixture => {
      const store = await fixture.open();
      await store.load();
      await store.save(save({ entries: [entry(1, 1), entry(2, 1), entry(3, 1)] }));
      await store.save(save({ truncateFrom: 2 }));
      await store.close();
      const again = await fixture.open();
      assert.deepEqual((await again.load()).entries, [entry(1, 1)]);
      await again.close();
    },
    'a snapshot takes the place of the entries before the base, and entries behind it stay':
      async fixture => {
        const store = await fixture.open();
        await store.load();
        await store.save(save({ entries: [1, 2, 3, 4].map(index => entry(index, 1)) }));
        const compaction = { snapshot: snapshotAt(3), base: { ...noBase, index: 2, term: 1 } };
        await store.save(save({ compaction, commitIndex: 3 }));
        await store.save(save({ entries: [entry(5, 1)] }));
        await store.close();
        const again = await fixture.open();
        const { snapshot, base, entries } = await again.load();
        assert.deepEqual({ snapshot, base }, compaction);
        assert.deepEqual(entries, [entry(3, 1), entry(4, 1), entry(5, 1)]);
        await again.close();
      },
    'a snapshot from another takes the place of a whole log, shorter or longer': async fixture => {
      for (const held of [2, 9]) {
        const store = await fixture.open();
        await store.load();
        await store.clear();
        await store.save(save({ entries: Array.from({ length: held }, (_, i) => entry(i + 1, 1)) }));
        const compaction = { snapshot: snapshotAt(7), base: { ...noBase, index: 7, term: 2 } };
        await store.save(save({ term: 2, truncateFrom: 1, compaction, commitIndex: 7 }));
        await store.save(save({ term: 2, entries: [entry(8, 2)] }));
        await store.close();
        const again = await fixture.open();
        const { base, entries } = await again.load();
        assert.deepEqual([base.index, entries], [7, [entry(8, 2)]]);
        await again.close();
      }
    },
    'a cleared store is a new one, also after a restart, and takes another log': async fixture => {
      const store = await fixture.open();
      await store.load();
      await store.save(save({ entries: [entry(1, 1)] }));
      await store.clear();
      await store.close();
      const again = await fixture.open();
      assert.deepEqual(await again.load(), nothingSaved);
      await again.save(save({ clusterId: 'd', entries: [entry(1, 5)] }));
      await again.close();
      const third = await fixture.open();
      assert.deepEqual((await third.load()).entries, [entry(1, 5)]);
      await third.close();
    },
  };
  for (const [title, run] of Object.entries(cases)) {
    test(`${name}: ${title}`, async () => {
      const fixture = await makeFixture();
      try {
        await run(fixture);
      } finally {
        await fixture.dispose();
      }
    });
  }
}
