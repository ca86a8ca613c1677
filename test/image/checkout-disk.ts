// The disk with ClusterOS on it, as it stands in this checkout: what a machine runs, without what only tests need. It is mounted at
// /opt/clusteros. Made anew for each run, in seconds.
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDisk } from './ext4-disk.ts';
import { checkoutDiskMib } from './limits.ts';

export const checkoutPath = '/opt/clusteros';
export const checkoutLabel = 'clusteros';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const runtime = 'node/bin/node';

/** @param file of the disk, which must not exist */
export async function makeCheckoutDisk(file: string): Promise<void> {
  const tree = `${file}.tree`;
  mkdirSync(`${tree}/node_modules/.bin`, { recursive: true });
  try {
    for (const each of ['src', 'proto', 'bin', 'package.json'])
      copy(`${checkout}/${each}`, `${tree}/${each}`);
    // It may be a link, as in a worktree.
    const modules = realpathSync(`${checkout}/node_modules`);
    for (const each of productionModules()) copy(`${modules}/${each}`, `${tree}/node_modules/${each}`);
    copy(`${modules}/${runtime}`, `${tree}/node_modules/${runtime}`);
    symlinkSync(`../${runtime}`, `${tree}/node_modules/.bin/node`);
    await makeDisk(file, { tree, sizeMib: checkoutDiskMib, label: checkoutLabel });
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** Below node_modules; those within another one come with it. */
function productionModules(): readonly string[] {
  const lock = JSON.parse(readFileSync(`${checkout}/package-lock.json`, 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  return Object.entries(lock.packages).flatMap(([path, { dev }]) => {
    const name = /^node_modules\/((?:(?!\/node_modules\/).)+)$/.exec(path)?.[1];
    return name === undefined || dev ? [] : [name];
  });
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}
