// The last link: what the node reports of its part in Kubernetes, and what k3s would miss on a machine that has no way out. Looks only.
import type { Member__Output } from '../../api/gen/clusteros/v1/Member.ts';
import type { Host } from '../../integrations/host.ts';
import { folders } from '../../integrations/k3s/names.ts';
import { serviceFinding } from './cluster-checks.ts';
import { type Finding, findingsOf } from './finding.ts';

/** What works all the same is a note: k3s does with less until a pod comes that needs it. */
export async function kubernetesFinding(host: Host, own: Member__Output | undefined): Promise<Finding> {
  const finding = serviceFinding('k3s', own);
  const { note } = findingsOf('k3s');
  if (finding.state !== 'ok' && finding.state !== 'note') return finding;
  const [routes, images] = await Promise.all([hasDefaultRoute(host), hasImages(host)]);
  const lacks = [
    ...(routes ? [] : ['there is no default route, and addresses of services may lead nowhere']),
    ...(images ? [] : [`images come from the network: there are none in ${folders.images}`]),
  ];
  if (lacks.length === 0) return finding;
  const mends = [
    finding.mend,
    ...(routes ? [] : ['give it a default route, if only to a dummy interface (docs.k3s.io, airgap)']),
    ...(images ? [] : ['where there is no way out, put k3s-airgap-images-*.tar.zst of its release there']),
  ];
  return note([finding.text, ...lacks].join('; '), mends.filter(each => each !== '').join('; '));
}

/** By the kernel's table, where k3s looks too; true where it cannot be read. */
async function hasDefaultRoute(host: Host): Promise<boolean> {
  const table = await host.readFile('/proc/net/route').catch(() => undefined);
  if (table === undefined) return true;
  // Iface, Destination, Gateway, Flags, RefCnt, Use, Metric, Mask, ...; numbers are in hex.
  const [, ...rows] = new TextDecoder().decode(table).trim().split('\n');
  return rows.some(row => {
    const [, destination, , flags = '', , , , mask] = row.split(/\s+/);
    const isUp = (Number.parseInt(flags, 16) & routeUp) !== 0;
    const isRejected = (Number.parseInt(flags, 16) & routeReject) !== 0;
    return destination === '00000000' && mask === '00000000' && isUp && !isRejected;
  });
}

/** RTF_UP and RTF_REJECT of linux/route.h. */
const routeUp = 0x1;
const routeReject = 0x200;

/** Archives that k3s takes in by itself, or a registry of the site's own. */
async function hasImages(host: Host): Promise<boolean> {
  const names = await host.listFolder(folders.images).catch(() => []);
  if (names.some(name => /\.(tar(\.(gz|zst|lz4|bz2))?|tgz|tzst|tbz)$/.test(name))) return true;
  const registries = await host.readFile(`${folders.etc}/registries.yaml`).catch(() => undefined);
  return registries !== undefined;
}
