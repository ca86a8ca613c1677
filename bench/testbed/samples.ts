// Many measurements of one thing as one cell: minimum, median, maximum. A run that did not get there is a sample, too:
// it counts as longer than any other and is told. Never drops an outlier.

/** A measurement; undefined when the thing did not happen in time. */
export type Sample = number | undefined;

export interface Unit {
  readonly name: string;
  readonly digits: number;
  /** What a value is divided by to be in this unit. */
  readonly divisor: number;
}

export const seconds: Unit = { name: 's', digits: 2, divisor: 1000 };
export const milliseconds: Unit = { name: 'ms', digits: 1, divisor: 1 };
export const percent: Unit = { name: '%', digits: 2, divisor: 1 };
export const bytesPerSecond: Unit = { name: 'B/s', digits: 0, divisor: 1 };
export const packetsPerSecond: Unit = { name: '/s', digits: 1, divisor: 1 };
export const writesPerSecond: Unit = { name: '/s', digits: 0, divisor: 1 };
export const flushesPerSecond: Unit = { name: '/s', digits: 2, divisor: 1 };
export const mebibytes: Unit = { name: 'MiB', digits: 1, divisor: 1 << 20 };

/** The middle one, or the mean of the two middle ones; a missing sample counts as infinite. */
export function median(samples: readonly Sample[]): number {
  const sorted = sortedOf(samples);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  if (!Number.isInteger(middle)) return upper;
  return ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The sample that so many of a hundred are not above; a missing sample counts as infinite. */
export function percentile(samples: readonly Sample[], share: number): Sample {
  const value = sortedOf(samples)[Math.ceil((share / 100) * samples.length) - 1];
  return value === Number.POSITIVE_INFINITY ? undefined : value;
}

/** "min / **median** / max unit (n=7)", or "never", and how many did not get there. @param limit in which they had to, as the samples */
export function summary(samples: readonly Sample[], unit: Unit, limit?: number): string {
  if (samples.length === 0) return 'not measured';
  const show = (value: number) =>
    Number.isFinite(value) ? (value / unit.divisor).toFixed(unit.digits) : 'never';
  const sorted = sortedOf(samples);
  const [least = Number.NaN, most = Number.NaN] = [sorted[0], sorted.at(-1)];
  const missing = samples.filter(sample => sample === undefined).length;
  const within = limit === undefined ? '' : ` within ${limit / unit.divisor} ${unit.name}`;
  const misses = missing === 0 ? '' : `; ${missing} of ${samples.length} not${within}`;
  if (missing === samples.length) return `**never** (${missing} of ${missing} not${within})`;
  return `${show(least)} / **${show(median(samples))}** / ${show(most)} ${unit.name} (n=${samples.length}${misses})`;
}

/** One measurement alone, for the progress. */
export function single(sample: Sample, unit: Unit): string {
  return sample === undefined ? 'never' : `${(sample / unit.divisor).toFixed(unit.digits)} ${unit.name}`;
}

function sortedOf(samples: readonly Sample[]): number[] {
  return samples.map(sample => sample ?? Number.POSITIVE_INFINITY).sort((one, other) => one - other);
}
