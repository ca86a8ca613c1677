// What the kernel tells of a process's network: the counters of its host's interface, and to whom it is connected.
import { readFileSync } from 'node:fs';

export interface Sent {
  /** With Ethernet, IP and TCP or UDP headers, as the interface counts. */
  readonly bytes: number;
  readonly packets: number;
}

/** All that the host of this process has sent on its cable so far. Only on a wire, where each has its own. */
export function sentBy(pid: number): Sent {
  const text = readFileSync(`/proc/${pid}/net/dev`, 'utf8');
  const line = /^\s*eth0:(.*)$/m.exec(text)?.[1];
  if (line === undefined) throw new Error(`the host of process ${pid} has no eth0`);
  const fields = line.trim().split(/\s+/).map(Number);
  return { bytes: fields[8] ?? Number.NaN, packets: fields[9] ?? Number.NaN };
}

/** The IPv4 addresses with which the host of this process has established TCP connections. */
export function connectedAddresses(pid: number): ReadonlySet<string> {
  const established = '01';
  const addresses = ['tcp', 'tcp6'].flatMap(table => {
    const lines = readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1);
    return lines.flatMap(line => {
      const [, , remote = '', state] = line.trim().split(/\s+/);
      return state === established ? [addressFrom(remote)] : [];
    });
  });
  return new Set(addresses);
}

/** The kernel writes the address as a little-endian word in hexadecimal; of a mapped IPv6 address the last word counts. */
function addressFrom(remote: string): string {
  const word = remote.slice(0, remote.indexOf(':')).slice(-8);
  return [6, 4, 2, 0].map(at => Number.parseInt(word.slice(at, at + 2), 16)).join('.');
}
