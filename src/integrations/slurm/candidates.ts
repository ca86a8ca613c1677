// Who can be SLURM's controller, and in which order: those that hear from the leader itself and have the programs. Pure.
import type { ClusterView, Grant, ViewNode } from '../cluster-view.ts';
import { controllersMax } from '../limits.ts';
import { service } from './names.ts';
import { releaseOf, versionOf } from './versions.ts';

export function controllerGrant({ grants }: ClusterView): Grant | undefined {
  return grants.find(grant => grant.service === service && grant.role === 'controller');
}

/** Whether the holder of the role says that it serves. */
export function isServing(view: ClusterView): boolean {
  const grant = controllerGrant(view);
  const holder = view.nodes.find(({ id }) => id === grant?.node);
  return (
    holder?.reports.some(
      each =>
        each.service === service &&
        each.role === 'controller' &&
        each.token === grant?.token &&
        each.state === 'ready',
    ) === true
  );
}

/**
 * Every node that could be the controller, the holder first, then voters, then stand-bys; each by its id. At most three. Of the holder's
 * release only: one cannot read what a newer one has written, and who has taken over from an older one cannot give it back.
 */
export function controllerCandidates(view: ClusterView): readonly ViewNode[] {
  const holder = controllerGrant(view)?.node;
  const release = releaseWanted(view);
  const theirs = (capabilities: readonly string[]) => releaseOf(versionOf({ capabilities }));
  const rank = ({ id, standing }: ViewNode) => (id === holder ? 0 : standing === 'voter' ? 1 : 2);
  return view.nodes
    .filter(
      ({ id, capabilities, standing, ip }) =>
        ip !== '' &&
        (id === holder ||
          (capabilities.includes('slurm-controller') &&
            standing !== 'observer' &&
            (release ?? theirs(capabilities)) === (theirs(capabilities) ?? release))),
    )
    .toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1))
    .slice(0, controllersMax);
}

/** The holder's; while nobody has the role the newest there is, since slurmctld takes no slurmd that is newer. */
function releaseWanted(view: ClusterView): string | undefined {
  const grant = controllerGrant(view);
  if (grant) {
    const holder = view.nodes.find(({ id }) => id === grant.node);
    return holder && releaseOf(versionOf(holder));
  }
  return view.nodes
    .filter(
      ({ state, standing, drain, capabilities }) =>
        state === 'alive' && standing !== 'observer' && !drain && capabilities.includes('slurm-controller'),
    )
    .flatMap(node => releaseOf(versionOf(node)) ?? [])
    .toSorted()
    .at(-1);
}

/** True when `node` has said that it holds a whole copy of what the holder with this token had. */
export function hasCopyOf({ reports }: ViewNode, token: number): boolean {
  return reports.some(
    each =>
      each.service === service && each.role === 'standby' && each.token === token && each.state === 'ready',
  );
}
