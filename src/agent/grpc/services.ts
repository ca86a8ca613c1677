// What an operator asks about a service: how its roles fare, how near the copies of its state are, and that another member
// shall have the role that one holds alone; and a new key for it.
import { status } from '@grpc/grpc-js';
import type { MoveServiceRequest__Output } from '../../api/gen/clusteros/v1/MoveServiceRequest.ts';
import type { RecoveredJobsReply } from '../../api/gen/clusteros/v1/RecoveredJobsReply.ts';
import type { RotateKeyReply } from '../../api/gen/clusteros/v1/RotateKeyReply.ts';
import type { RotateKeyRequest__Output } from '../../api/gen/clusteros/v1/RotateKeyRequest.ts';
import type { ServicePart } from '../../api/gen/clusteros/v1/ServicePart.ts';
import type { ShowServiceReply } from '../../api/gen/clusteros/v1/ShowServiceReply.ts';
import type { Grant } from '../../election/cluster-state.ts';
import type { CopyName } from '../../integrations/copies.ts';
import { isReachable, type MemberRecord } from '../../membership/member.ts';
import type { Agent } from '../agent.ts';
import { keyTakenMs, serviceMovedMs } from '../limits.ts';
import { secretIdOf } from '../view.ts';
import { type Administered, decide, memberNamed, sessionsOf } from './operator.ts';
import { Refusal } from './refusal.ts';

/** A copy of a role's state, and when the holder's folder was so (its wall clock). */
export type DatedCopy = CopyName & { readonly atMs: number };

/** How the roles of `service` fare. @throws Refusal when there is no such service */
export async function showService(administered: Administered, service: string): Promise<ShowServiceReply> {
  const { agent } = administered;
  const known = agent.records().flatMap(({ services }) => services.map(each => each.service));
  const granted = agent.state.grants.map(each => each.service);
  if (![...known, ...granted].includes(service)) {
    const names = [...new Set([...known, ...granted])].sort().join(', ');
    const mend = names === '' ? 'no service has been decided yet' : `there is ${names}`;
    throw new Refusal(status.NOT_FOUND, 'no-such-service', `no service is called ${service}: ${mend}`);
  }
  const sole = agent.state.grants.find(each => each.service === service && each.sole);
  // The state of another service is copied nowhere, whoever holds what alone.
  const isCopied = administered.copies.service === service;
  const keepers = isCopied ? agent.records().filter(record => keepsState(record, service, sole)) : [];
  const copies = new Map(
    await Promise.all(keepers.map(async record => [record.id, await copyOf(administered, record)] as const)),
  );
  const parts = agent
    .records()
    // What was taken out for good has its last word still.
    .filter(({ id }) => !Object.hasOwn(agent.state.removed, id))
    .flatMap(record => partsOf(agent, record, { service, sole, copies: isCopied ? copies : undefined }))
    .sort((a, b) => orderOf(a).localeCompare(orderOf(b)));
  return { service, parts };
}

function orderOf({ holds, report, member }: ServicePart): string {
  return `${holds ? 0 : 1} ${report?.role} ${member}`;
}

function keepsState(
  { id, state, services }: MemberRecord,
  service: string,
  sole: Grant | undefined,
): boolean {
  if (!isReachable(state)) return false;
  return id === sole?.node || services.some(each => each.service === service && each.role === 'standby');
}

/** What `record`'s node has; undefined when it does not say. */
async function copyOf(
  { agent, peers, copies }: Administered,
  { id, address }: MemberRecord,
): Promise<DatedCopy | undefined> {
  if (id === agent.options.id) return copies.newest() ?? noCopy;
  return peers.describeCopy({ id, address }, copies).catch(() => undefined);
}

const noCopy: DatedCopy = { token: 0, generation: 0, atMs: 0 };

function partsOf(
  agent: Agent,
  { id, state, services }: MemberRecord,
  {
    service,
    sole,
    copies,
  }: {
    readonly service: string;
    readonly sole: Grant | undefined;
    /** Undefined where there are none to be had. */
    readonly copies: ReadonlyMap<string, DatedCopy | undefined> | undefined;
  },
): ServicePart[] {
  const newest = copies?.get(sole?.node ?? '');
  return services
    .filter(each => each.service === service && each.state !== 'released')
    .map(report => {
      const holds = id === sole?.node && report.role === sole.role;
      const part = { member: agent.nameOf(id), memberState: state, report: { ...report }, holds };
      if (!copies || (!holds && report.role !== 'standby'))
        return { ...part, copy: '', behindMs: 0, copiedAtMs: 0 };
      const copy = copies.get(id);
      return { ...part, ...nearness(copy, newest), copiedAtMs: copy?.atMs ?? 0 };
    });
}

function nearness(
  copy: DatedCopy | undefined,
  newest: DatedCopy | undefined,
): { readonly copy: string; readonly behindMs: number } {
  if (!copy || (!newest && copy.token > 0)) return { copy: 'unknown', behindMs: 0 };
  if (copy.token === 0) return { copy: 'none', behindMs: 0 };
  if (!newest || (copy.token === newest.token && copy.generation >= newest.generation))
    return { copy: 'current', behindMs: 0 };
  return { copy: 'behind', behindMs: Math.max(0, newest.atMs - copy.atMs) };
}

/** Gives the role to another member, and waits until that one serves. */
export async function moveService(
  administered: Administered,
  { service, member, client }: MoveServiceRequest__Output,
): Promise<ShowServiceReply> {
  const { agent } = administered;
  const sole = agent.state.grants.find(each => each.service === service && each.sole);
  if (!sole)
    throw new Refusal(
      ...([status.NOT_FOUND, 'no-such-service'] as const),
      `no service ${service} has a role that one member holds alone`,
    );
  const target = member === '' ? anyStandingBy(agent, sole) : memberNamed(administered, member).id;
  const { role, token: from } = sole;
  const what = `${service} ${role}`;
  if (target === sole.node)
    throw new Refusal(
      ...([status.FAILED_PRECONDITION, 'held-already'] as const),
      `${agent.nameOf(target)} is the ${what} already`,
    );
  if (target === undefined || !standsBy(agent, target, sole))
    throw new Refusal(
      ...([status.FAILED_PRECONDITION, 'no-copy'] as const),
      `${target === undefined ? 'no member' : agent.nameOf(target)} stands by with a copy of what the ${what} has: ` +
        `see "clusterctl service show ${service}"`,
    );
  await decide(administered, { kind: 'move', service, role, node: target, from }, sessionsOf(client)());
  const serves = () => reportOf(agent, target, sole)?.state === 'ready';
  const isCurrent = () =>
    agent.state.grants.some(each => each.service === service && each.sole && each.node === target);
  await agent.until(() => isCurrent() && serves(), serviceMovedMs);
  if (!serves())
    throw new Refusal(
      ...([status.UNAVAILABLE, 'not-ready'] as const),
      `${agent.nameOf(target)} has the role now, but does not serve yet (${reportOf(agent, target, sole)?.detail ?? ''}): see "clusterctl operations"`,
    );
  return showService(administered, service);
}

/** What `id` says of the role as it has it now. */
function reportOf(agent: Agent, id: string, { service, role }: Grant) {
  const token = agent.state.grants.find(
    each => each.service === service && each.role === role && each.node === id,
  )?.token;
  return agent
    .record(id)
    ?.services.find(each => each.service === service && each.role === role && each.token === token);
}

function standsBy(agent: Agent, id: string, { service, token }: Grant): boolean {
  const record = agent.record(id);
  return (
    record?.state === 'alive' &&
    record.services.some(
      each =>
        each.service === service && each.role === 'standby' && each.token === token && each.state === 'ready',
    )
  );
}

function anyStandingBy(agent: Agent, sole: Grant): string | undefined {
  return agent
    .records()
    .map(({ id }) => id)
    .filter(id => id !== sole.node && standsBy(agent, id, sole))
    .sort()[0];
}

/** Has a service's key replaced, and waits until all members that can be reached use the new one. */
export async function rotateKey(
  administered: Administered,
  { service, dryRun, client }: RotateKeyRequest__Output,
): Promise<RotateKeyReply> {
  const { agent } = administered;
  const integration = agent.options.integrations.find(({ name }) => name === service);
  const key = integration?.keys.find(({ name }) => Object.hasOwn(agent.state.secrets, name));
  if (!key)
    throw new Refusal(
      ...([status.NOT_FOUND, 'no-such-service'] as const),
      `no service ${service} has a key that could be replaced`,
    );
  if (dryRun) return { key: key.name, ...usersOf(agent, service, key.name) };
  const sealed = agent.newSecret(key.bytes);
  await decide(administered, { kind: 'replace-secret', name: key.name, sealed }, sessionsOf(client)());
  const follows = () =>
    agent.state.secrets[key.name] === sealed && usersOf(agent, service, key.name).awaited.length === 0;
  await agent.until(follows, keyTakenMs);
  return { key: key.name, ...usersOf(agent, service, key.name) };
}

/** Jobs of a service that were lost with a machine, the last one last. */
export function recoveredJobs(agent: Agent, service: string): RecoveredJobsReply {
  return {
    jobs: agent.state.recoveredJobs
      .filter(each => each.service === service)
      .map(({ formerId, id, user, name, note, atMs }) => ({ formerId, id, user, name, note, atMs })),
  };
}

/** Names of the members that have to do with the key of `service`, sorted. */
function usersOf(agent: Agent, service: string, key: string): Required<Omit<RotateKeyReply, 'key'>> {
  const present = secretIdOf(agent.state, key);
  const using: string[] = [];
  const awaited: string[] = [];
  const away: string[] = [];
  for (const { id, state, services } of agent.records()) {
    const reports = services.filter(
      each =>
        each.service === service &&
        each.role !== 'standby' &&
        each.state !== 'released' &&
        each.state !== 'absent',
    );
    if (reports.length === 0) continue;
    const kept = reports.every(({ keyId }) => keyId === present) ? using : awaited;
    (isReachable(state) ? kept : away).push(agent.nameOf(id));
  }
  return { using: using.sort(), awaited: awaited.sort(), away: away.sort() };
}
