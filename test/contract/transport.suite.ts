// What every peer transport must do, the real one and its in-memory twin alike.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { PeerMessage, PeerTransport, TransportEvent } from '../../src/agent/environment.ts';

/** One side under test: a transport that has not been opened, and where it will listen. */
export interface Side {
  readonly transport: PeerTransport;
  readonly id: string;
  readonly address: string;
}

export interface TransportFixture {
  /** Makes a side; sides with equal `key` hold the same cluster key. The number tells identities apart, the place (the number by default) addresses. */
  side(number: number, key: string, place?: number): Promise<Side>;
  /** Lets what is under way happen until `done`, for a bounded time. */
  until(done: () => boolean, what: string): Promise<void>;
}

const ping = (seq: number): PeerMessage => ({
  layer: 'membership',
  message: { kind: 'ping', seq, digest: 0, rttMs: 0, loss: 0, records: [] },
});

/** Declares the suite for the transport that `fixture` makes. */
export function transportSuite(name: string, makeFixture: () => TransportFixture): void {
  const open = async (t: TestContext, side: Side, epoch: number, boot = `boot ${side.address}`) => {
    t.after(() => side.transport.close());
    const events: TransportEvent[] = [];
    const greeting = { epoch, boot, name: `side-${side.id.slice(0, 4)}`, address: side.address };
    await side.transport.open(greeting, event => events.push(event));
    const count = (kind: TransportEvent['kind']) => events.filter(event => event.kind === kind).length;
    return { ...side, events, count };
  };

  test(`${name}: a dial connects both sides, and each knows the id of the other`, async t => {
    const fixture = makeFixture();
    const a = await open(t, await fixture.side(1, 'k'), 1);
    const b = await open(t, await fixture.side(2, 'k'), 1);
    a.transport.dial(b.address);
    await fixture.until(() => a.count('up') > 0 && b.count('up') > 0, 'both are up');
    assert.deepEqual(a.events[0], { kind: 'up', id: b.id, address: b.address, epoch: 1 });
    assert.deepEqual(b.events[0], { kind: 'up', id: a.id, address: a.address, epoch: 1 });
  });

  test(`${name}: messages arrive in the order in which they were sent, both ways`, async t => {
    const fixture = makeFixture();
    const a = await open(t, await fixture.side(1, 'k'), 1);
    const b = await open(t, await fixture.side(2, 'k'), 1);
    a.transport.dial(b.address);
    await fixture.until(() => a.count('up') > 0 && b.count('up') > 0, 'both are up');
    for (let seq = 1; seq <= 50; seq++) {
      a.transport.send(b.id, ping(seq));
      b.transport.send(a.id, ping(seq));
      // The twin delays each message by chance; order is kept between messages that do not overtake on the way.
      await fixture.until(() => a.count('message') === seq && b.count('message') === seq, `message ${seq}`);
    }
    for (const side of [a, b]) {
      const seqs = side.events.flatMap(event =>
        event.kind === 'message' && event.message.message.kind === 'ping' ? [event.message.message.seq] : [],
      );
      assert.deepEqual(
        seqs,
        Array.from({ length: 50 }, (_, i) => i + 1),
      );
    }
  });

  test(`${name}: two that dial each other at once keep one stream that works both ways`, async t => {
    const fixture = makeFixture();
    const a = await open(t, await fixture.side(1, 'k'), 1);
    const b = await open(t, await fixture.side(2, 'k'), 1);
    a.transport.dial(b.address);
    b.transport.dial(a.address);
    const settled = (side: typeof a) => side.count('up') > side.count('down');
    await fixture.until(() => settled(a) && settled(b), 'both are up');
    let seq = 0;
    const both = () => {
      seq += 1;
      a.transport.send(b.id, ping(seq));
      b.transport.send(a.id, ping(seq));
      return a.count('message') > 0 && b.count('message') > 0;
    };
    await fixture.until(both, 'messages pass both ways');
  });

  test(`${name}: another cluster key is refused on both sides, with the reason`, async t => {
    const fixture = makeFixture();
    const a = await open(t, await fixture.side(1, 'k'), 1);
    const stranger = await open(t, await fixture.side(2, 'another'), 1);
    stranger.transport.dial(a.address);
    await fixture.until(
      () => stranger.count('unreachable') > 0 && a.count('turned-away') > 0,
      'the refusal is told on both sides',
    );
    const told = stranger.events.find(event => event.kind === 'unreachable');
    assert.equal(told?.kind === 'unreachable' && told.reason, 'key-refused');
    const heard = a.events.find(event => event.kind === 'turned-away');
    assert.equal(heard?.kind === 'turned-away' && heard.reason, 'key-refused');
    assert.equal(a.count('up') + stranger.count('up'), 0, 'no stream is opened');
  });

  test(`${name}: nobody listens there, and the dialler is told`, async t => {
    const fixture = makeFixture();
    const a = await open(t, await fixture.side(1, 'k'), 1);
    const nobody = await fixture.side(2, 'k');
    a.transport.dial(nobody.address);
    await fixture.until(() => a.count('unreachable') > 0, 'unreachable');
    assert.equal(a.events[0]?.kind === 'unreachable' && a.events[0].reason, 'refused');
  });

  test(`${name}: the own address is recognised`, async t => {
    const fixture = makeFixture();
    const a = await open(t, await fixture.side(1, 'k'), 1);
    a.transport.dial(a.address);
    await fixture.until(() => a.count('own-address') > 0, 'own address');
    assert.equal(a.count('up'), 0);
  });

  test(`${name}: when one side closes, the other hears that the stream is down`, async t => {
    const fixture = makeFixture();
    const a = await open(t, await fixture.side(1, 'k'), 1);
    const b = await open(t, await fixture.side(2, 'k'), 1);
    a.transport.dial(b.address);
    await fixture.until(() => a.count('up') > 0 && b.count('up') > 0, 'both are up');
    await b.transport.close();
    await fixture.until(() => a.count('down') > 0, 'down');
    a.transport.send(b.id, ping(1));
  });

  test(`${name}: a stream that one side ends by intent is closed for the other, not reset, and can be dialled again`, async t => {
    const fixture = makeFixture();
    const a = await open(t, await fixture.side(1, 'k'), 1);
    const b = await open(t, await fixture.side(2, 'k'), 1);
    for (const [near, far] of [
      [a, b],
      [b, a],
    ] as const) {
      const [ups, downs, ownDowns] = [far.count('up'), far.count('down'), near.count('down')];
      a.transport.dial(b.address);
      await fixture.until(() => far.count('up') > ups && near.count('up') > 0, 'both are up');
      near.transport.disconnect(far.id);
      await fixture.until(() => far.count('down') > downs, 'down');
      const down = far.events.findLast(event => event.kind === 'down');
      assert.deepEqual(down, { kind: 'down', id: near.id, reason: 'closed' });
      assert.equal(near.count('down'), ownDowns, 'whoever ends it is not told');
    }
  });

  test(`${name}: a knock tells whether the machine answers and whether anybody is at home`, async t => {
    const fixture = makeFixture();
    const a = await open(t, await fixture.side(1, 'k'), 1);
    const b = await open(t, await fixture.side(2, 'k'), 1);
    const nobody = await fixture.side(3, 'k');
    a.transport.knock(b.address);
    a.transport.knock(nobody.address);
    await fixture.until(() => a.count('knocked') === 2, 'both answers');
    const outcomes = a.events.flatMap(event =>
      event.kind === 'knocked' ? [[event.address, event.outcome]] : [],
    );
    assert.deepEqual(
      outcomes.toSorted(),
      [
        [b.address, 'accepted'],
        [nobody.address, 'refused'],
      ].toSorted(),
    );
    assert.equal(b.count('turned-away') + b.count('up'), 0, 'a knock is no news on the other side');
  });

  test(`${name}: whoever moves is found where it listens now, says so, and is not where it was`, async t => {
    const fixture = makeFixture();
    const a = await open(t, await fixture.side(1, 'k'), 1);
    const b = await open(t, await fixture.side(2, 'k'), 1);
    const { address } = await fixture.side(3, 'k');
    await b.transport.move(address);
    a.transport.dial(address);
    await fixture.until(() => a.count('up') > 0 && b.count('up') > 0, 'both are up');
    a.transport.disconnect(b.id);
    b.transport.dial(a.address);
    await fixture.until(() => a.count('up') > 1, 'the other way');
    const up = a.events.findLast(event => event.kind === 'up');
    assert.deepEqual(up, { kind: 'up', id: b.id, address, epoch: 1 });
    a.transport.disconnect(b.id);
    a.transport.dial(b.address);
    await fixture.until(() => a.count('unreachable') > 0, 'nobody is at the former address');
  });

  test(`${name}: a process with a copy of this identity is recognised as a twin, on both sides`, async t => {
    const fixture = makeFixture();
    const a = await open(t, await fixture.side(1, 'k'), 3);
    const clone = await open(t, await fixture.side(1, 'k', 2), 4, 'another boot');
    clone.transport.dial(a.address);
    await fixture.until(() => a.count('twin') > 0 && clone.count('twin') > 0, 'both are told');
    assert.deepEqual(a.events, [{ kind: 'twin', address: clone.address, epoch: 4 }]);
    assert.deepEqual(clone.events, [{ kind: 'twin', address: a.address, epoch: 3 }]);
  });
}
