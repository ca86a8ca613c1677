// Turns changes into events: what a member, the leader or an operation did, in words for people and fields for programs.
// Decides nothing and changes nothing.
import type { ClusterState, KnownRecoveredJob, Operation } from '../election/cluster-state.ts';
import type { Configuration } from '../election/quorum.ts';
import { accusersOf, type MemberRecord } from '../membership/member.ts';
import type { ClusterEvent, EventLog, EventName } from './events.ts';
import { nameOf, secretIdOf } from './view.ts';

export class Announcer {
  readonly #log: EventLog;
  readonly #wallMs: () => number;
  #voters = '';

  constructor(log: EventLog, wallMs: () => number) {
    this.#log = log;
    this.#wallMs = wallMs;
  }

  tell(
    event: EventName,
    message: string,
    options: {
      readonly member?: string;
      readonly level?: ClusterEvent['level'];
      readonly fields?: ClusterEvent['fields'];
    } = {},
  ): void {
    const { member = '', level = 'info', fields = {} } = options;
    this.#log.add({ atMs: this.#wallMs(), event, level, member, message, fields });
  }

  /** A record of the member table has changed. */
  member(before: MemberRecord | undefined, after: MemberRecord, state: ClusterState): void {
    const member = nameOf(after.id, state, after);
    const { epoch, incarnation, address } = after;
    const fields = { id: after.id, epoch, incarnation, address };
    if (before === undefined || before.state !== after.state || before.epoch !== after.epoch) {
      switch (after.state) {
        case 'alive':
          this.tell('member.alive', `${member} is here, at ${address}`, { member, fields });
          break;
        case 'suspect': {
          const accusers = accusersOf(after.accusations).length;
          const options = { member, level: 'warn', fields: { ...fields, accusers } } as const;
          this.tell('member.suspected', `${member} is silent`, options);
          break;
        }
        case 'degraded':
          this.tell('member.degraded', `${member} is hardly reached: most answers are late or lost`, {
            ...{ member, level: 'warn', fields },
          });
          break;
        case 'dead':
          this.tell('member.failed', `${member} has failed`, { member, level: 'warn', fields });
          break;
        case 'left':
          this.tell('member.left', `${member} has left`, { member, fields });
          break;
      }
    }
    for (const report of after.services) {
      const former = before?.services.find(
        ({ service, role }) => service === report.service && role === report.role,
      );
      if (former?.state === report.state && former.token === report.token && former.reason === report.reason)
        continue;
      const { service, role, token, reason } = report;
      const options = { member, fields: { service, role, token, reason } };
      if (report.state === 'ready' && reason === '')
        this.tell('service.ready', `${service} ${role} on ${member} is ready`, options);
      if (report.state === 'ready' && reason !== '')
        this.tell('service.warned', `${service} ${role} on ${member} is ready, but: ${report.detail}`, {
          ...options,
          level: 'warn',
        });
      if (report.state === 'drained')
        this.tell('service.drained', `nothing of ${service} runs on ${member} any more`, options);
      if (report.state === 'failing') {
        this.tell('service.failed', `${service} ${role} on ${member} fails: ${report.detail}`, {
          ...options,
          level: 'warn',
        });
      }
    }
  }

  /** Several members were called dead in one verdict. */
  failedTogether(members: readonly string[]): void {
    const names = [...members].sort();
    const message = `${names.length} members failed together: ${names.join(', ')}; look for what they share: a switch, a power line, a host`;
    this.tell('members.failed-together', message, { level: 'error', fields: { members: names.join(' ') } });
  }

  /** Decided state has advanced. */
  decided(before: ClusterState, after: ClusterState): void {
    for (const node of Object.values(after.nodes)) {
      if (before.nodes[node.id]) continue;
      this.tell('node.admitted', `${node.name} is admitted`, {
        member: node.name,
        fields: { id: node.id, index: node.admittedAt },
      });
    }
    for (const { id, name } of Object.values(before.nodes))
      if (Object.hasOwn(after.removed, id)) {
        const heir = Object.values(after.nodes).find(({ admittedAt }) => admittedAt === after.removed[id]);
        if (heir) {
          const message = `${heir.name} is ${name} with a new identity: its disk was made anew, and the former one is taken out`;
          this.tell('node.replaced', message, { member: heir.name, fields: { id, heir: heir.id } });
          continue;
        }
        this.tell('node.removed', `${name} was removed by an operator, for good`, {
          member: name,
          fields: { id },
        });
      }
    for (const { id, name } of Object.values(after.nodes)) {
      const drain = after.drains[id];
      const former = before.drains[id];
      if (drain && drain.reason !== former?.reason)
        this.tell('node.drained', `${name} takes no new work: ${drain.reason}`, {
          member: name,
          fields: { reason: drain.reason },
        });
      if (former && !drain) this.tell('node.resumed', `${name} takes work again`, { member: name });
    }
    for (const name of Object.keys(before.secrets))
      if (Object.hasOwn(after.secrets, name) && after.secrets[name] !== before.secrets[name])
        this.tell('secret.replaced', `${name} was replaced: every member takes the new one`, {
          fields: { secret: name, keyId: secretIdOf(after, name) },
        });
    for (const job of after.recoveredJobs)
      if (!before.recoveredJobs.includes(job)) this.#recoveredJob(job, before);
    if (after.level > before.level && before.clusterId !== '') {
      const message = `every node knows level ${after.level} now, and older programs are no longer admitted`;
      this.tell('cluster.raised', message, { fields: { level: after.level } });
    }
    for (const { formerId, node } of after.recoveries.slice(before.recoveries.length)) {
      const member = nameOf(node, after, undefined);
      const message = `this cluster was recovered from what ${member} knew of cluster ${formerId}`;
      this.tell('cluster.recovered', message, { member, level: 'warn', fields: { formerId } });
    }
    const newest = Math.max(0, ...before.grants.map(grant => grant.token));
    for (const { service, role, node, token } of after.grants) {
      if (token <= newest) continue;
      const member = nameOf(node, after, undefined);
      this.tell('service.granted', `${member} is the ${service} ${role} now`, {
        member,
        fields: { service, role, token },
      });
    }
    for (const operation of after.operations) {
      this.#operation(
        before.operations.find(({ id }) => id === operation.id),
        operation,
        after,
      );
    }
  }

  /** The voters as they are now; a joint configuration is on its way and is not told. */
  voters({ voters, outgoing }: Configuration, state: ClusterState): void {
    const names = voters
      .map(id => nameOf(id, state, undefined))
      .sort()
      .join(', ');
    if (outgoing.length > 0 || names === this.#voters) return;
    this.#voters = names;
    this.tell('voters.changed', `the voters are ${names}`, { fields: { voters: names } });
  }

  #recoveredJob(job: KnownRecoveredJob, before: ClusterState): void {
    const { service, formerId, id, user, name, note } = job;
    const former = before.recoveredJobs.find(each => each.service === service && each.formerId === formerId);
    if (former && former.id === id && former.note === note) return;
    const fields = { service, formerId, newId: id, user, name };
    const whose = user === '' ? '' : ` (${name} of ${user})`;
    const rest = note === '' ? '' : `: ${note}`;
    if (id === 0)
      this.tell('job.lost', `${service} job ${formerId}${whose} was lost and is not offered again${rest}`, {
        ...{ level: 'error', fields },
      });
    else
      this.tell(
        'job.recovered',
        `${service} job ${formerId}${whose} is offered again as ${id}, held${rest}`,
        {
          ...{ level: 'warn', fields },
        },
      );
  }

  #operation(before: Operation | undefined, after: Operation, state: ClusterState): void {
    if (before === after) return;
    const member = nameOf(after.node, state, undefined);
    const what = {
      join: `join of ${member} to ${after.service} as ${after.role}`,
      leave: `leave of ${member} from ${after.service} as ${after.role}`,
      recover: `recovery of ${after.service} by ${member}`,
    }[after.kind];
    const { id: operation, service, role, token, reason } = after;
    const fields = { operation, service, role, token };
    if (!before) this.tell('operation.started', `${what} has begun`, { member, fields });
    if (before?.outcome === after.outcome || (!before && after.outcome === 'running')) {
      const step = after.steps.find(({ state: at }) => at === 'running');
      const former = before?.steps.find(({ state: at }) => at === 'running');
      if (step && step.name !== former?.name) {
        this.tell('operation.advanced', `${what}: ${step.name}`, {
          member,
          fields: { ...fields, step: step.name },
        });
      }
    } else if (after.outcome === 'done') {
      this.tell('operation.done', `${what} is done`, { member, fields });
    } else if (after.outcome === 'failed') {
      const detail = after.steps.find(({ state: at }) => at === 'failed')?.detail ?? '';
      this.tell('operation.failed', `${what} has failed: ${detail}`, {
        member,
        level: 'error',
        fields: { ...fields, reason },
      });
    }
  }
}
