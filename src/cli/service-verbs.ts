// The verbs of `clusterctl service`.
import type { Command } from 'commander';
import type { VerbTools } from './flags.ts';
import { moveTimeoutMsDefault, timeoutMsDefault } from './limits.ts';
import { type Format, formats } from './output.ts';

const examples = `Examples:
  clusterctl service show slurm                   who runs what, and how near the copies of the queue are
  clusterctl service move slurm --to atlas        atlas shall run slurmctld; jobs go on
  clusterctl service rotate-key slurm --yes       a new munge key on all members; jobs go on
  clusterctl service settings slurm > slurm.yaml  partitions, memory and further lines of slurm.conf
  clusterctl service configure slurm --file slurm.yaml --dry-run
`;

/** Adds the verbs of `service`. */
export function addServiceVerbs(program: Command, { withCommonFlags, requestFor, done }: VerbTools): void {
  const service = program
    .command('service')
    .description('SLURM and the like: who runs what, and give the part of one member to another')
    .addHelpText('before', examples);
  const list: readonly Format[] = formats;
  const sheet: readonly Format[] = ['table', 'json', 'yaml'];
  withCommonFlags(
    service.command('show').description('the roles of a service, and how near copies of its state are'),
    list,
    timeoutMsDefault,
  )
    .argument('<SERVICE>', 'such as slurm')
    .action(async (name: string, _flags, command: Command) => {
      const request = requestFor(command, list);
      const { showService } = await import('./commands/service.ts');
      done(await showService(request, name));
    });
  withCommonFlags(
    service
      .command('move')
      .description('give the role that one member holds alone to another, and wait until that one serves'),
    list,
    moveTimeoutMsDefault,
  )
    .argument('<SERVICE>', 'such as slurm')
    .option('--to <NAME>', 'name or id; without it one of those that stand by')
    .action(async (name: string, flags, command: Command) => {
      const request = requestFor(command, list, moveTimeoutMsDefault);
      const { moveService } = await import('./commands/service.ts');
      done(await moveService(request, name, flags.to ?? ''));
    });
  withCommonFlags(
    service
      .command('rotate-key')
      .description(
        'replace the key of a service on all members, and wait until those that can be reached use it',
      ),
    sheet,
    moveTimeoutMsDefault,
  )
    .argument('<SERVICE>', 'such as slurm')
    .option('--dry-run', 'only say who uses the key', false)
    .option('--yes', 'do not ask', false)
    .action(async (name: string, flags, command: Command) => {
      const request = requestFor(command, sheet, moveTimeoutMsDefault);
      const { rotateKey } = await import('./commands/service-key.ts');
      done(await rotateKey(request, name, flags));
    });
  withCommonFlags(
    service
      .command('settings')
      .description('what operators have set for a service, as a file that configure takes'),
    sheet,
    timeoutMsDefault,
  )
    .argument('<SERVICE>', 'such as slurm')
    .action(async (name: string, _flags, command: Command) => {
      const request = requestFor(command, sheet);
      const { showSettings } = await import('./commands/service-settings.ts');
      done(await showSettings(request, name));
    });
  withCommonFlags(
    service
      .command('configure')
      .description('set it anew on all members, and wait until whoever runs the service goes by it'),
    sheet,
    moveTimeoutMsDefault,
  )
    .argument('<SERVICE>', 'such as slurm')
    .requiredOption('--file <FILE>', 'YAML or JSON, all of the settings; - for standard input')
    .option('--dry-run', 'only say what would change, and which jobs would end', false)
    .option('--force', 'though jobs end', false)
    .option('--yes', 'do not ask', false)
    .action(async (name: string, flags, command: Command) => {
      const request = requestFor(command, sheet, moveTimeoutMsDefault);
      const { configure } = await import('./commands/service-settings.ts');
      done(await configure(request, name, flags));
    });
}
