// `clusterctl k3s snapshot`: copies of what Kubernetes has stored, on its servers.
import { setTimeout as sleep } from 'node:timers/promises';
import { type AdminClient, AdminError } from '../../api/admin-client.ts';
import type { Member__Output } from '../../api/gen/clusteros/v1/Member.ts';
import { ageText } from '../duration.ts';
import { exitCode } from '../exit.ts';
import { serverLookMs } from '../limits.ts';
import { type Noun, printList } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note, type Shell } from '../shell.ts';

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

/** What servers say, by name, and who says nothing: `borea (dead)`. */
export interface Asked {
  readonly answers: readonly { readonly member: string; readonly answer: string }[];
  readonly silent: readonly string[];
}

/** Asks all members that are servers of Kubernetes, by what they report. Rejects when it is the agent here that does not answer. */
export async function askServers(
  client: AdminClient,
  members: readonly Member__Output[],
  verb: string,
): Promise<Asked> {
  const lookEnds = sleep(serverLookMs, undefined, { ref: false });
  const all = members.filter(each => each.state !== 'left' && isServer(each));
  const asked = all.map(async ({ name: member, state }) => {
    if (state === 'dead') return { member, why: state };
    try {
      const said = await Promise.race([client.callService('k3s', verb, { member }), lookEnds]);
      return said === undefined ? { member, why: 'no answer' } : { member, answer: said.answer };
    } catch (error) {
      if (!(error instanceof AdminError) || ['no-agent', 'denied'].includes(error.reason)) throw error;
      return { member, why: error.detail };
    }
  });
  const said = await Promise.all(asked);
  return {
    answers: said.flatMap(({ member, answer }) => (answer === undefined ? [] : [{ member, answer }])),
    silent: said.flatMap(({ member, why }) => (why === undefined ? [] : [`${member} (${why})`])),
  };
}

export function isServer({ services }: Member__Output): boolean {
  return services.some(
    ({ service, role, state }) => service === 'k3s' && role === 'server' && state !== 'released',
  );
}

/** Tells of those that were not asked, or did not answer. */
export function noteSilent(shell: Shell, silent: readonly string[]): void {
  if (silent.length > 0) note(shell, `not known of ${silent.join(', ')}`);
}

/** The snapshots on all servers that answer, the newest first; those that do not are told of. */
export async function listSnapshots(request: Request): Promise<number> {
  const { shell } = request;
  const { answers, silent } = await withAgent(request, async client =>
    askServers(client, (await client.members()).members, 'snapshots'),
  );
  const rows = answers
    .flatMap(({ member, answer }) => snapshotsIn(answer).map((each): Row => ({ ...each, member })))
    .sort((a, b) => b.atMs - a.atMs);
  await printList(shell, request, noun(shell.nowMs()), rows);
  if (answers.length + silent.length === 0) note(shell, 'No member is a server of Kubernetes.');
  noteSilent(shell, silent);
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
