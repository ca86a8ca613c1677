// Warm copies of the folder that a role works in, on nodes that may have to go on with it. Types only; what makes them is
// the agent's (agent/state-copies.ts).

/** Which state of the folder: a later holder's are newer than any of an earlier one. */
export interface CopyName {
  /** Fencing token of the holder that made it. */
  readonly token: number;
  readonly generation: number;
}

export interface CopyPeer {
  readonly id: string;
  /** HOST:PORT of its agent. */
  readonly address: string;
}

export interface Copies {
  /** Ends what a crash has left of a `materialise`. To be called before anything uses or makes `folder`. */
  recover(folder: string): Promise<void>;
  /** This node has the role by the grant `token`: what is in `folder` is copied by others from now on. Again: no change. */
  hold(token: number, folder: string): Promise<void>;
  /** Nothing writes to the folder any more: its last state becomes the copy here, and nothing more is given out. */
  release(): Promise<unknown>;
  /** Copies from `holder` from now on, whenever it has something new; from nobody when undefined. */
  follow(holder: CopyPeer | undefined): void;
  /** The newest that is here, held or copied; undefined when there is nothing. */
  newest(): CopyName | undefined;
  /** Brings the copy here up to the newest that one of `peers` has, as far as that can be done in time. */
  newestFrom(
    peers: readonly CopyPeer[],
    timeoutMs: number,
  ): Promise<{
    readonly copy: CopyName | undefined;
    /** Who has a newer copy that could not be had. */
    readonly missed: readonly (CopyName & { readonly id: string })[];
  }>;
  /** Puts the copy in place of `folder`, owned by the user `owner`; what was there is kept beside it. @throws Error when there is none */
  materialise(folder: string, owner: string): Promise<unknown>;
}
