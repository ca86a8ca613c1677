// Texts that are made, not written: a manual page of each program from its own help, and the changelog in the form that Debian reads.
import { gzipSync } from 'node:zlib';
import { helpColumns } from './limits.ts';
import { run } from './tools.ts';

export interface Page {
  readonly name: string;
  readonly section: 1 | 8;
}

/** The manual page of a program, compressed. @param program in bin/ of the checkout */
export function manualPage(
  program: string,
  { name, section }: Page,
  version: string,
  epoch: number,
): Uint8Array {
  const help = run(program, ['--help'], { env: { COLUMNS: String(helpColumns), NO_COLOR: '1' } });
  const paragraphs = help.trim().split('\n\n');
  const usage = paragraphs.find(text => text.startsWith('Usage: ')) ?? '';
  const description = (paragraphs[paragraphs.indexOf(usage) + 1] ?? '').replace(/\s+/g, ' ');
  const rest = paragraphs.filter(text => text !== usage && text.replace(/\s+/g, ' ') !== description);
  const date = new Date(epoch * 1000).toISOString().slice(0, 10);
  const roff = [
    `.TH ${name.toUpperCase()} ${section} "${date}" "ClusterOS ${version}" "ClusterOS"`,
    ...['.nh', '.ad l', '.SH NAME', `${plain(name)} \\- ${plain(summaryOf(description))}`],
    ...['.SH SYNOPSIS', plain(usage.replace(/^Usage: /, ''))],
    ...['.SH DESCRIPTION', plain(description)],
    ...rest.flatMap(laidOut),
    ...['.SH SEE ALSO', '.I /usr/share/doc/clusteros/operations.md'],
  ];
  return gzipSync(`${roff.join('\n')}\n`, { level: 9 });

  /** `Options:` and the like are headings; their lines are laid out already. */
  function laidOut(text: string): string[] {
    const [first = '', ...lines] = text.split('\n');
    const [, heading] = /^([A-Z][A-Za-z ]+):$/.exec(first) ?? [];
    const body = heading === undefined ? [first, ...lines] : lines;
    return [
      ...(heading === undefined ? ['.PP'] : [`.SH ${heading.toUpperCase()}`]),
      ...['.nf', ...body.map(plain), '.fi'],
    ];
  }
}

/** The first clause: a line of `apropos`. */
function summaryOf(description: string): string {
  const clause = description.split(/[.:,;] |\.$/)[0] ?? '';
  return clause.slice(0, 1).toLowerCase() + clause.slice(1);
}

/** Text that roff leaves as it is. */
function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(['.])/, '\\&$1');
}

/** What changed is in CHANGELOG.md; Debian wants to find the version. */
export function debianChangelog(
  name: string,
  version: string,
  maintainer: string,
  epoch: number,
): Uint8Array {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  const text = `${name} (${version}) unstable; urgency=medium\n\n  * See /usr/share/doc/clusteros/CHANGELOG.md.gz.\n\n -- ${maintainer}  ${date}\n`;
  return gzipSync(text, { level: 9 });
}
