// The command line of clusterctl: which verbs and flags there are. Each verb is loaded when it is called, so that help
// and `key create` load no gRPC.
import { Command, Option } from 'commander';
import { clientVersion } from './client-version.ts';
import { addCompletionVerbs } from './completion-verbs.ts';
import { spanText } from './duration.ts';
import { endpointDefault, endpointFrom } from './endpoint.ts';
import { CliError, exitCode, exitCodeHelp, failureFrom } from './exit.ts';
import { durationFrom } from './flags.ts';
import { addK3sVerbs } from './k3s-verbs.ts';
import { doctorTimeoutMsDefault, timeoutMsDefault, timeoutMsMax, waitTimeoutMsDefault } from './limits.ts';
import { addMemberVerbs } from './member-verbs.ts';
import { type Format, formats } from './output.ts';
import type { Request } from './request.ts';
import { addServiceVerbs } from './service-verbs.ts';
import { hint, note, type Shell } from './shell.ts';
import { addSlurmVerbs } from './slurm-verbs.ts';
import { addTailnetVerbs } from './tailnet-verbs.ts';

const examples = `Examples:
  clusterctl status                               is the cluster well, and what is not
  clusterctl members                              who is here
  clusterctl member show atlas                    one of them, who sees it and whom it sees
  clusterctl members -o json | jq -r '.[].name'   the same for scripts
  clusterctl operations -w                        follow nodes as they join SLURM and k3s
  clusterctl wait --for healthy --timeout 5m      block a script until all is well
  clusterctl key create --out cluster.key         the key that the nodes of a new cluster share
`;

const memberStates = ['alive', 'suspect', 'degraded', 'dead', 'left'];
const memberRoles = ['leader', 'voter', 'learner', 'observer'];

/** The common flags as typed, before or after the verb. */
interface CommonFlags {
  readonly endpoint?: string;
  readonly output?: string;
  readonly headers?: boolean;
  readonly timeout?: string;
}

/** Runs one command line. Resolves to the exit code; everything has been written by then. */
export async function run(argv: readonly string[], shell: Shell): Promise<number> {
  let code: number = exitCode.done;
  const context = { endpoint: endpointDefault, timeoutMs: timeoutMsDefault };
  const program = programFor(shell, context, result => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (thrown) {
    const failure = failureFrom(thrown, context);
    if (!failure) return exitCode.done;
    if (failure.error !== '') note(shell, `error: ${failure.error}`);
    if (failure.hint !== '') hint(shell, failure.hint);
    return failure.code;
  }
}

/**
 * @param context is told the endpoint and deadline in force, for the text of a failure
 * @param done is told the exit code
 */
function programFor(
  shell: Shell,
  context: { endpoint: string; timeoutMs: number },
  done: (code: number) => void,
): Command {
  const program = new Command('clusterctl')
    .exitOverride()
    .configureOutput({
      writeOut: text => shell.stdout.write(text),
      writeErr: text => shell.stderr.write(text),
      // Errors are told in one place, `run`.
      outputError: () => {},
    })
    .enablePositionalOptions()
    .usage('[flags] VERB [flags]')
    .description('Asks the ClusterOS agent of this machine how the cluster fares.')
    .addHelpText('before', examples)
    .addHelpText(
      'after',
      `\n${exitCodeHelp}\nMore: docs/operations.md, which is /usr/share/doc/clusteros/operations.md where the package is installed`,
    )
    .helpCommand('help [VERB]', 'help about a verb')
    .version(clientVersion, '-V, --version', 'print the version of this program');
  withCommonFlags(program, formats, timeoutMsDefault);

  const requestFor = (
    command: Command,
    allowed: readonly Format[],
    timeoutMsUsual = timeoutMsDefault,
  ): Request => {
    const own = command.opts<CommonFlags>();
    const before = program.opts<CommonFlags>();
    const given = own.endpoint ?? before.endpoint ?? (shell.env.CLUSTERCTL_ENDPOINT || endpointDefault);
    context.endpoint = endpointFrom(given);
    context.timeoutMs = timeoutMsFrom(own.timeout ?? before.timeout) ?? timeoutMsUsual;
    return {
      shell,
      ...context,
      format: formatFrom(own.output ?? before.output ?? 'table', allowed),
      header: own.headers !== false && before.headers !== false,
    };
  };
  const verb = (name: string, summary: string, allowed: readonly Format[], timeoutMs = timeoutMsDefault) =>
    withCommonFlags(program.command(name).description(summary), allowed, timeoutMs);
  const list: readonly Format[] = formats;
  const sheet: readonly Format[] = ['table', 'json', 'yaml'];

  verb('status', 'is the cluster well; exit code 6 when something needs attention', sheet).action(
    async (_flags, command: Command) => {
      const request = requestFor(command, sheet);
      const { status } = await import('./commands/status.ts');
      done(await status(request));
    },
  );

  const listing = (command: Command) =>
    command
      .argument('[NAME...]', 'only these members, by name or id')
      .option(
        '--state <STATE>',
        `only members in these states, separated by commas: ${memberStates.join(', ')}`,
      )
      .option('--role <ROLE>', `only members with these roles: ${memberRoles.join(', ')}`)
      .option('-w, --watch', 'go on and print each member again that changes')
      .action(async (names: string[], flags, self: Command) => {
        const request = requestFor(self, list);
        const states = wordsFrom('--state', flags.state, memberStates);
        const roles = wordsFrom('--role', flags.role, memberRoles);
        const { members } = await import('./commands/members.ts');
        done(await members(request, { names, states, roles, watch: flags.watch === true }));
      });
  listing(verb('members', 'who is here, in what state, doing what', list));

  addMemberVerbs(program, { withCommonFlags, requestFor, done }, listing);

  verb('backup', 'write all that was decided to a new file; secrets only as they are sealed', sheet)
    .argument('<FILE>', 'where; an existing file is never touched')
    .action(async (file: string, _flags, command: Command) => {
      const request = requestFor(command, sheet);
      const { backup } = await import('./commands/backup.ts');
      done(await backup(request, file));
    });
  verb(
    'restore',
    "bring back a backup's secrets and operators' words; not who is a member or what is granted",
    sheet,
  )
    .argument('<FILE>', 'what "clusterctl backup" wrote')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--yes', 'do not ask')
    .action(async (file: string, flags, command: Command) => {
      const request = requestFor(command, sheet);
      const { restore } = await import('./commands/backup.ts');
      const { dryRun = false, yes = false } = flags;
      done(await restore(request, file, { dryRun, yes }));
    });

  verb('voters', 'who votes, and why', list)
    .option('--count <N>', 'an operator wants so many voters: 1, 3 or 5')
    .action(async (flags, command: Command) => {
      const request = requestFor(command, list);
      const { voterCountFrom, voters } = await import('./commands/voters.ts');
      done(await voters(request, flags.count === undefined ? undefined : voterCountFrom(flags.count)));
    });

  const leader = verb('leader', 'who leads; exit code 6 while nobody does', list).action(
    async (_flags, command: Command) => {
      const request = requestFor(command, list);
      const { leader } = await import('./commands/leader.ts');
      done(await leader(request));
    },
  );
  withCommonFlags(
    leader.command('transfer').description('have the leader hand over to another voter'),
    list,
    timeoutMsDefault,
  )
    .argument('[NAME]', 'the voter that shall lead, by name or id; without it the one that is furthest')
    .action(async (name: string | undefined, _flags, command: Command) => {
      const request = requestFor(command, list);
      const { transferLeader } = await import('./commands/leader.ts');
      done(await transferLeader(request, name ?? ''));
    });

  addServiceVerbs(program, { withCommonFlags, requestFor, done });
  addSlurmVerbs(program, { withCommonFlags, requestFor, done });
  addK3sVerbs(program, { withCommonFlags, requestFor, done });
  addTailnetVerbs(program, { withCommonFlags, requestFor, done });

  verb('operations', 'what the leader has under way or has done, such as joins to SLURM', list)
    .option('-w, --watch', 'go on and print each operation again that changes')
    .action(async (flags, command: Command) => {
      const request = requestFor(command, list);
      const { operations } = await import('./commands/operations.ts');
      done(await operations(request, { watch: flags.watch === true }));
    });

  verb('events', 'what happened, as this node noticed it', list)
    .option('-w, --watch', 'go on and print each event as it happens')
    .option('--since <DURATION>', 'only events younger than this, such as 10m')
    .option('--member <NAME>', 'only events about this member')
    .action(async (flags, command: Command) => {
      const request = requestFor(command, list);
      const sinceMs = flags.since === undefined ? 0 : durationFrom('--since', flags.since);
      const { events } = await import('./commands/events.ts');
      done(await events(request, { watch: flags.watch === true, sinceMs, member: flags.member ?? '' }));
    });

  verb(
    'doctor',
    'what keeps the machine of this agent from being a working member, and the mend',
    list,
    doctorTimeoutMsDefault,
  ).action(async (_flags, command: Command) => {
    const request = requestFor(command, list, doctorTimeoutMsDefault);
    const { doctor } = await import('./commands/doctor.ts');
    done(await doctor(request));
  });

  verb(
    'wait',
    'return when something has come true; exit code 7 when it does not',
    ['table'],
    waitTimeoutMsDefault,
  )
    .requiredOption(
      '--for <CONDITION>',
      'leader, members=N (exactly N alive), healthy or operations (none running); repeat it to wait for all',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .action(async (flags, command: Command) => {
      const request = requestFor(command, ['table'], waitTimeoutMsDefault);
      const { wait } = await import('./commands/wait.ts');
      done(await wait(request, { conditions: flags.for }));
    });

  const key = program.command('key').description('the key that all nodes of a cluster share');
  key
    .command('create')
    .description('make a new cluster key in a new file; asks no agent')
    .requiredOption('--out <FILE>', 'where; an existing file is never touched')
    .action(async flags => {
      const { keyCreate } = await import('./commands/key-create.ts');
      done(await keyCreate(shell, flags.out));
    });

  verb('version', 'the versions of this program and of the agent', sheet)
    .option('--client', 'this program only; asks no agent')
    .action(async (flags, command: Command) => {
      const request = requestFor(command, sheet);
      const { version } = await import('./commands/version.ts');
      done(await version(request, { clientOnly: flags.client === true }));
    });
  addCompletionVerbs(program, shell, { withCommonFlags, requestFor, done });
  return program;
}

function withCommonFlags(command: Command, allowed: readonly Format[], timeoutMs: number): Command {
  const flags = [
    new Option(
      '--endpoint <ENDPOINT>',
      `the agent to ask, unix:PATH; also CLUSTERCTL_ENDPOINT (default: ${endpointDefault})`,
    ),
    ...(allowed.length > 1
      ? [new Option('-o, --output <FORMAT>', `${allowed.join(', ')} (default: table)`)]
      : []),
    ...(allowed.length > 1 ? [new Option('--no-headers', 'leave out the first line of a table')] : []),
    new Option(
      '--timeout <DURATION>',
      `give up after this long, such as 500ms, 10s, 2m, 1h; a watch then has begun (default: ${spanText(timeoutMs)})`,
    ),
  ];
  for (const flag of flags) command.addOption(flag.helpGroup('Common flags:'));
  return command;
}

function formatFrom(text: string, allowed: readonly Format[]): Format {
  const format = allowed.find(known => known === text);
  if (format) return format;
  throw new CliError(exitCode.usage, `-o "${text}" is no format here`, `use ${allowed.join(', ')}`);
}

function timeoutMsFrom(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = durationFrom('--timeout', text);
  if (ms <= timeoutMsMax) return ms;
  throw new CliError(
    exitCode.usage,
    `--timeout ${text} is too long`,
    `the longest is ${spanText(timeoutMsMax)}`,
  );
}

function wordsFrom(flag: string, text: string | undefined, allowed: readonly string[]): string[] {
  const words = text === undefined ? [] : text.split(',');
  for (const word of words) {
    if (!allowed.includes(word))
      throw new CliError(exitCode.usage, `${flag} "${word}" is none there is`, `use ${allowed.join(', ')}`);
  }
  return words;
}
