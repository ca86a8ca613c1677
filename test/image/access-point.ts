// Air in a machine: a WiFi card of the kernel's (mac80211_hwsim), and on the other side of it an access point with several networks, in a
// network namespace that has the machine's third cable. Whoever is told of one of them gets an address and, by way of the access
// point alone, to the control server. Nothing of it is there before somebody loads the module.
import { writeInto } from './installed.ts';
import type { VirtualMachine } from './virtual-machine.ts';

export const networks = {
  wpa2: { ssid: 'lab of ours', key: 'correct horse $battery' },
  other: { ssid: 'lab-2', key: 'another passphrase' },
  wpa3: { ssid: 'lab-sae', key: 'simultaneous equals' },
  enterprise: { ssid: 'campus', identity: 'student', password: 'pass word $1' },
} as const;
/** The authority that the enterprise network shows. */
export const authorityFile = '/etc/clusteros/wifi-ca.pem';

const folder = '/etc/access-point';
const namespace = 'air';

const bss = (number: number, lines: readonly string[]) =>
  [...(number === 0 ? ['interface=ap0'] : [`bss=ap0-${number}`]), 'bridge=br0', ...lines].join('\n');
const wpa = (management: string) => ['wpa=2', `wpa_key_mgmt=${management}`, 'rsn_pairwise=CCMP'];

const hostapdText = [
  bss(0, [
    ...['driver=nl80211', 'hw_mode=g', 'channel=1', `ssid=${networks.wpa2.ssid}`],
    ...[...wpa('WPA-PSK'), `wpa_passphrase=${networks.wpa2.key}`],
  ]),
  bss(1, [`ssid=${networks.other.ssid}`, ...[...wpa('WPA-PSK'), `wpa_passphrase=${networks.other.key}`]]),
  bss(2, [
    ...[`ssid=${networks.wpa3.ssid}`, ...wpa('SAE'), 'ieee80211w=2'],
    `sae_password=${networks.wpa3.key}`,
  ]),
  bss(3, [
    ...[`ssid=${networks.enterprise.ssid}`, ...wpa('WPA-EAP'), 'ieee8021x=1', 'eap_server=1'],
    ...[`eap_user_file=${folder}/users`, `ca_cert=${folder}/ca.pem`],
    ...[`server_cert=${folder}/server.pem`, `private_key=${folder}/server.key`],
  ]),
].join('\n\n');

const usersText = `* PEAP
"${networks.enterprise.identity}" MSCHAPV2 "${networks.enterprise.password}" [2]
`;

const openText = `#!/bin/sh
# Brings the access point up. The card's own radio stays where it is.
set -eu
# The event of the renaming may come before the name is there.
for try in 1 2 3 4 5 6 7 8 9 10; do
  [ -e /sys/class/net/ap0/phy80211/name ] && break
  sleep 1
done
phy=$(cat /sys/class/net/ap0/phy80211/name)
ip netns add ${namespace}
iw phy "$phy" set netns name ${namespace}
ip link set eth2 netns ${namespace}
inside() { ip netns exec ${namespace} "$@"; }
inside ip link set lo up
inside ip link set eth2 up
inside ip address add 10.0.3.20/24 dev eth2
inside ip link add br0 type bridge
inside ip address add 10.77.0.1/24 dev br0
inside ip link set br0 up
inside sysctl -q net.ipv4.ip_forward=1
inside nft 'add table ip air; add chain ip air out { type nat hook postrouting priority 100; }; add rule ip air out oifname eth2 masquerade'
if [ ! -e ${folder}/ca.pem ]; then
  cd ${folder}
  made() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 "$@"; }
  made -x509 -keyout ca.key -out ca.pem -subj '/CN=campus authority'
  made -keyout server.key -out server.csr -subj '/CN=radius.campus.invalid'
  openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out server.pem
  install -m 644 ca.pem ${authorityFile}
fi
inside dnsmasq --port=0 --interface=br0 --bind-interfaces --dhcp-range=10.77.0.10,10.77.0.50,1h --dhcp-leasefile=/run/access-point.leases
exec ip netns exec ${namespace} hostapd ${folder}/hostapd.conf
`;

/** Of two radios that the module makes, the second is the access point's; it has a name that no card has. The renaming is an event, too. */
const ruleText = `ACTION=="add", SUBSYSTEM=="net", ATTR{address}=="02:00:00:00:01:00", NAME="ap0"
ACTION=="move", SUBSYSTEM=="net", KERNEL=="ap0", TAG+="systemd", ENV{SYSTEMD_WANTS}+="access-point.service"
`;

const unitText = `[Unit]
Description=The other side of the air (a test's)

[Service]
ExecStart=/usr/local/sbin/access-point
`;

export function installAccessPoint(tree: string): void {
  writeInto(tree, `${folder}/hostapd.conf`, `${hostapdText}\n`, 0o600);
  writeInto(tree, `${folder}/users`, usersText, 0o600);
  writeInto(tree, '/usr/local/sbin/access-point', openText, 0o755);
  writeInto(tree, '/etc/systemd/system/access-point.service', unitText);
  writeInto(tree, '/etc/udev/rules.d/70-access-point.rules', ruleText);
  writeInto(tree, '/etc/modprobe.d/hwsim.conf', 'options mac80211_hwsim radios=2\n');
}

/** Plugs the card in, and with it comes the access point. */
export async function plugCard(machine: VirtualMachine): Promise<void> {
  const { exitCode, stderr } = await machine.run(['modprobe', 'mac80211_hwsim']);
  if (exitCode !== 0) throw new Error(`modprobe: ${stderr}`);
}

/** The network that the card is in, and its address there; undefined without one of them. */
export async function seatOf(
  machine: VirtualMachine,
): Promise<{ readonly ssid: string; readonly ip: string } | undefined> {
  const link = (await machine.run(['iw', 'dev', 'wlan0', 'link'])).stdout;
  const address = (await machine.run(['ip', '-4', '-o', 'address', 'show', 'dev', 'wlan0'])).stdout;
  const ssid = /^\s*SSID: (.*)$/m.exec(link)?.[1];
  const ip = /inet (10\.77\.0\.\d+)/.exec(address)?.[1];
  return ssid === undefined || ip === undefined ? undefined : { ssid, ip };
}
