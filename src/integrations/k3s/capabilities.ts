// What this machine could do for Kubernetes, and what a member says that has no part in it. Looks only.
import type { ClusterView, ServiceReport } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import { isTooOld, keeperGrant, nodeOf, wantedRole } from './candidates.ts';
import { foreignK3s, tracesOf } from './mark.ts';
import { service } from './names.ts';
import { settingsOf } from './settings.ts';

/** `k3s-node` where the program is there, and nobody else has set it up. */
export async function k3sCapabilities(host: Host, markFile: string): Promise<string[]> {
  if ((await host.which('k3s')) === undefined) return [];
  return (await isOthers(host, markFile)) ? [] : ['k3s-node'];
}

/**
 * A k3s that was there before ClusterOS: it has a datastore or a node, and no mark. Of which cluster a mark is its roles look at, and they
 * tell of one that is damaged: an agent starts all the same.
 */
async function isOthers(host: Host, markFile: string): Promise<boolean> {
  const { isMember, isNode } = await tracesOf(host);
  return (isMember || isNode) && (await host.readFile(markFile)) === undefined;
}

/** What a node without a role reports; nothing when it is about to get one, nobody has Kubernetes, or an operator wants it so. */
export async function absence(
  host: Host,
  view: ClusterView,
  markFile: string,
): Promise<readonly ServiceReport[]> {
  const own = nodeOf(view, view.self.id);
  if (!own || !keeperGrant(view) || wantedRole(view, own.name) === 'none') return [];
  const absent = (detail: string): readonly ServiceReport[] => [
    { service, role: 'agent', token: 0, state: 'absent', step: '', reason: '', detail },
  ];
  if (own.capabilities.includes('k3s-node')) {
    if (!isTooOld(view, own)) return [];
    const { minimumVersion } = settingsOf(view.settings[service]);
    return absent(
      `its k3s is older than ${minimumVersion}, which "clusterctl service settings k3s" wants: update it`,
    );
  }
  const detail =
    (await host.which('k3s')) === undefined
      ? 'put k3s (github.com/k3s-io/k3s/releases) into /usr/local/bin, then "systemctl restart node-agent"'
      : (await isOthers(host, markFile))
        ? foreignK3s().message
        : 'k3s was installed after the agent had started: run "systemctl restart node-agent"';
  return absent(detail);
}
