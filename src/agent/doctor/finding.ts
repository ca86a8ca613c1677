// What the doctor says of one link of the chain from power-on to a working member.

/** In the order in which each needs those before it. */
export const stages = [
  ...(['clock', 'link', 'dns', 'tailscaled', 'login', 'address', 'key', 'agent', 'port', 'peers'] as const),
  ...(['leader', 'munge', 'slurm', 'k3s'] as const),
] as const;

export type StageName = (typeof stages)[number];

export interface Finding {
  readonly stage: StageName;
  /** `note`: it works, and somebody should know. `skipped`: it does not apply here. */
  readonly state: 'ok' | 'note' | 'skipped' | 'broken';
  /** One line: what is so. */
  readonly text: string;
  /** One line: the command that mends it; empty when there is nothing to mend. */
  readonly mend: string;
}

/** Makes the findings of one stage. */
export function findingsOf(stage: StageName) {
  const finding =
    (state: Finding['state']) =>
    (text: string, mend = ''): Finding => ({ stage, state, text, mend });
  return {
    ok: finding('ok'),
    note: finding('note'),
    skipped: finding('skipped'),
    broken: finding('broken'),
  };
}
