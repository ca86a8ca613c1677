// Is a history of reads and writes of registers linearizable: could all of it have happened one after the other, each at some
// moment between its start and its end? The search of Wing and Gong (1993) with Lowe's memory of what was tried (2017).

export interface Operation {
  readonly client: string;
  readonly key: string;
  readonly kind: 'read' | 'write';
  /** Written, or read; empty for a register that was never written. */
  readonly value: string;
  readonly startMs: number;
  /** Infinity when nobody was told: then it may have happened at any time since, or never. Reads without an answer are left out. */
  readonly endMs: number;
}

/** Configurations looked at for one register; more is given up with an error, never taken for good. */
export const configurationsMax = 500_000;

/** Undefined when the history is linearizable; else which operation of which register fits nowhere, for people. */
export function whyNotLinearizable(history: readonly Operation[]): string | undefined {
  const byKey = Map.groupBy(history, ({ key }) => key);
  for (const [key, operations] of byKey) {
    const stuck = search(operations.toSorted((a, b) => a.startMs - b.startMs));
    if (stuck) return `register ${key}: ${textOf(stuck.operation)} fits nowhere after ${stuck.before}`;
  }
  return undefined;
}

interface Stuck {
  readonly operation: Operation;
  readonly before: string;
}

interface Node {
  /** Which operations have happened, a bit each. */
  readonly done: bigint;
  readonly count: number;
  readonly value: string;
}

function search(operations: readonly Operation[]): Stuck | undefined {
  const told = operations.filter(({ endMs }) => endMs < Number.POSITIVE_INFINITY).length;
  const tried = new Set<string>();
  const open: Node[] = [{ done: 0n, count: 0, value: '' }];
  let furthest: Node = { done: 0n, count: -1, value: '' };
  for (let node = open.pop(); node; node = open.pop()) {
    const key = `${node.done} ${node.value}`;
    if (tried.has(key)) continue;
    tried.add(key);
    if (tried.size > configurationsMax)
      throw new Error(
        `linearizable: more than ${configurationsMax} configurations; make the history shorter`,
      );
    if (node.count === told) return undefined;
    if (node.count > furthest.count) furthest = node;
    open.push(...nextOf(operations, node).reverse());
  }
  const left = operations.filter((_, i) => !has(furthest.done, i));
  const operation = left.toSorted((a, b) => a.endMs - b.endMs)[0] ?? operations[0];
  if (!operation) return undefined;
  return { operation, before: `${furthest.count} of ${told}, when it held "${furthest.value}"` };
}

/** What may happen next: whatever started before everything that is left has ended, and reads what is there. */
function nextOf(operations: readonly Operation[], { done, count, value }: Node): Node[] {
  let firstEndMs = Number.POSITIVE_INFINITY;
  for (const [i, { endMs }] of operations.entries())
    if (!has(done, i)) firstEndMs = Math.min(firstEndMs, endMs);
  const next: (Node & { readonly endMs: number })[] = [];
  for (const [i, { kind, startMs, endMs, value: its }] of operations.entries()) {
    if (startMs > firstEndMs) break;
    if (has(done, i) || (kind === 'read' && its !== value)) continue;
    const isTold = endMs < Number.POSITIVE_INFINITY;
    next.push({ done: done | (1n << BigInt(i)), count: count + (isTold ? 1 : 0), value: its, endMs });
  }
  // What ended first has most likely happened first; what nobody was told of perhaps never.
  return next.sort((a, b) => a.endMs - b.endMs);
}

function has(done: bigint, i: number): boolean {
  return ((done >> BigInt(i)) & 1n) === 1n;
}

function textOf({ client, kind, value, startMs, endMs }: Operation): string {
  const when = `from ${startMs.toFixed(1)} to ${endMs.toFixed(1)} ms`;
  return `the ${kind} of "${value}" by ${client} ${when}`;
}
