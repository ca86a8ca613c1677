// What the sights of one member amount to, in one sentence. Tells a broken path from a broken side, and what is known
// from what could not be asked. Knows no agent.
import type { ShowMemberReply__Output } from '../api/gen/clusteros/v1/ShowMemberReply.ts';
import type { Sight__Output } from '../api/gen/clusteros/v1/Sight.ts';
import type { SightPair__Output } from '../api/gen/clusteros/v1/SightPair.ts';
import { namesShownMax } from './limits.ts';

/** The conclusion from both directions of every pair. */
export function conclusionOf({ member, sights }: ShowMemberReply__Output): string {
  const name = member?.name ?? 'it';
  if (sights.length === 0) return `No other member that is here is meant to watch ${name}.`;
  // Peers that keep no stream to it have nothing to say of it.
  const told = sights.filter(({ ofMember }) => hears(ofMember) || isSilent(ofMember));
  const heard = sights.filter(({ ofPeer }) => hears(ofPeer));
  const nobodyHears = told.every(({ ofMember }) => isSilent(ofMember));
  if (member?.state === 'left' && nobodyHears) return `${name} has left; that nobody hears it is no fault.`;
  if (told.length === 0) return withoutPeers(name, sights, heard.length);
  if (nobodyHears)
    return `None of ${countText(told.length)} hears ${name}, ${whyUnheard(name, sights, told)}.`;
  const clauses = [headOf(name, sights, told), ...faultsOf(name, sights)];
  if (clauses.length > 1) return `${clauses.join('; ')}.`;
  if (!wasAsked(sights)) return `${clauses[0]}; ${name} itself could not be asked.`;
  return heard.length === sights.length
    ? `${clauses[0]}, and it hears ${sights.length === 1 ? 'that one' : 'all of them'}.`
    : `${clauses[0]}.`;
}

/** Nobody says anything of the member, but it may have answered itself. */
function withoutPeers(name: string, sights: readonly SightPair__Output[], heard: number): string {
  if (sights.some(({ ofMember }) => ofMember?.state === 'unwatched'))
    return `Nobody keeps a stream to ${name} at this moment, so nobody can say.`;
  const peers = `the ${sights.length === 1 ? 'one member' : `${sights.length} members`} meant to watch it`;
  if (!wasAsked(sights)) return `Nobody could be asked: neither ${name} nor ${peers}.`;
  return `None of ${peers} could be asked; ${name} hears ${heard} of ${sights.length}.`;
}

function whyUnheard(
  name: string,
  sights: readonly SightPair__Output[],
  told: readonly SightPair__Output[],
): string {
  if (!wasAsked(sights)) return `and ${name} could not be asked: it is down or cut off`;
  const heard = told.filter(({ ofPeer }) => hears(ofPeer)).length;
  if (heard === 0) return `and ${name} hears none of them: it is cut off`;
  return `but ${name} hears ${heard === told.length ? 'all of them' : `${heard} of them`}: its way out is broken`;
}

/** `3 of 4 peers hear ceres`, and who could not be asked. */
function headOf(
  name: string,
  sights: readonly SightPair__Output[],
  told: readonly SightPair__Output[],
): string {
  const hearing = told.filter(({ ofMember }) => hears(ofMember)).length;
  const mute = sights.filter(({ ofMember }) => isUnknown(ofMember));
  const besides = mute.length === 0 ? '' : ` (${namesOf(mute)} could not be asked)`;
  const count =
    hearing === told.length && hearing > 1
      ? `All ${countText(hearing)}`
      : `${hearing} of ${countText(told.length)}`;
  return `${count} ${hearing === 1 ? 'hears' : 'hear'} ${name}${besides}`;
}

/** What is wrong where somebody hears the member: a clause for each kind of fault. */
function faultsOf(name: string, sights: readonly SightPair__Output[]): string[] {
  const clauses: string[] = [];
  const deaf = sights.filter(({ ofMember }) => isSilent(ofMember));
  const both = deaf.filter(({ ofPeer }) => isSilent(ofPeer));
  if (both.length > 0)
    clauses.push(
      `${namesOf(both)} ${doNot(both)}, and ${name} does not hear ${namesOf(both)}: ` +
        (both.length === 1 ? 'the path between them is broken' : 'the paths between them are broken'),
    );
  const outward = deaf.filter(({ ofPeer }) => hears(ofPeer));
  if (outward.length > 0)
    clauses.push(
      `${namesOf(outward)} ${doNot(outward)}, though ${name} hears ${namesOf(outward)}: ` +
        `the way from ${name} to ${namesOf(outward)} is broken`,
    );
  const unsure = deaf.filter(({ ofPeer }) => !isSilent(ofPeer) && !hears(ofPeer));
  if (unsure.length > 0 && wasAsked(sights))
    clauses.push(`${namesOf(unsure)} ${doNot(unsure)}: the way from ${name} to ${namesOf(unsure)} is broken`);
  else if (unsure.length > 0)
    clauses.push(
      `${namesOf(unsure)} ${doNot(unsure)}, and ${name} could not be asked: ` +
        `it is going down, or the way from it to ${namesOf(unsure)} is broken`,
    );
  const inward = sights.filter(({ ofMember, ofPeer }) => hears(ofMember) && isSilent(ofPeer));
  if (inward.length > 1 && inward.length === sights.length)
    clauses.push(`${name} hears none of them: its way in is broken`);
  else if (inward.length > 0)
    clauses.push(`${name} does not hear ${namesOf(inward)}: the way from ${namesOf(inward)} to it is broken`);
  // Loss is of round trips, and one end of a pair may measure it for both.
  const lossy = sights.filter(pair => hears(pair.ofMember) && isLossy(pair));
  if (lossy.length > 0)
    clauses.push(
      `much is lost between ${name} and ${namesOf(lossy)}${
        lossy.length > 1 && lossy.length === sights.length ? `: the fault is on ${name}'s side` : ''
      }`,
    );
  return clauses;
}

function hears(sight: Sight__Output | null): boolean {
  return sight?.state === 'up' || sight?.state === 'lossy';
}

function isSilent(sight: Sight__Output | null): boolean {
  return sight?.state === 'silent';
}

function isUnknown(sight: Sight__Output | null): boolean {
  return (sight?.state ?? 'unknown') === 'unknown';
}

function isLossy({ ofMember, ofPeer }: SightPair__Output): boolean {
  return ofMember?.state === 'lossy' || ofPeer?.state === 'lossy';
}

/** Whether the member itself has answered. */
function wasAsked(sights: readonly SightPair__Output[]): boolean {
  return sights.some(({ ofPeer }) => !isUnknown(ofPeer));
}

function countText(count: number): string {
  return `${count} ${count === 1 ? 'peer' : 'peers'}`;
}

function doNot(pairs: readonly SightPair__Output[]): string {
  return pairs.length === 1 ? 'does not' : 'do not';
}

function namesOf(pairs: readonly SightPair__Output[]): string {
  const shown = pairs.slice(0, namesShownMax).map(({ peer }) => peer);
  if (pairs.length > shown.length) return `${shown.join(', ')} and ${pairs.length - shown.length} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
