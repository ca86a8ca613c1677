// The verbs of `clusterctl k3s`.
import type { Command } from 'commander';
import { CliError, exitCode } from './exit.ts';
import { durationFrom, type VerbTools } from './flags.ts';
import {
  credentialLifeMsMax,
  credentialLifeMsMin,
  recoverTimeoutMsDefault,
  snapshotTimeoutMsDefault,
  timeoutMsDefault,
} from './limits.ts';
import { type Format, formats } from './output.ts';

const examples = `Examples:
  clusterctl k3s kubeconfig --merge                             kubectl works here, as an administrator, for a month
  clusterctl k3s snapshot save --name before-upgrade            one more copy of what Kubernetes has stored
  clusterctl k3s snapshot list                                  those there are, on which server
  clusterctl k3s restore --snapshot NAME --on atlas             Kubernetes as it was then
  clusterctl k3s recover --dry-run                              too few servers are left: what could be done
`;

const table: readonly Format[] = ['table'];

/** @throws CliError (usage) */
function lifeFrom(text: string): number {
  const lifeMs = durationFrom('--ttl', text);
  if (lifeMs >= credentialLifeMsMin && lifeMs <= credentialLifeMsMax) return lifeMs;
  throw new CliError(exitCode.usage, `--ttl ${text}: a credential is good for 1m to 365d`);
}

/** Adds `k3s kubeconfig`, `snapshot`, `restore`, `recover` and `forget`. */
export function addK3sVerbs(program: Command, { withCommonFlags, requestFor, done }: VerbTools): void {
  const k3s = program
    .command('k3s')
    .description('Kubernetes: a kubeconfig, snapshots, and what to do when too few servers are left')
    .addHelpText('beforeAll', examples);
  withCommonFlags(
    k3s.command('kubeconfig').description('a new credential for an administrator, as kubectl reads it'),
    table,
    timeoutMsDefault,
  )
    .option('--ttl <DURATION>', 'how long it is good, such as 12h; at most 365d', '30d')
    .option('--merge', 'into the file that kubectl reads ($KUBECONFIG, or ~/.kube/config)', false)
    .option('--server <NAME>', 'the server that it leads to', '')
    .action(async (flags, command: Command) => {
      const request = requestFor(command, table);
      const lifeMs = lifeFrom(flags.ttl);
      const { k3sKubeconfig } = await import('./commands/k3s-kubeconfig.ts');
      done(await k3sKubeconfig(request, { lifeMs, merge: flags.merge, member: flags.server }));
    });
  const snapshot = k3s.command('snapshot').description('copies of what Kubernetes has stored');
  withCommonFlags(
    snapshot.command('list').description('on all servers, the newest first'),
    formats,
    timeoutMsDefault,
  ).action(async (_flags, command: Command) => {
    const request = requestFor(command, formats);
    const { listSnapshots } = await import('./commands/k3s-snapshots.ts');
    done(await listSnapshots(request));
  });
  withCommonFlags(snapshot.command('save').description('write one more'), formats, snapshotTimeoutMsDefault)
    .option('--name <NAME>', 'how it begins', '')
    .option('--server <NAME>', 'where', '')
    .action(async (flags, command: Command) => {
      const request = requestFor(command, formats, snapshotTimeoutMsDefault);
      const { saveSnapshot } = await import('./commands/k3s-snapshots.ts');
      done(await saveSnapshot(request, { name: flags.name, member: flags.server }));
    });
  withCommonFlags(
    k3s.command('restore').description('have one server make Kubernetes anew of a snapshot'),
    table,
    recoverTimeoutMsDefault,
  )
    .requiredOption('--snapshot <NAME>', 'as "snapshot list" has it')
    .requiredOption('--on <NAME>', 'the member that has it')
    .option('--dry-run', 'only say what it would mean', false)
    .option('--yes', 'do not ask', false)
    .action(async (flags, command: Command) => {
      const request = requestFor(command, table, recoverTimeoutMsDefault);
      const { k3sRecover } = await import('./commands/k3s-recover.ts');
      done(await k3sRecover(request, flags));
    });
  withCommonFlags(
    k3s
      .command('recover')
      .description('too few servers are left: have the one with the newest datastore go on alone'),
    table,
    recoverTimeoutMsDefault,
  )
    .option('--on <NAME>', 'another one than that', '')
    .option('--dry-run', 'only say what it would mean', false)
    .option('--yes', 'do not ask', false)
    .action(async (flags, command: Command) => {
      const request = requestFor(command, table, recoverTimeoutMsDefault);
      const { k3sRecover } = await import('./commands/k3s-recover.ts');
      done(await k3sRecover(request, { ...flags, snapshot: '' }));
    });
  withCommonFlags(
    k3s.command('forget').description('all that was stored is lost for good: begin from nothing'),
    table,
    timeoutMsDefault,
  )
    .option('--dry-run', 'only say what it would mean', false)
    .option('--yes', 'do not ask', false)
    .action(async (flags, command: Command) => {
      const request = requestFor(command, table);
      const { k3sForget } = await import('./commands/k3s-forget.ts');
      done(await k3sForget(request, flags));
    });
}
