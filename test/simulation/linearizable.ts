// Is a history of reads and writes of registers linearizable: could all of it have happened one after the other, each at some
// moment between its start and its end? The search of Wing and Gong (1993) with Lowe's memory of what was tried (2017).

export interface Operation {
  readonly client: string;
  readonly key: string;
  readonly kind: 'read' | 'write';
  /** Written, or read; empty for a register that was never written. */
  readonly value: string;
  readonly startMs: number;
  /**
   * Infinity when nobody was told: then it may have happened at any time since, or never. Reads without an answer are left
   * out, and writes that were certainly refused.
   */
  readonly endMs: number;
}

/** Configurations looked at for one register; more is given up with an error, never taken for good. */
export const configurationsMax = 500_000;
/** Operations before the one that fits nowhere that are told with it. */
const toldBeforeMax = 6;

/**
 * Undefined when the history is linearizable; else, for people, the first answer that no order of what was asked until then
 * explains, with what came before it.
 * @param limit configurations looked at for one register
 */
export function whyNotLinearizable(
  history: readonly Operation[],
  limit = configurationsMax,
): string | undefined {
  const byKey = Map.groupBy(history, ({ key }) => key);
  for (const [key, all] of byKey) {
    const operations = withoutUnseen(all);
    if (!isLinearizable(operations, limit)) return `register ${key}: ${firstBreak(operations, limit)}`;
  }
  return undefined;
}

/** A write that nobody was told of and nobody has read may never have happened: it explains nothing, and costs a lot. */
function withoutUnseen(operations: readonly Operation[]): Operation[] {
  const read = new Set(operations.filter(({ kind }) => kind === 'read').map(({ value }) => value));
  return operations.filter(operation => isAnswered(operation) || read.has(operation.value));
}

function isAnswered({ endMs }: Operation): boolean {
  return endMs < Number.POSITIVE_INFINITY;
}

/** What was known at `nowMs`: later answers had not come, later questions were not asked. */
function prefixAt(operations: readonly Operation[], nowMs: number): Operation[] {
  return operations.flatMap(operation => {
    if (operation.startMs > nowMs) return [];
    if (operation.endMs <= nowMs) return [operation];
    return operation.kind === 'write' ? [{ ...operation, endMs: Number.POSITIVE_INFINITY }] : [];
  });
}

/** The shortest beginning that is not linearizable: each beginning of a linearizable history is linearizable. */
function firstBreak(operations: readonly Operation[], limit: number): string {
  const answered = operations.filter(isAnswered).toSorted((a, b) => a.endMs - b.endMs);
  let [good, bad] = [-1, answered.length - 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const beginning = prefixAt(operations, answered[middle]?.endMs ?? 0);
    if (isLinearizable(withoutUnseen(beginning), limit)) good = middle;
    else bad = middle;
  }
  const broken = answered[bad];
  if (!broken) throw new Error('linearizable: a history without answers is always linearizable');
  const before = prefixAt(operations, broken.endMs).filter(
    ({ client, startMs }) => client !== broken.client || startMs !== broken.startMs,
  );
  const told = before.toSorted((a, b) => a.startMs - b.startMs).slice(-toldBeforeMax);
  return [`${textOf(broken)} fits nowhere; before it:`, ...told.map(textOf)].join('\n  ');
}

interface Node {
  /** Which operations have happened, a bit each. */
  readonly done: bigint;
  /** How many of them were answered. */
  readonly count: number;
  readonly value: string;
}

function isLinearizable(history: readonly Operation[], limit: number): boolean {
  const operations = history.toSorted((a, b) => a.startMs - b.startMs);
  const answered = operations.filter(isAnswered).length;
  const tried = new Set<string>();
  const open: Node[] = [{ done: 0n, count: 0, value: '' }];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.count === answered) return true;
    const key = `${node.done} ${node.value}`;
    if (tried.has(key)) continue;
    tried.add(key);
    if (tried.size > limit)
      throw new Error(`linearizable: more than ${limit} configurations; make the history shorter`);
    open.push(...nextOf(operations, node).reverse());
  }
  return false;
}

/** What may happen next: whatever started before everything that is left has ended, and reads what is there. */
function nextOf(operations: readonly Operation[], { done, count, value }: Node): Node[] {
  let firstEndMs = Number.POSITIVE_INFINITY;
  for (const [i, { endMs }] of operations.entries())
    if (!has(done, i)) firstEndMs = Math.min(firstEndMs, endMs);
  const next: (Node & { readonly endMs: number })[] = [];
  for (const [i, operation] of operations.entries()) {
    const { kind, startMs, endMs, value: its } = operation;
    if (startMs > firstEndMs) break;
    if (has(done, i) || (kind === 'read' && its !== value)) continue;
    next.push({
      done: done | (1n << BigInt(i)),
      count: count + (isAnswered(operation) ? 1 : 0),
      ...{ value: its, endMs },
    });
  }
  // What ended first has most likely happened first; what nobody was told of perhaps never.
  return next.sort((a, b) => a.endMs - b.endMs);
}

function has(done: bigint, i: number): boolean {
  return ((done >> BigInt(i)) & 1n) === 1n;
}

function textOf(operation: Operation): string {
  const { client, kind, value, startMs, endMs } = operation;
  const end = isAnswered(operation) ? `to ${endMs.toFixed(1)} ms` : 'ms on, without an answer by then';
  return `the ${kind} of "${value}" by ${client} from ${startMs.toFixed(1)} ${end}`;
}
