// A candidate's side of state copies: follows the present holder, brings each generation into the store, and says what is
// held. Goes on trying as long as there is a holder. Never takes a generation of an older grant than that of its copy.
import { type CopyName, isNewer, type Manifest } from '../integrations/state-copy/manifest.ts';
import type { CopyStore } from '../integrations/state-copy/store.ts';
import type { PeerAddress } from './grpc/peer-calls.ts';
import type { StateLink } from './grpc/state-link.ts';
import { stateBeatMs, stateRetryMaxMs, stateRetryMs, stateSilenceMs } from './limits.ts';
import type { FollowerWord } from './state-feed.ts';

export interface StateFollowerOptions {
  readonly store: CopyStore;
  /** A connection to a peer; nothing is sent before the first call on it. */
  readonly link: (peer: PeerAddress) => StateLink;
  readonly nowMs: () => number;
  readonly setTimer: (delayMs: number, run: () => void) => () => void;
  /** Told after each generation that has become the copy. */
  readonly onCommitted: (copy: CopyName & { readonly atMs: number }) => void;
}

export interface FollowingStatus {
  /** Id of the holder that is followed. */
  readonly holder: string | undefined;
  /** When it was heard last; monotonic clock. */
  readonly heardAtMs: number | undefined;
  /** Why the copy is not kept up to date, for people. */
  readonly trouble: string | undefined;
}

/** One connection to one holder. */
interface Session {
  readonly holder: PeerAddress;
  readonly link: StateLink;
  say: (word: FollowerWord) => void;
  /** The newest generation shown that has not been dealt with. */
  next: Manifest | undefined;
  busy: boolean;
  done: number;
  heardAtMs: number;
  cancelTimer: () => void;
}

export class StateFollower {
  readonly #options: StateFollowerOptions;
  #holder: PeerAddress | undefined;
  #session: Session | undefined;
  #retryMs = stateRetryMs;
  #cancelRetry: () => void = () => {};
  #heardAtMs: number | undefined;
  #trouble: string | undefined;

  constructor(options: StateFollowerOptions) {
    this.#options = options;
  }

  get status(): FollowingStatus {
    return { holder: this.#holder?.id, heardAtMs: this.#heardAtMs, trouble: this.#trouble };
  }

  /** Follows `holder` from now on, or nobody. */
  follow(holder: PeerAddress | undefined): void {
    if (holder?.id === this.#holder?.id && holder?.address === this.#holder?.address) return;
    this.#holder = holder;
    this.#heardAtMs = undefined;
    this.#trouble = undefined;
    this.#retryMs = stateRetryMs;
    this.#end();
    if (holder) this.#begin(holder);
  }

  #end(): void {
    this.#cancelRetry();
    const session = this.#session;
    this.#session = undefined;
    session?.cancelTimer();
    session?.link.close();
  }

  #begin(holder: PeerAddress): void {
    const { nowMs, link } = this.#options;
    const session: Session = {
      ...{ holder, link: link(holder), next: undefined, busy: false, done: 0, heardAtMs: nowMs() },
      ...{ say: () => {}, cancelTimer: () => {} },
    };
    this.#session = session;
    this.#beat(session);
    const events = {
      onManifest: (manifest: Manifest) => {
        session.next = manifest;
        this.#bring(session);
      },
      onHeard: () => {
        session.heardAtMs = nowMs();
        if (this.#session !== session) return;
        this.#heardAtMs = session.heardAtMs;
      },
      onEnd: (reason: string) => this.#failed(session, reason),
    };
    session.link.follow(this.#word(session), events).then(
      say => {
        session.say = say;
      },
      error => this.#failed(session, String(error.message)),
    );
  }

  #word({ done }: Session): FollowerWord {
    return { held: this.#options.store.manifest, done };
  }

  #beat(session: Session): void {
    session.cancelTimer = this.#options.setTimer(stateBeatMs, () => {
      if (this.#options.nowMs() - session.heardAtMs > stateSilenceMs)
        this.#failed(session, 'nothing was heard');
      else {
        session.say(this.#word(session));
        this.#beat(session);
      }
    });
  }

  /** The holder is asked anew, a little later. */
  #failed(session: Session, reason: string): void {
    if (this.#session !== session) return;
    this.#trouble = reason;
    this.#end();
    const delayMs = this.#retryMs;
    this.#retryMs = Math.min(delayMs * 2, stateRetryMaxMs);
    this.#cancelRetry = this.#options.setTimer(delayMs, () => this.#begin(session.holder));
  }

  async #bring(session: Session): Promise<void> {
    if (session.busy) return;
    session.busy = true;
    while (session.next && this.#session === session) {
      const manifest = session.next;
      session.next = undefined;
      try {
        await this.#take(session, manifest);
      } catch (error) {
        this.#failed(session, error instanceof Error ? error.message : String(error));
        break;
      }
      session.done = manifest.generation;
      session.say(this.#word(session));
    }
    session.busy = false;
  }

  async #take(session: Session, manifest: Manifest): Promise<void> {
    const { store, onCommitted } = this.#options;
    const held = store.manifest;
    if (held && held.token > manifest.token)
      throw new Error(
        `it shows a state of the grant ${manifest.token}, but the copy is of the later ${held.token}`,
      );
    if (!isNewer(manifest, held)) return;
    const gone = await bring(store, session.link, manifest);
    if (this.#session !== session) return;
    if (gone > 0) {
      this.#trouble = `${gone} contents were gone before they could be fetched`;
      return;
    }
    await store.commit(manifest);
    this.#trouble = undefined;
    this.#retryMs = stateRetryMs;
    const { token, generation, atMs } = manifest;
    onCommitted({ token, generation, atMs });
  }
}

/** Fetches what the store lacks of `manifest`. Resolves with how many contents the peer no longer had. */
export async function bring(store: CopyStore, link: StateLink, manifest: Manifest): Promise<number> {
  const lacking = await store.lacking(manifest);
  return link.contents(lacking, ({ sha256 }, content) => store.put(sha256, content));
}
