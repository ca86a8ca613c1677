// Durations as people type and read them. Knows no clock.

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3600_000, d: 24 * 3600_000 } as const;

/** Milliseconds in `500ms`, `10s`, `1.5m`, `1h` or `2d`; undefined when `text` is no such duration or is nothing. */
export function durationMsFrom(text: string): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  const ms = Math.round(Number(count) * unitMs[unit as keyof typeof unitMs]);
  return ms > 0 ? ms : undefined;
}

/** An age in its largest unit, rounded down: `9s`, `2h`. */
export function ageText(ms: number): string {
  return partsOf(ms)[0] ?? '0s';
}

/** A span in its two largest units: `850ms`, `9s`, `3d 4h`, `2m`. */
export function spanText(ms: number): string {
  if (ms > 0 && ms < unitMs.s) return `${Math.round(ms)}ms`;
  return partsOf(ms).join(' ') || '0s';
}

function partsOf(ms: number): string[] {
  const units = ['d', 'h', 'm', 's'] as const;
  const first = units.findIndex(unit => ms >= unitMs[unit]);
  if (first < 0) return [];
  let rest = ms;
  return units.slice(first, first + 2).flatMap(unit => {
    const count = Math.floor(rest / unitMs[unit]);
    rest -= count * unitMs[unit];
    return count === 0 ? [] : [`${count}${unit}`];
  });
}
