// What crosses the wire comes back the same; what is malformed is refused with a reason and never reaches a core.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PeerMessage } from '../../src/agent/environment.ts';
import { decodeFrame, encodeMessage, FrameError, helloFrame } from '../../src/agent/grpc/codec.ts';
import type { Frame, Frame__Output } from '../../src/api/gen/clusteros/v1/Frame.ts';
import { v1 } from '../../src/api/proto.ts';
import type { MemberRecord } from '../../src/membership/member.ts';

const { requestSerialize, requestDeserialize } = v1.PeerService.service.Exchange;
const overTheWire = (frame: Frame): Frame__Output => requestDeserialize(requestSerialize(frame));

const id = '0123456789abcdef0123456789abcdef';
const record: MemberRecord = {
  ...{
    id,
    epoch: 3,
    incarnation: 7,
    state: 'suspect',
    name: 'atlas',
    address: '100.64.0.1:7443',
    version: '1.0.0',
  },
  ...{ clusterId: id, clusterSize: 3, capabilities: ['cores=8', 'slurm-worker'], accusers: [id] },
  services: [
    {
      service: 'slurm',
      role: 'worker',
      token: 9,
      state: 'failing',
      step: 'slurmd',
      reason: 'slurmd-missing',
      detail: 'install slurmd',
    },
  ],
};
const envelope = { clusterId: id, term: 4 };

const messages: PeerMessage[] = [
  { layer: 'membership', message: { kind: 'ping', seq: 1, records: [record] } },
  { layer: 'membership', message: { kind: 'ack', seq: 1, records: [] } },
  { layer: 'membership', message: { kind: 'ping-request', seq: 2, subject: id } },
  { layer: 'membership', message: { kind: 'ping-report', seq: 2, subject: id, reached: true } },
  {
    layer: 'membership',
    message: { kind: 'records', records: [record, { ...record, state: 'left', clusterId: '' }], full: true },
  },
  { layer: 'membership', message: { kind: 'digest', digest: 2 ** 52 - 1, members: 3 } },
  {
    layer: 'election',
    message: { kind: 'vote-request', ...envelope, preVote: true, lastLogIndex: 5, lastLogTerm: 3 },
  },
  { layer: 'election', message: { kind: 'vote-reply', ...envelope, preVote: false, granted: true } },
  {
    layer: 'election',
    message: {
      ...{ kind: 'append-request', ...envelope, prevLogIndex: 4, prevLogTerm: 3, commitIndex: 4, round: 12 },
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
];

test('every message comes back the same', () => {
  for (const message of messages) {
    assert.deepEqual(decodeFrame(overTheWire(encodeMessage(message))), { kind: 'message', message });
  }
  const greeting = { epoch: 2, name: 'atlas', address: '[fd7a:115c:a1e0::1]:7443' };
  assert.deepEqual(decodeFrame(overTheWire(helloFrame(greeting, 1))), {
    kind: 'hello',
    greeting,
    protocol: 1,
  });
});

test('malformed content is refused with the reason', () => {
  const records = (change: object) =>
    overTheWire({ records: { records: [{ ...record, ...change } as never] } });
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
    [records({ id: 'short' }), /id is not an id/],
    [records({ state: 'zombie' }), /unknown member state "zombie"/],
    [records({ epoch: '9007199254740993' }), /epoch is not a whole number/],
    [records({ address: 'nowhere' }), /not HOST:PORT/],
    [records({ name: 'x'.repeat(5000) }), /name is longer than/],
    [records({ capabilities: Array(1000).fill('x') }), /capabilities holds more than/],
    [records({ services: [{ ...record.services[0], state: 'odd' }] }), /unknown service state/],
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
