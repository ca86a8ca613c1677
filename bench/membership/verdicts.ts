// Counts of what agents have said of members, since a moment: suspicions, and failures of those who were well.
import type { Cluster } from './cluster.ts';
import type { SightingKind } from './contender.ts';
import type { Told } from './watched-agent.ts';

export interface Selection {
  readonly kind: SightingKind;
  readonly sinceMs: number;
  /** Only what is said of these. */
  readonly about?: (member: string) => boolean;
  /** Only what these say. */
  readonly by?: (name: string) => boolean;
}

/** What was told and fits, in the order of arrival. */
export function toldOf(
  { told }: Cluster,
  { kind, sinceMs, about = () => true, by = () => true }: Selection,
): Told[] {
  return told.filter(each => each.kind === kind && each.atMs >= sinceMs && about(each.member) && by(each.by));
}

/** How many agents said it how often, in words: "0", or "2 (5 marks)". */
export function marksText(marks: readonly Told[]): string {
  const members = new Set(marks.map(({ member }) => member)).size;
  return members === 0 ? '0' : `**${members}** (${marks.length} marks)`;
}
