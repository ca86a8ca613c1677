// The command lines of the commands beside `server` and `agent`: flags anywhere, "--name value" or "--name=value".

export interface Arguments {
  readonly words: readonly string[];
  text(name: string, ...aliases: readonly string[]): string | undefined;
  isOn(name: string, ...aliases: readonly string[]): boolean;
}

/** @param switches flags that take no word after them */
export function parseWords(argv: readonly string[], switches: readonly string[]): Arguments {
  const words: string[] = [];
  const flags = new Map<string, string>();
  for (let at = 0; at < argv.length; at += 1) {
    const match = /^--?([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(argv[at] ?? '');
    if (match === null) words.push(argv[at] ?? '');
    else if (match[2] !== undefined || switches.includes(match[1] ?? ''))
      flags.set(match[1] ?? '', match[2] ?? 'true');
    else {
      at += 1;
      flags.set(match[1] ?? '', argv[at] ?? '');
    }
  }
  const text = (...names: readonly string[]) =>
    names.map(name => flags.get(name)).find(value => value !== undefined);
  return { words, text, isOn: (...names) => !['false', undefined].includes(text(...names)) };
}

/** Milliseconds of "90s", "15m", "1h30m" or "0". */
export function durationMs(text: string): number {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  let total = 0;
  for (const [, amount, unit = 's'] of text.matchAll(/([\d.]+)(ms|s|m|h)?/g))
    total += Number(amount) * (units[unit] ?? 0);
  return total;
}

/** Rows under headings, as Go's tabwriter lays them out. */
export function tableOf(rows: readonly (readonly string[])[], gap = 3, widthMin = 0): string {
  const widths = rows[0]?.map((_, at) => Math.max(widthMin, ...rows.map(row => (row[at] ?? '').length)));
  return rows
    .map(
      row =>
        `${row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd((widths?.[at] ?? 0) + gap))).join('')}\n`,
    )
    .join('');
}
