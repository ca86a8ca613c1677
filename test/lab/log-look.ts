// Reads a node's log from its disk while the node is down, without touching it: a copy is opened as the agent would open it.
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogStore } from '../../src/election/log-store.ts';
import type { Look } from './history.ts';

/** @param dataDir of a node that is down, as the lab's process names it @throws LogStoreError as the agent would */
export async function lookAtLog(node: string, dataDir: string): Promise<Look> {
  const folder = mkdtempSync(join(tmpdir(), 'clusteros-look-'));
  try {
    const log = join(folder, 'log');
    for (const name of ['log', 'log.begun'])
      if (existsSync(join(dataDir, name)))
        cpSync(join(dataDir, name), join(folder, name), { recursive: true });
    const store = await openLogStore(log);
    try {
      return { node, saved: await store.load() };
    } finally {
      await store.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
