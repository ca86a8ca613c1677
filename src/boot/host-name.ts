// The host name of a machine that nobody has named: from its network card, so that it is the same after every re-imaging, and another
// on every machine. Pure but for the look at the cards.
import type { Host } from '../integrations/host.ts';

export interface Card {
  readonly name: string;
  readonly isWifi: boolean;
  /** Six bytes in hex, with colons. */
  readonly mac: string;
}

/** Names that images have, and that say nothing of a machine. */
const defaults = new Set([
  ...['', '(none)', 'localhost', 'localhost.localdomain', 'debian', 'ubuntu', 'raspberrypi'],
  ...['cluster-os', 'cluster-os-node', 'clusteros'],
]);

export const isDefaultName = (name: string): boolean => defaults.has(name.toLowerCase());

/** One label: the name of a member may be longer, and then is no host name. */
export const isHostName = (name: string): boolean =>
  /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/.test(name);

/**
 * `node-` and the end of the first card's address, wired before WiFi.
 * @param otherwise a number of this machine in hex, where it has no card
 */
export function ruleName(cards: readonly Card[], otherwise: string): string | undefined {
  const [first] = cards.toSorted((a, b) => Number(a.isWifi) - Number(b.isWifi) || (a.name < b.name ? -1 : 1));
  const hex = first?.mac.replaceAll(':', '').toLowerCase() ?? otherwise;
  return hex.length < 6 ? undefined : `node-${hex.slice(-6)}`;
}

/** Cards of the hardware, with the address that they were made with. */
export async function physicalCards(host: Host): Promise<Card[]> {
  const root = '/sys/class/net';
  const read = async (path: string) =>
    new TextDecoder().decode(await host.readFile(`${root}/${path}`).catch(() => undefined)).trim();
  const cards: Card[] = [];
  for (const name of await host.listFolder(root)) {
    const entries = await host.listFolder(`${root}/${name}`);
    const mac = await read(`${name}/address`);
    // 1 is Ethernet and WiFi; an address that was set or drawn by lot (not 0) is another tomorrow.
    const isLasting =
      (await read(`${name}/type`)) === '1' && (await read(`${name}/addr_assign_type`)) === '0';
    if (!entries.includes('device') || !isLasting || !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac)) continue;
    cards.push({ name, mac, isWifi: entries.includes('wireless') || entries.includes('phy80211') });
  }
  return cards;
}

/** /etc/hosts with the new name where the former one stood for this machine; sudo and others look it up. */
export function hostsWith(text: string, former: string, name: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex(line => /^\s*127\.0\.1\.1\s/.test(line));
  if (at < 0) return `${text.replace(/\n*$/, '')}\n127.0.1.1\t${name}\n`.replace(/^\n/, '');
  const [address = '', ...names] = (lines[at] ?? '').trim().split(/\s+/);
  const others = names.filter(each => each !== former && each !== name);
  lines[at] = `${address}\t${[name, ...others].join(' ')}`;
  return lines.join('\n');
}
