// What every caller asks an agent with: AdminService as promises and async iterables, each with a deadline.
// Must never send in the clear to anything but a local socket, and loads gRPC only once something is asked.
import { randomUUID } from 'node:crypto';
import type { CallOptions, ClientReadableStream, requestCallback, ServiceError, status } from '@grpc/grpc-js';
import type { AdminServiceClient } from './gen/clusteros/v1/AdminService.ts';
import type { BackupReply__Output } from './gen/clusteros/v1/BackupReply.ts';
import type { CallServiceReply__Output } from './gen/clusteros/v1/CallServiceReply.ts';
import type { CreateTailnetKeyReply__Output } from './gen/clusteros/v1/CreateTailnetKeyReply.ts';
import type { DrainMemberReply__Output } from './gen/clusteros/v1/DrainMemberReply.ts';
import type { Event__Output } from './gen/clusteros/v1/Event.ts';
import type { Finding__Output } from './gen/clusteros/v1/Finding.ts';
import type { ForgetServiceReply__Output } from './gen/clusteros/v1/ForgetServiceReply.ts';
import type { LeaderReply__Output } from './gen/clusteros/v1/LeaderReply.ts';
import type { MembersReply__Output } from './gen/clusteros/v1/MembersReply.ts';
import type { OperationsReply__Output } from './gen/clusteros/v1/OperationsReply.ts';
import type { RecoveredJobsReply__Output } from './gen/clusteros/v1/RecoveredJobsReply.ts';
import type { RecoverServiceReply__Output } from './gen/clusteros/v1/RecoverServiceReply.ts';
import type { RemoveMemberReply__Output } from './gen/clusteros/v1/RemoveMemberReply.ts';
import type { RestoreReply__Output } from './gen/clusteros/v1/RestoreReply.ts';
import type { RotateKeyReply__Output } from './gen/clusteros/v1/RotateKeyReply.ts';
import type { SettingsReply__Output } from './gen/clusteros/v1/SettingsReply.ts';
import type { ShowMemberReply__Output } from './gen/clusteros/v1/ShowMemberReply.ts';
import type { ShowServiceReply__Output } from './gen/clusteros/v1/ShowServiceReply.ts';
import type { StatusReply__Output } from './gen/clusteros/v1/StatusReply.ts';
import type { TagMemberReply__Output } from './gen/clusteros/v1/TagMemberReply.ts';
import type { VersionReply__Output } from './gen/clusteros/v1/VersionReply.ts';
import type { VotingReply__Output } from './gen/clusteros/v1/VotingReply.ts';

/** A list of some thousand members or events, several times over; gRPC's own limit of 4 MiB could cut it. */
const replyBytesMax = 32 * 1024 * 1024;
/** A stream whose agent is stopped or stuck is given up within the sum of both. */
const keepaliveIntervalMs = 10_000;
const keepaliveTimeoutMs = 5000;
/** A caller that tries again finds a restarted agent this soon; gRPC's own backoff grows to two minutes. */
const reconnectBackoffMs = 250;
/** Trailing metadata in which an agent names why it refused. */
const reasonKey = 'clusteros-reason';

export type AdminErrorReason =
  /** Nobody answers behind the endpoint, or whoever did has gone. */
  | 'no-agent'
  /** The caller may not use the socket or the call. */
  | 'denied'
  /** No answer within the deadline. */
  | 'timed-out'
  /** The agent answered that it cannot say now; `code` tells why, e.g. `no-leader`. */
  | 'unavailable'
  /** There is no such member. */
  | 'not-found'
  /** What was asked for is not allowed; `detail` tells why. */
  | 'refused'
  /** The agent knows no such call: another version. */
  | 'unsupported'
  /** Anything else the agent refused or got wrong. */
  | 'failed';

/** Why an agent gave no answer. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly reason: AdminErrorReason;
  /** One phrase for people. */
  readonly detail: string;
  /** The agent's own reason code, such as `no-quorum`; empty when it gave none. */
  readonly code: string;

  constructor(reason: AdminErrorReason, detail: string, code = '') {
    super(`${reason}: ${detail}`);
    this.reason = reason;
    this.detail = detail;
    this.code = code;
  }
}

const socketErrors: Readonly<Record<string, readonly [AdminErrorReason, string]>> = {
  ENOENT: ['no-agent', 'no such socket'],
  ECONNREFUSED: ['no-agent', 'connection refused'],
  ECONNRESET: ['no-agent', 'connection lost'],
  EPIPE: ['no-agent', 'connection lost'],
  ENOTDIR: ['no-agent', 'no such socket'],
  EINVAL: ['no-agent', 'no such socket'],
  EACCES: ['denied', 'permission denied'],
  EPERM: ['denied', 'permission denied'],
};

/**
 * A client of the agent behind `endpoint`. Connects at the first call, and again after a loss.
 * @param endpoint `unix:PATH`
 * @param timeoutMs deadline of each call; a stream that follows has none after its first sign of life
 */
export async function openAdminClient(endpoint: string, timeoutMs: number): Promise<AdminClient> {
  if (!endpoint.startsWith('unix:'))
    throw new Error(`${endpoint} is no local socket and there is no mTLS here`);
  const [grpc, { v1 }] = await Promise.all([import('@grpc/grpc-js'), import('./proto.ts')]);
  const client = new v1.AdminService(endpoint, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': replyBytesMax,
    'grpc.keepalive_time_ms': keepaliveIntervalMs,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    'grpc.initial_reconnect_backoff_ms': reconnectBackoffMs,
    'grpc.max_reconnect_backoff_ms': reconnectBackoffMs,
    'grpc.enable_http_proxy': 0,
    // A pool shared in the process would hand the backoff of an earlier client to this one.
    'grpc.use_local_subchannel_pool': 1,
  });
  return new AdminClient(client, grpc.status, timeoutMs);
}

/** AdminService with promises; see `openAdminClient`. Every method rejects with AdminError only. */
export class AdminClient {
  readonly #client: AdminServiceClient;
  readonly #status: typeof status;
  readonly #timeoutMs: number;

  constructor(client: AdminServiceClient, codes: typeof status, timeoutMs: number) {
    this.#client = client;
    this.#status = codes;
    this.#timeoutMs = timeoutMs;
  }

  version(): Promise<VersionReply__Output> {
    return this.#ask((options, answer) => this.#client.version({}, options, answer));
  }

  status(): Promise<StatusReply__Output> {
    return this.#ask((options, answer) => this.#client.status({}, options, answer));
  }

  members(): Promise<MembersReply__Output> {
    return this.#ask((options, answer) => this.#client.members({}, options, answer));
  }

  /** One member, and what it and those that watch it see of each other. @param member name or id; rejects with `not-found` */
  showMember(member: string): Promise<ShowMemberReply__Output> {
    return this.#ask((options, answer) => this.#client.showMember({ member }, options, answer));
  }

  /** Changes the tags of a member; gives all it has then. Rejects with `not-found`, `refused` (not allowed) or `unavailable`. */
  tagMember(
    member: string,
    set: Readonly<Record<string, string>>,
    remove: readonly string[],
  ): Promise<TagMemberReply__Output> {
    const request = { member, set: { ...set }, remove: [...remove] };
    return this.#ask((options, answer) => this.#client.tagMember(request, options, answer));
  }

  operations(): Promise<OperationsReply__Output> {
    return this.#ask((options, answer) => this.#client.operations({}, options, answer));
  }

  /** How the roles of a service fare, and how near the copies of its state are. Rejects with `not-found`. */
  showService(service: string): Promise<ShowServiceReply__Output> {
    return this.#ask((options, answer) => this.#client.showService({ service }, options, answer));
  }

  /** Gives the role of a service that one member holds alone to `member` (name or id; empty for whoever stands by). */
  moveService(service: string, member: string): Promise<ShowServiceReply__Output> {
    const request = { service, member, client: randomUUID() };
    return this.#ask((options, answer) => this.#client.moveService(request, options, answer));
  }

  /** Replaces the key of a service on all members; with `dryRun` only says who uses it. */
  rotateKey(service: string, dryRun: boolean): Promise<RotateKeyReply__Output> {
    const request = { service, dryRun, client: randomUUID() };
    return this.#ask((options, answer) => this.#client.rotateKey(request, options, answer));
  }

  /** Keeps the OAuth client that makes keys for new machines, in place of the one before; none with an empty id. */
  async keepTailnetClient(kept: {
    readonly id: string;
    readonly secret: string;
    readonly tags: readonly string[];
    /** Empty: Tailscale's. */
    readonly apiUrl: string;
  }): Promise<void> {
    const request = { ...kept, tags: [...kept.tags], client: randomUUID() };
    await this.#ask((options, answer) => this.#client.keepTailnetClient(request, options, answer));
  }

  /** A key that lets one machine into the tailnet within `lifeS` seconds. Rejects with `refused`, or `unavailable` when that may pass. */
  createTailnetKey(
    lifeS: number,
    tags: readonly string[],
    description: string,
  ): Promise<CreateTailnetKeyReply__Output> {
    const request = { lifeS, tags: [...tags], description };
    return this.#ask((options, answer) => this.#client.createTailnetKey(request, options, answer));
  }

  /** What operators have set for a service, as JSON. Rejects with `not-found`. */
  showSettings(service: string): Promise<SettingsReply__Output> {
    return this.#ask((options, answer) => this.#client.showSettings({ service }, options, answer));
  }

  /** Sets it anew, in place of version `from`; with `dryRun` only says what that would come to. */
  configure(change: {
    readonly service: string;
    /** JSON. */
    readonly settings: Uint8Array;
    readonly from: number;
    readonly dryRun: boolean;
    readonly force: boolean;
  }): Promise<SettingsReply__Output> {
    const request = { ...change, settings: Buffer.from(change.settings), client: randomUUID() };
    return this.#ask((options, answer) => this.#client.configure(request, options, answer));
  }

  /** Jobs of a service that were lost with its machine, and what became of them. */
  recoveredJobs(service: string): Promise<RecoveredJobsReply__Output> {
    return this.#ask((options, answer) => this.#client.recoveredJobs({ service }, options, answer));
  }

  /** Has a service do or tell something that is its own, on `member` (name or id; empty for any that can); the answer is JSON. */
  callService(
    service: string,
    verb: string,
    { argument = '', member = '' }: { readonly argument?: string; readonly member?: string },
  ): Promise<CallServiceReply__Output> {
    const request = { service, verb, argument, member };
    return this.#ask((options, answer) => this.#client.callService(request, options, answer));
  }

  /** Has `member` make a service anew of what it has, or of the snapshot `argument`; resolves with the operation's number. */
  async recoverService(service: string, member: string, argument: string): Promise<number> {
    const request = { service, member, argument, client: randomUUID() };
    const { operation } = await this.#ask<RecoverServiceReply__Output>((options, answer) =>
      this.#client.recoverService(request, options, answer),
    );
    return operation;
  }

  /** Gives up what a service has stored. */
  async forgetService(service: string): Promise<void> {
    const request = { service, client: randomUUID() };
    await this.#ask<ForgetServiceReply__Output>((options, answer) =>
      this.#client.forgetService(request, options, answer),
    );
  }

  /** Rejects with `unavailable` and the code `no-leader` or `no-quorum` while nobody leads. */
  leader(): Promise<LeaderReply__Output> {
    return this.#ask((options, answer) => this.#client.leader({}, options, answer));
  }

  voting(): Promise<VotingReply__Output> {
    return this.#ask((options, answer) => this.#client.voting({}, options, answer));
  }

  /**
   * Has an operator's word on who votes decided: on one member, on how many, or both. Asked again with the same `client`, a
   * fresh name for this one request, it is done once.
   */
  changeVoting(change: {
    readonly member?: string;
    readonly wish?: 'always' | 'never' | 'none';
    readonly count?: number;
    readonly client?: string;
  }): Promise<VotingReply__Output> {
    const request = { client: randomUUID(), ...change };
    return this.#ask((options, answer) => this.#client.changeVoting(request, options, answer));
  }

  /** Takes a member (name or id) out for good; one that is alive only when forced. */
  removeMember(member: string, force: boolean): Promise<RemoveMemberReply__Output> {
    const request = { member, force, client: randomUUID() };
    return this.#ask((options, answer) => this.#client.removeMember(request, options, answer));
  }

  /** No new work for a member; what still runs there is moved elsewhere after `requeueAfterMs`, when that is given. */
  drainMember(
    member: string,
    { reason, requeueAfterMs }: { readonly reason: string; readonly requeueAfterMs?: number },
  ): Promise<DrainMemberReply__Output> {
    const requeue = requeueAfterMs !== undefined;
    const request = { member, reason, requeue, requeueAfterMs: requeueAfterMs ?? 0, client: randomUUID() };
    return this.#ask((options, answer) => this.#client.drainMember(request, options, answer));
  }

  /** Work for a member again. Rejects with `refused` when it was not drained. */
  resumeMember(member: string): Promise<DrainMemberReply__Output> {
    const request = { member, client: randomUUID() };
    return this.#ask((options, answer) => this.#client.resumeMember(request, options, answer));
  }

  /** All that was decided until now. */
  backup(): Promise<BackupReply__Output> {
    return this.#ask((options, answer) => this.#client.backup({}, options, answer));
  }

  /** Brings back what a backup holds, or says what that would change. Rejects with `refused` when it is none. */
  restore(content: Uint8Array, dryRun: boolean): Promise<RestoreReply__Output> {
    const request = { content: Buffer.from(content), dryRun, client: randomUUID() };
    return this.#ask((options, answer) => this.#client.restore(request, options, answer));
  }

  /** Has the leader hand over to a voter (name or id; empty for the one that is furthest). */
  transferLeader(member: string): Promise<LeaderReply__Output> {
    return this.#ask((options, answer) => this.#client.transferLeader({ member }, options, answer));
  }

  /** The members now and after each change, until the caller stops or the agent does (`no-agent`). */
  watchMembers(): AsyncGenerator<MembersReply__Output, void> {
    return this.#follow(options => this.#client.watchMembers({}, options));
  }

  /** The operations now and after each change, until the caller stops or the agent does (`no-agent`). */
  watchOperations(): AsyncGenerator<OperationsReply__Output, void> {
    return this.#follow(options => this.#client.watchOperations({}, options));
  }

  /** The kept events, oldest first. @param sinceMs only those younger than this; 0 for all */
  events(sinceMs: number): AsyncGenerator<Event__Output, void> {
    return this.#read(options => this.#client.events({ follow: false, sinceMs }, options), this.#deadline());
  }

  /** The same, then each event as it happens, until the caller stops or the agent does (`no-agent`). */
  followEvents(sinceMs: number): AsyncGenerator<Event__Output, void> {
    return this.#follow(options => this.#client.events({ follow: true, sinceMs }, options));
  }

  /** What the agent finds on its machine, link by link; the last one is broken, or all hold. */
  diagnose(): AsyncGenerator<Finding__Output, void> {
    return this.#read(options => this.#client.diagnose({}, options), this.#deadline());
  }

  /** Ends the connection and everything that is under way on it. */
  close(): void {
    this.#client.close();
  }

  #deadline(): CallOptions {
    return { deadline: Date.now() + this.#timeoutMs };
  }

  #ask<Reply>(call: (options: CallOptions, answer: requestCallback<Reply>) => unknown): Promise<Reply> {
    return new Promise((resolve, reject) => {
      call(this.#deadline(), (error, reply) => {
        if (error) reject(this.#errorFrom(error));
        else if (reply === undefined) reject(new AdminError('failed', 'the agent sent an empty answer'));
        else resolve(reply);
      });
    });
  }

  /** A stream without an end. */
  async *#follow<Reply>(
    open: (options: CallOptions) => ClientReadableStream<Reply>,
  ): AsyncGenerator<Reply, void> {
    // A stream may be silent for hours, so a call with a deadline proves first that somebody is there.
    await this.version();
    yield* this.#read(open, {});
    throw new AdminError('no-agent', 'the agent has ended the watch');
  }

  async *#read<Reply>(
    open: (options: CallOptions) => ClientReadableStream<Reply>,
    options: CallOptions,
  ): AsyncGenerator<Reply, void> {
    const call = open(options);
    try {
      for await (const reply of call) yield reply as Reply;
    } catch (error) {
      throw this.#errorFrom(error as ServiceError);
    } finally {
      // Cancelling reports itself as an error, which nobody waits for any more.
      call.on('error', () => {});
      call.cancel();
    }
  }

  #errorFrom(error: ServiceError): AdminError {
    const { details = error.message, code } = error;
    const told = error.metadata?.get(reasonKey)[0];
    if (told !== undefined) return new AdminError(this.#reasonOf(code), details, String(told));
    const errno = /\b(?:connect|read|write) (E[A-Z]+)\b/.exec(details)?.[1] ?? '';
    const known = socketErrors[errno];
    if (known && code === this.#status.UNAVAILABLE) return new AdminError(...known);
    if (code === this.#status.DEADLINE_EXCEEDED)
      return new AdminError('timed-out', `no answer within ${this.#timeoutMs} ms`);
    // Without a reason of the agent's own these come from this side of the connection.
    if (code === this.#status.UNAVAILABLE || code === this.#status.CANCELLED)
      return new AdminError('no-agent', 'connection lost');
    return new AdminError(this.#reasonOf(code), details);
  }

  #reasonOf(code: status): AdminErrorReason {
    switch (code) {
      case this.#status.PERMISSION_DENIED:
      case this.#status.UNAUTHENTICATED:
        return 'denied';
      case this.#status.DEADLINE_EXCEEDED:
        return 'timed-out';
      case this.#status.UNAVAILABLE:
        return 'unavailable';
      case this.#status.NOT_FOUND:
        return 'not-found';
      case this.#status.INVALID_ARGUMENT:
      case this.#status.FAILED_PRECONDITION:
        return 'refused';
      case this.#status.UNIMPLEMENTED:
        return 'unsupported';
      default:
        return 'failed';
    }
  }
}
