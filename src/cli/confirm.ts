// Asks before something that cannot be undone.
import { CliError, exitCode } from './exit.ts';
import type { Shell } from './shell.ts';

/**
 * Has the person at the terminal type `expected`, unless `yes`.
 * @param what what is about to happen, as a sentence
 * @throws CliError when the answer is another, or nobody can be asked
 */
export async function confirm(shell: Shell, what: string, expected: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!shell.ask)
    throw new CliError(
      exitCode.usage,
      `${what} Nothing was done, because nobody can be asked.`,
      'add --yes, or look first with --dry-run',
    );
  const answer = await shell.ask(`${what}\nType "${expected}" to go on: `);
  if (answer.trim() !== expected) throw new CliError(exitCode.failed, 'nothing was done', '');
}
