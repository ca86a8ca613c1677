// `clusterctl member show`: one member, and who sees it and whom it sees, each by its own probes.
import type { ShowMemberReply__Output } from '../../api/gen/clusteros/v1/ShowMemberReply.ts';
import type { Sight__Output } from '../../api/gen/clusteros/v1/Sight.ts';
import type { SightPair__Output } from '../../api/gen/clusteros/v1/SightPair.ts';
import { ageText } from '../duration.ts';
import { exitCode } from '../exit.ts';
import { lossText, rttText, seenText, tagsText } from '../member-text.ts';
import { type Noun, printList, printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { worstReports } from '../services.ts';
import { note, plain } from '../shell.ts';
import { conclusionOf } from '../sight-text.ts';
import { memberJson } from './members.ts';

const pairNoun: Noun<SightPair__Output> = {
  columns: [
    { title: 'PEER', widthMin: 8, cell: ({ peer }) => peer },
    { title: 'SEES IT', widthMin: 9, cell: ({ ofMember }) => ofMember?.state ?? 'unknown' },
    { title: 'RTT', widthMin: 7, cell: ({ ofMember }) => rttText(ofMember?.rttMs ?? 0) },
    {
      title: 'LOSS',
      widthMin: 4,
      cell: ({ ofMember }) => lossText(ofMember?.rttMs ?? 0, ofMember?.loss ?? 0),
    },
    { title: 'HEARD', widthMin: 7, cell: ({ ofMember }) => heardText(ofMember) },
    { title: 'SEEN BY IT', widthMin: 10, cell: ({ ofPeer }) => ofPeer?.state ?? 'unknown' },
    { title: 'RTT', widthMin: 7, cell: ({ ofPeer }) => rttText(ofPeer?.rttMs ?? 0) },
    { title: 'LOSS', widthMin: 4, cell: ({ ofPeer }) => lossText(ofPeer?.rttMs ?? 0, ofPeer?.loss ?? 0) },
    { title: 'HEARD', cell: ({ ofPeer }) => heardText(ofPeer) },
  ],
  json: ({ peer, ofMember, ofPeer }) => ({ peer, ofMember: sightJson(ofMember), ofPeer: sightJson(ofPeer) }),
  name: ({ peer }) => peer,
};

/** Prints one member. @param member name or id */
export async function memberShow(request: Request, member: string): Promise<number> {
  const reply = await withAgent(request, client => client.showMember(member));
  const { shell, format } = request;
  if (format === 'json' || format === 'yaml') {
    await printValue(shell, format, jsonOf(reply));
    return exitCode.done;
  }
  shell.stdout.write(`${sheetOf(reply)}\n\n`);
  await printList(shell, request, pairNoun, reply.sights);
  note(shell, conclusionOf(reply));
  return exitCode.done;
}

function jsonOf({ member, sights, accusers }: ShowMemberReply__Output): object {
  return { ...(member ? memberJson(member) : {}), accusers, sights: sights.map(pairNoun.json) };
}

function sightJson(sight: Sight__Output | null): object {
  const { state, rttMs, loss, heardMs } = sight ?? { state: 'unknown', rttMs: 0, loss: 0, heardMs: 0 };
  return { state, rttMs, loss, heardMs };
}

function sheetOf({ member, accusers }: ShowMemberReply__Output): string {
  if (!member) return '';
  const services = worstReports(member).map(
    ({ service, state, detail }) => `${service} ${state}${detail === '' ? '' : ` (${detail})`}`,
  );
  const lines: [string, string][] = [
    ['name', member.name],
    ['id', member.id],
    ['state', member.state],
    ['role', member.role],
    ['address', member.address],
    ['epoch', `${member.epoch}, incarnation ${member.incarnation}`],
    ['version', member.version],
    ['heard', seenText(member)],
    ['tags', tagsText(member.tags)],
    ['machine', member.capabilities.join(', ') || '-'],
    ['services', services.join(', ') || '-'],
    ...(member.drain === '' ? [] : [['drained', member.drain] satisfies [string, string]]),
    ['accused by', accusers.join(', ') || 'nobody'],
  ];
  return lines.map(([title, text]) => `${title.padEnd(12)}${plain(text)}`).join('\n');
}

function heardText(sight: Sight__Output | null): string {
  if (!sight || sight.heardMs === 0) return '-';
  return sight.heardMs < 1000 ? 'now' : `${ageText(sight.heardMs)} ago`;
}
