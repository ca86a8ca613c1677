// Flannel's interface, which versions of k3s lose for good when tailscaled is started anew (k3s#12436): only a new start of k3s brings it back.
// Once, and not all servers at the same time.
import type { ClusterView } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import { hasJoined } from '../joins.ts';
import type { Attempts } from './attempts.ts';
import { grantsOf, isHere, nodeOf, reportOf } from './candidates.ts';
import { flannelTurnMs, settleMs } from './limits.ts';
import { roles } from './names.ts';
import type { K3sSettings } from './settings.ts';
import { losesFlannel, versionOf } from './versions.ts';

export const flannelLost = 'start k3s anew: flannel has lost its interface';

export class FlannelWatch {
  #lostAtMs = Number.POSITIVE_INFINITY;
  /** A new start was of no use: something else has taken it, or nobody wants it. */
  #wasTried = false;

  /** Looks; nothing is missed where k3s brings it back itself. */
  async look(
    host: Host,
    view: ClusterView,
    { flannelBackend }: Pick<K3sSettings, 'flannelBackend'>,
  ): Promise<void> {
    const own = nodeOf(view, view.self.id);
    const mayLose = flannelBackend === 'vxlan' && own !== undefined && losesFlannel(versionOf(own));
    if (mayLose && !(await host.listFolder('/sys/class/net')).includes('flannel.1')) {
      this.#lostAtMs = Math.min(this.#lostAtMs, view.wallMs);
      return;
    }
    this.#lostAtMs = Number.POSITIVE_INFINITY;
    this.#wasTried = false;
  }

  /** Whether k3s here, which is well else, is to be started anew now. */
  isDue(view: ClusterView, attempts: Attempts, key: string): boolean {
    const { wallMs } = view;
    if (this.#lostAtMs > wallMs || this.#wasTried || attempts.sinceMs(wallMs) < settleMs) return false;
    const servers = grantsOf(view, roles.server);
    const rank = servers.filter(({ node }) => node < view.self.id).length;
    const isServer = servers.some(({ node }) => node === view.self.id);
    const othersAreWell = servers.every(grant => {
      const member = nodeOf(view, grant.node);
      return grant.node === view.self.id || !member || !isHere(member) || hasJoined(reportOf(member, grant));
    });
    const isTurn = !isServer || (othersAreWell && wallMs - this.#lostAtMs >= rank * flannelTurnMs);
    return isTurn && attempts.waitMs(key, wallMs) === 0;
  }

  /** It was started anew for that. */
  tried(): void {
    this.#wasTried = true;
  }
}
