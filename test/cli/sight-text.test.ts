// The sentence below `clusterctl member show`: which faults it tells apart, and what it does not claim.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Member__Output } from '../../src/api/gen/clusteros/v1/Member.ts';
import { conclusionOf } from '../../src/cli/sight-text.ts';

/** What the peers b, c, ... see of ceres, and ceres of them: `up/silent`. */
function conclusion(pairs: string, state = 'alive'): string {
  const sight = (state: string) => ({ state, rttMs: 1, loss: 0, heardMs: 1 });
  return conclusionOf({
    member: { name: 'ceres', state } as Member__Output,
    sights: pairs
      .split(' ')
      .filter(Boolean)
      .map((pair, at) => {
        const [of = '', by = ''] = pair.split('/');
        return { peer: String.fromCharCode(98 + at), ofMember: sight(of), ofPeer: sight(by) };
      }),
    accusers: [],
  });
}

for (const [title, pairs, expected] of [
  ['all is well', 'up/up up/up up/up', 'All 3 peers hear ceres, and it hears all of them.'],
  ['there is one peer only', 'up/up', '1 of 1 peer hears ceres, and it hears that one.'],
  [
    'one path is broken in both directions',
    'up/up up/up up/up silent/silent',
    '3 of 4 peers hear ceres; e does not, and ceres does not hear e: the path between them is broken.',
  ],
  [
    'two paths are broken in both directions',
    'up/up silent/silent silent/silent',
    '1 of 3 peers hears ceres; c and d do not, and ceres does not hear c and d: the paths between them are broken.',
  ],
  [
    'one path is broken outward',
    'up/up up/up silent/up',
    '2 of 3 peers hear ceres; d does not, though ceres hears d: the way from ceres to d is broken.',
  ],
  [
    'one path is broken inward',
    'up/up up/up up/silent',
    'All 3 peers hear ceres; ceres does not hear d: the way from d to it is broken.',
  ],
  [
    'the way out is broken',
    'silent/up silent/up silent/lossy',
    'None of 3 peers hears ceres, but ceres hears all of them: its way out is broken.',
  ],
  [
    'the way out is broken and some of the way in',
    'silent/up silent/up silent/silent',
    'None of 3 peers hears ceres, but ceres hears 2 of them: its way out is broken.',
  ],
  [
    'the way in is broken',
    'up/silent up/silent',
    'All 2 peers hear ceres; ceres hears none of them: its way in is broken.',
  ],
  [
    'it is cut off, and yet it answers this node',
    'silent/silent silent/silent',
    'None of 2 peers hears ceres, and ceres hears none of them: it is cut off.',
  ],
  [
    'it is down',
    'silent/unknown silent/unknown',
    'None of 2 peers hears ceres, and ceres could not be asked: it is down or cut off.',
  ],
  [
    'it cannot be asked and one does not hear it',
    'up/unknown silent/unknown',
    '1 of 2 peers hears ceres; c does not, and ceres could not be asked: it is going down, or the way from it to c is broken.',
  ],
  [
    'it cannot be asked and all hear it',
    'up/unknown up/unknown',
    'All 2 peers hear ceres; ceres itself could not be asked.',
  ],
  [
    'a peer cannot be asked',
    'up/up up/up unknown/up',
    'All 2 peers hear ceres (d could not be asked), and it hears all of them.',
  ],
  [
    'no peer can be asked',
    'unknown/up unknown/silent',
    'None of the 2 members meant to watch it could be asked; ceres hears 1 of 2.',
  ],
  [
    'nobody can be asked',
    'unknown/unknown unknown/unknown',
    'Nobody could be asked: neither ceres nor the 2 members meant to watch it.',
  ],
  [
    'nobody keeps a stream',
    'unwatched/unwatched unknown/up',
    'Nobody keeps a stream to ceres at this moment, so nobody can say.',
  ],
  ['nobody is meant to watch', '', 'No other member that is here is meant to watch ceres.'],
  [
    'all paths lose messages',
    'lossy/lossy up/lossy',
    "All 2 peers hear ceres; much is lost between ceres and b and c: the fault is on ceres's side.",
  ],
  [
    'one path loses messages, as its other end measures',
    'up/up up/lossy',
    'All 2 peers hear ceres; much is lost between ceres and c.',
  ],
  [
    'two things are wrong',
    'up/up silent/silent up/silent',
    '2 of 3 peers hear ceres; c does not, and ceres does not hear c: the path between them is broken; ceres does not hear d: the way from d to it is broken.',
  ],
  [
    'many names are cut',
    `up/up ${'silent/silent '.repeat(5)}`,
    '1 of 6 peers hears ceres; c, d, e and 2 more do not, and ceres does not hear c, d, e and 2 more: the paths between them are broken.',
  ],
] as const) {
  test(`${title}: the conclusion says so`, () => assert.equal(conclusion(pairs), expected));
}

test('a member that has left is not called broken', () => {
  assert.equal(
    conclusion('silent/unknown unwatched/unknown', 'left'),
    'ceres has left; that nobody hears it is no fault.',
  );
});
