// The name and the address that a node goes by, as k3s finds them out when nobody said.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { control } from './control.ts';
import { nodeFolder, passwordFile } from './paths.ts';
import type { Settings } from './settings.ts';
import { randomSecret } from './token.ts';

/** Lower case, whatever it was. */
export function nodeNameOf(settings: Settings): string {
  const name = (settings.text('node-name') ?? hostname()).toLowerCase();
  if (!settings.isOn('with-node-id')) return name;
  const file = `${nodeFolder}/id`;
  if (!existsSync(file)) {
    mkdirSync(nodeFolder, { recursive: true });
    writeFileSync(file, `${randomSecret(4)}\n`, { mode: 0o644 });
  }
  return `${name}-${readFileSync(file, 'utf8').trim()}`;
}

/** The first `node-ip`, that of the flannel interface, or that of the default route. @throws Error in Kubernetes' words */
export function nodeAddressOf(settings: Settings): string {
  const [said] = settings.list('node-ip');
  if (said !== undefined) return said;
  const flannel = settings.text('flannel-iface');
  const address = addressOf(flannel ?? defaultInterface());
  if (address === undefined) throw new Error('unable to select an IP from default routes.');
  return address;
}

/** @throws Error as Go's net does */
export function mustHaveInterface(name: string): void {
  if (addressOf(name) === undefined && !existsSync(`/sys/class/net/${name}`))
    throw new Error(`unable to find interface ${name}: route ip+net: no such network interface`);
}

function addressOf(name: string): string | undefined {
  return networkInterfaces()[name]?.find(each => each.family === 'IPv4')?.address;
}

function defaultInterface(): string {
  const rows = readFileSync('/proc/net/route', 'utf8').split('\n').slice(1);
  const found = rows.map(row => row.split('\t')).find(([, destination]) => destination === '00000000');
  if (found?.[0] === undefined || control().noDefaultRoute)
    throw new Error('no default routes found in "/proc/net/route" or "/proc/net/ipv6_route"');
  return found[0];
}

/** The password that this machine shows for its node, drawn once. */
export function nodePassword(): string {
  if (!existsSync(passwordFile)) {
    mkdirSync(nodeFolder, { recursive: true, mode: 0o755 });
    writeFileSync(passwordFile, `${randomSecret()}\n`, { mode: 0o600 });
  }
  return readFileSync(passwordFile, 'utf8').trim();
}
