// The interaction scripts beside this file: each command prints what stands below it. `REWRITE=1 node --test` writes what it
// prints now; read the difference before you keep it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Script } from './script.ts';

const folder = new URL('.', import.meta.url);

/** The script with what its commands print now. Lines with "#" are words for the reader. */
function played(text: string): string {
  const script = new Script();
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('> ')) {
      const printed = script.run(line.slice(2));
      lines.push(line, ...(printed === '' ? [] : printed.split('\n').map(each => `  ${each}`)));
    } else if (!line.startsWith('  ')) lines.push(line);
  }
  return lines.join('\n');
}

for (const file of readdirSync(folder).filter(name => name.endsWith('.txt'))) {
  test(`${file} goes as it is written`, () => {
    const url = new URL(file, folder);
    const text = readFileSync(url, 'utf8');
    const now = played(text);
    if (process.env.REWRITE === '1') writeFileSync(url, now);
    else assert.equal(now, text);
    assert.match(text, /^> /m, 'it has commands');
  });
}
