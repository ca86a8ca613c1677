// Who may be a peer by what the network below knows of an address, besides what the handshake proves.

export interface PeerGate {
  /** What this node is on that network, said to each peer; empty when it is not known, or the network has no such names. */
  readonly device: string;
  /** Why no peer may be at `ip`, for people; empty when one may. To be asked before any byte is exchanged with it. */
  refusalOf(ip: string): Promise<string>;
  /**
   * Why what answers at `ip`, which was let in, is not the `device` that it says it is, or that its record does; empty when it is, or
   * nobody says.
   */
  mismatchOf(ip: string, device: string, whoSays: 'it' | 'its record'): string;
}

/** A network that knows nothing of its devices. */
export const openGate: PeerGate = {
  device: '',
  refusalOf: async () => '',
  mismatchOf: () => '',
};
