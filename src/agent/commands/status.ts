// `node-agent status`: whether the agent of this machine runs, and how it fares, asked over its own socket.
import { statSync } from 'node:fs';
import { credentials } from '@grpc/grpc-js';
import type { StatusReply__Output } from '../../api/gen/clusteros/v1/StatusReply.ts';
import { v1 } from '../../api/proto.ts';
import { readTimeoutMs } from '../limits.ts';

/** The running agent's own words; undefined when none runs behind `socket`. Rejects when the socket may not be used. */
export async function status(socket: string): Promise<StatusReply__Output | undefined> {
  if (statSync(socket, { throwIfNoEntry: false }) === undefined) return undefined;
  const client = new v1.AdminService(`unix:${socket}`, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      client.status({}, { deadline: Date.now() + readTimeoutMs }, (error, reply) => {
        if (reply) resolve(reply);
        else if (/ECONNREFUSED|ENOENT/.test(error?.details ?? '')) resolve(undefined);
        else reject(error);
      });
    });
  } finally {
    client.close();
  }
}

/** The same for people, one line. */
export function statusText({
  name,
  id,
  clusterId,
  clusterName,
  role,
  leader,
  term,
  uptimeMs,
  waitingFor,
}: StatusReply__Output): string {
  const up = `up ${Math.round(uptimeMs / 1000)} s`;
  if (clusterId === '') return `${name} (${id}) runs, ${up}, and belongs to no cluster yet: ${waitingFor}`;
  return `${name} (${id}) runs, ${up}: ${role} of ${clusterName}, term ${term}, leader ${leader === '' ? 'unknown' : leader}`;
}
