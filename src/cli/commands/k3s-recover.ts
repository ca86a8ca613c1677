// `clusterctl k3s recover` and `restore`: one server makes Kubernetes anew of what it has stored, or of a snapshot. Says what that means,
// asks, has it decided, and waits.
import type { AdminClient } from '../../api/admin-client.ts';
import type { Member__Output } from '../../api/gen/clusteros/v1/Member.ts';
import { confirm } from '../confirm.ts';
import { ageText, spanText } from '../duration.ts';
import { CliError, exitCode } from '../exit.ts';
import { recoveryPollMs } from '../limits.ts';
import { stepText, whyText } from '../operation-text.ts';
import { type Request, withAgent } from '../request.ts';
import { hint, note, type Shell } from '../shell.ts';
import { askServers, isServer, noteSilent, type Snapshot, snapshotsIn } from './k3s-snapshots.ts';

interface Datastore {
  readonly member: string;
  readonly isMember: boolean;
  readonly running: boolean;
  readonly index: number;
  readonly changedAtMs: number;
}

export interface RecoverFlags {
  /** Name or id of the member; empty for the one with the newest datastore. */
  readonly on: string;
  /** Name of a snapshot on it; empty for what it has. */
  readonly snapshot: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
}

/** Has it done. Times out when it is not over in time: it goes on all the same. */
export async function k3sRecover(request: Request, flags: RecoverFlags): Promise<number> {
  const { shell } = request;
  return withAgent(request, async (client, answered) => {
    const { members } = await client.members();
    const wanted = flags.on === '' ? '' : memberNamed(members, flags.on);
    const stores = await datastores(shell, client, members);
    const chosen = wanted === '' ? stores[0] : stores.find(({ member }) => member === wanted);
    if (!chosen)
      throw new CliError(
        exitCode.failed,
        wanted === ''
          ? 'no member that answers has a datastore of Kubernetes'
          : `${wanted} has no datastore of Kubernetes, or does not answer`,
        'run "clusterctl service show k3s" to see who is a server',
      );
    const snapshot =
      flags.snapshot === '' ? undefined : await snapshotOn(client, chosen.member, flags.snapshot);
    const others = members.filter(
      each => each.name !== chosen.member && !['dead', 'left'].includes(each.state) && isServer(each),
    );
    const what = whatItMeans(
      chosen.member,
      others.map(({ name }) => name),
      snapshot && { ...snapshot, age: ageText(Math.max(0, shell.nowMs() - snapshot.atMs)) },
    );
    if (flags.dryRun) {
      shell.stdout.write(`${what}\n`);
      note(shell, 'Nothing was changed.');
      return exitCode.done;
    }
    answered();
    await confirm(shell, what, chosen.member, flags.yes);
    const operation = await client.recoverService('k3s', chosen.member, flags.snapshot);
    return watched(request, client, operation);
  });
}

/** @throws CliError when nobody is called so */
function memberNamed(members: readonly Member__Output[], wanted: string): string {
  const found = members.find(({ name, id }) => name === wanted || id === wanted);
  if (found) return found.name;
  throw new CliError(
    exitCode.notFound,
    `no member is called ${wanted}`,
    'run "clusterctl members -o name" for the names there are',
  );
}

/** Those of all servers that answer, the newest first; what they and the others say is told. */
export async function datastores(
  shell: Shell,
  client: AdminClient,
  members: readonly Member__Output[],
): Promise<readonly Datastore[]> {
  const { answers, silent } = await askServers(client, members, 'datastore');
  const stores = answers
    .map(({ member, answer }) => ({ member, ...(JSON.parse(answer) as Omit<Datastore, 'member'>) }))
    .filter(({ isMember }) => isMember)
    .sort((a, b) => b.index - a.index || b.changedAtMs - a.changedAtMs);
  const nowMs = shell.nowMs();
  for (const { member, index, changedAtMs, running } of stores)
    note(
      shell,
      `${member} has a datastore with entry ${index} of etcd or later, last written ${ageText(Math.max(0, nowMs - changedAtMs))} ago${running ? '' : '; k3s does not run there'}`,
    );
  noteSilent(shell, silent);
  return stores;
}

async function snapshotOn(client: AdminClient, member: string, wanted: string): Promise<Snapshot> {
  const { answer } = await client.callService('k3s', 'snapshots', { member });
  const found = snapshotsIn(answer).find(({ name }) => name === wanted);
  if (found) return found;
  throw new CliError(
    exitCode.notFound,
    `${member} has no snapshot ${wanted}`,
    'run "clusterctl k3s snapshot list" for those there are',
  );
}

function whatItMeans(
  member: string,
  others: readonly string[],
  snapshot: { readonly name: string; readonly age: string } | undefined,
): string {
  const source =
    snapshot === undefined
      ? 'of what it has stored'
      : `of the snapshot ${snapshot.name}, ${snapshot.age} old: whatever was stored since is lost to the cluster, but for its settings`;
  const rest =
    others.length === 0
      ? ''
      : others.length === 1
        ? ` ${others[0]} stops its server first, and joins anew.`
        : ` ${others.slice(0, -1).join(', ')} and ${others.at(-1)} stop their servers first, and join anew.`;
  return `${member} makes Kubernetes anew ${source}.${rest} The API is away meanwhile; pods go on. Each datastore is kept beside the new one.`;
}

async function watched(
  { shell, timeoutMs }: Request,
  client: AdminClient,
  operation: number,
): Promise<number> {
  const untilMs = performance.now() + timeoutMs;
  let told = '';
  while (performance.now() < untilMs) {
    const { operations } = await client.operations();
    const found = operations.find(({ id }) => id === operation);
    if (found?.outcome === 'done') {
      shell.stdout.write('Kubernetes works again; other servers join it now.\n');
      hint(shell, 'clusterctl service show k3s');
      return exitCode.done;
    }
    if (found?.outcome === 'failed')
      throw new CliError(
        exitCode.failed,
        `the recovery has failed: ${[stepText(found), whyText(found)].filter(Boolean).join(', ')}`,
        `run "clusterctl events --member ${found.member}"`,
      );
    const step = found ? stepText(found) : '';
    if (step !== told) note(shell, `${step} ...`);
    told = step;
    await new Promise(resolve =>
      setTimeout(resolve, Math.min(recoveryPollMs, Math.max(0, untilMs - performance.now()))),
    );
  }
  throw new CliError(
    exitCode.timedOut,
    `the recovery is not over after ${spanText(timeoutMs)}, and goes on`,
    'run "clusterctl operations -w" to see when it is',
  );
}
