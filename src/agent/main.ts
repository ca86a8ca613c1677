// `node-agent`: reads the command line, runs one command, and turns what went wrong into one line and an exit code.
import { Command, CommanderError } from 'commander';
import { LogStoreError } from '../election/log-store.ts';
import { configOf, withSettings } from './commands/settings.ts';
import { exitCode, StartError } from './start-error.ts';
import { version } from './version.ts';

const program = new Command('node-agent')
  .description(
    'The ClusterOS daemon: finds its peers, elects a leader with them, and makes this machine match what was decided.',
  )
  .version(version, '-V, --version', 'print the version of this program')
  .exitOverride()
  .enablePositionalOptions()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'error: ')) })
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed, 2 usage or configuration, 3 not running, 4 not permitted or key refused.',
  );

withSettings(program.command('start'))
  .description('run the agent')
  .option('--foreground', 'stay in the foreground (the agent always does; systemd owns it)')
  .action(async flags => {
    const { start } = await import('./commands/start.ts');
    process.exitCode = await start(await configOf(flags));
    // A stream that a peer leaves half open must not keep a stopped agent alive.
    process.exit();
  });

withSettings(program.command('init'))
  .description('prepare the data folder and check the cluster key; does nothing twice')
  .option('--found', 'this node founds a cluster at its next start, unless one is in sight')
  .action(async flags => {
    const { init } = await import('./commands/init.ts');
    console.log(await init(await configOf(flags), flags.found === true));
  });

withSettings(program.command('info'))
  .description('who this node is, and each setting with its source')
  .option('-o, --output <FORMAT>', 'table or json', formatFrom, 'table')
  .action(async flags => {
    const { info, infoText } = await import('./commands/info.ts');
    const answer = await info(await configOf(flags));
    print(flags.output, answer, () => infoText(answer));
  });

withSettings(program.command('status'))
  .description('whether the agent of this machine runs; exit code 3 when it does not')
  .option('-o, --output <FORMAT>', 'table or json', formatFrom, 'table')
  .action(async flags => {
    const { status, statusText } = await import('./commands/status.ts');
    const socket = (await configOf(flags)).values['admin.socket'];
    const answer = await status(socket);
    if (answer) print(flags.output, answer, () => statusText(answer));
    else {
      console.error(
        `error: no agent answers at ${socket}\nhint: start it with "systemctl start node-agent" or "node-agent start"`,
      );
      process.exitCode = exitCode.notRunning;
    }
  });

withSettings(program.command('doctor'))
  .description('what keeps this machine from being a working member, and the mend; needs no running agent')
  .option('-o, --output <FORMAT>', 'table or json', formatFrom, 'table')
  .action(async flags => {
    const { findings, findingText } = await import('./commands/doctor.ts');
    const found = [];
    for await (const finding of findings(await configOf(flags))) {
      found.push(finding);
      if (flags.output === 'table') console.log(findingText(finding));
    }
    if (flags.output !== 'table') print(flags.output, found, () => '');
    if (found.at(-1)?.state === 'broken') process.exitCode = exitCode.failed;
  });

withSettings(program.command('recover'))
  .description('make a new cluster of what this node knows, when a majority of the voters is gone for good')
  .requiredOption('--from-this-node', 'that is what is wanted; the agent of this node must not run')
  .option('--dry-run', 'say what that would mean, and change nothing')
  .option('--yes', 'do not ask')
  .action(async flags => {
    const { recover } = await import('./commands/recover.ts');
    const { dryRun = false, yes = false } = flags;
    await recover(await configOf(flags), { dryRun, yes }, line => console.log(line));
  });

withSettings(program.command('wifi'))
  .description(
    'change the WiFi of this machine ("set --file F"; taken back when the tailnet is lost), or apply its settings; "set --help" says more',
  )
  .argument('<set|apply>')
  .argument('[arguments...]', 'those of wifi-setup')
  .passThroughOptions()
  .allowUnknownOption()
  .action(async (verb: string, args: string[], flags) => {
    const { wifi } = await import('./commands/wifi.ts');
    process.exitCode = await wifi(await configOf(flags), verb, args);
    process.exit();
  });

program
  .command('version')
  .description('the version of this program')
  .option('-o, --output <FORMAT>', 'table or json', formatFrom, 'table')
  .action(flags =>
    print(
      flags.output,
      { version, node: process.version },
      () => `node-agent ${version} (Node.js ${process.version})`,
    ),
  );

/** Looked at before the command does anything. @throws StartError */
function formatFrom(format: string): string {
  if (['table', 'json'].includes(format)) return format;
  throw new StartError(`unknown output "${format}": use -o table or -o json`, exitCode.usage);
}

function print(format: string, answer: unknown, text: () => string): void {
  console.log(format === 'json' ? JSON.stringify(answer, null, 2) : text());
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? exitCode.done : exitCode.usage);
  if (error instanceof StartError || error instanceof LogStoreError) {
    console.error(`error: ${error.message}`);
    process.exit(error instanceof StartError ? error.exitCode : exitCode.failed);
  }
  // A broken invariant: the trace is for the bug report, the disk is whole, systemd starts the agent again.
  console.error(error);
  process.exit(exitCode.failed);
}
