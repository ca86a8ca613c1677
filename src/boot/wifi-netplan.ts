// WiFi settings as netplan's YAML. Pure, and written by a library: names and passphrases hold what they like. networkd's WiFi of
// netplan is by the name of the card alone ("match" is refused), so the caller says which cards there are.
import { stringify } from 'yaml';
import { wifiRouteMetric, wiredRouteMetric } from './limits.ts';
import type { WifiAuth, WifiNetwork, WifiSettings } from './wifi-settings.ts';

export const wifiNetplanFile = '60-clusteros-wifi.yaml';

/** The cards among the interfaces of a machine. */
export function wifiCards(interfaces: readonly string[]): string[] {
  return interfaces.filter(name => /^wl[a-z0-9]+$/.test(name)).sort();
}

/** Undefined when there is nothing to say: no network, or no card. */
export function wifiNetplan(
  { country, networks }: WifiSettings,
  cards: readonly string[],
): string | undefined {
  if (networks.length === 0 || cards.length === 0) return undefined;
  const overrides = { 'route-metric': wifiRouteMetric };
  const card = {
    ...{ dhcp4: true, dhcp6: true, 'dhcp4-overrides': overrides, 'dhcp6-overrides': overrides },
    ...(country === '' ? {} : { 'regulatory-domain': country }),
    // A Map, since a network may be called __proto__.
    'access-points': new Map(networks.map(each => [each.ssid, accessPoint(each)])),
  };
  const wifis = Object.fromEntries(cards.map(name => [name, card]));
  const tree = { network: { version: 2, renderer: 'networkd', wifis } };
  // Each card has its own copy: netplan knows no aliases.
  const text = stringify(tree, {
    ...{ aliasDuplicateObjects: false, lineWidth: 0 },
    ...{ defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' },
  });
  return `# Written by wifi-setup from /etc/clusteros/wifi.env; what is changed here is lost. A cable comes first (metric ${wiredRouteMetric}).\n${text}`;
}

function accessPoint({ isHidden, auth }: WifiNetwork): Record<string, unknown> {
  return { ...(isHidden ? { hidden: true } : {}), ...authOf(auth) };
}

function authOf(auth: WifiAuth): Record<string, unknown> {
  if (auth.kind === 'open') return {};
  if (auth.kind !== 'enterprise')
    return { auth: { 'key-management': auth.kind === 'wpa3' ? 'sae' : 'psk', password: auth.key } };
  const said = {
    ...{ 'key-management': 'eap', method: auth.method, identity: auth.identity },
    'anonymous-identity': auth.anonymousIdentity,
    password: auth.password,
    'ca-certificate': auth.caCert,
    'client-certificate': auth.clientCert,
    'client-key': auth.clientKey,
    'client-key-password': auth.clientKeyPassword,
    'phase2-auth': auth.phase2,
  };
  return { auth: Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) };
}
