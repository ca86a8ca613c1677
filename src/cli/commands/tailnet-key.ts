// `clusterctl tailnet-key`: a key that lets one new machine into the tailnet, made by an OAuth client that the cluster keeps. Secrets come
// from files, never from arguments; the key itself is the answer, and goes nowhere else.
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { confirm } from '../confirm.ts';
import { CliError, exitCode } from '../exit.ts';
import { secretBytesMax } from '../limits.ts';
import { printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { hint, note } from '../shell.ts';

/** Gives the cluster an OAuth client to make keys with, in place of the one it has. */
export async function keepClient(
  request: Request,
  {
    id,
    secretFile,
    tags,
    apiUrl,
  }: {
    readonly id: string;
    readonly secretFile: string;
    readonly tags: readonly string[];
    readonly apiUrl: string;
  },
): Promise<number> {
  const secret = await secretIn(secretFile);
  await withAgent(request, client => client.keepTailnetClient({ id, secret, tags, apiUrl }));
  note(request.shell, `The cluster keeps the client ${id}, sealed; its keys give ${tags.join(', ')}.`);
  hint(
    request.shell,
    'no machine needs its secret any more: take it out of every /etc/clusteros/tailscale.env',
  );
  return exitCode.done;
}

/** Has the cluster forget it. */
export async function forgetClient(request: Request, yes: boolean): Promise<number> {
  const { shell } = request;
  await confirm(shell, 'The cluster makes no keys for new machines any more.', 'forget', yes);
  await withAgent(request, client => client.keepTailnetClient({ id: '', secret: '', tags: [], apiUrl: '' }));
  note(shell, 'Forgotten. It is still valid: revoke it in the admin console if it shall not be.');
  return exitCode.done;
}

/** Prints a new single-use key. */
export async function createKey(
  request: Request,
  {
    lifeMs,
    tags,
    description,
  }: { readonly lifeMs: number; readonly tags: readonly string[]; readonly description: string },
): Promise<number> {
  const { shell, format } = request;
  const made = await withAgent(request, client =>
    client.createTailnetKey(Math.ceil(lifeMs / 1000), tags, description),
  );
  const { id, key, tags: given } = made;
  if (format === 'table') shell.stdout.write(`${key}\n`);
  else await printValue(shell, format === 'yaml' ? 'yaml' : 'json', { id, key, tags: given });
  note(shell, `Lets one machine in, as ${given.join(', ')}, within ${Math.ceil(lifeMs / 60_000)} minutes.`);
  hint(shell, 'put it into /etc/clusteros/tailscale.env of that machine as TAILSCALE_AUTHKEY=..., mode 0600');
  return exitCode.done;
}

/** @throws CliError when there is none in the file */
async function secretIn(file: string): Promise<string> {
  let text: string;
  try {
    text = file === '-' ? await textOf(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      exitCode.usage,
      `the secret cannot be read from ${file} (${code})`,
      'name a file, or - for standard input',
    );
  }
  const secret = text.trim();
  if (secret === '' || secret.length > secretBytesMax || /\s/.test(secret))
    throw new CliError(
      exitCode.usage,
      `${file} does not hold one secret`,
      'it is one word, such as tskey-client-...',
    );
  return secret;
}
