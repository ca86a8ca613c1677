// A folder of its own for each build, since another one may run beside it.
import { existsSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Makes it, after it has swept up what builds left that were killed: each takes some hundred megabytes. */
export function workFolder(parent: string): string {
  for (const name of globSync('work-*', { cwd: parent })) {
    if (!existsSync(`/proc/${name.slice('work-'.length)}`)) rmSync(join(parent, name), { recursive: true });
  }
  const folder = join(parent, `work-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}
