// `clusterctl members`: who is here, in what state and doing what, as this node sees it.
import type { Member__Output } from '../../api/gen/clusteros/v1/Member.ts';
import type { MembersReply__Output } from '../../api/gen/clusteros/v1/MembersReply.ts';
import { shortAddress } from '../address.ts';
import { CliError, exitCode } from '../exit.ts';
import { namesShownMax } from '../limits.ts';
import { lossText, rttText, seenText, tagsText } from '../member-text.ts';
import { News } from '../news.ts';
import { type Noun, printList, watchPrinter } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { isWarning, worstReports } from '../services.ts';
import { hint, note } from '../shell.ts';

export interface MembersFlags {
  /** Names or ids; none for all. */
  readonly names: readonly string[];
  /** Empty for all. */
  readonly states: readonly string[];
  /** Empty for all. */
  readonly roles: readonly string[];
  readonly watch: boolean;
}

const memberNoun: Noun<Member__Output> = {
  columns: [
    { title: 'NAME', widthMin: 6, cell: ({ name }) => name },
    { title: 'STATE', widthMin: 7, cell: ({ state }) => state },
    { title: 'ROLE', widthMin: 7, cell: ({ role }) => role },
    {
      title: 'ADDRESS',
      widthMin: 11,
      cell: ({ address }) => shortAddress(address),
      wideCell: ({ address }) => address,
    },
    { title: 'SEEN', widthMin: 7, cell: seenText },
    { title: 'VERSION', widthMin: 7, cell: ({ version }) => version },
    { title: 'RTT', wide: true, cell: ({ rttMs }) => rttText(rttMs) },
    { title: 'LOSS', wide: true, cell: ({ rttMs, loss }) => lossText(rttMs, loss) },
    { title: 'EPOCH', wide: true, cell: ({ epoch }) => String(epoch) },
    { title: 'INCARNATION', wide: true, cell: ({ incarnation }) => String(incarnation) },
    { title: 'ID', wide: true, cell: ({ id }) => id },
    { title: 'TAGS', wide: true, cell: ({ tags }) => tagsText(tags) },
    { title: 'SERVICES', cell: servicesText },
  ],
  json: memberJson,
  name: ({ name }) => name,
};

/** A member as scripts get it. */
export function memberJson(member: Member__Output): object {
  const { id, name, state, role, address, epoch, incarnation, version, rttMs, loss, seenMs } = member;
  return {
    ...{ id, name, state, role, address, epoch, incarnation, version, rttMs, loss, seenMs },
    ...{ tags: member.tags, capabilities: member.capabilities, drain: member.drain },
    services: member.services.map(({ service, role, token, state, step, reason, detail }) => ({
      ...{ service, role, token, state, step, reason, detail },
    })),
  };
}

/** Prints the members that the flags choose. Not found when a name is nobody's. */
export async function members(request: Request, flags: MembersFlags): Promise<number> {
  return withAgent(request, async (client, answered) => {
    if (flags.watch) {
      const print = await watchPrinter(request.shell, request, memberNoun);
      // Ages, round trips and losses change all the time; they are no news.
      const news = new News<Member__Output>(
        ({ id }) => id,
        member => JSON.stringify({ ...member, rttMs: 0, loss: 0, seenMs: 0 }),
      );
      let first = true;
      for await (const reply of client.watchMembers()) {
        answered();
        if (first) checkNames(reply, flags);
        first = false;
        print(news.in(chosen(reply, flags)));
      }
      return exitCode.done;
    }
    const reply = await client.members();
    const rows = chosen(reply, flags);
    await printList(request.shell, request, memberNoun, rows);
    if (request.format === 'table' || request.format === 'wide') {
      note(request.shell, summaryOf(reply, rows));
      for (const advice of [silentAdvice(rows), degradedAdvice(rows)])
        if (advice !== '') hint(request.shell, advice);
    }
    checkNames(reply, flags);
    return exitCode.done;
  });
}

function chosen({ members }: MembersReply__Output, { names, states, roles }: MembersFlags): Member__Output[] {
  const isIn = (list: readonly string[], ...values: readonly string[]) =>
    list.length === 0 || values.some(value => list.includes(value));
  return members.filter(
    ({ id, name, state, role }) => isIn(names, name, id) && isIn(states, state) && isIn(roles, role),
  );
}

function checkNames({ members }: MembersReply__Output, { names }: MembersFlags): void {
  const unknown = names.filter(wanted => !members.some(({ id, name }) => name === wanted || id === wanted));
  if (unknown.length === 0) return;
  throw new CliError(
    exitCode.notFound,
    `no member is called ${unknown.map(name => `"${name}"`).join(' or ')}`,
    'run "clusterctl members -o name" for the names there are',
  );
}

/** `4 members: 2 alive, 1 suspect, 1 left. Leader atlas, term 7. Quorum 2 of 3 voters.` */
function summaryOf(reply: MembersReply__Output, rows: readonly Member__Output[]): string {
  const { members, leader, term, voters, votersAnswering, quorum } = reply;
  const states = ['alive', 'degraded', 'suspect', 'dead', 'left'];
  const counts = states
    .map(state => [rows.filter(member => member.state === state).length, state] as const)
    .filter(([count]) => count > 0)
    .map(([count, state]) => `${count} ${state}`);
  const all = `${members.length} ${members.length === 1 ? 'member' : 'members'}`;
  const shown = rows.length === members.length ? all : `${rows.length} of ${all}`;
  const led = leader === '' ? `No leader, term ${term}.` : `Leader ${leader}, term ${term}.`;
  return `${counts.length > 0 ? `${shown}: ${counts.join(', ')}` : shown}. ${led} ${quorumText()}`;

  function quorumText(): string {
    if (voters === 0) return 'No voters yet.';
    if (votersAnswering < quorum)
      return `Quorum lost: ${votersAnswering} of ${voters} voters answer, need ${quorum}.`;
    return `Quorum ${quorum} of ${voters} voters.`;
  }
}

function silentAdvice(rows: readonly Member__Output[]): string {
  const silent = rows.filter(({ state }) => state === 'suspect' || state === 'dead');
  const [first] = silent;
  if (!first) return '';
  const names = silent.slice(0, namesShownMax).map(({ name }) => name);
  const more = silent.length > names.length ? ` and ${silent.length - names.length} more` : '';
  const verb = silent.length === 1 ? 'does' : 'do';
  const there = silent.length === 1 ? 'there' : 'on each';
  return `${names.join(', ')}${more} ${verb} not answer; see "clusterctl events --member ${first.name}", and ${there} "systemctl status node-agent"`;
}

function degradedAdvice(rows: readonly Member__Output[]): string {
  const degraded = rows.filter(({ state }) => state === 'degraded');
  const [first] = degraded;
  if (!first) return '';
  const names = degraded.slice(0, namesShownMax).map(({ name, rttMs, loss }) =>
    // Others call it so; this agent's own way to it may be good, or not measured.
    rttMs > 0 ? `${name} (${lossText(rttMs, loss)} from here)` : name,
  );
  const more = degraded.length > names.length ? ` and ${degraded.length - names.length} more` : '';
  const verb = degraded.length === 1 ? 'loses' : 'lose';
  return `${names.join(', ')}${more} ${verb} most of the messages to and fro; try "clusterctl member show ${first.name}"`;
}

function servicesText(member: Member__Output): string {
  return worstReports(member)
    .map(report => {
      const { service, state, reason } = report;
      if (isWarning(report)) return `${service}:${reason}`;
      return state === 'ready' ? service : `${service}:${state}`;
    })
    .join(',');
}
