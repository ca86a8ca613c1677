// The port to signatures. The shell supplies Ed25519 under this node's identity key; the simulator a cheap double.

export interface Seal {
  /** This node's public key, as it travels. */
  readonly publicKey: string;
  /** Signs `text` with this node's key. */
  sign(text: string): string;
  verify(publicKey: string, text: string, signature: string): boolean;
  /** The node id that follows from a public key; empty when that is none. */
  idOf(publicKey: string): string;
}
