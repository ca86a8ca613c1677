// Single questions to other agents, on behalf of an administrator: what do you see, change your tags. Each with a
// deadline, over a connection of its own that must show the expected identity.
import type { LookReply__Output } from '../../api/gen/clusteros/v1/LookReply.ts';
import type { TagReply__Output } from '../../api/gen/clusteros/v1/TagReply.ts';
import { lookTimeoutMs, remoteChangeTimeoutMs } from '../limits.ts';
import type { Sighting } from '../look.ts';
import type { Tags } from '../tags.ts';
import type { GrpcPeerTransport } from './peer-transport.ts';

export interface PeerAddress {
  readonly id: string;
  readonly address: string;
}

export class PeerCalls {
  readonly #transport: GrpcPeerTransport;

  constructor(transport: GrpcPeerTransport) {
    this.#transport = transport;
  }

  /** What the agent of `peer` sees of `subjects` (ids); undefined when it does not answer within `lookTimeoutMs`. */
  async look(peer: PeerAddress, subjects: readonly string[]): Promise<readonly Sighting[] | undefined> {
    const client = await this.#transport.client(peer.address, peer.id);
    return new Promise(resolve => {
      const deadline = Date.now() + lookTimeoutMs;
      client.look(
        { subjects: [...subjects] },
        { deadline },
        (error: Error | null, reply?: LookReply__Output) => {
          client.close();
          resolve(error ? undefined : reply?.looks);
        },
      );
    });
  }

  /** Changes the tags of `peer` there. Rejects with gRPC's error. */
  async tag(peer: PeerAddress, set: Tags, remove: readonly string[]): Promise<Tags> {
    const client = await this.#transport.client(peer.address, peer.id);
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + remoteChangeTimeoutMs;
      const request = { set: { ...set }, remove: [...remove] };
      client.tag(request, { deadline }, (error: Error | null, reply?: TagReply__Output) => {
        client.close();
        if (error) reject(error);
        else resolve(reply?.tags ?? {});
      });
    });
  }
}
