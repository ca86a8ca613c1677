// `clusterctl k3s recover` and `restore`: one server makes Kubernetes anew of what it has stored, or of a snapshot. Says what that means,
// asks, has it decided, and waits.
import type { AdminClient } from '../../api/admin-client.ts';
import { confirm } from '../confirm.ts';
import { ageText } from '../duration.ts';
import { CliError, exitCode } from '../exit.ts';
import { recoveryPollMs } from '../limits.ts';
import { type Request, withAgent } from '../request.ts';
import { hint, note } from '../shell.ts';
import { serversOf, snapshotsIn } from './k3s-snapshots.ts';

interface Datastore {
  readonly member: string;
  readonly isMember: boolean;
  readonly running: boolean;
  readonly index: number;
  readonly changedAtMs: number;
}

export interface RecoverFlags {
  /** Name of the member; empty for the one with the newest datastore. */
  readonly on: string;
  /** Name of a snapshot on it; empty for what it has. */
  readonly snapshot: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
}

/** Has it done. Unhealthy when it is not over in time: it goes on all the same. */
export async function k3sRecover(request: Request, flags: RecoverFlags): Promise<number> {
  const { shell } = request;
  const untilMs = shell.nowMs() + request.timeoutMs;
  return withAgent(request, async (client, answered) => {
    const stores = await datastores(client);
    const nowMs = shell.nowMs();
    for (const { member, index, changedAtMs, running } of stores)
      note(
        shell,
        `${member} has a datastore with entry ${index} of etcd or later, last written ${ageText(Math.max(0, nowMs - changedAtMs))} ago${running ? '' : '; k3s does not run there'}`,
      );
    const chosen = flags.on === '' ? stores[0] : stores.find(({ member }) => member === flags.on);
    if (!chosen)
      throw new CliError(
        exitCode.failed,
        flags.on === ''
          ? 'no member that answers has a datastore'
          : `${flags.on} has no datastore, or does not answer`,
        'see "clusterctl service show k3s"',
      );
    if (flags.snapshot !== '') await refuseUnlessThere(client, chosen.member, flags.snapshot);
    const others = (await serversOf(client)).filter(name => name !== chosen.member);
    const what = whatItMeans(chosen.member, others, flags.snapshot);
    if (flags.dryRun) {
      shell.stdout.write(`${what}\n`);
      note(shell, 'Nothing was changed.');
      return exitCode.done;
    }
    answered();
    await confirm(shell, what, chosen.member, flags.yes);
    const operation = await client.recoverService('k3s', chosen.member, flags.snapshot);
    return watched(request, client, operation, untilMs);
  });
}

/** Of all servers that answer, the newest first. */
export async function datastores(client: AdminClient): Promise<readonly Datastore[]> {
  const asked = (await serversOf(client)).map(async (member): Promise<Datastore[]> => {
    try {
      const { answer } = await client.callService('k3s', 'datastore', { member });
      return [{ member, ...(JSON.parse(answer) as Omit<Datastore, 'member'>) }];
    } catch {
      // One that does not answer cannot be chosen; who does is told of.
      return [];
    }
  });
  return (await Promise.all(asked))
    .flat()
    .filter(({ isMember }) => isMember)
    .sort((a, b) => b.index - a.index || b.changedAtMs - a.changedAtMs);
}

async function refuseUnlessThere(client: AdminClient, member: string, snapshot: string): Promise<void> {
  const { answer } = await client.callService('k3s', 'snapshots', { member });
  if (snapshotsIn(answer).some(({ name }) => name === snapshot)) return;
  throw new CliError(
    exitCode.notFound,
    `${member} has no snapshot ${snapshot}`,
    'run "clusterctl k3s snapshot list" for those there are',
  );
}

function whatItMeans(member: string, others: readonly string[], snapshot: string): string {
  const source =
    snapshot === ''
      ? 'of what it has stored'
      : `of the snapshot ${snapshot}: whatever was stored since is lost to the cluster`;
  const rest =
    others.length === 0
      ? ''
      : others.length === 1
        ? ` ${others[0]} stops its server first, and joins anew.`
        : ` ${others.join(' and ')} stop their servers first, and join anew.`;
  return `${member} makes Kubernetes anew ${source}.${rest} The API is away meanwhile; pods go on. Each datastore is kept beside the new one.`;
}

async function watched(
  { shell, timeoutMs }: Request,
  client: AdminClient,
  operation: number,
  untilMs: number,
): Promise<number> {
  let told = '';
  while (shell.nowMs() < untilMs) {
    const { operations } = await client.operations();
    const found = operations.find(({ id }) => id === operation);
    const step = found?.steps.find(({ state }) => state === 'running')?.name ?? '';
    if (step !== '' && step !== told) note(shell, `${step} ...`);
    told = step;
    if (found?.outcome === 'done') {
      shell.stdout.write('Kubernetes works again; other servers join it now.\n');
      hint(shell, 'clusterctl service show k3s');
      return exitCode.done;
    }
    if (found?.outcome === 'failed')
      throw new CliError(
        exitCode.failed,
        `the recovery has failed (${found.reason})`,
        'see "clusterctl operations"',
      );
    await new Promise(resolve => setTimeout(resolve, recoveryPollMs));
  }
  throw new CliError(
    exitCode.timedOut,
    `it is not over after ${Math.round(timeoutMs / 1000)} s, and goes on`,
    'see "clusterctl operations"',
  );
}
