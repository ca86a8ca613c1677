// How members of the double's etcd speak to each other: HTTPS on port 2380 with certificates on both sides, as etcd does.
import { Agent, createServer, type Server } from 'node:https';
import { peerTimeoutMs } from './limits.ts';
import type { Raft } from './raft.ts';
import type { Message, Reply, Transport } from './raft-messages.ts';
import { send } from './request.ts';
import type { Member } from './state.ts';

export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

interface Envelope {
  readonly from: string;
  readonly clusterId: string;
  readonly message: Message;
}

export const removedText = 'the member has been permanently removed from the cluster';

/** Messages to other members over connections that stay open. */
export function peerTransport(credentials: Credentials, raft: () => Raft): Transport {
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ...credentials });
  return {
    async send(to: Member, message: Message): Promise<Reply | 'removed' | undefined> {
      const envelope: Envelope = { from: raft().id, clusterId: raft().state.clusterId, message };
      try {
        const { status, body } = await send(`${to.peerUrl}/raft`, {
          method: 'POST',
          body: JSON.stringify(envelope),
          ca: credentials.ca,
          checksName: false,
          agent,
          // A change that is proposed takes as long as it takes to be decided.
          timeoutMs: message.kind === 'propose' ? peerTimeoutMs * 3 : peerTimeoutMs,
        });
        if (status === 410) return 'removed';
        return status === 200 ? (JSON.parse(body) as Reply) : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** Answers other members. Not yet listening. */
export function peerServer(credentials: Credentials, raft: Raft): Server {
  return createServer(
    { ...credentials, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      response.on('error', () => {}); // who asked is gone
      const answer = (status: number, body: unknown) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      };
      if (request.url === '/version') return answer(200, { etcdserver: '3.5.21', etcdcluster: '3.5.0' });
      if (request.url === '/members') return answer(200, [...raft.state.members.values()]);
      if (request.url !== '/raft') return answer(404, '404 page not found\n');
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.once('end', () => {
        void (async () => {
          const { from, clusterId, message } = JSON.parse(Buffer.concat(chunks).toString()) as Envelope;
          const { state } = raft;
          if (state.removed.has(from)) return answer(410, `${removedText}\n`);
          if (clusterId !== '' && state.clusterId !== '' && clusterId !== state.clusterId)
            return answer(412, 'cluster ID mismatch\n');
          // Who is not known here is a newcomer whose entry has not come yet, or nobody: only a leader may speak to us then.
          answer(200, await raft.receive(from, message));
        })().catch(() => answer(400, 'error reading raft message\n'));
      });
    },
  );
}
