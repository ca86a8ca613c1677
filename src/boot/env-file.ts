// A file of settings, NAME=VALUE a line, read as text and never by a shell: what came from elsewhere must not run anything. Errors
// name the line and the setting, never a value.
import { readFile, stat } from 'node:fs/promises';
import { BootError, exitCode } from './ending.ts';
import { settingsBytesMax } from './limits.ts';

export interface EnvLine {
  readonly value: string;
  /** From 1 on. */
  readonly line: number;
}

export interface EnvRules<Name extends string> {
  isName(text: string): text is Name;
  /** The names there are, for the mend. */
  readonly names: string;
  /** Whether a quote, a backslash and a "$" are part of the value, as they may be of a passphrase. */
  isLiteral?(name: Name): boolean;
}

/**
 * The settings of a text: blank lines, lines that begin with #, and one pair of quotes round a value are all it knows.
 * @param source names it in an error
 * @throws BootError with the line, the name and the mend
 */
export function envLinesFrom<Name extends string>(
  text: string,
  source: string,
  rules: EnvRules<Name>,
): Map<Name, EnvLine> {
  const found = new Map<Name, EnvLine>();
  const fail = (line: number, what: string, mend: string): never => {
    throw new BootError(exitCode.usage, `${source}, line ${line}: ${what}`, mend);
  };
  // A file from a stick may have been written on Windows.
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    const at = index + 1;
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', rest = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(line) ?? [];
    if (name === '')
      fail(
        at,
        line.startsWith('export ') ? 'begins with "export"' : 'is not NAME=VALUE',
        'this file is not read by a shell: write NAME=VALUE, without blanks round the "="',
      );
    if (!rules.isName(name)) {
      fail(at, `${name} is no setting`, `the settings are ${rules.names}`);
      continue;
    }
    if (found.has(name)) fail(at, `${name} is set a second time`, 'leave one of them');
    const value = withoutQuotes(rest);
    if (rules.isLiteral?.(name) && value === rest && /^["']|\s#/.test(rest))
      fail(
        at,
        `${name} begins with a quote that does not end, or holds " #"`,
        'put the value into quotes, all of it; comments have lines of their own',
      );
    if (!rules.isLiteral?.(name) && /["'`\\]|\$[({A-Za-z]/.test(value))
      fail(at, `${name} holds a quote, a backslash or a "$", which mean nothing here`, `write ${name}=VALUE`);
    found.set(name, { value, line: at });
  }
  return found;
}

function withoutQuotes(text: string): string {
  const [, , inner] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  return inner ?? text;
}

/**
 * The text of a file that is for its owner alone; undefined when there is none.
 * @param flag that names another file
 * @throws BootError naming the file and the mend; one that others can read is refused, as ssh does
 */
export async function readPrivateFile(
  path: string,
  { isAsked, flag }: { readonly isAsked: boolean; readonly flag: string },
): Promise<string | undefined> {
  const another = `name another with ${flag}`;
  try {
    const { mode, size } = await stat(path);
    if ((mode & 0o077) !== 0)
      throw new BootError(
        exitCode.usage,
        `${path} can be read by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`,
        `run "chmod 0600 ${path}"`,
      );
    if (size > settingsBytesMax)
      throw new BootError(exitCode.usage, `${path} has ${size} bytes: it is no file of settings`, another);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof BootError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !isAsked) return undefined;
    throw new BootError(
      code === 'EACCES' ? exitCode.refused : exitCode.usage,
      `${path} cannot be read (${code})`,
      code === 'EACCES' ? 'run this as root' : another,
    );
  }
}
