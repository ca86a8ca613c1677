// What crosses the wire comes back the same; what is malformed is refused with a reason and never reaches a core.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PeerMessage } from '../../src/agent/environment.ts';
import { decodeFrame, encodeMessage, FrameError, helloFrame } from '../../src/agent/grpc/codec.ts';
import type { Frame, Frame__Output } from '../../src/api/gen/clusteros/v1/Frame.ts';
import { v1 } from '../../src/api/proto.ts';
import { claimBytesMax } from '../../src/membership/limits.ts';
import type { CarriedRecord } from '../../src/membership/member.ts';

const { requestSerialize, requestDeserialize } = v1.PeerService.service.Exchange;
const overTheWire = (frame: Frame): Frame__Output => requestDeserialize(requestSerialize(frame));

const id = '0123456789abcdef0123456789abcdef';
const key = Buffer.alloc(32, 7).toString('base64');
const signature = Buffer.alloc(64, 9).toString('base64');
const record: CarriedRecord = {
  signed: { body: '{"id":"..."}', publicKey: key, signature },
  accusations: [{ observer: id, evidence: 'gone', publicKey: key, signature }],
};
const envelope = { clusterId: id, term: 4 };

const messages: PeerMessage[] = [
  {
    layer: 'membership',
    message: { kind: 'ping', seq: 1, digest: 2 ** 52 - 1, rttMs: 0.5, loss: 0.25, records: [record] },
  },
  { layer: 'membership', message: { kind: 'ack', seq: 1, digest: 3, records: [] } },
  { layer: 'membership', message: { kind: 'ping-request', seq: 2, subject: id } },
  { layer: 'membership', message: { kind: 'ping-report', seq: 2, subject: id, reached: true } },
  { layer: 'membership', message: { kind: 'records', records: [record, record], buckets: [0, 31] } },
  { layer: 'membership', message: { kind: 'buckets', digests: [0, 2 ** 52 - 1] } },
  { layer: 'membership', message: { kind: 'twin', epoch: 4, address: '100.64.0.3:7443' } },
  {
    layer: 'election',
    message: {
      ...{ kind: 'vote-request', ...envelope, preVote: true, transfer: false },
      ...{ lastLogIndex: 5, lastLogTerm: 3 },
    },
  },
  { layer: 'election', message: { kind: 'timeout-now', ...envelope } },
  { layer: 'election', message: { kind: 'log-lost', ...envelope, matchIndex: 12 } },
  {
    layer: 'election',
    message: {
      ...{ kind: 'snapshot-offer', ...envelope, index: 9, checksum: '0a1b2c3d', lastTerm: 2, bytes: 70_000 },
      ...{ leads: true, round: 4 },
    },
  },
  {
    layer: 'election',
    message: { kind: 'snapshot-request', clusterId: id, index: 9, checksum: '0a1b2c3d', offset: 65_536 },
  },
  {
    layer: 'election',
    message: {
      ...{ kind: 'snapshot-chunk', clusterId: id, index: 9, checksum: '0a1b2c3d', offset: 65_536 },
      data: new Uint8Array([1, 2, 255]),
    },
  },
  { layer: 'election', message: { kind: 'vote-reply', ...envelope, preVote: false, granted: true } },
  {
    layer: 'election',
    message: {
      ...{ kind: 'append-request', ...envelope, prevLogIndex: 4, prevLogTerm: 3, commitIndex: 4, round: 12 },
      ...{ echo: 11, confirmed: 10 },
      entries: [
        { index: 5, term: 4, payload: { kind: 'noop' } },
        {
          index: 6,
          term: 4,
          payload: { kind: 'command', command: { kind: 'admit', node: id, name: 'atlas' } },
        },
        {
          index: 7,
          term: 4,
          payload: { kind: 'configuration', configuration: { voters: [id], outgoing: [], learners: [] } },
        },
      ],
    },
  },
  {
    layer: 'election',
    message: { kind: 'append-reply', ...envelope, success: true, matchIndex: 7, conflictIndex: 0, round: 12 },
  },
  { layer: 'election', message: { kind: 'commit-notice', ...envelope, commitIndex: 9, leader: '' } },
  { layer: 'election', message: { kind: 'fetch-request', clusterId: id, nextIndex: 3 } },
  {
    layer: 'election',
    message: {
      ...{ kind: 'fetch-reply', clusterId: id, prevLogIndex: 4, prevLogTerm: 3, commitIndex: 9 },
      entries: [{ index: 5, term: 4, payload: { kind: 'noop' } }],
    },
  },
];

test('every message comes back the same', () => {
  for (const message of messages) {
    assert.deepEqual(decodeFrame(overTheWire(encodeMessage(message))), { kind: 'message', message });
  }
  const greeting = {
    ...{ epoch: 2, boot: '0a1b', name: 'atlas', address: '[fd7a:115c:a1e0::1]:7443' },
    device: 'nCXmUjaB2411CNTRL',
    record: {
      ...{ body: '{}', publicKey: Buffer.alloc(32, 1).toString('base64') },
      signature: Buffer.alloc(64, 2).toString('base64'),
    },
  };
  assert.deepEqual(decodeFrame(overTheWire(helloFrame(greeting, 1))), {
    kind: 'hello',
    greeting,
    protocol: 1,
  });
});

test('malformed content is refused with the reason', () => {
  const wire = { body: '{}', publicKey: Buffer.alloc(32), signature: Buffer.alloc(64) };
  const records = (change: object) => overTheWire({ records: { records: [{ ...wire, ...change }] } });
  const accused = (change: object) =>
    records({ accusations: [{ observer: id, evidence: 'gone', ...change }] });
  const append = (payload: string, index = 5) =>
    overTheWire({
      appendRequest: {
        ...envelope,
        prevLogIndex: 4,
        entries: [{ index, term: 1, payload: Buffer.from(payload) }],
      },
    });
  const cases: [Frame__Output, RegExp][] = [
    [overTheWire({}), /empty or of a newer protocol/],
    [records({ body: 'x'.repeat(claimBytesMax + 1) }), /a record is longer than/],
    [accused({ observer: 'short' }), /observer is not an id/],
    [accused({ evidence: 'rumour' }), /unknown evidence "rumour"/],
    [overTheWire({ hello: { epoch: '9007199254740993', address: 'a:1' } }), /epoch is not a whole number/],
    [overTheWire({ hello: { address: 'nowhere' } }), /not HOST:PORT/],
    [overTheWire({ hello: { address: 'a:1', name: 'x'.repeat(5000) } }), /name is longer than/],
    [overTheWire({ ping: { loss: Number.NaN } }), /loss is not between 0 and 1/],
    [overTheWire({ buckets: { digests: Array(1000).fill(1) } }), /digests holds more than/],
    [append('{'), /log entry 5 is not JSON/],
    [append('{"kind":"command","command":{"kind":"dance"}}'), /unknown command dance/],
    [append('{"kind":"command","command":{"kind":"admit","node":7}}'), /the command admit is malformed/],
    [append('{"kind":"noop"}', 9), /log entry 9 stands where 5 should/],
  ];
  for (const [frame, expected] of cases) {
    assert.throws(
      () => decodeFrame(frame),
      (error: Error) => error instanceof FrameError && expected.test(error.message),
      String(expected),
    );
  }
});

test('no bytes whatever bring down the decoder with anything but a refusal', () => {
  const garbage = fc.uint8Array({ maxLength: 200 });
  const damaged = fc
    .tuple(fc.constantFrom(...messages), fc.nat(), fc.integer({ min: 0, max: 255 }))
    .map(([message, at, byte]) => {
      const bytes = requestSerialize(encodeMessage(message));
      bytes[at % bytes.length] = byte;
      return new Uint8Array(bytes);
    });
  fc.assert(
    fc.property(fc.oneof(garbage, damaged), bytes => {
      let frame: Frame__Output;
      try {
        frame = requestDeserialize(Buffer.from(bytes));
      } catch {
        return; // gRPC itself refuses what is no protobuf
      }
      try {
        decodeFrame(frame);
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});
