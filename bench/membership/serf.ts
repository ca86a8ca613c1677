// Debian's serf as a contender: profile lan, a snapshot on disk, everything else as it comes. No encryption, as it comes.
import { join } from 'node:path';
import { packageVersion, told } from '../testbed/debian-package.ts';
import type { Seat } from '../testbed/seat.ts';
import type { Contender, SightingKind } from './contender.ts';

const port = 7946;
const rpcPort = 7373;

const patterns: readonly (readonly [RegExp, SightingKind])[] = [
  // After its sockets are bound and before it joins; the log itself is held back until it has joined.
  [/==> Starting Serf agent RPC/, 'listening'],
  [/serf: EventMemberJoin: (\S+)/, 'alive'],
  [/memberlist: Suspect (\S+) has failed/, 'suspected'],
  [/serf: EventMemberFailed: (\S+)/, 'failed'],
  [/serf: EventMemberLeave: (\S+)/, 'left'],
  [/memberlist: Refuting a suspect message/, 'refuted'],
];

export const serf: Contender = {
  name: 'serf',
  prepare() {},
  argv: (seat, seeds) => [
    ...['serf', 'agent', '-node', seat.name, '-bind', `${seat.ip}:${port}`, '-rpc-addr', rpcOf(seat)],
    ...['-profile', 'lan', '-snapshot', join(seat.folder, 'snapshot')],
    ...seeds.flatMap(seed => ['-join', `${seed}:${port}`]),
  ],
  sighting(line) {
    for (const [pattern, kind] of patterns) {
      const found = pattern.exec(line);
      if (found !== null) return { kind, member: found[1] ?? '' };
    }
    return undefined;
  },
  tableArgv: seat => ['serf', 'members', '-rpc-addr', rpcOf(seat), '-format', 'json'],
  presentIn(table) {
    const { members } = JSON.parse(table) as { readonly members: { name: string; status: string }[] };
    return members.filter(({ status }) => status === 'alive').map(({ name }) => name);
  },
  version() {
    const own = told('serf', 'version').split('\n')[0] ?? '';
    const version = packageVersion('serf');
    return version === undefined
      ? `serf ${own}, not from a Debian package`
      : `serf, Debian package ${version}, which calls itself ${own}`;
  },
};

function rpcOf({ ip }: Seat): string {
  return `${ip}:${rpcPort}`;
}
