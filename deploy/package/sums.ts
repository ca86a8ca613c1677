// SHA256SUMS of a folder, as `sha256sum --check` reads it. What was not made this time keeps its line while it is there.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** @param made files of the folder that are new, or may be */
export async function updateSums(folder: string, made: readonly string[]): Promise<void> {
  const list = join(folder, 'SHA256SUMS');
  const sums = new Map<string, string>();
  for (const line of existsSync(list) ? readFileSync(list, 'utf8').split('\n') : []) {
    const [, sum, name] = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line) ?? [];
    if (sum !== undefined && name !== undefined && existsSync(join(folder, name))) sums.set(name, sum);
  }
  for (const file of made) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash);
    sums.set(basename(file), hash.digest('hex'));
  }
  const lines = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, sum]) => `${sum}  ${name}\n`);
  writeFileSync(list, lines.join(''));
}
