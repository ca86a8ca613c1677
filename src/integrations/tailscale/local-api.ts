// The door to tailscaled: its LocalAPI, HTTP over a unix socket. Never keeps a connection up by itself: when tailscaled goes away
// the caller hears so and decides. The twin is test/integrations/tailscale/fake-tailscaled.ts; both pass
// test/contract/local-api.suite.ts.
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { z } from 'zod';
import {
  answerBytesMax,
  localApiTimeoutMs,
  newsQuietMs,
  shownAnswerLength,
  statusBytesMax,
  statusLookMs,
  statusPollMs,
  statusRestMs,
} from './limits.ts';
import { newsShape, type Prefs, prefsShape, type Status, statusShape, whoIsShape } from './shapes.ts';

/** Where Debian's and Tailscale's own packages have it. */
export const defaultSocket = '/run/tailscale/tailscaled.sock';

/** What keeps tailscaled's answer from us. */
export type LocalApiTrouble =
  /** There is no such socket: tailscaled has not run since the boot, or runs with another. */
  | 'no-socket'
  /** The socket is there and nobody listens: tailscaled has died or is starting. */
  | 'not-running'
  /** The socket or the question is for others. */
  | 'denied'
  /** No answer in time. */
  | 'slow'
  /** An answer that is none: too long, no JSON, or of another kind. */
  | 'garbage'
  /** tailscaled says that it cannot. */
  | 'failed'
  /** The connection ended: tailscaled stops, or has dropped us. */
  | 'ended';

export class LocalApiError extends Error {
  override readonly name = 'LocalApiError';
  readonly trouble: LocalApiTrouble;
  /** Of the answer, where there was one. */
  readonly status: number | undefined;

  constructor(trouble: LocalApiTrouble, message: string, status?: number) {
    super(message);
    this.trouble = trouble;
    this.status = status;
  }
}

/** Whose address it is. */
export interface WhoIs {
  readonly stableId: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly addresses: readonly string[];
  /** Empty for a tagged node, which belongs to nobody. */
  readonly loginName: string;
  /** Capabilities that the tailnet's policy grants it towards us. */
  readonly capabilities: Readonly<Record<string, unknown>>;
}

/** Every method rejects with {@link LocalApiError}. */
export interface LocalApi {
  readonly socket: string;
  /** @param options without peers the answer is small, in however large a tailnet */
  status(options?: { readonly peers?: boolean }): Promise<Status>;
  /** Whose `IP` or `IP:port` that is; undefined when nobody of this tailnet has it. */
  whois(address: string): Promise<WhoIs | undefined>;
  prefs(): Promise<Prefs>;
  /**
   * Tells the status now, and again whenever it may have changed, until `signal`; then it resolves. Told by tailscaled, or asked for
   * where it tells nothing. Rejects as soon as tailscaled cannot be asked: call it again, after a wait.
   */
  watch(onStatus: (status: Status) => void, signal: AbortSignal): Promise<void>;
}

/** tailscaled behind this socket. */
export function tailscaleLocalApi(socket: string = defaultSocket): LocalApi {
  const status = async ({ peers = true } = {}) =>
    parsed(statusShape, 'status', await get(socket, `status?peers=${peers}`, statusBytesMax));
  return {
    socket,
    status,
    async whois(address) {
      let answer: string;
      try {
        answer = await get(socket, `whois?addr=${encodeURIComponent(address)}`, answerBytesMax);
      } catch (error) {
        if (error instanceof LocalApiError && error.status === 404) return undefined;
        throw error;
      }
      const { Node, UserProfile, CapMap } = parsed(whoIsShape, 'whois', answer);
      return {
        stableId: Node.StableID,
        name: Node.Name.replace(/\.$/, ''),
        tags: Node.Tags,
        addresses: Node.Addresses.map(prefix => prefix.split('/')[0] ?? ''),
        loginName: Node.Tags.length > 0 ? '' : (UserProfile?.LoginName ?? ''),
        capabilities: CapMap,
      };
    },
    prefs: async () => parsed(prefsShape, 'prefs', await get(socket, 'prefs', answerBytesMax)),
    watch: (onStatus, signal) => new StatusWatch(socket, status, onStatus, signal).ended,
  };
}

/** NotifyInitialState, NotifyPeerChanges and NotifyInitialStatus (ipn/backend.go); an older tailscaled passes over what it does not know. */
const newsMask = 2 | 4096 | 16384;

/** Asks for the status when the bus has news, and from time to time. */
class StatusWatch {
  /** Resolves when it was aborted, rejects when it could not go on. */
  readonly ended: Promise<void>;
  readonly #socket: string;
  readonly #status: () => Promise<Status>;
  readonly #onStatus: (status: Status) => void;
  #end: (error?: unknown) => void = () => {};
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer is due, and when the status was last asked for; ms, monotonic. */
  #dueAtMs = Number.POSITIVE_INFINITY;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  #restMs = statusPollMs;
  #bus: ClientRequest | undefined;

  constructor(
    socket: string,
    status: () => Promise<Status>,
    onStatus: (status: Status) => void,
    signal: AbortSignal,
  ) {
    this.#socket = socket;
    this.#status = status;
    this.#onStatus = onStatus;
    this.ended = new Promise<void>((resolve, reject) => {
      const abort = () => this.#end();
      this.#end = error => {
        if (this.#isOver) return;
        this.#isOver = true;
        clearTimeout(this.#timer);
        signal.removeEventListener('abort', abort);
        this.#bus?.destroy();
        if (error === undefined) resolve();
        else reject(error);
      };
      signal.addEventListener('abort', abort);
    });
    if (signal.aborted) this.#end();
    else {
      this.#listen();
      this.#askIn(0);
    }
  }

  #listen(): void {
    const bus = open(this.#socket, `watch-ipn-bus?mask=${newsMask}`);
    this.#bus = bus;
    bus.once('error', error => this.#end(troubleFrom(error, this.#socket)));
    bus.once('response', response => {
      // One that does not have it is asked from time to time; so is one that does not say it to us, which status will tell.
      if (response.statusCode !== 200) {
        response.resume();
        return;
      }
      const lines = new Lines(statusBytesMax);
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        try {
          for (const line of lines.take(chunk)) this.#hear(line);
        } catch (error) {
          this.#end(error);
        }
      });
      response.once('close', () =>
        this.#end(new LocalApiError('ended', `tailscaled behind ${this.#socket} has ended the connection`)),
      );
      response.once('error', () => {});
    });
    bus.end();
  }

  #hear(line: string): void {
    const news = parsed(newsShape, 'watch-ipn-bus', line);
    if (news.InitialStatus != null) this.#restMs = statusLookMs;
    if (news.State != null || news.SelfChange != null || news.ErrMessage != null) this.#askIn(newsQuietMs);
    else if (news.PeersChanged != null || news.PeersRemoved != null)
      this.#askIn(Math.max(newsQuietMs, this.#askedAtMs + statusRestMs - performance.now()));
  }

  /** The status is asked for no later than in `delayMs`. */
  #askIn(delayMs: number): void {
    if (this.#isOver) return;
    const dueAtMs = performance.now() + delayMs;
    if (dueAtMs >= this.#dueAtMs) return;
    clearTimeout(this.#timer);
    this.#dueAtMs = dueAtMs;
    this.#timer = setTimeout(() => {
      this.#dueAtMs = Number.POSITIVE_INFINITY;
      this.#ask().catch(error => this.#end(error));
    }, delayMs);
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return this.#askIn(newsQuietMs);
    this.#isAsking = true;
    this.#askedAtMs = performance.now();
    try {
      const status = await this.#status();
      if (this.#isOver) return;
      this.#onStatus(status);
    } finally {
      this.#isAsking = false;
    }
    this.#askIn(this.#restMs);
  }
}

/** Text in pieces as whole lines. */
class Lines {
  readonly #lengthMax: number;
  #rest = '';

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** @throws LocalApiError when a line is too long */
  take(chunk: string): string[] {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > this.#lengthMax)
      throw new LocalApiError(
        'garbage',
        `tailscaled's watch-ipn-bus tells over ${this.#lengthMax} characters at once`,
      );
    return lines.filter(line => line.trim() !== '');
  }
}

function open(socketPath: string, path: string): ClientRequest {
  // Any other host name, or a Referer, is refused: that is how tailscaled keeps browsers out (ipn/localapi).
  return request({
    socketPath,
    path: `/localapi/v0/${path}`,
    headers: { Host: 'local-tailscaled.sock' },
    agent: false,
  });
}

function get(socket: string, path: string, bytesMax: number): Promise<string> {
  const what = path.split('?')[0] ?? path;
  return new Promise((resolve, reject) => {
    const asked = open(socket, path);
    const fail = (error: LocalApiError) => {
      clearTimeout(timer);
      asked.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () =>
        fail(
          new LocalApiError(
            'slow',
            `tailscaled behind ${socket} did not answer ${what} within ${localApiTimeoutMs / 1000} s`,
          ),
        ),
      localApiTimeoutMs,
    );
    asked.once('error', error => fail(troubleFrom(error, socket)));
    asked.once('response', response => {
      read(response, bytesMax).then(
        body => {
          clearTimeout(timer);
          const { statusCode = 0 } = response;
          if (statusCode === 200) resolve(body);
          else
            reject(
              new LocalApiError(
                statusCode === 401 || statusCode === 403 ? 'denied' : 'failed',
                `tailscaled behind ${socket} answers ${what} with HTTP ${statusCode}: ${shown(body)}`,
                statusCode,
              ),
            );
        },
        (error: unknown) =>
          fail(
            error instanceof RangeError
              ? new LocalApiError(
                  'garbage',
                  `tailscaled behind ${socket} answers ${what} with ${error.message}`,
                )
              : new LocalApiError('ended', `tailscaled behind ${socket} broke off its answer to ${what}`),
          ),
      );
    });
    asked.end();
  });
}

/** @throws RangeError when there are more bytes than that */
async function read(response: IncomingMessage, bytesMax: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bytesMax) throw new RangeError(`more than ${bytesMax} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parsed<T extends z.ZodType>(shape: T, what: string, text: string): z.infer<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LocalApiError('garbage', `tailscaled's ${what} is no JSON: ${shown(text)}`);
  }
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') || 'as a whole';
  throw new LocalApiError('garbage', `tailscaled's ${what} is of another kind (${where}: ${issue?.message})`);
}

function troubleFrom(error: Error, socket: string): LocalApiError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new LocalApiError('no-socket', `there is no socket ${socket}`);
  if (code === 'ECONNREFUSED' || code === 'ENOTSOCK')
    return new LocalApiError('not-running', `nobody listens on ${socket}`);
  if (code === 'EACCES' || code === 'EPERM')
    return new LocalApiError('denied', `${socket} is not for this user`);
  return new LocalApiError('ended', `tailscaled behind ${socket} hung up (${code ?? error.message})`);
}

function shown(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > shownAnswerLength ? `${line.slice(0, shownAnswerLength)}...` : line || '(nothing)';
}
