// Debian's etcd as a contender: defaults but for names, addresses and the data folder. It is asked by gRPC over a unix
// socket, as the agents are; a write is a put of one small key, durable as it comes.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Client,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { packageVersion, told } from '../testbed/debian-package.ts';
import type { Seat } from '../testbed/seat.ts';
import type { Connection, Contender } from './contender.ts';

const [peerPort, clientPort] = [2380, 2379];
/** etcd takes no path here, so the socket is made where it runs; what looks like a port is part of the name. */
const socket = 'etcd.sock:0';
/** One that was killed leaves its socket, and does not start again beside it. */
const startInFolder = `cd "$0" && rm -f ${socket} && exec "$@"`;
const protocol = fileURLToPath(new URL('etcd.proto', import.meta.url));

export const etcd: Contender = {
  name: 'etcd',
  prepare() {},
  argv(seat, seats) {
    const clients = `http://${seat.ip}:${clientPort}`;
    return [
      ...['sh', '-c', startInFolder, seat.folder],
      ...['etcd', '--name', seat.name, '--data-dir', join(seat.folder, 'data')],
      ...['--listen-peer-urls', peerUrl(seat), '--initial-advertise-peer-urls', peerUrl(seat)],
      ...['--listen-client-urls', `${clients},unix://${socket}`, '--advertise-client-urls', clients],
      ...['--initial-cluster', seats.map(each => `${each.name}=${peerUrl(each)}`).join(',')],
    ];
  },
  sighting(line) {
    const own = / etcdserver: (?:re)?starting member ([0-9a-f]+) in cluster/.exec(line);
    if (own !== null) return { kind: 'known-as', name: own[1] ?? '' };
    const led =
      /raft\.node: [0-9a-f]+ (?:elected leader|changed leader from [0-9a-f]+ to) ([0-9a-f]+) at term (\d+)/.exec(
        line,
      );
    if (led === null) return undefined;
    return { kind: 'led', leader: led[1] ?? '', term: Number(led[2]) };
  },
  connect: async (seat, timeoutMs) => connect(seat, timeoutMs),
  version() {
    const version = packageVersion('etcd-server');
    if (version !== undefined) return `etcd, Debian package ${version}`;
    return `${told('etcd', '--version').split('\n')[0]}, not from a Debian package`;
  },
};

function peerUrl({ ip }: Seat): string {
  return `http://${ip}:${peerPort}`;
}

type Call = (
  request: object,
  options: { readonly deadline: number },
  answer: (error: Error | null, reply?: unknown) => void,
) => void;

function connect(seat: Seat, timeoutMs: number): Connection {
  const services = loadPackageDefinition(loadSync(protocol, { keepCase: true, longs: String }));
  const open = (name: string) => {
    const Service = (services.etcdserverpb as GrpcObject)[name] as ServiceClientConstructor;
    return new Service(`unix:${join(seat.folder, socket)}`, credentials.createInsecure(), {
      'grpc.initial_reconnect_backoff_ms': 250,
      'grpc.max_reconnect_backoff_ms': 250,
    });
  };
  const [store, maintenance] = [open('KV'), open('Maintenance')];
  const ask = <Reply>(client: Client, method: string, request: object) =>
    new Promise<Reply>((resolve, reject) => {
      const call = (client as unknown as Record<string, Call>)[method]?.bind(client);
      call?.(request, { deadline: Date.now() + timeoutMs }, (error, reply) => {
        if (error) reject(error);
        else resolve(reply as Reply);
      });
    });
  let written = 0;
  return {
    async status() {
      const { header, leader, raftIndex } = await ask<StatusReply>(maintenance, 'Status', {});
      const isLed = leader !== undefined && leader !== '0';
      return { leads: isLed && leader === header.member_id, isSettled: isLed, lastIndex: Number(raftIndex) };
    },
    async write() {
      written += 1;
      const [key, value] = ['bench', String(written)].map(text => Buffer.from(text));
      await ask(store, 'Put', { key, value });
    },
    async transfer(target) {
      await ask(maintenance, 'MoveLeader', { targetID: BigInt(`0x${target}`).toString() });
    },
    close() {
      store.close();
      maintenance.close();
    },
  };
}

/** What of the answer is looked at; numbers of 64 bits are texts, and what is 0 is absent. */
interface StatusReply {
  readonly header: { readonly member_id: string };
  readonly leader?: string;
  readonly raftIndex: string;
}
