// What the command lines of the benches have in common. Never guesses: an unknown word is an error that names those there are.

/** The rows that `--only` names; all without it. @throws Error */
export function rowsNamed<Row extends { readonly name: string }>(
  only: string | undefined,
  rows: readonly Row[],
): readonly Row[] {
  if (only === undefined) return rows;
  return only.split(',').map(name => {
    const row = rows.find(each => each.name === name);
    if (row !== undefined) return row;
    throw new Error(`--only: no row ${name}: there are ${rows.map(each => each.name).join(', ')}`);
  });
}

/** @throws Error when the text is no whole number between the two */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new Error(`${option} wants whole numbers from ${least} to ${most}, not "${text}"`);
  return value;
}
