// What only looks cannot erase: the files that write are loaded by the installation itself and by nothing else.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const src = new URL('../../../src/boot/', import.meta.url);

/** All that is loaded with a file, without what it imports only when it is asked to. */
function loadedWith(file: URL, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file.href)) return found;
  found.add(file.href);
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\b(?! type)[^;]*? from '(\.[^']+\.ts)'/gm,
  ))
    loadedWith(new URL(path, file), found);
  return found;
}

const names = (file: string) => [...loadedWith(new URL(file, src))].map(href => href.replace(src.href, ''));

test('--list, --check-only and --dry-run load nothing that writes to a disk', () => {
  const loaded = names('cluster-os-install.ts');
  for (const file of ['install/look.ts', 'install/plan.ts', 'install/content.ts'])
    assert.ok(loaded.includes(file), `${file} is loaded: ${loaded.join(', ')}`);
  for (const file of ['work.ts', 'disk.ts', 'boot-loader.ts', 'verify.ts'])
    assert.ok(!loaded.includes(`install/${file}`), `install/${file} is loaded by a program that only looks`);
});

test('programs that write are named in the files that write alone', () => {
  const writers = /'(sgdisk|wipefs|mkfs\.vfat|mke2fs)', \[/;
  assert.match(readFileSync(new URL('install/disk.ts', src), 'utf8'), writers);
  for (const file of ['cluster-os-install.ts', 'install/look.ts', 'install/plan.ts', 'install/namespace.ts'])
    assert.doesNotMatch(readFileSync(new URL(file, src), 'utf8'), writers, file);
});

test('the part that erases asks whether it is inside, and is reached by no argument', () => {
  const program = readFileSync(new URL('cluster-os-install.ts', src), 'utf8');
  assert.equal(program.match(/import\('\.\/install\/work\.ts'\)/g)?.length, 1);
  assert.match(readFileSync(new URL('install/namespace.ts', src), 'utf8'), /process\.pid !== 1/);
});
