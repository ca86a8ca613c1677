// What Debian's package manager says of a package, for the line of versions under a table.
import { execFileSync } from 'node:child_process';
import { commandTimeoutMs } from './limits.ts';

/** What a command prints, without the blanks around it. @throws Error when it fails or hangs */
export function told(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', timeout: commandTimeoutMs }).trim();
}

/** The installed version of a package; undefined when it does not come from one. */
export function packageVersion(name: string): string | undefined {
  try {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own notation
    return told('dpkg-query', '-W', '-f', '${Version}', name);
  } catch {
    return undefined;
  }
}
