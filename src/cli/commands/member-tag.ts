// `clusterctl member tag`: sets and removes the operator's labels of a member, on the member itself.
import { CliError, exitCode } from '../exit.ts';
import { tagsText } from '../member-text.ts';
import { printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note } from '../shell.ts';

export interface TagChange {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** The change that `key=value` and `key-` ask for. @throws CliError when a word is neither */
export function tagChangeFrom(words: readonly string[]): TagChange {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  for (const word of words) {
    const at = word.indexOf('=');
    if (at > 0) set[word.slice(0, at)] = word.slice(at + 1);
    else if (at < 0 && word.length > 1 && word.endsWith('-')) remove.push(word.slice(0, -1));
    else
      throw new CliError(
        exitCode.usage,
        `"${word}" is no change of a tag`,
        'use KEY=VALUE to set one, KEY- to remove it',
      );
  }
  const both = remove.find(key => Object.hasOwn(set, key));
  if (both !== undefined)
    throw new CliError(exitCode.usage, `"${both}" is to be set and removed at once`, 'name it once');
  return { set, remove };
}

/** Changes the tags, or says what would change; prints all the member has then. */
export async function memberTag(
  request: Request,
  member: string,
  { set, remove }: TagChange,
  dryRun: boolean,
): Promise<number> {
  const { shell, format } = request;
  const tags = await withAgent(request, async client => {
    if (!dryRun) return (await client.tagMember(member, set, remove)).tags;
    const present = (await client.showMember(member)).member?.tags ?? {};
    const kept = Object.entries({ ...present, ...set }).filter(([key]) => !remove.includes(key));
    return Object.fromEntries(kept);
  });
  if (format === 'json' || format === 'yaml') await printValue(shell, format, tags);
  else shell.stdout.write(`${tagsText(tags)}\n`);
  if (dryRun) note(shell, `Nothing was changed: these are the tags ${member} would have.`);
  return exitCode.done;
}
