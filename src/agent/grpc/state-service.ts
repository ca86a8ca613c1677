// What peers ask about state copies, answered over gRPC: who follows, who has which copy, contents by hash. Only for
// callers that the handshake has proved to be of the cluster, and that the copies' owner admits.
import {
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { BlobPiece } from '../../api/gen/clusteros/v1/BlobPiece.ts';
import type { DescribeCopyReply } from '../../api/gen/clusteros/v1/DescribeCopyReply.ts';
import type { DescribeCopyRequest__Output } from '../../api/gen/clusteros/v1/DescribeCopyRequest.ts';
import type { FetchBlobRequest__Output } from '../../api/gen/clusteros/v1/FetchBlobRequest.ts';
import type { FollowStateRequest__Output } from '../../api/gen/clusteros/v1/FollowStateRequest.ts';
import type { StateManifest } from '../../api/gen/clusteros/v1/StateManifest.ts';
import type { Manifest } from '../../integrations/state-copy/manifest.ts';
import { blobPieceBytes, blobsPerCallMax } from '../limits.ts';
import type { FollowerLink, FollowerWord, StateFeed } from '../state-feed.ts';
import { callerOf } from './caller.ts';
import { messagesOf } from './state-codec.ts';

/** The copies of one role's state on this node, as far as peers may ask for them. */
export interface StateAnswers {
  readonly service: string;
  readonly role: string;
  readonly feed: StateFeed;
  /** Whether the member `id` may have them. */
  admits(id: string): boolean;
  /** The newest that this node has: of the folder it holds, or its copy. */
  newest(): Manifest | undefined;
  content(sha256: string): Promise<Uint8Array | undefined>;
}

type FollowCall = ServerDuplexStream<FollowStateRequest__Output, StateManifest>;
type Refusal = { readonly code: status; readonly details: string };

export class StateService {
  readonly #answers: StateAnswers[] = [];

  add(answers: StateAnswers): void {
    this.#answers.push(answers);
  }

  /** The handlers for the server's PeerService. */
  get handlers() {
    return {
      FollowState: (call: FollowCall) => this.#follow(call),
      FetchBlob: (call: ServerWritableStream<FetchBlobRequest__Output, BlobPiece>) =>
        this.#stream(call, answers => blobs(call, answers)),
      FetchManifest: (call: ServerWritableStream<DescribeCopyRequest__Output, StateManifest>) =>
        this.#stream(call, answers => manifest(call, answers)),
      DescribeCopy: (
        call: ServerUnaryCall<DescribeCopyRequest__Output, DescribeCopyReply>,
        answer: sendUnaryData<DescribeCopyReply>,
      ) => {
        const answers = this.#answersFor(call.request, call);
        if ('code' in answers) answer(answers);
        else {
          const { token = 0, generation = 0, atMs = 0 } = answers.newest() ?? {};
          answer(null, { token, generation, atMs });
        }
      },
    };
  }

  #answersFor(
    { service, role }: { readonly service: string; readonly role: string },
    call: { getAuthContext(): { sslPeerCertificate?: { raw: Buffer } } },
  ): StateAnswers | Refusal {
    const id = callerOf(call);
    const answers = this.#answers.find(each => each.service === service && each.role === role);
    if (!answers)
      return { code: status.UNAVAILABLE, details: `no copies of ${service} ${role} are kept here` };
    if (id === undefined || !answers.admits(id))
      return { code: status.PERMISSION_DENIED, details: 'only members of the cluster may ask for that' };
    return answers;
  }

  #stream<Request extends { readonly service: string; readonly role: string }, Reply>(
    call: ServerWritableStream<Request, Reply>,
    write: (answers: StateAnswers) => Promise<void>,
  ): void {
    call.on('error', () => {});
    const answers = this.#answersFor(call.request, call);
    if ('code' in answers) call.emit('error', answers);
    else
      write(answers).then(
        () => call.end(),
        error => call.emit('error', { code: status.INTERNAL, details: String(error.message) }),
      );
  }

  #follow(call: FollowCall): void {
    let follower: ReturnType<StateFeed['join']>;
    call.on('error', () => follower?.gone());
    call.on('cancelled', () => follower?.gone());
    call.on('end', () => {
      follower?.gone();
      call.end();
    });
    call.on('data', (request: FollowStateRequest__Output) => {
      if (follower) {
        follower.heard(wordFrom(request));
        return;
      }
      const answers = this.#answersFor(request, call);
      if ('code' in answers) {
        call.emit('error', answers);
        return;
      }
      follower = answers.feed.join(callerOf(call) ?? '', linkOf(call), wordFrom(request));
      if (!follower) call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: 'too many follow it' });
    });
  }
}

function wordFrom({ token, generation, done }: FollowStateRequest__Output): FollowerWord {
  return { held: token === 0 && generation === 0 ? undefined : { token, generation }, done };
}

function linkOf(call: FollowCall): FollowerLink {
  const end = (reason: string) => call.emit('error', { code: status.ABORTED, details: reason });
  return {
    send(manifest, base) {
      sendOn(call, manifest, base).catch(error => end(String(error.message)));
    },
    beat: () => void call.write({ beat: true }),
    end,
  };
}

async function manifest(
  call: ServerWritableStream<DescribeCopyRequest__Output, StateManifest>,
  answers: StateAnswers,
): Promise<void> {
  const newest = answers.newest();
  if (newest) await sendOn(call, newest, undefined);
}

async function sendOn(
  call: Parameters<typeof writeOn<StateManifest>>[0],
  manifest: Manifest,
  base: Manifest | undefined,
): Promise<void> {
  for await (const message of messagesOf(manifest, base)) await writeOn(call, message);
}

async function blobs(
  call: ServerWritableStream<FetchBlobRequest__Output, BlobPiece>,
  answers: StateAnswers,
): Promise<void> {
  for (const sha256 of call.request.sha256.slice(0, blobsPerCallMax)) {
    const content = await answers.content(Buffer.from(sha256).toString('hex'));
    if (!content) {
      await writeOn(call, { gone: true, last: true });
      continue;
    }
    let at = 0;
    do {
      const data = content.subarray(at, at + blobPieceBytes);
      at += data.length;
      await writeOn(call, { data, last: at >= content.length });
    } while (at < content.length);
  }
}

/** Writes, and waits while the other side does not read. Rejects when it has gone. */
async function writeOn<Message>(
  call: {
    readonly cancelled: boolean;
    write(message: Message): boolean;
    once(event: string, listener: () => void): unknown;
    off(event: string, listener: () => void): unknown;
  },
  message: Message,
): Promise<void> {
  if (call.cancelled) throw new Error('the caller has gone');
  if (call.write(message)) return;
  await new Promise<void>(resolve => {
    const events = ['drain', 'cancelled', 'error', 'close'];
    const done = () => {
      for (const event of events) call.off(event, done);
      resolve();
    };
    for (const event of events) call.once(event, done);
  });
}
