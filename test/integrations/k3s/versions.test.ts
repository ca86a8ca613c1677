// Which versions of k3s may run together, and which know how to live on a tailnet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTooOld } from '../../../src/integrations/k3s/candidates.ts';
import { losesFlannel, skewOf, versionFrom } from '../../../src/integrations/k3s/versions.ts';

test('a kubelet is up to three minor versions older than the servers, and never newer', () => {
  const skew = (own: string, server: string) => skewOf(versionFrom(own), versionFrom(server));
  assert.equal(skew('v1.34.9+k3s1', 'v1.34.1+k3s1'), '', 'a patch is no skew');
  assert.equal(skew('v1.31.0+k3s1', 'v1.34.9+k3s1'), '');
  assert.match(skew('v1.30.9+k3s1', 'v1.34.9+k3s1'), /more than three minor versions older/);
  assert.match(skew('v1.35.0+k3s1', 'v1.34.9+k3s1'), /is newer than that of the servers/);
  assert.equal(skew('something', 'v1.34.9+k3s1'), '', 'what cannot be read is left to k3s');
});

test('versions before the mend lose the interface of flannel with tailscaled', () => {
  for (const [version, loses] of [
    ['v1.32.99+k3s1', true],
    ['v1.33.12+k3s1', true],
    ['v1.33.13+k3s1', false],
    ['v1.34.8+k3s1', true],
    ['v1.34.9+k3s1', false],
    ['v1.36.2+k3s1', false],
    ['v1.40.0+k3s1', false],
  ] as const)
    assert.equal(losesFlannel(versionFrom(version)), loses, version);
});

test('who is older than an operator wants gets no role', () => {
  const view = (minimumVersion: string) =>
    ({ settings: { k3s: { version: 7, settings: { minimumVersion } } } }) as unknown as Parameters<
      typeof isTooOld
    >[0];
  const node = { capabilities: ['k3s=v1.33.12+k3s1'] };
  assert.equal(isTooOld(view('v1.33.13'), node), true);
  assert.equal(isTooOld(view('v1.33.12'), node), false);
  assert.equal(isTooOld(view(''), node), false);
  assert.equal(isTooOld(view('v1.33.13'), { capabilities: [] }), false);
});
