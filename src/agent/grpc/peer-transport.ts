// Streams to peers over gRPC and mTLS: dials, accepts, and keeps one stream for a pair of nodes. The id of a peer is
// read from the key in its certificate, never from what it says. Decides nothing about members.
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  type ClientDuplexStream,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { Answer, Answer__Output } from '../../api/gen/clusteros/v1/Answer.ts';
import type { Frame, Frame__Output } from '../../api/gen/clusteros/v1/Frame.ts';
import type { Question, Question__Output } from '../../api/gen/clusteros/v1/Question.ts';
import { protocolVersion, v1 } from '../../api/proto.ts';
import type { KnockOutcome } from '../../membership/prober.ts';
import { type Authority, type Credentials, issueCredentials } from '../certificates.ts';
import type {
  Greeting,
  PeerMessage,
  PeerTransport,
  TransportEvent,
  UnreachableReason,
} from '../environment.ts';
import type { Identity } from '../identity.ts';
import {
  certificateRenewMs,
  handshakeBusyTimeoutMs,
  handshakeTimeoutMs,
  refusalLogIntervalMs,
  refusalsRememberedMax,
  streamBufferBytesMax,
  streamEndMs,
  streamFarewellMs,
  streamQuestionBytesMax,
} from '../limits.ts';
import type { MemberDevices } from '../member-devices.ts';
import type { PeerGate } from '../peer-gate.ts';
import { hostOf, portOf } from '../view.ts';
import { callerOf } from './caller.ts';
import { decodeFrame, encodeMessage, FrameError, helloFrame } from './codec.ts';
import { knock } from './knock.ts';
import { type Listener, listen, reasonOf } from './listener.ts';
import { answerTo, type PeerAnswers } from './peer-answers.ts';
import { type PeerClient, peerClient } from './peer-client.ts';
import { Questions } from './questions.ts';
import { type StateAnswers, StateService } from './state-service.ts';

type Call = ClientDuplexStream<Frame, Frame__Output> | ServerDuplexStream<Frame__Output, Frame>;

interface Stream {
  readonly id: string;
  readonly epoch: number;
  readonly dialledByUs: boolean;
  readonly call: Call;
  readonly questions: Questions;
  /** Tears the stream down at once. */
  cut(): void;
  /** Ends the stream; the other side sees an intended end. */
  end(): void;
}

export interface PeerTransportOptions {
  readonly identity: Identity;
  readonly authority: Authority;
  readonly host: string;
  readonly port: number;
  readonly gate: PeerGate;
  readonly devices: MemberDevices;
  readonly wallMs: () => number;
  readonly nowMs: () => number;
}

export class GrpcPeerTransport implements PeerTransport {
  readonly #options: PeerTransportOptions;
  readonly #streams = new Map<string, Stream>();
  readonly #dialling = new Set<() => void>();
  readonly #toldAtMs = new Map<string, number>();
  readonly #server = new Server();
  readonly #sockets = new Map<string, TLSSocket>();
  readonly #states = new StateService();
  #answers: PeerAnswers | undefined;
  #greeting: Greeting = { epoch: 0, boot: '', name: '', address: '' };
  #onEvent: (event: TransportEvent) => void = () => {};
  #credentials: Credentials | undefined;
  #listener: Listener | undefined;
  #listen: ((host: string, port: number) => Promise<Listener>) | undefined;
  #closed = false;
  #dropped = 0;

  constructor(options: PeerTransportOptions) {
    this.#options = options;
  }

  /** Messages dropped because a peer did not read fast enough. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Handshakes refused because too many came at once. */
  get shed(): number {
    return this.#listener?.shed ?? 0;
  }

  /** Answers peers' questions from now on. */
  answer(answers: PeerAnswers): void {
    this.#answers = answers;
  }

  /** Answers what peers ask about one role's state copies. */
  serveState(answers: StateAnswers): void {
    this.#states.add(answers);
  }

  /** A client for the agent at `address`, which must prove that it is `id`. The caller closes it. */
  async client(address: string, id: string): Promise<PeerClient> {
    await this.#refuseForeign(address);
    const ip = hostOf(address);
    // A name's address is not known before it is dialled; its key is asked for in any case.
    const mismatch = isIP(ip) === 0 ? '' : this.#mismatchOf(ip, id, {});
    if (mismatch !== '') throw new ForeignDevice(mismatch);
    return peerClient(await this.#freshCredentials(), address, shown =>
      shown === id ? undefined : new Error(`the agent at ${address} is another member`),
    );
  }

  async open(greeting: Greeting, onEvent: (event: TransportEvent) => void): Promise<void> {
    this.#greeting = greeting;
    this.#onEvent = onEvent;
    this.#server.addService(v1.PeerService.service, {
      Exchange: (call: ServerDuplexStream<Frame__Output, Frame>) => this.#accept(call),
      Ask: (call: ServerUnaryCall<Question__Output, Answer>, answer: sendUnaryData<Answer>) =>
        this.#refusalOfCaller(call).then(async refusal => {
          if (refusal !== '') answer({ code: status.PERMISSION_DENIED, details: refusal });
          else answer(null, await answerTo(this.#answers, call.request, callerOf(call) ?? ''));
        }),
      ...this.#states.handlers,
    });
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    const { nowMs, gate } = this.#options;
    this.#listen = async (host, port) =>
      listen({
        ...{ host, port, nowMs, credentials: await this.#freshCredentials() },
        refusalOf: ip => gate.refusalOf(ip),
        onConnection: socket => {
          const remote = `${socket.remoteAddress}:${socket.remotePort}`;
          this.#sockets.set(remote, socket);
          socket.once('close', () => this.#sockets.delete(remote));
          injector.injectConnection(socket);
        },
        onTurnedAway: (address, reason, detail) => this.#turnedAway(address, reason, detail),
      });
    this.#listener = await this.#listen(this.#options.host, this.#options.port);
  }

  async move(address: string): Promise<void> {
    if (address === this.#greeting.address || !this.#listen) return;
    const listener = await this.#listen(hostOf(address), portOf(address));
    this.#listener?.close();
    this.#listener = listener;
    this.#greeting = { ...this.#greeting, address };
    // What was open went out from the former address, where no answer comes any more.
    for (const stream of [...this.#streams.values()]) {
      this.#letGo(stream);
      stream.end();
      this.#onEvent({ kind: 'down', id: stream.id, reason: 'closed' });
    }
  }

  get #hello(): Frame {
    const { gate, devices } = this.#options;
    const shown = devices.own === undefined ? {} : { record: devices.own };
    return helloFrame({ ...this.#greeting, device: gate.device, ...shown }, protocolVersion);
  }

  dial(address: string): void {
    this.#dial(address).catch(error => {
      if (!this.#closed) this.#onEvent({ kind: 'unreachable', address, ...unreachableFrom(error) });
    });
  }

  knock(address: string): void {
    this.#knock(address).then(outcome => {
      if (!this.#closed) this.#onEvent({ kind: 'knocked', address, outcome });
    });
  }

  disconnect(id: string): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#letGo(stream);
    stream.end();
    // The other side hangs up when it hears of it; one that hears nothing any more must not keep a socket open here.
    const socket = stream.dialledByUs ? undefined : this.#sockets.get(stream.call.getPeer());
    if (socket) setTimeout(() => socket.destroy(), streamFarewellMs).unref();
  }

  send(to: string, message: PeerMessage): void {
    const call = this.#streams.get(to)?.call;
    if (!call) return;
    if (call.writableLength > streamBufferBytesMax) this.#dropped += 1;
    else call.write(encodeMessage(message));
  }

  /**
   * Asks `to` over the stream to it; undefined when there is none, or none that the question may go over.
   * Rejects with a PeerFailure.
   */
  ask(to: string, question: Question, timeoutMs: number): Promise<Answer__Output> | undefined {
    const stream = this.#streams.get(to);
    if (!stream || stream.call.writableLength > streamBufferBytesMax) return undefined;
    // What is large would hold up the heartbeats behind it on a slow path.
    if ((question.decide?.command?.length ?? 0) > streamQuestionBytesMax) return undefined;
    return stream.questions.ask(question, timeoutMs, numbered => stream.call.write({ question: numbered }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listener?.close();
    for (const cancel of this.#dialling) cancel();
    for (const stream of [...this.#streams.values()]) {
      this.#letGo(stream);
      stream.end();
    }
    this.#server.forceShutdown();
  }

  async #freshCredentials(): Promise<Credentials> {
    const { authority, identity, wallMs } = this.#options;
    const present = this.#credentials;
    if (present && wallMs() - present.issuedAtMs < certificateRenewMs) return present;
    this.#credentials = await issueCredentials(authority, identity, wallMs());
    this.#listener?.renew(this.#credentials);
    return this.#credentials;
  }

  async #dial(address: string): Promise<void> {
    await this.#refuseForeign(address);
    const credentials = await this.#freshCredentials();
    if (this.#closed) return;
    let id = '';
    const client = peerClient(credentials, address, shown => {
      id = shown;
      return undefined;
    });
    const call = client.exchange();
    const cut = () => {
      call.cancel();
      client.close();
    };
    const end = () => {
      call.end();
      const limit = setTimeout(cut, streamFarewellMs).unref();
      call.once('end', () => {
        clearTimeout(limit);
        cut();
      });
    };
    await new Promise<void>((resolve, reject) => {
      let [answered, greeted] = [false, false];
      const giveUp = () => {
        cut();
        reject(new Error('no answer to the handshake'));
      };
      let timer = setTimeout(async () => {
        const outcome = await this.#knock(address);
        if (answered) return;
        if (outcome === 'accepted') timer = setTimeout(giveUp, handshakeBusyTimeoutMs - handshakeTimeoutMs);
        else giveUp();
      }, handshakeTimeoutMs);
      const done = () => {
        answered = true;
        clearTimeout(timer);
        this.#dialling.delete(cut);
      };
      this.#dialling.add(cut);
      call.once('error', error => {
        done();
        client.close();
        if (greeted) return;
        if (id !== this.#options.identity.id) reject(error);
        else {
          this.#onEvent({ kind: 'own-address', address });
          resolve();
        }
      });
      call.once('data', (frame: Frame__Output) => {
        done();
        greeted = true;
        this.#greeted(call, frame, { id, address, dialledByUs: true, cut, end });
        resolve();
      });
      call.write(this.#hello);
    });
  }

  /** @throws ForeignDevice when no peer may be there */
  async #refuseForeign(address: string): Promise<void> {
    const refusal = await this.#options.gate.refusalOf(hostOf(address));
    if (refusal !== '') throw new ForeignDevice(refusal);
  }

  async #knock(address: string): Promise<KnockOutcome> {
    // Somebody else may have the address by now.
    const refusal = await this.#options.gate.refusalOf(hostOf(address));
    return refusal === '' ? knock(address) : 'silent';
  }

  /** Who asks without a stream shows no record: the one that is known counts. */
  async #refusalOfCaller(call: ServerUnaryCall<Question__Output, Answer>): Promise<string> {
    const id = callerOf(call);
    if (id === undefined) return 'a certificate of the cluster is needed';
    const ip = hostOf(call.getPeer());
    // Its connection may be an old one.
    const refusal = await this.#options.gate.refusalOf(ip);
    return refusal === '' ? this.#mismatchOf(ip, id, {}) : refusal;
  }

  #accept(call: ServerDuplexStream<Frame__Output, Frame>): void {
    const id = callerOf(call);
    // The listener lets nobody in without a certificate of the cluster; this is the second lock on the same door.
    if (id === undefined) {
      call.emit('error', { code: status.UNAUTHENTICATED, details: 'a certificate of the cluster is needed' });
      return;
    }
    const timer = setTimeout(
      () => call.emit('error', { code: status.DEADLINE_EXCEEDED, details: 'no Hello' }),
      handshakeBusyTimeoutMs,
    );
    call.on('error', () => clearTimeout(timer));
    call.once('data', (frame: Frame__Output) => {
      clearTimeout(timer);
      const end = () => call.end();
      this.#greeted(call, frame, { id, address: call.getPeer(), dialledByUs: false, cut: end, end });
    });
  }

  /** The first frame of a peer has come: the stream is taken or, when there is a better one, let go. */
  #greeted(
    call: Call,
    frame: Frame__Output,
    {
      id,
      address,
      dialledByUs,
      cut,
      end,
    }: Omit<Stream, 'call' | 'epoch' | 'questions'> & { readonly address: string },
  ): void {
    const fail = (reason: UnreachableReason, detail: string) => {
      if (dialledByUs) {
        cut();
        this.#onEvent({ kind: 'unreachable', address, reason, detail, id });
      } else {
        (call as ServerDuplexStream<Frame__Output, Frame>).emit('error', {
          code: reason === 'superseded' ? status.ABORTED : status.FAILED_PRECONDITION,
          details: detail,
        });
        if (reason !== 'duplicate' && reason !== 'superseded') this.#turnedAway(address, reason, detail, id);
      }
    };
    let hello: ReturnType<typeof decodeFrame>;
    try {
      hello = decodeFrame(frame);
    } catch (error) {
      fail('protocol', error instanceof Error ? error.message : String(error));
      return;
    }
    if (hello.kind !== 'hello') {
      fail('protocol', 'it did not begin with Hello');
      return;
    }
    const { epoch, boot, address: listens } = hello.greeting;
    const mismatch = this.#mismatchOf(hostOf(call.getPeer()), id, hello.greeting);
    if (mismatch !== '') {
      fail('other-device', mismatch);
      return;
    }
    if (id === this.#options.identity.id) {
      // This very process, or another one with a copy of its key; both sides come to the same answer.
      const own = boot === this.#greeting.boot;
      if (!dialledByUs && !own) call.write(this.#hello);
      if (dialledByUs) cut();
      else fail('duplicate', own ? 'this is you' : 'this is your twin');
      if (own && dialledByUs) this.#onEvent({ kind: 'own-address', address });
      if (!own) this.#onEvent({ kind: 'twin', address: listens, epoch });
      return;
    }
    const stream: Stream = { id, epoch, dialledByUs, call, questions: new Questions(), cut, end };
    const former = this.#streams.get(id);
    if (former && epoch < former.epoch) {
      fail('superseded', `this identity runs in a later boot (${former.epoch}), too`);
      this.#onEvent({ kind: 'outdated', id, address: listens, epoch });
      return;
    }
    if (former && !this.#replaces(stream, former)) {
      if (dialledByUs) {
        cut();
        this.#onEvent({ kind: 'up', id, address, epoch: former.epoch });
      } else {
        (call as ServerDuplexStream<Frame__Output, Frame>).emit('error', {
          code: status.ALREADY_EXISTS,
          details: 'a stream of this pair is open',
        });
      }
      return;
    }
    if (former) {
      this.#letGo(former);
      former.end();
      this.#onEvent({ kind: 'down', id, reason: former.epoch === epoch ? 'closed' : 'reset' });
    }
    this.#streams.set(id, stream);
    this.#carry(stream);
    if (!dialledByUs) call.write(this.#hello);
    this.#onEvent({ kind: 'up', id, address: dialledByUs ? address : listens, epoch });
  }

  /** @param ip that has answered, also where a name was dialled */
  #mismatchOf(ip: string, id: string, greeting: Pick<Greeting, 'device' | 'record'>): string {
    const { gate, devices } = this.#options;
    const word = gate.mismatchOf(ip, greeting.device ?? '', 'it');
    return word === '' ? gate.mismatchOf(ip, devices.deviceOf(id, greeting), 'its record') : word;
  }

  /** Of two streams of one pair: the later boot, then the later dial of one side, then the one that the lower id dialled. Both sides come to the same answer. */
  #replaces(stream: Stream, former: Stream): boolean {
    if (stream.epoch !== former.epoch) return stream.epoch > former.epoch;
    if (stream.dialledByUs === former.dialledByUs) return true;
    return stream.dialledByUs === this.#options.identity.id < stream.id;
  }

  #carry(stream: Stream): void {
    const { id, call } = stream;
    const gone = (reason: 'reset' | 'closed') => {
      if (this.#streams.get(id) !== stream) return;
      this.#letGo(stream);
      stream.cut();
      if (!this.#closed) this.#onEvent({ kind: 'down', id, reason });
    };
    call.on('data', (frame: Frame__Output) => {
      if (this.#streams.get(id) !== stream) return;
      try {
        const decoded = decodeFrame(frame);
        if (decoded.kind === 'message')
          this.#onEvent({ kind: 'message', from: id, message: decoded.message });
        else if (decoded.kind === 'answer') stream.questions.answered(decoded.answer);
        else if (decoded.kind === 'question') this.#answer(stream, decoded.question);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        this.#turnedAway(id, 'protocol', error.message);
      }
    });
    call.on('error', () => gone('reset'));
    call.on('cancelled', () => gone('reset'));
    call.on('end', () => setTimeout(() => gone('closed'), streamEndMs).unref());
  }

  #answer(stream: Stream, question: Question__Output): void {
    answerTo(this.#answers, question, stream.id).then(answer => {
      if (this.#streams.get(stream.id) === stream) stream.call.write({ answer });
    });
  }

  #letGo(stream: Stream): void {
    this.#streams.delete(stream.id);
    stream.questions.end();
  }

  #turnedAway(address: string, reason: UnreachableReason, detail: string, id?: string): void {
    const { nowMs } = this.#options;
    // Ports of a dialler change with each try: what is told once a minute goes by host and reason.
    const key = `${address.replace(/:\d+$/, '')} ${reason}`;
    if (
      nowMs() - (this.#toldAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < refusalLogIntervalMs ||
      this.#closed
    )
      return;
    if (this.#toldAtMs.size >= refusalsRememberedMax) this.#toldAtMs.clear();
    this.#toldAtMs.set(key, nowMs());
    this.#onEvent({ kind: 'turned-away', address, reason, detail, ...(id === undefined ? {} : { id }) });
  }
}

/** The network below has no peer at an address. */
class ForeignDevice extends Error {
  override readonly name = 'ForeignDevice';
}

function unreachableFrom(error: unknown): { reason: UnreachableReason; detail: string } {
  if (error instanceof ForeignDevice) return { reason: 'device', detail: error.message };
  const details =
    error instanceof Error ? ((error as { details?: string }).details ?? error.message) : String(error);
  const cause = /Last error: (.*?)\.? Resolution note/s.exec(details)?.[1] ?? details;
  if ((error as { code?: number }).code === status.ALREADY_EXISTS)
    return { reason: 'duplicate', detail: cause };
  if ((error as { code?: number }).code === status.ABORTED) return { reason: 'superseded', detail: cause };
  if (/ECONNREFUSED/.test(cause)) return { reason: 'refused', detail: cause };
  if (/certificate|self-signed|unable to|signature/i.test(cause))
    return reasonOf(new Error(cause)) ?? { reason: 'no-answer', detail: cause };
  return { reason: 'no-answer', detail: cause };
}
