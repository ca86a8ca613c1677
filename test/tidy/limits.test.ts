// docs/limits.md says what the source says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { limitsText } from './limits-text.ts';

const root = join(import.meta.dirname, '../..');

test('docs/limits.md holds every limit of the source, with its reason ("make limits" writes it)', () => {
  const text = limitsText(root);
  assert.ok(text.split('\n').length > 100, 'the source has limits');
  assert.ok(!text.includes('|  |'), 'every limit has a reason and a value');
  const page = readFileSync(join(root, 'docs/limits.md'), 'utf8');
  assert.equal(page.slice(page.indexOf('### src/')).trimEnd(), text.trimEnd());
});
