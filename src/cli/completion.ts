// What may come next on a command line, read from the verbs and flags themselves, so that a new one is completed without a word more.
// Pure: who has an agent at hand asks it for names.
import type { Command, Option } from 'commander';

/** Words to choose from, and what else may stand there: the names of members, or of files. */
export interface Candidates {
  readonly words: readonly string[];
  readonly also: 'members' | 'files' | undefined;
}

const nothing: Candidates = { words: [], also: undefined };
const members: Candidates = { words: [], also: 'members' };
const files: Candidates = { words: [], also: 'files' };

/** By the name of a flag or an argument in the help. */
const byPlaceholder: Readonly<Record<string, Candidates>> = {
  FORMAT: choice('table', 'wide', 'json', 'yaml', 'name'),
  STATE: choice('alive', 'suspect', 'degraded', 'dead', 'left'),
  ROLE: choice('leader', 'voter', 'learner', 'observer'),
  CONDITION: choice('leader', 'healthy', 'operations', 'members='),
  SERVICE: choice('slurm', 'k3s'),
  SHELL: choice('bash', 'zsh', 'fish'),
  N: choice('1', '3', '5'),
  NAME: members,
  FILE: files,
};

function choice(...words: string[]): Candidates {
  return { words, also: undefined };
}

/** @param typed the words after the program's name, up to the one under the cursor, which may be empty */
export function candidatesFor(program: Command, typed: readonly string[]): Candidates {
  const last = typed.at(-1) ?? '';
  let command = program;
  let awaited: Option | undefined;
  let places = 0;
  let isOver = false;
  for (const word of typed.slice(0, -1)) {
    if (awaited !== undefined) awaited = undefined;
    else if (word === '--') isOver = true;
    else if (word.startsWith('-') && !isOver) {
      const option = optionsOf(command).find(({ short, long }) => word === short || word === long);
      if (option?.required) awaited = option;
    } else {
      const verb = command.commands.find(each => each.name() === word);
      if (verb && places === 0) command = verb;
      else places += 1;
    }
  }
  if (awaited !== undefined) return starting(placeholder(awaited.flags), last);
  if (last.startsWith('-') && !isOver) {
    const flags = optionsOf(command).flatMap(({ long }) => (long == null ? [] : [long]));
    return { words: [...new Set(flags)].filter(flag => flag.startsWith(last)).sort(), also: undefined };
  }
  const verbs = places > 0 ? [] : command.createHelp().visibleCommands(command);
  const known = command.registeredArguments;
  const place = known[places] ?? (known.at(-1)?.variadic ? known.at(-1) : undefined);
  const { words, also } = (place && byPlaceholder[place.name()]) ?? nothing;
  return starting({ words: [...verbs.map(each => each.name()), ...words], also }, last);
}

function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command);
}

function placeholder(flags: string): Candidates {
  const [, name = ''] = /<([A-Z]+)>/.exec(flags) ?? [];
  return byPlaceholder[name] ?? nothing;
}

function starting({ words, also }: Candidates, last: string): Candidates {
  return { words: words.filter(word => word.startsWith(last)), also };
}
