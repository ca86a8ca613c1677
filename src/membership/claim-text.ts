// Between a claim and the text that its owner signs. What comes from a peer or a disk is not trusted: a text that is
// not well formed, or absurd, is refused with the reason.
import {
  absurdCount,
  capabilitiesMax,
  claimBytesMax,
  evidenceMax,
  formerClustersMax,
  lossyMax,
  servicesMax,
  tagBytesMax,
  textLengthMax,
  troublesMax,
} from './limits.ts';
import type { Claim, ServiceReport } from './member.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/;

export function claimText(claim: Claim): string {
  const { id, epoch, boot, incarnation, state, name, address, version, clusterId, clusterSize } = claim;
  const { capabilities, tags, services, lossy, level, troubles, formerClusters } = claim;
  return JSON.stringify({
    ...{ id, epoch, boot, incarnation, state, name, address, version, clusterId, clusterSize },
    ...{ capabilities, tags, services, lossy, level, troubles, formerClusters },
  });
}

/** Why tags are not allowed, or undefined when they are. */
export function tagProblem(tags: Readonly<Record<string, string>>): string | undefined {
  for (const [key, value] of Object.entries(tags)) {
    if (!/^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/.test(key))
      return `tag key "${key.slice(0, 80)}" is not of 1 to 63 lower-case letters, digits, ".", "_", "/" and "-"`;
    if (value.length > 256 || controlCharacters.test(value))
      return `the value of tag "${key}" is longer than 256 characters or holds control characters`;
  }
  const bytes = JSON.stringify(tags).length;
  return bytes > tagBytesMax ? `the tags take ${bytes} bytes; ${tagBytesMax} are allowed` : undefined;
}

/** The claim in `body`, or why it cannot be taken. */
export function claimFrom(body: string): Claim | 'oversized' | 'malformed' | 'absurd' {
  if (body.length > claimBytesMax) return 'oversized';
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return 'malformed';
  }
  if (typeof value !== 'object' || value === null) return 'malformed';
  const fields = value as Record<string, unknown>;
  const { id, epoch, boot, incarnation, state, name, address, version, clusterId, clusterSize } = fields;
  const { capabilities, tags, services, lossy } = fields;
  // A version that did not say knew the first level, and nothing of the others.
  const { level = 1, troubles = [], formerClusters = [] } = fields;
  if (
    !isId(id) ||
    !isText(boot) ||
    !isText(name) ||
    !isAddress(address) ||
    !isText(version) ||
    !(clusterId === '' || isId(clusterId)) ||
    (state !== 'alive' && state !== 'left') ||
    !isListOf(capabilities, capabilitiesMax, isText) ||
    !isListOf(services, servicesMax, isReport) ||
    !isListOf(lossy, lossyMax, isId) ||
    !isListOf(troubles, troublesMax, isText) ||
    !isListOf(formerClusters, formerClustersMax, isId) ||
    !isTags(tags)
  )
    return 'malformed';
  if (!isCount(epoch) || !isCount(incarnation) || !isCount(clusterSize) || !isCount(level)) return 'absurd';
  if (tagProblem(tags) !== undefined) return 'oversized';
  return {
    ...{ id, epoch, boot, incarnation, state, name, address, version, clusterId, clusterSize },
    ...{ capabilities, tags, services, lossy, level, troubles, formerClusters },
  };
}

/** Text for people's eyes: a terminal or a log must be able to show it. */
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= textLengthMax && !controlCharacters.test(value);
const isId = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
const isAddress = (value: unknown): value is string =>
  isText(value) && /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/.test(value);
/** A counter that honest nodes could reach in their life; beyond it somebody jumps ahead. */
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= absurdCount;

function isListOf<T>(
  value: unknown,
  lengthMax: number,
  isOne: (one: unknown) => one is T,
): value is readonly T[] {
  return Array.isArray(value) && value.length <= lengthMax && value.every(isOne);
}

function isTags(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(each => typeof each === 'string')
  );
}

function isReport(value: unknown): value is ServiceReport {
  if (typeof value !== 'object' || value === null) return false;
  const { service, role, token, state, step, reason, detail, keyId = '' } = value as Record<string, unknown>;
  const { settingsVersion = 0, evidence = [] } = value as Record<string, unknown>;
  return (
    [service, role, step, reason, detail, keyId].every(isText) &&
    isCount(token) &&
    isCount(settingsVersion) &&
    isListOf(evidence, evidenceMax, isText) &&
    ['starting', 'ready', 'draining', 'drained', 'failing', 'released', 'absent'].includes(String(state))
  );
}
