// Who is fed what and when, and who is given up, on a virtual clock.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerAddress } from '../../src/agent/grpc/peer-calls.ts';
import type { FollowEvents, StateLink } from '../../src/agent/grpc/state-link.ts';
import { stateFollowersMax, stateSilenceMs } from '../../src/agent/limits.ts';
import { StateFeed } from '../../src/agent/state-feed.ts';
import { StateFollower } from '../../src/agent/state-follower.ts';
import { realDisk } from '../../src/integrations/state-copy/disk.ts';
import { CopyStore } from '../../src/integrations/state-copy/store.ts';
import { manifestOf, temporaryFolder } from '../integrations/state-folder.ts';
import { Timeline } from '../simulation/timeline.ts';

function clock() {
  const timeline = new Timeline();
  return {
    nowMs: () => timeline.nowMs,
    setTimer: (delayMs: number, run: () => void) => timeline.after(delayMs, run),
    pass(durationMs: number) {
      const limitMs = timeline.nowMs + durationMs;
      while (timeline.next(limitMs));
    },
  };
}

const state = (generation: number) => manifestOf(7, generation, { job_state: `${generation}` }).manifest;
const held = (generation: number) => ({ held: { token: 7, generation }, done: generation });
const nothing = { held: undefined, done: 0 };

/** A candidate's link that notes what it was told. */
function candidate() {
  const told: (string | number)[] = [];
  return {
    told,
    link: {
      send: (manifest: { generation: number }, base: { generation: number } | undefined) =>
        void told.push(base ? `${manifest.generation} on ${base.generation}` : manifest.generation),
      beat: () => {},
      end: (reason: string) => void told.push(reason),
    },
  };
}

test('a candidate that is slow skips generations: the next one comes when it has dealt with the last', () => {
  const feed = new StateFeed(clock());
  const { link, told } = candidate();
  feed.show(state(1));
  const follower = feed.join('a', link, nothing);
  for (const generation of [2, 3, 4]) feed.show(state(generation));
  assert.deepEqual(told, [1]);
  follower?.heard(held(1));
  assert.deepEqual(told, [1, '4 on 1']);
  follower?.heard(held(1));
  assert.deepEqual(told, [1, '4 on 1'], 'a sign of life is no answer');
  follower?.heard(held(4));
  assert.deepEqual(told, [1, '4 on 1']);
  feed.close();
});

test('a generation that a candidate could not take is shown again with the next beat', () => {
  const time = clock();
  const feed = new StateFeed(time);
  const { link, told } = candidate();
  feed.show(state(1));
  const follower = feed.join('a', link, nothing);
  follower?.heard({ held: undefined, done: 1 });
  assert.deepEqual(told, [1], 'not at once, or the two would go round in a circle');
  time.pass(1500);
  assert.deepEqual(told, [1, '1 on 1']);
  feed.close();
});

test('a candidate that says nothing any more is given up, and one that says something is not', () => {
  const time = clock();
  const feed = new StateFeed(time);
  const [silent, alive] = [candidate(), candidate()];
  feed.join('silent', silent.link, nothing);
  const follower = feed.join('alive', alive.link, nothing);
  for (let passedMs = 0; passedMs < stateSilenceMs * 2; passedMs += 500) {
    time.pass(500);
    follower?.heard(nothing);
  }
  assert.deepEqual(silent.told, ['nothing was heard']);
  assert.deepEqual(
    feed.followers().map(({ id }) => id),
    ['alive'],
  );
  feed.close();
});

test('a candidate that comes again replaces its former stream, and there is an end to how many may come', () => {
  const feed = new StateFeed(clock());
  const [first, second] = [candidate(), candidate()];
  const former = feed.join('a', first.link, nothing);
  feed.join('a', second.link, nothing);
  former?.gone();
  feed.show(state(1));
  assert.deepEqual(first.told, ['another stream of yours has taken its place']);
  assert.deepEqual(second.told, [1]);
  for (let i = 1; i < stateFollowersMax; i++) assert.ok(feed.join(`${i}`, candidate().link, nothing));
  assert.equal(feed.join('one more', candidate().link, nothing), undefined);
  feed.close();
});

test('a holder that says nothing any more is asked anew', async t => {
  const time = clock();
  const asked: { readonly events: FollowEvents; closed: boolean }[] = [];
  const link = (_peer: PeerAddress): StateLink => {
    const mine = { events: undefined as unknown as FollowEvents, closed: false };
    return {
      follow: async (_word, events) => {
        mine.events = events;
        asked.push(mine);
        return () => {};
      },
      contents: async () => 0,
      describe: async () => undefined,
      manifest: async () => undefined,
      close: () => {
        mine.closed = true;
      },
    };
  };
  const store = await CopyStore.open(await temporaryFolder(t), realDisk());
  const follower = new StateFollower({ ...time, store, link, onCommitted: () => {} });
  follower.follow({ id: 'holder', address: 'somewhere' });
  for (let passedMs = 0; passedMs < stateSilenceMs * 2; passedMs += 500) {
    time.pass(500);
    asked[0]?.events.onHeard();
  }
  assert.equal(asked.length, 1, 'while it beats it is listened to');
  time.pass(stateSilenceMs * 2);
  assert.equal(asked[0]?.closed, true);
  assert.ok(asked.length >= 2);
  assert.equal(follower.status.trouble, 'nothing was heard');
  follower.follow(undefined);
});
