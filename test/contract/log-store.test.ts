// The log store suite, run on LevelDB in a temporary folder and on the simulator's twin.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogStore } from '../../src/election/log-store.ts';
import { VirtualDisk } from '../simulation/disk.ts';
import { logStoreSuite } from './log-store.suite.ts';

logStoreSuite('LevelDB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clusteros-log-'));
  return { open: () => openLogStore(join(folder, 'log')), dispose: () => rm(folder, { recursive: true }) };
});

logStoreSuite('the virtual disk', async () => {
  const disk = new VirtualDisk(
    (_delayMs, run) => queueMicrotask(run),
    () => 0.5,
  );
  return { open: async () => disk.logStore(), dispose: async () => {} };
});
