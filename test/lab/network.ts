// The wire of a lab: a bridge in a network namespace of its own, a cable to each host's namespace, and silent cuts.
// Only iproute2; nothing is made in the root network namespace. There is no ARP: all neighbours are permanent
// entries, as on a tailnet, so a packet to a host that is gone is lost in silence rather than answered by an error.
import { execFile } from 'node:child_process';
import { groundMtuBytes, hostsMax, mtuBytes, networkCommandTimeoutMs } from './limits.ts';

/** Nobody has this address, and the bridge does not flood, so what is sent to it is gone. */
const nobody = '02:00:00:00:00:01';

/** What the addresses of the wire are, and how long a packet may be. */
export interface Wire {
  /** The first three bytes of an IPv4 address. */
  readonly subnet: string;
  /** Bits of the network that all hosts are in. */
  readonly prefixBits: number;
  readonly mtuBytes: number;
}

/** The wire is the tailnet itself: no tailscaled, its addresses and its MTU. */
export const tailnetWire: Wire = { subnet: '100.64.0', prefixBits: 10, mtuBytes };
/** The wire is what lies below a tailnet: hosts run a tailscaled of their own. */
export const groundWire: Wire = { subnet: '10.64.0', prefixBits: 24, mtuBytes: groundMtuBytes };

/** Where one host is plugged in. */
export interface Port {
  /** From 1; the last byte of its addresses. */
  readonly number: number;
  readonly letter: string;
  readonly ip: string;
  readonly mac: string;
  readonly namespace: string;
}

/** Runs a command outside the hosts and gives its stdout. @throws Error with what it printed to stderr */
export function runOutside(command: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { timeout: networkCommandTimeoutMs, env: { PATH: process.env.PATH ?? '' } },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${command} ${args.join(' ')}: ${stderr.trim() || error.message}\n${input}`));
      },
    );
    child.stdin?.once('error', () => {}); // it ended without reading: its exit says the rest
    child.stdin?.end(input);
  });
}

/** The names of all network namespaces that `ip netns` knows. */
export async function namespaceNames(): Promise<string[]> {
  const text = await runOutside('ip', ['netns', 'list']);
  return text.split('\n').flatMap(line => (line === '' ? [] : [line.split(' ')[0] ?? '']));
}

/** Takes the name away; the namespace itself goes with its last process. */
export async function deleteNamespace(name: string): Promise<void> {
  await runOutside('ip', ['netns', 'delete', name]);
}

export class Network {
  readonly ports: readonly Port[];
  readonly #wire: Wire;
  readonly #switch: string;
  readonly #cuts = new Set<string>();
  readonly #unplugged = new Set<Port>();
  /** Ports whose namespace is there. */
  readonly #powered = new Set<Port>();

  /** @param prefix starts the name of every namespace of this lab */
  constructor(prefix: string, hosts: number, wire: Wire = tailnetWire) {
    if (hosts < 1 || hosts > hostsMax) throw new RangeError(`a lab has 1 to ${hostsMax} hosts, not ${hosts}`);
    this.#wire = wire;
    this.#switch = `${prefix}-sw`;
    this.ports = Array.from({ length: hosts }, (_, index) => {
      const last = String.fromCharCode(97 + (index % 26));
      const letter = index < 26 ? last : `${String.fromCharCode(96 + Math.floor(index / 26))}${last}`;
      return {
        number: index + 1,
        letter,
        ip: `${wire.subnet}.${index + 1}`,
        mac: `02:ca:b0:00:00:${(index + 1).toString(16).padStart(2, '0')}`,
        namespace: `${prefix}-${letter}`,
      };
    });
  }

  /** Makes the bridge and plugs every host in. */
  async create(): Promise<void> {
    await runOutside('ip', ['netns', 'add', this.#switch]);
    await this.#ip(this.#switch, [
      `link add br0 mtu ${this.#wire.mtuBytes} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      'link set br0 addrgenmode none up',
    ]);
    for (const port of this.ports) await this.add(port);
  }

  /** Makes the host's namespace and its cable; the network state of an earlier life is not there. */
  async add(port: Port): Promise<void> {
    const { letter, namespace, mac, ip } = port;
    const { mtuBytes, prefixBits } = this.#wire;
    await runOutside('ip', ['netns', 'add', namespace]);
    const cable = `link add p-${letter} mtu ${mtuBytes} type veth`;
    const peer = `peer name eth0 address ${mac} mtu ${mtuBytes} netns ${namespace}`;
    await this.#ip(this.#switch, [`${cable} ${peer}`, `link set p-${letter} addrgenmode none up`]);
    await this.#ip(namespace, [
      'link set lo up',
      'link set eth0 addrgenmode none up',
      `addr add ${ip}/${prefixBits} brd + dev eth0`,
    ]);
    this.#powered.add(port);
    this.#unplugged.delete(port);
    await this.#plug(port);
    await this.#tellNeighbours(port);
  }

  /** Takes the namespace of a host without processes away, with every connection that the kernel still tends. */
  async remove(port: Port): Promise<void> {
    this.#powered.delete(port);
    await this.#ip(this.#switch, [`link delete p-${port.letter}`]);
    await deleteNamespace(port.namespace);
  }

  /** Takes the cable out of the bridge; the host's own interface stays up, as that of a tailnet does. */
  async unplug(port: Port): Promise<void> {
    this.#unplugged.add(port);
    await this.#ip(this.#switch, [`link set p-${port.letter} nomaster`]);
  }

  /** Drops in silence what `from` sends to `to`; the other direction stays. */
  async cut(from: Port, to: Port): Promise<void> {
    this.#cuts.add(`${from.letter}>${to.letter}`);
    if (this.#powered.has(from)) await this.#tellNeighbours(from);
  }

  /** Ends all cuts and plugs in whatever has power. */
  async heal(): Promise<void> {
    this.#cuts.clear();
    for (const port of this.#powered) {
      if (this.#unplugged.delete(port)) await this.#plug(port);
      await this.#tellNeighbours(port);
    }
  }

  /** The bridge neither learns nor floods: it knows who is behind each port. */
  async #plug({ letter, mac }: Port): Promise<void> {
    await this.#ip(this.#switch, [
      `link set p-${letter} master br0`,
      `link set p-${letter} type bridge_slave learning off flood off`,
    ]);
    await runOutside('bridge', [
      '-n',
      this.#switch,
      ...`fdb replace ${mac} dev p-${letter} master static`.split(' '),
    ]);
  }

  async #tellNeighbours(port: Port): Promise<void> {
    const others = this.ports.filter(other => other !== port);
    await this.#ip(
      port.namespace,
      others.map(other => {
        const mac = this.#cuts.has(`${port.letter}>${other.letter}`) ? nobody : other.mac;
        return `neigh replace ${other.ip} lladdr ${mac} dev eth0 nud permanent`;
      }),
    );
  }

  async #ip(namespace: string, lines: readonly string[]): Promise<void> {
    await runOutside('ip', ['-n', namespace, '-batch', '-'], lines.map(line => `${line}\n`).join(''));
  }
}
