// Removes a folder of a test's when it is taken apart, and also when the test's process is gone, however it ended.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface WatchedFolder {
  readonly path: string;
  /** Removes it now. */
  remove(): void;
}

/** Makes a folder in /tmp whose name begins with `prefix`. */
export function watchedFolder(prefix: string): WatchedFolder {
  const path = mkdtempSync(join(tmpdir(), prefix));
  // It waits for the end of this process in a session of its own.
  const janitor = spawn('sh', ['-c', 'cat > /dev/null; rm -rf -- "$1"', 'janitor', path], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  janitor.unref();
  if (janitor.stdin && 'unref' in janitor.stdin && typeof janitor.stdin.unref === 'function')
    janitor.stdin.unref();
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true });
      janitor.stdin?.end();
    },
  };
}
