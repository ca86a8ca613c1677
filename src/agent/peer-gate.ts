// Who may be a peer by what the network below knows of an address, besides what the handshake proves.

export interface PeerGate {
  /** What this node is on that network, said to each peer; empty when it is not known, or the network has no such names. */
  readonly device: string;
  /** Why no peer may be at `ip`, for people; empty when one may. To be asked before any byte is exchanged with it. */
  refusalOf(ip: string): Promise<string>;
  /** Why what is at `ip`, which was let in, is not the `device` that it says it is; empty when it is, or says nothing. */
  mismatchOf(ip: string, device: string): string;
}

/** A network that knows nothing of its devices. */
export const openGate: PeerGate = {
  device: '',
  refusalOf: async () => '',
  mismatchOf: () => '',
};
