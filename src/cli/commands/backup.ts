// `clusterctl backup` and `clusterctl restore`: what was decided, to a file and back.
import { open, readFile } from 'node:fs/promises';
import { confirm } from '../confirm.ts';
import { CliError, exitCode } from '../exit.ts';
import { backupBytesMax } from '../limits.ts';
import { printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note } from '../shell.ts';

/** Writes all that was decided to a new file, mode 0600. */
export async function backup(request: Request, path: string): Promise<number> {
  const { shell, format } = request;
  const { content, index } = await withAgent(request, client => client.backup());
  await writeNew(path, content);
  if (format === 'table') shell.stdout.write(`All that was decided up to entry ${index} is in ${path}.\n`);
  if (format === 'json' || format === 'yaml')
    await printValue(shell, format, { file: path, index, bytes: content.length });
  note(shell, 'It opens with this cluster key only: keep both, and not in one place.');
  return exitCode.done;
}

/** Brings back what a backup holds, after it has said what. */
export async function restore(
  request: Request,
  path: string,
  { dryRun, yes }: { readonly dryRun: boolean; readonly yes: boolean },
): Promise<number> {
  const { shell, format } = request;
  const content = await read(path);
  return withAgent(request, async (client, answered) => {
    const { changes } = await client.restore(content, true);
    if (format === 'json' || format === 'yaml') await printValue(shell, format, { changes });
    else for (const change of changes) shell.stdout.write(`${change}\n`);
    if (changes.length === 0) note(shell, 'Nothing differs from the backup; nothing was changed.');
    if (changes.length === 0) return exitCode.done;
    if (dryRun) {
      note(shell, 'Nothing was changed.');
      return exitCode.done;
    }
    answered();
    await confirm(shell, `This changes the running cluster (${changes.length} changes).`, 'restore', yes);
    await client.restore(content, false);
    note(shell, 'Restored.');
    return exitCode.done;
  });
}

async function writeNew(path: string, content: Uint8Array): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new CliError(exitCode.usage, `${path} exists and was not touched`, 'choose another name');
    throw new CliError(exitCode.failed, `${path} cannot be written (${code ?? message})`, '');
  }
}

async function read(path: string): Promise<Uint8Array> {
  try {
    const content = await readFile(path);
    if (content.length <= backupBytesMax) return content;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CliError(exitCode.usage, `${path} cannot be read (${code ?? message})`, '');
  }
  throw new CliError(exitCode.usage, `${path} is larger than any backup`, '');
}
