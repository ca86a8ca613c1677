// When a node may begin to do what only one node may do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterView, TenureView } from '../../src/integrations/cluster-view.ts';
import { tenureMarginMs, tenureMs } from '../../src/integrations/limits.ts';
import { beginsInMs } from '../../src/integrations/sole-role.ts';

const grant = {
  service: 's',
  role: 'r',
  node: 'a',
  token: 9,
  sole: true,
  former: { node: 'b', token: 5 },
} as const;
const inMs = (tenure: Partial<TenureView>) => {
  const all = {
    leftMs: () => 1000,
    stands: () => true,
    knownForMs: () => 1000,
    hasReleased: () => false,
    ...tenure,
  };
  return beginsInMs({ tenure: all } as unknown as ClusterView, grant);
};

test('a successor waits for the former holder, or for its word', () => {
  assert.equal(inMs({}), tenureMs + tenureMarginMs - 1000);
  assert.equal(inMs({ knownForMs: () => 60_000 }), 0);
  assert.equal(inMs({ hasReleased: () => true }), 0);
});

test('nobody begins without a tenure, or by a grant that has been replaced while its pass was under way', () => {
  assert.equal(inMs({ leftMs: () => 0, hasReleased: () => true }), Number.POSITIVE_INFINITY);
  assert.equal(inMs({ stands: token => token !== 9, hasReleased: () => true }), Number.POSITIVE_INFINITY);
});
