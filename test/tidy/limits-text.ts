// Every limit of the source as Markdown, read from the limits.ts files: name, value, reason. A test compares it with
// docs/limits.md, so that the page cannot drift.
import { globSync, readFileSync } from 'node:fs';

/** The part of docs/limits.md that follows from the source, below the folder `root`. */
export function limitsText(root: string): string {
  const files = globSync('src/**/limits.ts', { cwd: root }).sort();
  return files.map(file => tableOf(file, readFileSync(`${root}/${file}`, 'utf8'))).join('\n');
}

function tableOf(file: string, source: string): string {
  const rows: string[] = [];
  let reason = '';
  for (const [, comment, name, value] of source.matchAll(
    /\/\*\*((?:(?!\*\/).)*)\*\/|^export const (\w+)(?:: [^=]+)? = ((?:.|\n)*?);$/gm,
  )) {
    if (comment !== undefined) reason = comment.replace(/\s*\n\s*\*?\s*/g, ' ').trim();
    else if (name !== undefined && value !== undefined)
      rows.push(`| \`${name}\` | ${cell(value.replace(/\s+/g, ' '))} | ${cell(reason)} |`);
  }
  return `### ${file}\n\n| limit | value | why |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

const cell = (text: string) => text.replaceAll('|', '\\|');
