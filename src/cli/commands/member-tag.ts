// `clusterctl member tag`: sets and removes the operator's labels of a member, on the member itself.
import { CliError, exitCode } from '../exit.ts';
import { tagsText } from '../member-text.ts';
import { printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note, plain } from '../shell.ts';

type Tags = Readonly<Record<string, string>>;

export interface TagChange {
  readonly set: Tags;
  readonly remove: readonly string[];
}

/** The change that `key=value` and `key-` ask for. @throws CliError when a word is neither */
export function tagChangeFrom(words: readonly string[]): TagChange {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  for (const word of words) {
    const at = word.indexOf('=');
    const key = word.slice(0, at);
    if (Object.hasOwn(set, key) && at > 0)
      throw new CliError(exitCode.usage, `"${key}" is to be set twice`, 'name it once');
    // `__proto__` is no key of a plain object, so it would be dropped without a word.
    if (at > 0 && key !== '__proto__') set[key] = word.slice(at + 1);
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
  const { tags, plan } = await withAgent(request, async client => {
    if (!dryRun) return { tags: (await client.tagMember(member, set, remove)).tags, plan: '' };
    const shown = (await client.showMember(member)).member;
    const present = shown?.tags ?? {};
    const kept = Object.entries({ ...present, ...set }).filter(([key]) => !remove.includes(key));
    const tags: Tags = Object.fromEntries(kept);
    return { tags, plan: planText(shown?.name ?? member, present, tags) };
  });
  if (format === 'json' || format === 'yaml') await printValue(shell, format, tags);
  else shell.stdout.write(`${plain(tagsText(tags))}\n`);
  if (dryRun) note(shell, plan);
  return exitCode.done;
}

/** `Nothing was changed; ceres would get gpu=a100, change site=north to site=south, lose rack=r2.` */
function planText(name: string, before: Tags, after: Tags): string {
  const one = (key: string, tags: Tags) => tagsText({ [key]: tags[key] ?? '' });
  const gained = Object.keys(after).filter(key => !Object.hasOwn(before, key));
  const lost = Object.keys(before).filter(key => !Object.hasOwn(after, key));
  const changed = Object.keys(after).filter(key => Object.hasOwn(before, key) && before[key] !== after[key]);
  const parts = [
    ...gained.sort().map(key => `get ${one(key, after)}`),
    ...changed.sort().map(key => `change ${one(key, before)} to ${one(key, after)}`),
    ...lost.sort().map(key => `lose ${one(key, before)}`),
  ];
  if (parts.length === 0) return `Nothing was changed, and nothing would be: ${name} has these tags.`;
  return `Nothing was changed; ${name} would ${parts.join(', ')}.`;
}
