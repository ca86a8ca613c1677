// The verbs of `clusterctl tailnet-key`.
import type { Command } from 'commander';
import { CliError, exitCode } from './exit.ts';
import { durationFrom, type VerbTools } from './flags.ts';
import { timeoutMsDefault } from './limits.ts';
import type { Format } from './output.ts';

const examples = `Examples:
  clusterctl tailnet-key keep-client --id kXYZ --secret-file client.secret   once, on any member
  clusterctl tailnet-key create --ttl 15m                                    a key for one new machine
`;

const sheet: readonly Format[] = ['table', 'json', 'yaml'];

/** Adds `tailnet-key create`, `keep-client` and `forget-client`. */
export function addTailnetVerbs(program: Command, { withCommonFlags, requestFor, done }: VerbTools): void {
  const keys = program
    .command('tailnet-key')
    .description(
      'keys that let new machines into the tailnet, so that these need no OAuth client of their own',
    )
    .addHelpText('before', examples);
  withCommonFlags(
    keys.command('create').description('a single-use key for one new machine, printed once'),
    sheet,
    timeoutMsDefault,
  )
    .option('--ttl <DURATION>', 'how long it may be used, such as 15m', '15m')
    .option('--tags <TAGS>', 'instead of those of the client, such as tag:cluster,tag:gpu', '')
    .option('--description <TEXT>', 'for the list in the admin console', 'clusteros new machine')
    .action(async (flags, command: Command) => {
      const request = requestFor(command, sheet);
      const lifeMs = durationFrom('--ttl', flags.ttl);
      const { createKey } = await import('./commands/tailnet-key.ts');
      const { description } = flags;
      done(await createKey(request, { lifeMs, tags: listOf(flags.tags), description }));
    });
  withCommonFlags(
    keys
      .command('keep-client')
      .description('give the cluster an OAuth client (scope auth_keys) to make keys with'),
    ['table'],
    timeoutMsDefault,
  )
    .requiredOption('--id <ID>', 'of the client')
    .requiredOption('--secret-file <FILE>', 'that holds its secret; - for standard input')
    .option('--tags <TAGS>', 'that its keys give', 'tag:cluster')
    .option('--api-url <URL>', "of another control server with Tailscale's API", '')
    .action(async (flags, command: Command) => {
      const request = requestFor(command, ['table']);
      const { id, secretFile, apiUrl } = flags;
      if (id === '') throw new CliError(exitCode.usage, '--id is empty', 'name the client');
      const { keepClient } = await import('./commands/tailnet-key.ts');
      done(await keepClient(request, { id, secretFile, apiUrl, tags: listOf(flags.tags) }));
    });
  withCommonFlags(
    keys.command('forget-client').description('have the cluster forget that client'),
    ['table'],
    timeoutMsDefault,
  )
    .option('--yes', 'do not ask', false)
    .action(async (flags, command: Command) => {
      const request = requestFor(command, ['table']);
      const { forgetClient } = await import('./commands/tailnet-key.ts');
      done(await forgetClient(request, flags.yes));
    });
}

function listOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(',').map(each => each.trim());
}
