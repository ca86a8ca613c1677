// Between the frames on the wire and the values of the cores. What a peer sends is not trusted: a frame that is not
// well formed is refused with the reason, and nothing of it reaches a core.
import type { Accusation__Output } from '../../api/gen/clusteros/v1/Accusation.ts';
import type { Answer__Output } from '../../api/gen/clusteros/v1/Answer.ts';
import type { Frame, Frame__Output } from '../../api/gen/clusteros/v1/Frame.ts';
import type {
  MemberRecord__Output,
  MemberRecord as WireRecord,
} from '../../api/gen/clusteros/v1/MemberRecord.ts';
import type { Question__Output } from '../../api/gen/clusteros/v1/Question.ts';
import { type Entry, payloadFrom } from '../../election/command.ts';
import type { ElectionMessage } from '../../election/messages.ts';
import { claimBytesMax } from '../../membership/limits.ts';
import { type Accusation, type CarriedRecord, evidences } from '../../membership/member.ts';
import type { MembershipMessage } from '../../membership/messages.ts';
import type { Greeting, PeerMessage } from '../environment.ts';

export type Decoded =
  | { readonly kind: 'hello'; readonly greeting: Greeting; readonly protocol: number }
  | { readonly kind: 'message'; readonly message: PeerMessage }
  | { readonly kind: 'question'; readonly question: Question__Output }
  | { readonly kind: 'answer'; readonly answer: Answer__Output };

/** A frame that cannot be taken, and why. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

const idPattern = /^[0-9a-f]{32}$/;
const addressPattern = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/;
/** Longest text a record may carry in one field; keeps a table of thousands within memory. */
const textLengthMax = 512;
const listLengthMax = 256;

export function helloFrame(greeting: Greeting, protocol: number): Frame {
  const { epoch, boot, name, address, device = '', record } = greeting;
  const shown = record ? { record: encodeRecord({ signed: record, accusations: [] }) } : {};
  return { hello: { epoch, boot, name, address, device, protocol, ...shown } };
}

export function encodeMessage(message: PeerMessage): Frame {
  return message.layer === 'membership' ? encodeMembership(message.message) : encodeElection(message.message);
}

function encodeMembership(message: MembershipMessage): Frame {
  switch (message.kind) {
    case 'ping': {
      const { seq, digest, rttMs, loss, records } = message;
      return { ping: { seq, digest, rttMs, loss, records: records.map(encodeRecord) } };
    }
    case 'ack': {
      const { seq, digest, records } = message;
      return { ack: { seq, digest, records: records.map(encodeRecord) } };
    }
    case 'ping-request':
      return { pingRequest: { seq: message.seq, subject: message.subject } };
    case 'ping-report':
      return { pingReport: { seq: message.seq, subject: message.subject, reached: message.reached } };
    case 'records':
      return { records: { records: message.records.map(encodeRecord), buckets: [...message.buckets] } };
    case 'buckets':
      return { buckets: { digests: [...message.digests] } };
    case 'twin':
      return { twin: { epoch: message.epoch, address: message.address } };
  }
}

function encodeElection(message: ElectionMessage): Frame {
  switch (message.kind) {
    case 'vote-request': {
      const { kind, ...fields } = message;
      return { voteRequest: fields };
    }
    case 'vote-reply': {
      const { kind, ...fields } = message;
      return { voteReply: fields };
    }
    case 'timeout-now': {
      const { kind, ...fields } = message;
      return { timeoutNow: fields };
    }
    case 'log-lost': {
      const { kind, ...fields } = message;
      return { logLost: fields };
    }
    case 'append-request': {
      const { kind, entries, ...fields } = message;
      return { appendRequest: { ...fields, entries: entries.map(encodeEntry) } };
    }
    case 'append-reply': {
      const { kind, ...fields } = message;
      return { appendReply: fields };
    }
    case 'snapshot-offer': {
      const { kind, ...fields } = message;
      return { snapshotOffer: fields };
    }
    case 'snapshot-request': {
      const { kind, ...fields } = message;
      return { snapshotRequest: fields };
    }
    case 'snapshot-chunk': {
      const { kind, data, ...fields } = message;
      return { snapshotChunk: { ...fields, data: Buffer.from(data) } };
    }
    case 'commit-notice': {
      const { kind, ...fields } = message;
      return { commitNotice: fields };
    }
    case 'fetch-request': {
      const { kind, ...fields } = message;
      return { fetchRequest: fields };
    }
    case 'fetch-reply': {
      const { kind, entries, ...fields } = message;
      return { fetchReply: { ...fields, entries: entries.map(encodeEntry) } };
    }
  }
}

function encodeEntry({ index, term, payload }: Entry) {
  return { index, term, payload: Buffer.from(JSON.stringify(payload)) };
}

function encodeRecord({ signed, accusations }: CarriedRecord): WireRecord {
  return {
    ...{ body: signed.body, publicKey: base64(signed.publicKey), signature: base64(signed.signature) },
    accusations: accusations.map(({ observer, evidence, publicKey, signature }) => ({
      ...{ observer, evidence, publicKey: base64(publicKey), signature: base64(signature) },
    })),
  };
}

const base64 = (text: string) => Buffer.from(text, 'base64');

/** What a frame says. @throws FrameError when it says nothing that can be taken */
export function decodeFrame(frame: Frame__Output): Decoded {
  const membership = (message: MembershipMessage): Decoded => ({
    kind: 'message',
    message: { layer: 'membership', message },
  });
  const election = (message: ElectionMessage): Decoded => ({
    kind: 'message',
    message: { layer: 'election', message },
  });
  switch (frame.body) {
    case 'hello': {
      const { epoch, boot, name, address, device, protocol, record } = frame.hello ?? missing('hello');
      const names = {
        ...{ boot: text(boot, 'boot'), name: text(name, 'name'), address: addressIn(address) },
        device: text(device, 'device'),
      };
      const shown = record ? { record: recordIn(record).signed } : {};
      return { kind: 'hello', greeting: { epoch: count(epoch, 'epoch'), ...names, ...shown }, protocol };
    }
    case 'question':
      return { kind: 'question', question: frame.question ?? missing('question') };
    case 'answer':
      return { kind: 'answer', answer: frame.answer ?? missing('answer') };
    case 'ping': {
      const { seq, digest, rttMs, loss, records } = frame.ping ?? missing('ping');
      const numbers = { seq: count(seq, 'seq'), digest: count(digest, 'digest') };
      const link = { rttMs: atMost(rttMs, 3_600_000, 'rtt_ms'), loss: atMost(loss, 1, 'loss') };
      return membership({ kind: 'ping', ...numbers, ...link, records: recordsIn(records) });
    }
    case 'ack': {
      const { seq, digest, records } = frame.ack ?? missing('ack');
      const numbers = { seq: count(seq, 'seq'), digest: count(digest, 'digest') };
      return membership({ kind: 'ack', ...numbers, records: recordsIn(records) });
    }
    case 'pingRequest': {
      const { seq, subject } = frame.pingRequest ?? missing('ping_request');
      return membership({ kind: 'ping-request', seq: count(seq, 'seq'), subject: id(subject, 'subject') });
    }
    case 'pingReport': {
      const { seq, subject, reached } = frame.pingReport ?? missing('ping_report');
      return membership({
        kind: 'ping-report',
        seq: count(seq, 'seq'),
        subject: id(subject, 'subject'),
        reached,
      });
    }
    case 'records': {
      const { records, buckets } = frame.records ?? missing('records');
      return membership({ kind: 'records', records: recordsIn(records), buckets: list(buckets, 'buckets') });
    }
    case 'buckets': {
      const { digests } = frame.buckets ?? missing('buckets');
      const each = list(digests, 'digests').map(digest => count(digest, 'digest'));
      return membership({ kind: 'buckets', digests: each });
    }
    case 'twin': {
      const { epoch, address } = frame.twin ?? missing('twin');
      return membership({ kind: 'twin', epoch: count(epoch, 'epoch'), address: addressIn(address) });
    }
    case 'voteRequest': {
      const { clusterId, term, preVote, transfer, lastLogIndex, lastLogTerm } =
        frame.voteRequest ?? missing('vote_request');
      const log = {
        lastLogIndex: count(lastLogIndex, 'last_log_index'),
        lastLogTerm: count(lastLogTerm, 'last_log_term'),
      };
      return election({ kind: 'vote-request', ...envelope(clusterId, term), preVote, transfer, ...log });
    }
    case 'timeoutNow': {
      const { clusterId, term } = frame.timeoutNow ?? missing('timeout_now');
      return election({ kind: 'timeout-now', ...envelope(clusterId, term) });
    }
    case 'logLost': {
      const { clusterId, term, matchIndex } = frame.logLost ?? missing('log_lost');
      const log = { matchIndex: count(matchIndex, 'match_index') };
      return election({ kind: 'log-lost', ...envelope(clusterId, term), ...log });
    }
    case 'voteReply': {
      const { clusterId, term, preVote, granted } = frame.voteReply ?? missing('vote_reply');
      return election({ kind: 'vote-reply', ...envelope(clusterId, term), preVote, granted });
    }
    case 'appendRequest': {
      const { clusterId, term, prevLogIndex, prevLogTerm, entries, commitIndex, round, echo, confirmed } =
        frame.appendRequest ?? missing('append_request');
      const prev = {
        prevLogIndex: count(prevLogIndex, 'prev_log_index'),
        prevLogTerm: count(prevLogTerm, 'prev_log_term'),
      };
      return election({
        ...{ kind: 'append-request', ...envelope(clusterId, term), ...prev },
        entries: entries.map((entry, i) => entryIn(entry, prevLogIndex + 1 + i)),
        ...{ commitIndex: count(commitIndex, 'commit_index'), round: count(round, 'round') },
        ...{ echo: count(echo, 'echo'), confirmed: count(confirmed, 'confirmed') },
      });
    }
    case 'appendReply': {
      const { clusterId, term, success, matchIndex, conflictIndex, round } =
        frame.appendReply ?? missing('append_reply');
      return election({
        ...{ kind: 'append-reply', ...envelope(clusterId, term), success, round: count(round, 'round') },
        ...{
          matchIndex: count(matchIndex, 'match_index'),
          conflictIndex: count(conflictIndex, 'conflict_index'),
        },
      });
    }
    case 'snapshotOffer': {
      const { clusterId, term, index, lastTerm, bytes, checksum, leads, round } =
        frame.snapshotOffer ?? missing('snapshot_offer');
      return election({
        ...{ kind: 'snapshot-offer', ...envelope(clusterId, term), ...snapshotName(index, checksum), leads },
        ...{ lastTerm: count(lastTerm, 'last_term'), bytes: count(bytes, 'bytes') },
        round: count(round, 'round'),
      });
    }
    case 'snapshotRequest': {
      const { clusterId, index, checksum, offset } = frame.snapshotRequest ?? missing('snapshot_request');
      return election({
        ...{ kind: 'snapshot-request', clusterId: id(clusterId, 'cluster_id') },
        ...{ ...snapshotName(index, checksum), offset: count(offset, 'offset') },
      });
    }
    case 'snapshotChunk': {
      const { clusterId, index, checksum, offset, data } = frame.snapshotChunk ?? missing('snapshot_chunk');
      return election({
        ...{ kind: 'snapshot-chunk', clusterId: id(clusterId, 'cluster_id') },
        ...{ ...snapshotName(index, checksum), offset: count(offset, 'offset'), data: new Uint8Array(data) },
      });
    }
    case 'commitNotice': {
      const { clusterId, term, commitIndex, leader } = frame.commitNotice ?? missing('commit_notice');
      const index = { commitIndex: count(commitIndex, 'commit_index') };
      const led = leader === '' ? '' : id(leader, 'leader');
      return election({ kind: 'commit-notice', ...envelope(clusterId, term), ...index, leader: led });
    }
    case 'fetchRequest': {
      const { clusterId, nextIndex } = frame.fetchRequest ?? missing('fetch_request');
      const next = { nextIndex: count(nextIndex, 'next_index') };
      return election({ kind: 'fetch-request', clusterId: id(clusterId, 'cluster_id'), ...next });
    }
    case 'fetchReply': {
      const { clusterId, prevLogIndex, prevLogTerm, entries, commitIndex } =
        frame.fetchReply ?? missing('fetch_reply');
      const prev = {
        prevLogIndex: count(prevLogIndex, 'prev_log_index'),
        prevLogTerm: count(prevLogTerm, 'prev_log_term'),
      };
      return election({
        ...{ kind: 'fetch-reply', clusterId: id(clusterId, 'cluster_id'), ...prev },
        entries: entries.map((entry, i) => entryIn(entry, prevLogIndex + 1 + i)),
        commitIndex: count(commitIndex, 'commit_index'),
      });
    }
    default:
      throw new FrameError('a frame is empty or of a newer protocol');
  }
}

function envelope(clusterId: string, term: number): { clusterId: string; term: number } {
  return { clusterId: id(clusterId, 'cluster_id'), term: count(term, 'term') };
}

function snapshotName(index: number, checksum: string): { index: number; checksum: string } {
  if (!/^[0-9a-f]{8}$/.test(checksum)) throw new FrameError('a checksum is not 8 hex digits');
  return { index: count(index, 'index'), checksum };
}

function entryIn(entry: { index: number; term: number; payload: Uint8Array }, index: number): Entry {
  if (entry.index !== index) throw new FrameError(`log entry ${entry.index} stands where ${index} should`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(entry.payload).toString('utf8'));
  } catch {
    throw new FrameError(`log entry ${index} is not JSON`);
  }
  const payload = payloadFrom(value);
  if ('refused' in payload)
    throw new FrameError(`log entry ${index}: ${payload.refused}; is the peer newer than this node?`);
  return { index, term: count(entry.term, 'term'), payload };
}

function recordsIn(records: readonly MemberRecord__Output[]): CarriedRecord[] {
  return records.map(recordIn);
}

/** The shape of a record; whether its text and signatures are to be believed, membership decides. */
function recordIn({ body, publicKey, signature, accusations }: MemberRecord__Output): CarriedRecord {
  if (body.length > claimBytesMax)
    throw new FrameError(`a record is longer than ${claimBytesMax} characters`);
  return {
    signed: { body, publicKey: publicKey.toString('base64'), signature: signature.toString('base64') },
    accusations: list(accusations, 'accusations').map(accusationIn),
  };
}

function accusationIn({ observer, evidence, publicKey, signature }: Accusation__Output): Accusation {
  const known = evidences.find(each => each === evidence);
  if (known === undefined) throw new FrameError(`unknown evidence "${evidence.slice(0, 32)}"`);
  return {
    ...{ observer: id(observer, 'observer'), evidence: known },
    ...{ publicKey: publicKey.toString('base64'), signature: signature.toString('base64') },
  };
}

function atMost(value: number, most: number, what: string): number {
  if (!(value >= 0 && value <= most)) throw new FrameError(`${what} is not between 0 and ${most}`);
  return value;
}

function count(value: number, what: string): number {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new FrameError(`${what} is not a whole number that can be held exactly`);
  return value;
}

function text(value: string, what: string): string {
  if (value.length > textLengthMax)
    throw new FrameError(`${what} is longer than ${textLengthMax} characters`);
  return value;
}

function list<T>(values: readonly T[], what: string): readonly T[] {
  if (values.length > listLengthMax) throw new FrameError(`${what} holds more than ${listLengthMax} entries`);
  return values;
}

function id(value: string, what: string): string {
  if (!idPattern.test(value)) throw new FrameError(`${what} is not an id`);
  return value;
}

function addressIn(value: string): string {
  if (!addressPattern.test(text(value, 'address'))) throw new FrameError('an address is not HOST:PORT');
  return value;
}

function missing(what: string): never {
  throw new FrameError(`a frame says ${what} and holds none`);
}
