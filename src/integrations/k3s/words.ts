// What members say to each other about Kubernetes, over the streams of their agents: whoever joins asks the keeper to be let in, and how
// its node fares. A token is in no log, no gossip, no argument: only in such an answer. Texts are JSON; what is not understood is no answer.
import { z } from 'zod';
import type { ClusterView } from '../cluster-view.ts';
import type { Counterparts } from '../counterparts.ts';
import { keeperGrant, nodeOf } from './candidates.ts';

export const questions = { admitServer: 'admit server', admitAgent: 'admit agent', node: 'node' } as const;

const admission = z.discriminatedUnion('kind', [
  /** Empty for a server: it has the cluster's own token. */
  z.object({ kind: z.literal('welcome'), token: z.string() }),
  z.object({ kind: z.literal('wait'), detail: z.string() }),
  z.object({ kind: z.literal('refused'), reason: z.string(), detail: z.string() }),
]);
export type Admission = z.infer<typeof admission>;

const nodeWord = z.object({
  /** Whether the cluster has such a node. */
  isThere: z.boolean(),
  ready: z.boolean(),
  why: z.string(),
  /** Work is kept from it. */
  isCordoned: z.boolean(),
  /** Pods that stay though it is drained, some of them by name. */
  podsLeft: z.array(z.string()),
});
/** How a member's node fares in the cluster. */
export type NodeWord = z.infer<typeof nodeWord>;

export function admissionFrom(text: string): Admission | undefined {
  return parsed(admission, text);
}

/** What the keeper says of this member's own node; undefined when it does not answer. */
export async function keepersWord(
  view: ClusterView,
  counterparts: Counterparts,
): Promise<NodeWord | undefined> {
  const text = await askKeeper(view, counterparts, questions.node);
  return text === undefined ? undefined : parsed(nodeWord, text);
}

export async function askKeeper(
  view: ClusterView,
  counterparts: Counterparts,
  question: string,
): Promise<string | undefined> {
  const grant = keeperGrant(view);
  const keeper = grant && nodeOf(view, grant.node);
  if (!keeper || keeper.address === '') return undefined;
  return counterparts.ask({ id: keeper.id, address: keeper.address }, question);
}

function parsed<Value>(shape: z.ZodType<Value>, text: string): Value | undefined {
  try {
    const read = shape.safeParse(JSON.parse(text));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}
