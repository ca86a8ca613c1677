// What is new between two looks at the tailnet. Pure; a peer is the same by its stable id, whatever else has changed.
import type { BackendState } from './shapes.ts';
import type { Tailnet, TailnetPeer } from './tailnet.ts';

export type TailnetChange =
  | { readonly kind: 'state'; readonly from: BackendState | undefined; readonly to: BackendState }
  /** This node has other addresses; none while it is no device of a tailnet. */
  | { readonly kind: 'own-addresses'; readonly from: readonly string[]; readonly to: readonly string[] }
  /** This machine is another device of the tailnet than before: it was removed there, or its key was for an ephemeral node. */
  | { readonly kind: 'own-id'; readonly from: string; readonly to: string }
  | { readonly kind: 'peer-added'; readonly peer: TailnetPeer }
  | { readonly kind: 'peer-removed'; readonly peer: TailnetPeer }
  | { readonly kind: 'peer-moved'; readonly peer: TailnetPeer; readonly from: readonly string[] };

/** @param before undefined at the first look: then all is new */
export function tailnetChanges(before: Tailnet | undefined, after: Tailnet): TailnetChange[] {
  const changes: TailnetChange[] = [];
  if (before?.state !== after.state) changes.push({ kind: 'state', from: before?.state, to: after.state });
  const [was, is] = [before?.self, after.self];
  if (was && is && was.stableId !== is.stableId)
    changes.push({ kind: 'own-id', from: was.stableId, to: is.stableId });
  const [from, to] = [was?.addresses ?? [], is?.addresses ?? []];
  if (!isSame(from, to)) changes.push({ kind: 'own-addresses', from, to });
  const known = new Map(before?.peers.map(peer => [peer.stableId, peer]));
  for (const peer of after.peers) {
    const former = known.get(peer.stableId);
    known.delete(peer.stableId);
    if (!former) changes.push({ kind: 'peer-added', peer });
    else if (!isSame(former.addresses, peer.addresses))
      changes.push({ kind: 'peer-moved', peer, from: former.addresses });
  }
  for (const peer of known.values()) changes.push({ kind: 'peer-removed', peer });
  return changes;
}

const isSame = (a: readonly string[], b: readonly string[]) => a.join() === b.join();
