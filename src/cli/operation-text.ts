// An operation in words, for the places that have one line for it.
import type { Operation__Output } from '../api/gen/clusteros/v1/Operation.ts';
import type { OperationStep__Output } from '../api/gen/clusteros/v1/OperationStep.ts';

/** `join of slurm worker borea: start-slurmd 2/3, munge-missing: what the step said`. */
export function operationText(operation: Operation__Output): string {
  const { kind, service, role, member } = operation;
  return `${kind} of ${service} ${role} ${member}: ${[stepText(operation), whyText(operation)].filter(Boolean).join(', ')}`;
}

/** The step that is under way or has failed and its place among all, `3/3` when none is left. */
export function stepText({ steps }: Operation__Output): string {
  const at = steps.findIndex(({ state }) => state !== 'done');
  const step = steps[at];
  return step ? `${step.name} ${at + 1}/${steps.length}` : `${steps.length}/${steps.length}`;
}

/** The reason code and what the failed or running step says, as far as there are any. */
export function whyText(operation: Operation__Output): string {
  return [operation.reason, currentStep(operation)?.detail ?? ''].filter(Boolean).join(': ');
}

/** The failed operations that no later operation of the same role has made good. */
export function standingFailures(operations: readonly Operation__Output[]): Operation__Output[] {
  const latest = new Map<string, Operation__Output>();
  for (const operation of operations.toSorted((a, b) => a.id - b.id))
    latest.set(`${operation.service}/${operation.role}/${operation.member}`, operation);
  // A role that was given to another is no trouble of the one that had it; nor is a recovery in whose place another was asked for.
  return [...latest.values()].filter(
    ({ outcome, reason }) => outcome === 'failed' && !['role-moved', 'asked-anew'].includes(reason),
  );
}

function currentStep({ steps }: Operation__Output): OperationStep__Output | undefined {
  return steps.find(({ state }) => state !== 'done');
}
