// Loads LevelDB's native part, which no bundler can put inside: a file beside the executable, in a folder that is root's. It is run only
// when it is, byte for byte, the one that this program was built with: half an upgrade, or a file from elsewhere, ends here.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const addonName = 'classic-level.node';

/** @param sha256 in hexadecimal digits @throws Error where the file is another one */
export function loadAddon(sha256: string, folder = dirname(process.execPath)): unknown {
  const file = join(folder, addonName);
  const found = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (found !== sha256)
    throw new Error(
      `${file} is not the one that this program was built with: run "apt-get install --reinstall clusteros"`,
    );
  const loaded = { exports: {} };
  process.dlopen(loaded, file);
  return loaded.exports;
}
