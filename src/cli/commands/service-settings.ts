// `clusterctl service settings` and `clusterctl service configure`: what operators set for a service, as YAML, and anew from a file.
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { parseDocument, stringify } from 'yaml';
import type { AdminClient } from '../../api/admin-client.ts';
import type { SettingsReply__Output } from '../../api/gen/clusteros/v1/SettingsReply.ts';
import { confirm } from '../confirm.ts';
import { CliError, exitCode } from '../exit.ts';
import { settingsBytesMax } from '../limits.ts';
import { printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note } from '../shell.ts';

/** Prints them as a file that `configure` takes. Unhealthy when whoever runs the service does not go by them. */
export async function showSettings(request: Request, service: string): Promise<number> {
  const { shell, format } = request;
  const reply = await withAgent(request, client => client.showSettings(service));
  const settings = JSON.parse(reply.settings.toString('utf8')) as unknown;
  const { version, followed, detail } = reply;
  if (format === 'json') await printValue(shell, format, { service, version, settings, followed, detail });
  else shell.stdout.write(stringify(settings));
  note(shell, version === 0 ? 'The defaults: nothing has been set.' : `Set by entry ${version}.`);
  return toldOf(request, reply);
}

/** Sets them anew, after it has said what that changes. */
export async function configure(
  request: Request,
  service: string,
  {
    file,
    dryRun,
    yes,
    force,
  }: { readonly file: string; readonly dryRun: boolean; readonly yes: boolean; readonly force: boolean },
): Promise<number> {
  const { shell } = request;
  const settings = Buffer.from(JSON.stringify(await settingsIn(file)));
  return withAgent(request, async (client: AdminClient, answered) => {
    const judged = await client.configure({ service, settings, from: 0, dryRun: true, force });
    answered();
    const { changes, harms, version: from } = judged;
    if (dryRun || changes.length === 0) {
      await print(request, judged);
      note(shell, changes.length === 0 ? 'Nothing differs; nothing was changed.' : 'Nothing was changed.');
      return exitCode.done;
    }
    for (const change of changes) note(shell, change);
    for (const harm of harms) note(shell, `ends: ${harm}`);
    const what = `This changes ${service} on all members (${changes.length} changes).`;
    await confirm(shell, what, 'configure', yes);
    const done = await client.configure({ service, settings, from, dryRun: false, force });
    await print(request, done);
    return toldOf(request, done);
  });
}

async function print(
  { shell, format }: Request,
  { version, changes, harms, followed, detail }: SettingsReply__Output,
): Promise<void> {
  if (format === 'json' || format === 'yaml')
    await printValue(shell, format, { version, changes, harms, followed, detail });
  else {
    for (const change of changes) shell.stdout.write(`${change}\n`);
    for (const harm of harms) shell.stdout.write(`ends: ${harm}\n`);
  }
}

function toldOf({ shell }: Request, { followed, detail }: SettingsReply__Output): number {
  if (followed) return exitCode.done;
  note(shell, `They are decided, and not in use: ${detail}`);
  return exitCode.unhealthy;
}

/** @throws CliError when the file cannot be read, or holds no YAML */
async function settingsIn(file: string): Promise<unknown> {
  const document = parseDocument(await contentOf(file), { prettyErrors: true });
  const [error] = document.errors;
  if (error) {
    const [first = ''] = error.message.split('\n');
    throw new CliError(
      exitCode.usage,
      `${file} is not YAML: ${first}`,
      '"clusterctl service settings" prints what such a file looks like',
    );
  }
  return document.toJS() ?? {};
}

async function contentOf(file: string): Promise<string> {
  try {
    const content = file === '-' ? await textOf(process.stdin) : await readFile(file, 'utf8');
    if (content.length <= settingsBytesMax) return content;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CliError(exitCode.usage, `${file} cannot be read (${code ?? message})`);
  }
  throw new CliError(exitCode.usage, `${file} is larger than any settings (${settingsBytesMax} bytes)`);
}
