// The verbs of completion: what a shell loads once, and what it asks at each press of the key.
import type { Command } from 'commander';
import type { AdminClient } from '../api/admin-client.ts';
import { candidatesFor } from './completion.ts';
import { CliError, exitCode } from './exit.ts';
import type { VerbTools } from './flags.ts';
import { completionTimeoutMs } from './limits.ts';
import type { Shell } from './shell.ts';

// "files" on a line of its own has the shell complete names of files.
const scripts: Readonly<Record<string, string>> = {
  bash: `# bash completion of clusterctl
_clusterctl() {
  local IFS=$'\\n' words
  words=($(clusterctl complete-words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [[ \${words[0]} == //files ]]; then compopt -o default; COMPREPLY=(); return; fi
  COMPREPLY=("\${words[@]}")
  if [[ \${#words[@]} == 1 && \${words[0]} == *= ]]; then compopt -o nospace; fi
}
complete -F _clusterctl clusterctl
`,
  zsh: `#compdef clusterctl
_clusterctl() {
  local -a found
  found=("\${(@f)$(clusterctl complete-words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $found[1] == //files ]]; then _files; else compadd -- $found; fi
}
if [[ $funcstack[1] == _clusterctl ]]; then _clusterctl "$@"; else compdef _clusterctl clusterctl; fi
`,
  fish: `# fish completion of clusterctl
function __clusterctl_words
    set -l words (clusterctl complete-words -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
    if test "$words[1]" = //files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $words
    end
end
complete -c clusterctl -f -a '(__clusterctl_words)'
`,
};

export function addCompletionVerbs(program: Command, shell: Shell, { requestFor, done }: VerbTools): void {
  program
    .command('completion')
    .description('what a shell loads to complete the words of this program')
    .argument(
      '<SHELL>',
      `${Object.keys(scripts).join(', ')}, such as in "source <(clusterctl completion bash)"`,
    )
    .action((name: string) => {
      const script = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
      if (script === undefined)
        throw new CliError(
          exitCode.usage,
          `"${name}" is no shell here`,
          `use ${Object.keys(scripts).join(', ')}`,
        );
      shell.stdout.write(script);
    });
  program
    .command('complete-words', { hidden: true })
    .argument('[WORD...]')
    .action(async (typed: string[], _flags, command: Command) => {
      const { words, also } = candidatesFor(program, typed);
      const names =
        also === 'members'
          ? await memberNames(requestFor(command, ['table'], completionTimeoutMs).endpoint)
          : [];
      const all = [...words, ...names.filter(name => name.startsWith(typed.at(-1) ?? ''))];
      for (const word of also === 'files' ? ['//files'] : all) shell.stdout.write(`${word}\n`);
      done(exitCode.done);
    });
}

/** None where no agent answers at once: a press of a key must not hang. */
async function memberNames(endpoint: string): Promise<readonly string[]> {
  const { openAdminClient } = await import('../api/admin-client.ts');
  let client: AdminClient | undefined;
  try {
    client = await openAdminClient(endpoint, completionTimeoutMs);
    return (await client.members()).members.map(({ name }) => name).sort();
  } catch {
    return [];
  } finally {
    client?.close();
  }
}
