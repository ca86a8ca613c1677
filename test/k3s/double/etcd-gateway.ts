// The client port of etcd, 2379, as its JSON gateway serves it (grpc-gateway: POST, numbers of 64 bits as strings, bytes in
// base64), with certificates on both sides. What k3s' own etcd serves there too; gRPC itself is not served.
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Credentials } from './etcd-peers.ts';
import type { Raft } from './raft.ts';
import { noLeader, timedOut } from './raft-messages.ts';
import type { Member } from './state.ts';

/** The codes of gRPC that the gateway puts beside an error, and the status of HTTP that it makes of each. */
function codeOf(error: string): { readonly code: number; readonly status: number } {
  if (error === timedOut || error === noLeader || error.endsWith('unhealthy cluster'))
    return { code: 14, status: 503 };
  if (error.endsWith('member not found')) return { code: 5, status: 404 };
  if (error.endsWith('not supported for learner')) return { code: 14, status: 503 };
  return { code: 9, status: 400 };
}

interface Body {
  readonly peerURLs?: readonly string[];
  readonly isLearner?: boolean;
  readonly ID?: string;
  readonly linearizable?: boolean;
  readonly key?: string;
  readonly range_end?: string;
  readonly value?: string;
}

class EtcdError extends Error {}

export function gatewayServer(credentials: Credentials, raft: Raft, nextId: () => string): Server {
  return createServer(
    { ...credentials, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      response.on('error', () => {}); // who asked is gone
      const answer = (status: number, body: unknown) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      if (request.url === '/version') return answer(200, { etcdserver: '3.5.21', etcdcluster: '3.5.0' });
      if (request.url === '/health') return sendHealth(raft, response);
      if (request.url?.startsWith('/v3/') && request.method !== 'POST')
        return void response
          .writeHead(405, { 'content-type': 'text/plain; charset=utf-8' })
          .end('Method Not Allowed\n');
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        void serve(request.url ?? '', text)
          .then(body =>
            body === undefined ? response.writeHead(404).end('404 page not found\n') : answer(200, body),
          )
          .catch((thrown: Error) => {
            const { code, status } = codeOf(thrown.message);
            answer(status, { error: thrown.message, code, message: thrown.message });
          });
      });
    },
  );

  async function serve(url: string, text: string): Promise<unknown> {
    const body = (text === '' ? {} : JSON.parse(text)) as Body;
    switch (url) {
      case '/v3/cluster/member/list':
        // As etcd 3.5 was seen to do: without the word the answer is what this member knows, majority or not.
        if (body.linearizable === true) await raft.barrier();
        return { header: header(false), members: membersOf(raft) };
      case '/v3/cluster/member/add': {
        const id = nextId();
        const peerUrl = body.peerURLs?.[0] ?? '';
        await decide({ kind: 'member-add', id, peerUrl, isLearner: body.isLearner ?? false });
        const members = membersOf(raft);
        return { header: header(false), member: members.find(member => member.ID === id), members };
      }
      case '/v3/cluster/member/remove':
        await decide({ kind: 'member-remove', id: body.ID ?? '' });
        return { header: header(false), members: membersOf(raft) };
      case '/v3/cluster/member/promote':
        await decide({ kind: 'member-promote', id: body.ID ?? '' });
        return { header: header(false), members: membersOf(raft) };
      case '/v3/cluster/member/update':
        await decide({ kind: 'member-update', id: body.ID ?? '', peerUrl: body.peerURLs?.[0] ?? '' });
        return { header: header(false), members: membersOf(raft) };
      case '/v3/maintenance/status':
        return {
          header: header(),
          version: '3.5.21',
          dbSize: String(JSON.stringify(raft.state.save()).length),
          ...(raft.leader === undefined ? {} : { leader: raft.leader }),
          raftIndex: String(raft.commit),
          raftTerm: String(raft.term),
          raftAppliedIndex: String(raft.applied),
          ...(raft.isLearner ? { isLearner: true } : {}),
          ...(raft.leader === undefined ? { errors: [noLeader] } : {}),
        };
      case '/v3/kv/range': {
        await raft.barrier();
        const key = fromBase64(body.key);
        const found = raft.state.values.get(key);
        if (found === undefined) return { header: header() };
        const value = typeof found.value === 'string' ? found.value : JSON.stringify(found.value);
        const kv = {
          key: body.key,
          create_revision: String(found.created),
          mod_revision: String(found.modified),
        };
        return {
          header: header(),
          kvs: [{ ...kv, value: Buffer.from(value).toString('base64') }],
          count: '1',
        };
      }
      case '/v3/kv/put':
        await decide({ kind: 'put', key: fromBase64(body.key), value: fromBase64(body.value) });
        return { header: header() };
      default:
        return undefined;
    }
  }

  async function decide(op: Parameters<Raft['propose']>[0]): Promise<void> {
    const outcome = await raft.propose(op);
    if (!outcome.ok) throw new EtcdError(outcome.error);
  }

  /** Answers about members have no revision. */
  function header(hasRevision = true) {
    return {
      cluster_id: raft.state.clusterId,
      member_id: raft.id,
      ...(hasRevision ? { revision: String(raft.applied) } : {}),
      raft_term: String(raft.term),
    };
  }
}

/** At once: an unhealthy member does not wait for a leader. */
export function sendHealth(raft: Raft, response: ServerResponse): void {
  const isHealthy = raft.leader !== undefined;
  response.writeHead(isHealthy ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(JSON.stringify({ health: String(isHealthy), reason: isHealthy ? '' : 'RAFT NO LEADER' }));
}

const fromBase64 = (text = '') => Buffer.from(text, 'base64').toString();

/** As the gateway writes a member: what is empty or false is left out. */
export function memberJson(member: Member) {
  return {
    ID: member.id,
    ...(member.name === '' ? {} : { name: member.name }),
    peerURLs: [member.peerUrl],
    ...(member.clientUrl === '' ? {} : { clientURLs: [member.clientUrl] }),
    ...(member.isLearner ? { isLearner: true } : {}),
  };
}

function membersOf(raft: Raft) {
  return [...raft.state.members.values()].map(memberJson);
}
