// Single questions to other agents, on behalf of an administrator or an integration: what do you see, change your tags, decide this.
// Each with a deadline, over the stream to the peer or, where there is none, over a connection that must show the expected
// identity and is kept for a while.
import { status } from '@grpc/grpc-js';
import type { Answer__Output } from '../../api/gen/clusteros/v1/Answer.ts';
import type { DescribeCopyReply__Output } from '../../api/gen/clusteros/v1/DescribeCopyReply.ts';
import type { Question } from '../../api/gen/clusteros/v1/Question.ts';
import type { OperatorCommand } from '../../election/command.ts';
import type { Session } from '../../election/sessions.ts';
import {
  counterpartTimeoutMs,
  lookTimeoutMs,
  peerCallIdleMs,
  readTimeoutMs,
  remoteChangeTimeoutMs,
  serviceCallTimeoutMs,
} from '../limits.ts';
import type { Sighting } from '../look.ts';
import type { Answer as Outcome } from '../requests.ts';
import type { Tags } from '../tags.ts';
import type { PeerClient } from './peer-client.ts';
import type { GrpcPeerTransport } from './peer-transport.ts';
import { PeerFailure } from './questions.ts';

export interface PeerAddress {
  readonly id: string;
  readonly address: string;
}

interface Connection {
  readonly client: Promise<PeerClient>;
  /** Ends it once nobody has used it for a while. */
  readonly idle: NodeJS.Timeout;
}

export class PeerCalls {
  readonly #transport: GrpcPeerTransport;
  /** By id and address. */
  readonly #connections = new Map<string, Connection>();

  constructor(transport: GrpcPeerTransport) {
    this.#transport = transport;
  }

  /** Ends what is kept. */
  close(): void {
    for (const key of this.#connections.keys()) this.#end(key);
  }

  /** What the agent of `peer` sees of `subjects` (ids); undefined when it does not answer within `lookTimeoutMs`. */
  look(peer: PeerAddress, subjects: readonly string[]): Promise<readonly Sighting[] | undefined> {
    return this.#ask(peer, { look: { subjects: [...subjects] } }, lookTimeoutMs).then(
      ({ look }) => look?.looks,
      () => undefined,
    );
  }

  /** Changes the tags of `peer` there. Rejects with gRPC's error. */
  async tag(peer: PeerAddress, set: Tags, remove: readonly string[]): Promise<Tags> {
    const question = { tag: { set: { ...set }, remove: [...remove] } };
    const { tag } = await this.#ask(peer, question, remoteChangeTimeoutMs);
    return tag?.tags ?? missing(peer);
  }

  /** Whether `peer` is confirmed as the leader by a majority, and up to where a reader must see then. Rejects with gRPC's error. */
  async confirm(peer: PeerAddress): Promise<Outcome> {
    const { confirm } = await this.#ask(peer, { confirm: {} }, readTimeoutMs);
    const { refused, index } = confirm ?? missing(peer);
    return refused === '' ? { index } : { index: 0, refused };
  }

  /** Has `peer`, which leads, hand over to `target` (id, or empty). Gives why it did not, or nothing. Rejects with gRPC's error. */
  async handOver(peer: PeerAddress, target: string): Promise<string> {
    const { handOver } = await this.#ask(peer, { handOver: { target } }, remoteChangeTimeoutMs);
    return (handOver ?? missing(peer)).refused;
  }

  /** Has `peer`, which leads, have `command` decided. Gives why it was not, or nothing. Rejects with gRPC's error. */
  async decide(peer: PeerAddress, command: OperatorCommand, { client, seq }: Session): Promise<string> {
    const question = { decide: { command: Buffer.from(JSON.stringify(command)), client, seq } };
    const { decide } = await this.#ask(peer, question, remoteChangeTimeoutMs);
    return (decide ?? missing(peer)).refused;
  }

  /** What the integration `service` of `peer` answers; undefined when it does not, within `counterpartTimeoutMs`. */
  counterpart(peer: PeerAddress, service: string, question: string): Promise<string | undefined> {
    return this.#ask(peer, { counterpart: { service, question } }, counterpartTimeoutMs).then(
      ({ counterpart }) => counterpart?.answer,
      () => undefined,
    );
  }

  /** What an operator asks of it there, which may take long. Rejects with gRPC's error. */
  async callService(peer: PeerAddress, service: string, question: string): Promise<string> {
    const { counterpart } = await this.#ask(
      peer,
      { counterpart: { service, question } },
      serviceCallTimeoutMs,
    );
    return (counterpart ?? missing(peer)).answer;
  }

  /** Which copy of a role's state `peer` has; a token of 0 for none. Rejects with gRPC's error. */
  async describeCopy(
    peer: PeerAddress,
    { service, role }: { readonly service: string; readonly role: string },
  ): Promise<DescribeCopyReply__Output> {
    return this.#call<DescribeCopyReply__Output>(peer, lookTimeoutMs, (client, options, answer) =>
      client.describeCopy({ service, role }, options, answer),
    );
  }

  async #ask(peer: PeerAddress, question: Question, timeoutMs: number): Promise<Answer__Output> {
    const overStream = this.#transport.ask(peer.id, question, timeoutMs);
    if (overStream) return overStream;
    const answer = await this.#call<Answer__Output>(peer, timeoutMs, (client, options, done) =>
      client.ask(question, options, done),
    );
    if (answer.failure) throw new PeerFailure(answer.failure.code, answer.failure.details);
    return answer;
  }

  async #call<Reply>(
    { id, address }: PeerAddress,
    timeoutMs: number,
    call: (
      client: PeerClient,
      options: { readonly deadline: number },
      answer: (error: Error | null, reply?: Reply) => void,
    ) => void,
  ): Promise<Reply> {
    const key = `${id} ${address}`;
    const { client, idle } = this.#connections.get(key) ?? this.#connect(key, id, address);
    idle.refresh();
    const open = await client;
    return new Promise<Reply>((resolve, reject) => {
      call(open, { deadline: Date.now() + timeoutMs }, (error, reply) => {
        if (reply !== undefined) resolve(reply);
        else {
          // The next question finds out whether it was the connection.
          if (this.#connections.get(key)?.client === client) this.#end(key);
          reject(error ?? new Error(`the agent at ${address} gave no answer`));
        }
      });
    });
  }

  #connect(key: string, id: string, address: string): Connection {
    const idle = setTimeout(() => this.#end(key), peerCallIdleMs).unref();
    const connection = { client: this.#transport.client(address, id), idle };
    this.#connections.set(key, connection);
    connection.client.catch(() => this.#connections.delete(key));
    return connection;
  }

  #end(key: string): void {
    const connection = this.#connections.get(key);
    if (!connection) return;
    this.#connections.delete(key);
    clearTimeout(connection.idle);
    // Calls that wait on it keep it until they are answered.
    connection.client.then(
      client => client.close(),
      () => {},
    );
  }
}

function missing({ address }: PeerAddress): never {
  throw new PeerFailure(status.INTERNAL, `the agent at ${address} has answered another question`);
}
