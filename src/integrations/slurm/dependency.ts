// The dependency of a job on others (sbatch(1), --dependency), with the new ids of those that were offered again. Pure.

/**
 * Ids in `others` become the ones that these have now; what depends on one that has none is taken out.
 * @returns the dependency, and what was taken out of it; each empty when there is none
 */
export function remapDependency(
  text: string,
  others: ReadonlyMap<number, number | undefined>,
): { readonly dependency: string; readonly dropped: string } {
  const dropped: string[] = [];
  // Either all must hold (`,`) or any (`?`).
  const separator = text.includes('?') ? '?' : ',';
  const kept = text.split(separator).flatMap(element => {
    const [type = '', ...jobs] = element.split(':');
    if (jobs.length === 0) return element === '' ? [] : [element];
    const now = jobs.flatMap(job => {
      const id = Number(/^\d+/.exec(job)?.[0] ?? Number.NaN);
      if (!others.has(id)) return [job];
      const next = others.get(id);
      if (next !== undefined) return [job.replace(/^\d+/, String(next))];
      dropped.push(`${type}:${job}`);
      return [];
    });
    return now.length === 0 ? [] : [[type, ...now].join(':')];
  });
  return { dependency: kept.join(separator), dropped: dropped.join(separator) };
}
