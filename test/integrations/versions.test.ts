// Which versions of SLURM work together.
import assert from 'node:assert/strict';
import test from 'node:test';
import { releases } from '../../src/integrations/slurm/names.ts';
import { fitOf, releaseOf, versionOf } from '../../src/integrations/slurm/versions.ts';

test('a release is the first two numbers of a version', () => {
  assert.equal(releaseOf('22.05.8'), '22.05');
  assert.equal(releaseOf('24.11.0-0rc1'), '24.11');
  assert.equal(releaseOf('25.05'), '25.05');
  for (const none of [undefined, '', '2.6.5', 'wlm', '22.055.1']) assert.equal(releaseOf(none), undefined);
  assert.equal(versionOf({ capabilities: ['cores=2', 'slurm=22.05.8'] }), '22.05.8');
  assert.equal(versionOf({ capabilities: ['cores=2'] }), undefined);
});

test('releases are listed in their order', () => {
  assert.deepEqual([...releases].sort(), releases);
});

for (const [controller, ...workers] of [
  ['22.05', '22.05 fits', '21.08 fits', '20.11 fits', '20.02 too-old', '23.02 newer'],
  ['24.05', '24.05 fits', '23.11 fits', '23.02 fits', '22.05 too-old', '24.11 newer'],
  ['24.11', '24.05 fits', '23.11 fits', '23.02 fits', '22.05 too-old', '25.05 newer'],
  // Releases that this program does not know.
  ['31.05', '31.05 fits', '22.05 too-old', '31.11 newer'],
  ['22.05', '31.05 newer', '17.02 too-old'],
] as const) {
  test(`slurmctld ${controller} with ${workers.join(', ')}`, () => {
    for (const text of workers) {
      const [worker = '', fit] = text.split(' ');
      assert.equal(fitOf(worker, controller), fit, text);
    }
  });
}
