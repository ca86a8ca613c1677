// An agent that is ready plays changes of leader through in memory: three nodes elect, decide, hand over and decide
// again, in the format of the wire. A change of leader is rare, and code that V8 has never run, or not for long, takes
// several times as long as it could: it would be slow whenever it matters. Nothing of this is saved, sent or told.
import { setFlagsFromString } from 'node:v8';
import { openAdminClient } from '../api/admin-client.ts';
import type { Frame } from '../api/gen/clusteros/v1/Frame.ts';
import { v1 } from '../api/proto.ts';
import { knownLevel } from '../election/cluster-state.ts';
import { type Command, type Entry, operatorCommandFrom, type Payload } from '../election/command.ts';
import { Election } from '../election/election.ts';
import { electionTimeoutMaxMs } from '../election/limits.ts';
import type { ElectionInput, MemberAdvice } from '../election/messages.ts';
import { nothingSaved, type Saved } from '../election/replica.ts';
import { checksumOf } from './checksum.ts';
import { decodeFrame, encodeMessage } from './grpc/codec.ts';
import { answerTo, type PeerAnswers } from './grpc/peer-answers.ts';
import { Questions } from './grpc/questions.ts';
import {
  handOversAtOnce,
  readTimeoutMs,
  rehearsalStepMs,
  rehearsedHandOvers,
  rehearsedQuestions,
} from './limits.ts';

const ids = ['1', '2', '3'].map(digit => digit.repeat(32));
const clusterId = '0'.repeat(32);
const { requestSerialize, requestDeserialize } = v1.PeerService.service.Exchange;

/**
 * Plays `rehearsedHandOvers` changes of leader, a few at a time, so that others get their turn in between, and asks this
 * agent itself as clusterctl does. Rejects when that gets no answer.
 * @param later resolves in another turn of the event loop
 * @param socket where this agent is asked
 * @returns how many of the changes came about: all, if the election works
 */
export async function rehearse(later: () => Promise<void>, socket: string): Promise<number> {
  // Else V8 drops the compiled form of whatever has not run for some collections of garbage.
  setFlagsFromString('--no-flush-bytecode');
  const cast = new Cast();
  let came = 0;
  for (let turn = 1; turn <= rehearsedHandOvers; turn += 1) {
    const former = cast.leader;
    cast.ask(request => ({ kind: 'transfer', request, target: '' }));
    const session = { client: clusterId, seq: turn };
    cast.ask(request => ({ kind: 'propose', request, command: { kind: 'want-voters', count: 3 }, session }));
    cast.ask(request => ({ kind: 'read', request }));
    cast.pass();
    if (cast.leader !== '' && cast.leader !== former) came += 1;
    await question(turn);
    if (turn % handOversAtOnce === 0) await later();
  }
  const client = await openAdminClient(`unix:${socket}`, readTimeoutMs);
  try {
    for (let asked = 0; asked < rehearsedQuestions; asked += 1) await client.status();
  } finally {
    client.close();
  }
  return came;
}

/** What a client at another member waits for: that its agent asks the leader. */
async function question(seq: number): Promise<void> {
  const questions = new Questions();
  const command = Buffer.from(JSON.stringify({ kind: 'want-voters', count: 3 }));
  await questions.ask({ decide: { command, client: clusterId, seq } }, readTimeoutMs, numbered => {
    const asked = decodeFrame(overTheWire({ question: numbered }));
    if (asked.kind !== 'question') return;
    answerTo(obliging, asked.question, clusterId).then(answer => {
      const answered = decodeFrame(overTheWire({ answer }));
      if (answered.kind === 'answer') questions.answered(answered.answer);
    });
  });
}

const obliging: PeerAnswers = {
  look: () => ({ looks: [] }),
  tag: async () => ({ tags: {} }),
  confirm: async () => ({ index: 0 }),
  handOver: async () => '',
  decide: async bytes => (operatorCommandFrom(bytes) ? '' : 'unknown-command'),
  counterpart: async () => '',
};

const overTheWire = (frame: Frame) => requestDeserialize(requestSerialize(frame));

/** Three nodes that hear each other at once and keep nothing. */
class Cast {
  readonly #elections = new Map(ids.map((id, at) => [id, electionOf(id, at)]));
  readonly #inputs: { readonly to: string; readonly input: ElectionInput }[] = [];
  #nowMs = 0;
  #requests = 0;

  constructor() {
    const advice = { kind: 'advice', members: ids.map(adviceOf), awaitsStrangers: false } as const;
    for (const id of ids) this.#give(id, advice);
    // The first election comes by a timeout, as after a power cut.
    for (let step = 0; this.leader === '' && step < 2 * electionTimeoutMaxMs; step += rehearsalStepMs)
      this.pass();
  }

  /** Id of the one that leads and has decided something; empty when none does. */
  get leader(): string {
    return ids.find(id => this.#elections.get(id)?.raft.ready) ?? '';
  }

  /** Asks the leader. */
  ask(input: (request: number) => ElectionInput): void {
    this.#requests += 1;
    this.#give(this.leader, input(this.#requests));
  }

  /** A moment passes. */
  pass(): void {
    this.#nowMs += rehearsalStepMs;
    for (const id of ids) this.#give(id, { kind: 'tick' });
  }

  /** Gives one of them an input, and everyone what follows from it. */
  #give(id: string, first: ElectionInput): void {
    this.#inputs.push({ to: id, input: first });
    for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) {
      const { to: from, input } = next;
      for (const effect of this.#elections.get(from)?.step(input, this.#nowMs) ?? []) {
        if (effect.kind !== 'send') continue;
        const frame = encodeMessage({ layer: 'election', message: effect.message });
        const arrived = decodeFrame(overTheWire(frame));
        if (arrived.kind !== 'message' || arrived.message.layer !== 'election') continue;
        const { message } = arrived.message;
        this.#inputs.push({ to: effect.to, input: { kind: 'message', from, message } });
      }
    }
  }
}

function electionOf(id: string, at: number): Election {
  return new Election({
    ...{ id, name: nameOf(id), clusterName: 'rehearsal', bootstrap: { kind: 'join' }, saved: saved() },
    // They stand for election one after the other.
    ...{ random: () => at / ids.length, checksum: checksumOf, nowMs: 0 },
  });
}

/** A log in which the three vote. */
function saved(): Saved {
  const [founder = ''] = ids;
  const command = (each: Command): Payload => ({ kind: 'command', command: each });
  const payloads: Payload[] = [
    { kind: 'configuration', configuration: { voters: ids, outgoing: [], learners: [] } },
    command({ kind: 'birth', clusterId, clusterName: 'rehearsal', founder }),
    ...ids.map(node => command({ kind: 'admit', node, name: nameOf(node) })),
  ];
  const entries = payloads.map((payload, at): Entry => ({ index: at + 1, term: 1, payload }));
  return { ...nothingSaved, clusterId, term: 1, commitIndex: entries.length, entries };
}

const nameOf = (id: string) => `node-${id.slice(0, 1)}`;

function adviceOf(id: string): MemberAdvice {
  return {
    ...{
      id,
      name: nameOf(id),
      alive: true,
      gone: false,
      machine: '',
      clusterId,
      clusterSize: ids.length,
      level: knownLevel,
    },
    ...{ trouble: '', handicap: '', formerClusters: [], site: '' },
  };
}
