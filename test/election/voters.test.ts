// Who votes: never two, never fewer than before, a failed one replaced after a while, and an operator's word counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { replaceVoterAfterMs, spreadVotersAfterMs, standbysMax } from '../../src/election/limits.ts';
import type { Configuration } from '../../src/election/quorum.ts';
import { decideConfiguration, explainVoter, type VoterCandidate } from '../../src/election/voters.ts';

const longMs = Math.max(replaceVoterAfterMs, spreadVotersAfterMs);

function node(id: string, change: Partial<VoterCandidate> = {}): VoterCandidate {
  return {
    ...{
      id,
      alive: true,
      trouble: '',
      handicap: '',
      forMs: longMs,
      caughtUp: true,
      site: '',
      wish: undefined,
    },
    ...change,
  };
}

const voting = (voters: string, learners = ''): Configuration => ({
  voters: [...voters],
  outgoing: [],
  learners: [...learners],
});

/** What comes out when the leader `self` asks, as two words: voters and stand-bys, sorted. */
function chosen(present: Configuration, nodes: readonly VoterCandidate[], wanted = 3, self = 'a'): string {
  const choice = decideConfiguration(present, nodes, wanted, self) ?? present;
  return [choice.voters, choice.learners].map(ids => [...ids].sort().join('')).join(' ');
}

test('newcomers come in as stand-bys, and one voter becomes three at once', () => {
  const fresh = { caughtUp: false };
  assert.equal(chosen(voting('a'), [node('a'), node('b', fresh)]), 'a b');
  assert.equal(chosen(voting('a', 'b'), [node('a'), node('b')]), 'a b', 'two nodes have one voter');
  assert.equal(chosen(voting('a', 'bc'), [node('a'), node('b'), node('c', fresh)]), 'a bc');
  assert.equal(chosen(voting('a', 'bc'), [node('a'), node('b'), node('c')]), 'abc ');
});

test('a voter that is silent is replaced after a while, and only by one that lacks nothing', () => {
  const nodes = (forMs: number, caughtUp = true) => [
    ...[node('a'), node('b'), node('c', { alive: false, forMs }), node('d', { caughtUp })],
  ];
  const present = voting('abc', 'd');
  assert.equal(chosen(present, nodes(replaceVoterAfterMs - 1)), 'abc d', 'a reboot takes less');
  assert.equal(chosen(present, nodes(replaceVoterAfterMs, false)), 'abc d');
  assert.equal(chosen(present, nodes(replaceVoterAfterMs)), 'abd ');
  assert.equal(chosen(voting('abc'), nodes(replaceVoterAfterMs).slice(0, 3)), 'abc ', 'nobody else is there');
});

test('a degraded voter gives its place to a sound one, and a degraded stand-by is the last choice', () => {
  const degraded = { trouble: 'degraded' };
  const present = voting('abc', 'de');
  const nodes = [node('a'), node('b'), node('c', degraded), node('d', degraded), node('e')];
  assert.equal(chosen(present, nodes), 'abe cd');
  assert.equal(chosen(voting('abc', 'd'), nodes.slice(0, 4)), 'abc d', 'no better than the one it has');
});

test('a node on a radio link, or behind a relay, or that flaps is the last choice, and makes room in time', () => {
  const wireless = { handicap: 'wireless' };
  const growing = [node('a'), node('b', wireless), node('c'), node('d')];
  assert.equal(chosen(voting('a'), growing), 'a cd', 'three others are there, and one of them is not asked');
  assert.equal(chosen(voting('a'), growing.slice(0, 3)), 'a bc', 'it is asked when there is no other');
  const flapping = [node('a'), node('b', { forMs: 1000 }), node('c'), node('d')];
  assert.equal(chosen(voting('a'), flapping), 'a cd');
  const settled = [node('a'), node('b', wireless), node('c'), node('d')];
  assert.equal(chosen(voting('abc', 'd'), settled), 'acd b');
  const young = settled.map(each => ({ ...each, forMs: spreadVotersAfterMs - 1 }));
  assert.equal(chosen(voting('abc', 'd'), young), 'abc d', 'it is no emergency');
  const remote = [node('a', { site: 'n' }), node('b', { site: 'n' }), node('c', { site: 'n' })];
  const relayed = node('d', { site: 's', handicap: 'relayed' });
  assert.equal(
    chosen(voting('abc', 'd'), [...remote, relayed]),
    'abc d',
    'another site is not worth a bad path',
  );
  assert.match(explainVoter('b', voting('abc', 'd'), young, 3), /^a wireless path, so it is the last choice/);
});

test('voters that an operator removed are replaced, and where nobody can there are fewer, never two', () => {
  assert.equal(chosen(voting('abc', 'd'), [node('a'), node('b'), node('d')]), 'abd ');
  assert.equal(chosen(voting('abc'), [node('a'), node('b')]), 'a b', 'two nodes have one voter');
  assert.equal(chosen(voting('abcde'), [node('a'), node('b'), node('c')], 5), 'abc ');
  assert.equal(chosen(voting('abcde'), [node('a'), node('b')], 5, 'b'), 'b a', 'who leads stays');
});

test('an operator’s word: one shall vote, one shall not, and the leader goes last', () => {
  const nodes = (change: Record<string, Partial<VoterCandidate>>) =>
    [...'abcd'].map(id => node(id, change[id]));
  const present = voting('abc', 'd');
  assert.equal(chosen(present, nodes({ d: { wish: 'always' } })), 'acd b', 'a leads, so b makes room');
  assert.equal(chosen(present, nodes({ c: { wish: 'never' } })), 'abd ', 'and it is no stand-by either');
  assert.equal(chosen(present, nodes({ d: { wish: 'never' } })), 'abc ');
  assert.equal(
    chosen(voting('abc'), nodes({ c: { wish: 'never' } }).slice(0, 3)),
    'abc ',
    'nobody else is there',
  );
});

test('voters are spread over sites, once everybody has been well for long', () => {
  const sites = (forMs: number) => [
    ...[node('a', { site: 'n' }), node('b', { site: 'n' }), node('c', { site: 's' })],
    node('d', { site: 'w', forMs }),
  ];
  assert.equal(chosen(voting('abc', 'd'), sites(spreadVotersAfterMs - 1)), 'abc d');
  assert.equal(chosen(voting('abc', 'd'), sites(spreadVotersAfterMs)), 'acd b');
  const growing = [node('a', { site: 'n' }), node('b', { site: 'n' }), node('c', { site: 's' }), node('d')];
  assert.equal(chosen(voting('a'), growing), 'a bc', 'c is elsewhere, b has the lower id');
});

test('five when an operator wants five, and fewer again; two or four never', () => {
  const nodes = [...'abcde'].map(id => node(id));
  assert.equal(chosen(voting('abc', 'de'), nodes, 5), 'abcde ');
  assert.equal(chosen(voting('abc', 'd'), nodes.slice(0, 4), 5), 'abc d', 'four nodes have three voters');
  const silent = nodes.map(each => (each.id === 'b' ? { ...each, alive: false, forMs: 0 } : each));
  assert.equal(chosen(voting('abcde'), silent, 3), 'acd e', 'the silent one goes first');
});

test('property: 1, 3 or 5 voters, never fewer than before unless wanted, at most two stand-bys, one change at a time', () => {
  const anyNode = (id: string) =>
    fc.record({
      ...{
        id: fc.constant(id),
        alive: fc.boolean(),
        trouble: fc.constantFrom('', 'degraded', 'disk-full'),
        handicap: fc.constantFrom('', 'wireless'),
        caughtUp: fc.boolean(),
      },
      forMs: fc.constantFrom(0, replaceVoterAfterMs, longMs),
      site: fc.constantFrom('', 'n', 's', 'w'),
      wish: fc.constantFrom(undefined, 'always', 'never') as fc.Arbitrary<VoterCandidate['wish']>,
    });
  const ids = [...'abcdefgh'];
  const arbitrary = fc.record({
    nodes: fc.tuple(...ids.map(anyNode)),
    voters: fc.constantFrom(1, 3, 5),
    learners: fc.integer({ min: 0, max: 2 }),
    wanted: fc.constantFrom(1, 3, 5),
  });
  fc.assert(
    fc.property(arbitrary, ({ nodes, voters, learners, wanted }) => {
      const present: Configuration = {
        voters: ids.slice(0, voters),
        outgoing: [],
        learners: ids.slice(voters, voters + learners),
      };
      const choice = decideConfiguration(present, nodes, wanted, 'a');
      if (!choice) return;
      assert.ok([1, 3, 5].includes(choice.voters.length));
      assert.ok(choice.voters.length >= Math.min(voters, wanted), 'never fewer than before unless wanted');
      assert.equal(
        new Set([...choice.voters, ...choice.learners]).size,
        choice.voters.length + choice.learners.length,
      );
      assert.ok(choice.learners.length <= standbysMax);
      const fresh = choice.voters.filter(id => !present.voters.includes(id));
      assert.ok(
        fresh.every(id => present.learners.includes(id)),
        'always a learner first',
      );
      assert.ok(choice.voters.length !== voters || fresh.length <= 1, 'one replacement at a time');
    }),
    { seed: 4, numRuns: 3000 },
  );
});

test('each choice has its reason', () => {
  const nodes = [
    ...[node('a'), node('b', { alive: false, forMs: 41_000 }), node('c', { wish: 'never' }), node('d')],
    ...[node('e', { caughtUp: false, wish: 'always' }), node('f'), node('g', { trouble: 'degraded' })],
  ];
  const present = voting('abc', 'de');
  const why = (id: string) => explainVoter(id, present, nodes, 3);
  assert.equal(why('a'), 'one of the 3 chosen');
  assert.match(why('b'), /^silent for 41 s; replaced when/);
  assert.match(why('c'), /^an operator wants it not to vote; replaced when/);
  assert.equal(why('d'), 'up to date, takes the place of a voter');
  assert.equal(why('e'), 'an operator wants it to vote; catching up');
  assert.equal(why('f'), '3 voters and 2 stand-bys are enough');
  assert.match(why('g'), /^most of its messages are late or lost/);
  assert.equal(why('z'), 'it is not admitted');
});
