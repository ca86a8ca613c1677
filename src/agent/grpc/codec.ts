// Between the frames on the wire and the values of the cores. What a peer sends is not trusted: a frame that is not
// well formed is refused with the reason, and nothing of it reaches a core.
import type { Frame, Frame__Output } from '../../api/gen/clusteros/v1/Frame.ts';
import type {
  MemberRecord__Output,
  MemberRecord as WireRecord,
} from '../../api/gen/clusteros/v1/MemberRecord.ts';
import type { ServiceReport__Output } from '../../api/gen/clusteros/v1/ServiceReport.ts';
import { type Entry, payloadFrom } from '../../election/command.ts';
import type { ElectionMessage } from '../../election/messages.ts';
import type { MemberRecord, MemberState, ServiceReport } from '../../membership/member.ts';
import type { MembershipMessage } from '../../membership/messages.ts';
import type { Greeting, PeerMessage } from '../environment.ts';

export type Decoded =
  | { readonly kind: 'hello'; readonly greeting: Greeting; readonly protocol: number }
  | { readonly kind: 'message'; readonly message: PeerMessage };

/** A frame that cannot be taken, and why. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

const idPattern = /^[0-9a-f]{32}$/;
const addressPattern = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/;
/** Longest text a record may carry in one field; keeps a table of thousands within memory. */
const textLengthMax = 512;
const listLengthMax = 256;

export function helloFrame({ epoch, name, address }: Greeting, protocol: number): Frame {
  return { hello: { epoch, name, address, protocol } };
}

export function encodeMessage(message: PeerMessage): Frame {
  return message.layer === 'membership' ? encodeMembership(message.message) : encodeElection(message.message);
}

function encodeMembership(message: MembershipMessage): Frame {
  switch (message.kind) {
    case 'ping':
      return { ping: { seq: message.seq, records: message.records.map(encodeRecord) } };
    case 'ack':
      return { ack: { seq: message.seq, records: message.records.map(encodeRecord) } };
    case 'ping-request':
      return { pingRequest: { seq: message.seq, subject: message.subject } };
    case 'ping-report':
      return { pingReport: { seq: message.seq, subject: message.subject, reached: message.reached } };
    case 'records':
      return { records: { records: message.records.map(encodeRecord), full: message.full } };
    case 'digest':
      return { digest: { digest: message.digest, members: message.members } };
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
    case 'append-request': {
      const { kind, entries, ...fields } = message;
      const encoded = entries.map(({ index, term, payload }) => ({
        index,
        term,
        payload: Buffer.from(JSON.stringify(payload)),
      }));
      return { appendRequest: { ...fields, entries: encoded } };
    }
    case 'append-reply': {
      const { kind, ...fields } = message;
      return { appendReply: fields };
    }
  }
}

function encodeRecord(record: MemberRecord): WireRecord {
  return {
    ...record,
    capabilities: [...record.capabilities],
    services: [...record.services],
    accusers: [...record.accusers],
  };
}

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
      const { epoch, name, address, protocol } = frame.hello ?? missing('hello');
      return {
        kind: 'hello',
        greeting: { epoch: count(epoch, 'epoch'), name: text(name, 'name'), address: addressIn(address) },
        protocol,
      };
    }
    case 'ping': {
      const { seq, records } = frame.ping ?? missing('ping');
      return membership({ kind: 'ping', seq: count(seq, 'seq'), records: recordsIn(records) });
    }
    case 'ack': {
      const { seq, records } = frame.ack ?? missing('ack');
      return membership({ kind: 'ack', seq: count(seq, 'seq'), records: recordsIn(records) });
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
      const { records, full } = frame.records ?? missing('records');
      return membership({ kind: 'records', records: recordsIn(records), full });
    }
    case 'digest': {
      const { digest, members } = frame.digest ?? missing('digest');
      return membership({ kind: 'digest', digest: count(digest, 'digest'), members });
    }
    case 'voteRequest': {
      const { clusterId, term, preVote, lastLogIndex, lastLogTerm } =
        frame.voteRequest ?? missing('vote_request');
      const log = {
        lastLogIndex: count(lastLogIndex, 'last_log_index'),
        lastLogTerm: count(lastLogTerm, 'last_log_term'),
      };
      return election({ kind: 'vote-request', ...envelope(clusterId, term), preVote, ...log });
    }
    case 'voteReply': {
      const { clusterId, term, preVote, granted } = frame.voteReply ?? missing('vote_reply');
      return election({ kind: 'vote-reply', ...envelope(clusterId, term), preVote, granted });
    }
    case 'appendRequest': {
      const { clusterId, term, prevLogIndex, prevLogTerm, entries, commitIndex, round } =
        frame.appendRequest ?? missing('append_request');
      const prev = {
        prevLogIndex: count(prevLogIndex, 'prev_log_index'),
        prevLogTerm: count(prevLogTerm, 'prev_log_term'),
      };
      return election({
        ...{ kind: 'append-request', ...envelope(clusterId, term), ...prev },
        entries: entries.map((entry, i) => entryIn(entry, prevLogIndex + 1 + i)),
        ...{ commitIndex: count(commitIndex, 'commit_index'), round: count(round, 'round') },
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
    default:
      throw new FrameError('a frame is empty or of a newer protocol');
  }
}

function envelope(clusterId: string, term: number): { clusterId: string; term: number } {
  return { clusterId: id(clusterId, 'cluster_id'), term: count(term, 'term') };
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

function recordsIn(records: readonly MemberRecord__Output[]): MemberRecord[] {
  return records.map(recordIn);
}

function recordIn(record: MemberRecord__Output): MemberRecord {
  return {
    id: id(record.id, 'id'),
    epoch: count(record.epoch, 'epoch'),
    incarnation: count(record.incarnation, 'incarnation'),
    state: stateIn(record.state),
    name: text(record.name, 'name'),
    address: addressIn(record.address),
    version: text(record.version, 'version'),
    clusterId: record.clusterId === '' ? '' : id(record.clusterId, 'cluster_id'),
    clusterSize: count(record.clusterSize, 'cluster_size'),
    capabilities: list(record.capabilities, 'capabilities').map(each => text(each, 'capability')),
    services: list(record.services, 'services').map(reportIn),
    accusers: list(record.accusers, 'accusers')
      .map(each => id(each, 'accuser'))
      .sort(),
  };
}

function stateIn(state: string): MemberState {
  switch (state) {
    case 'alive':
    case 'suspect':
    case 'dead':
    case 'left':
      return state;
    default:
      throw new FrameError(`unknown member state "${state.slice(0, 32)}"`);
  }
}

function reportIn({
  service,
  role,
  token,
  state,
  step,
  reason,
  detail,
}: ServiceReport__Output): ServiceReport {
  if (state !== 'starting' && state !== 'ready' && state !== 'failing') {
    throw new FrameError(`unknown service state "${state.slice(0, 32)}"`);
  }
  return {
    ...{ service: text(service, 'service'), role: text(role, 'role'), token: count(token, 'token'), state },
    ...{ step: text(step, 'step'), reason: text(reason, 'reason'), detail: text(detail, 'detail') },
  };
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
