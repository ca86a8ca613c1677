// `clusterctl k3s snapshot`: copies of what Kubernetes has stored, on its servers.
import type { AdminClient } from '../../api/admin-client.ts';
import { ageText } from '../duration.ts';
import { exitCode } from '../exit.ts';
import { type Noun, printList } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note } from '../shell.ts';

export interface Snapshot {
  readonly name: string;
  readonly bytes: number;
  readonly atMs: number;
}
interface Row extends Snapshot {
  readonly member: string;
}

const noun = (nowMs: number): Noun<Row> => ({
  columns: [
    { title: 'SNAPSHOT', widthMin: 12, cell: ({ name }) => name },
    { title: 'MEMBER', widthMin: 6, cell: ({ member }) => member },
    { title: 'AGE', widthMin: 4, cell: ({ atMs }) => ageText(Math.max(0, nowMs - atMs)) },
    { title: 'SIZE', cell: ({ bytes }) => `${(bytes / 1024 / 1024).toFixed(1)} MiB` },
  ],
  json: ({ name, member, bytes, atMs }) => ({ name, member, bytes, atMs }),
  name: ({ name }) => name,
});

/** Members that are servers of Kubernetes, by what they report. */
export async function serversOf(client: AdminClient): Promise<readonly string[]> {
  const { members } = await client.members();
  return members
    .filter(
      ({ state, services }) =>
        state !== 'dead' &&
        state !== 'left' &&
        services.some(each => each.service === 'k3s' && each.role === 'server' && each.state !== 'released'),
    )
    .map(({ name }) => name);
}

/** The snapshots on all servers that answer, the newest first; those that do not are told of. */
export async function listSnapshots(request: Request): Promise<number> {
  const { shell } = request;
  const silent: string[] = [];
  const rows = await withAgent(request, async client => {
    const servers = await serversOf(client);
    const lists = servers.map(async (member): Promise<Row[]> => {
      try {
        const { answer } = await client.callService('k3s', 'snapshots', { member });
        return snapshotsIn(answer).map(each => ({ ...each, member }));
      } catch (error) {
        silent.push(`${member} (${(error as Error).message})`);
        return [];
      }
    });
    return (await Promise.all(lists)).flat().sort((a, b) => b.atMs - a.atMs);
  });
  await printList(shell, request, noun(shell.nowMs()), rows);
  if (silent.length > 0) note(shell, `not asked: ${silent.join(', ')}`);
  return silent.length > 0 ? exitCode.unhealthy : exitCode.done;
}

/** Has a server write one more, and prints it. */
export async function saveSnapshot(
  request: Request,
  { name, member }: { readonly name: string; readonly member: string },
): Promise<number> {
  const { shell } = request;
  const { answer, member: by } = await withAgent(request, client =>
    client.callService('k3s', 'snapshot-save', { argument: name, member }),
  );
  const [newest] = snapshotsIn(answer).toSorted((a, b) => b.atMs - a.atMs);
  if (newest) await printList(shell, request, noun(shell.nowMs()), [{ ...newest, member: by }]);
  return exitCode.done;
}

export function snapshotsIn(answer: string): readonly Snapshot[] {
  return (JSON.parse(answer) as { readonly snapshots: readonly Snapshot[] }).snapshots;
}
