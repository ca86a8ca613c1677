// A ground with a network namespace for each agent, cabled to a bridge, MTU 1280: one can be cut off, a link can lose
// packets, and each one's traffic is its own interface's. As in test/lab/network.ts there is no ARP and no flooding, so
// whoever is cut off is silent rather than unreachable; that one ends at 26 hosts, this one at 250.
import { runOutside } from '../../test/lab/network.ts';
import { addressOf, type Ground, numbersTo } from './ground.ts';
import type { Leavings } from './leavings.ts';
import { mtuBytes } from './limits.ts';

const portOf = (number: number) => `p-${number}`;
const macOf = (number: number) => `02:ca:b0:00:00:${number.toString(16).padStart(2, '0')}`;

export class Wire implements Ground {
  readonly #switch: string;
  readonly #hosts: ReadonlyMap<number, string>;

  private constructor(bridge: string, hosts: ReadonlyMap<number, string>) {
    this.#switch = bridge;
    this.#hosts = hosts;
  }

  /** Makes the bridge and as many hosts as asked for. */
  static async make(leavings: Leavings, size: number): Promise<Wire> {
    const bridge = await leavings.namespace('sw');
    await batch(bridge, [
      `link add br0 mtu ${mtuBytes} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      'link set br0 addrgenmode none up',
    ]);
    const hosts = new Map<number, string>();
    for (const number of numbersTo(size)) hosts.set(number, await leavings.namespace(String(number)));
    const wire = new Wire(bridge, hosts);
    for (const [number, namespace] of hosts) {
      const cable = `link add ${portOf(number)} mtu ${mtuBytes} type veth`;
      const end = `peer name eth0 address ${macOf(number)} mtu ${mtuBytes} netns ${namespace}`;
      await batch(bridge, [`${cable} ${end}`, `link set ${portOf(number)} addrgenmode none up`]);
      const others = numbersTo(size).filter(other => other !== number);
      await batch(namespace, [
        'link set eth0 addrgenmode none up',
        `addr add ${addressOf(number)}/10 brd + dev eth0`,
        ...others.map(
          other => `neigh replace ${addressOf(other)} lladdr ${macOf(other)} dev eth0 nud permanent`,
        ),
      ]);
      await wire.plug(number);
    }
    return wire;
  }

  namespaceOf(number: number): string {
    const namespace = this.#hosts.get(number);
    if (namespace === undefined) throw new RangeError(`this wire has no host ${number}`);
    return namespace;
  }

  /** Takes its cable out of the bridge: nothing gets in or out, nobody is told, its own interface stays up. */
  async unplug(number: number): Promise<void> {
    await batch(this.#switch, [`link set ${portOf(number)} nomaster`]);
  }

  /** Puts its cable into the bridge, which learns nothing and floods nothing: it is told who is where. */
  async plug(number: number): Promise<void> {
    await batch(this.#switch, [
      `link set ${portOf(number)} master br0`,
      `link set ${portOf(number)} type bridge_slave learning off flood off`,
    ]);
    const entry = `fdb replace ${macOf(number)} dev ${portOf(number)} master static`;
    await runOutside('bridge', ['-n', this.#switch, ...entry.split(' ')]);
  }
}

async function batch(namespace: string, lines: readonly string[]): Promise<void> {
  await runOutside('ip', ['-n', namespace, '-batch', '-'], lines.map(line => `${line}\n`).join(''));
}
