// An agent that serves the real AdminService on a real socket, and says what its `lab` holds. A test changes the lab.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { AdminServiceHandlers } from '../../src/api/gen/clusteros/v1/AdminService.ts';
import { v1 } from '../../src/api/proto.ts';
import type { Lab } from './lab.ts';

export interface FakeAgent {
  /** `unix:PATH`, for --endpoint. */
  readonly endpoint: string;
  lab: Lab;
  /** Calls by these names get no answer, ever. */
  readonly stuck: Set<string>;
  /** What services were asked, of whom and with what, such as `k3s snapshots atlas`. */
  readonly calls: string[];
  /** Sends the lab to whoever watches, and `lab.events` from the one that was not sent yet. */
  announce(): void;
  /** How many watch. */
  watchers(): number;
  /** Goes away at once, as a killed process does. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts one. @param folder where its socket goes; a new one by default, which goes with it */
export async function fakeAgent(lab: Lab, folder?: string): Promise<FakeAgent> {
  const home = folder ?? (await mkdtemp(join(tmpdir(), 'clusterctl-test-')));
  const endpoint = `unix:${join(home, 'agent.sock')}`;
  const watching = new Set<() => void>();
  const server = new Server();
  const agent: FakeAgent = {
    endpoint,
    lab,
    stuck: new Set(),
    calls: [],
    announce: () => {
      for (const send of watching) send();
    },
    watchers: () => watching.size,
    close: async () => {
      server.forceShutdown();
      if (folder === undefined) await rm(home, { recursive: true, force: true });
    },
    [Symbol.asyncDispose]: () => agent.close(),
  };
  const serve =
    <Reply>(name: string, reply: () => Reply) =>
    (_call: unknown, answer: (error: null, reply: Reply) => void): void => {
      if (!agent.stuck.has(name)) answer(null, reply());
    };
  const watch = <Request, Reply>(call: ServerWritableStream<Request, Reply>, send: () => void) => {
    const stop = () => watching.delete(send);
    watching.add(send);
    for (const end of ['cancelled', 'error', 'close']) call.on(end, stop);
    send();
  };
  const shownMember = (wanted: string) =>
    agent.lab.shown.find(({ member }) => member?.name === wanted || member?.id === wanted);
  const handlers: AdminServiceHandlers = {
    Version: serve('version', () => agent.lab.version),
    Status: serve('status', () => agent.lab.status),
    Members: serve('members', () => agent.lab.members),
    CallService: ({ request: { service, verb, argument, member } }, answer) => {
      const asked = `${service} ${verb} ${member}`.trimEnd();
      agent.calls.push(`${asked} ${argument}`.trimEnd());
      if (agent.stuck.has(asked)) return;
      if (member !== '' && !agent.lab.members.members.some(({ name }) => name === member))
        return answer(refusal(status.NOT_FOUND, 'no-such-member', `no member is called ${member}`));
      const said = agent.lab.serviceAnswers[asked];
      if (said instanceof Error)
        return answer(
          refusal(status.FAILED_PRECONDITION, 'member-failed', `${member || 'atlas'}: ${said.message}`),
        );
      if (said === undefined) {
        const whom = member === '' ? 'no member can be' : `${member} cannot be`;
        const text = `${whom} asked for the ${verb} of ${service}: see "clusterctl service show ${service}"`;
        return answer(refusal(status.UNAVAILABLE, 'nobody-answers', text));
      }
      answer(null, { answer: JSON.stringify(said), member: member === '' ? 'atlas' : member });
    },
    RecoverService: ({ request: { service, member, argument } }, answer) => {
      agent.calls.push(`${service} recover ${member} ${argument}`.trimEnd());
      if (agent.stuck.has('recoverService')) return;
      answer(null, { operation: agent.lab.operations[0]?.id ?? 0 });
    },
    ForgetService: ({ request: { service } }, answer) => {
      agent.calls.push(`${service} forget`);
      answer(null, {});
    },
    Operations: serve('operations', () => ({ operations: agent.lab.operations })),
    Leader: (_call, answer) => {
      if (agent.stuck.has('leader')) return;
      const { leader } = agent.lab;
      if (!('refused' in leader)) return answer(null, leader);
      answer(refusal(leader.status ?? status.UNAVAILABLE, leader.refused, leader.detail));
    },
    TransferLeader: ({ request }, answer) => {
      const { leader, members } = agent.lab;
      if ('refused' in leader)
        return answer(refusal(leader.status ?? status.UNAVAILABLE, leader.refused, leader.detail));
      const target = members.members?.find(({ name }) => name === request.member);
      if (!target)
        return answer(refusal(status.NOT_FOUND, 'no-such-member', `no member is called ${request.member}`));
      if (target.role !== 'voter')
        return answer(refusal(status.FAILED_PRECONDITION, 'no-voter', `${request.member} is no voter`));
      const next = { ...leader, id: target.id ?? '', name: target.name ?? '', term: Number(leader.term) + 1 };
      agent.lab.leader = next;
      answer(null, next);
    },
    Voting: serve('voting', () => agent.lab.voting),
    ShowService: ({ request: { service } }, answer) => {
      if (service === 'slurm') answer(null, agent.lab.slurm);
      else if (service === 'k3s' && agent.lab.k3s.parts.length > 0) answer(null, agent.lab.k3s);
      else
        answer(
          refusal(status.NOT_FOUND, 'no-such-service', `no service is called ${service}: there is slurm`),
        );
    },
    MoveService: ({ request: { member } }, answer) => {
      const { parts } = agent.lab.slurm;
      const to = parts.find(each => each.member === member && each.copy === 'current' && !each.holds);
      const from = parts.find(({ holds }) => holds);
      if (!to || !from)
        return answer(refusal(status.FAILED_PRECONDITION, 'no-copy', `${member} does not stand by`));
      [to.member, from.member] = [from.member ?? '', to.member ?? ''];
      answer(null, agent.lab.slurm);
    },
    KeepTailnetClient: ({ request: { id, secret, tags, apiUrl } }, answer) => {
      agent.lab.tailnetClient = id === '' ? undefined : { id, secret, tags, apiUrl };
      answer(null, {});
    },
    CreateTailnetKey: ({ request: { tags, lifeS } }, answer) => {
      const { tailnetClient } = agent.lab;
      if (!tailnetClient)
        return answer(refusal(status.FAILED_PRECONDITION, 'no-client', 'the cluster keeps no OAuth client'));
      const given = tags.length === 0 ? [...tailnetClient.tags] : tags;
      answer(null, { id: 'k1', key: `tskey-auth-for-${lifeS}s`, tags: given });
    },
    RecoveredJobs: (_call, answer) => answer(null, { jobs: agent.lab.recoveredJobs }),
    RotateKey: ({ request: { service, dryRun } }, answer) => {
      if (service !== 'slurm')
        return answer(
          refusal(
            status.NOT_FOUND,
            'no-such-service',
            `no service ${service} has a key that could be replaced`,
          ),
        );
      const using = dryRun ? ['atlas', 'borea'] : ['atlas'];
      answer(null, { key: 'slurm/munge.key', using, awaited: dryRun ? [] : ['borea'], away: ['ceres'] });
    },
    ShowSettings: (_call, answer) => answer(null, settingsOf()),
    Configure: ({ request: { settings, from, dryRun, force } }, answer) => {
      const wanted = JSON.parse(settings.toString()) as { colour?: string; partitions?: unknown[] };
      if (wanted.colour !== undefined)
        return answer(
          refusal(
            status.INVALID_ARGUMENT,
            'bad-settings',
            'these settings cannot be taken: Unrecognized key: "colour"',
          ),
        );
      const harms = wanted.partitions?.length === 1 ? ['2 jobs in partition fast, which goes'] : [];
      const changes = ['partition fast goes'].slice(0, harms.length);
      if (!dryRun && harms.length > 0 && !force)
        return answer(
          refusal(
            status.FAILED_PRECONDITION,
            'jobs-would-end',
            `this would end jobs: ${harms.join('; ')}: wait for them ("squeue"), or use --force`,
          ),
        );
      if (!dryRun && from !== 41)
        return answer(refusal(status.FAILED_PRECONDITION, 'settings-changed-meanwhile', `from ${from}`));
      answer(null, { ...settingsOf(), version: dryRun ? 41 : 44, settings, changes, harms });
    },
    ChangeVoting: ({ request: { member, wish, count } }, answer) => {
      const node = agent.lab.voting.nodes?.find(({ name }) => name === member);
      if (member !== '' && !node)
        return answer(refusal(status.NOT_FOUND, 'no-such-member', `no member is called ${member}`));
      if (node) node.wish = wish === 'none' ? '' : wish;
      if (count !== 0) agent.lab.voting.wanted = count;
      answer(null, agent.lab.voting);
    },
    RemoveMember: ({ request: { member, force } }, answer) => {
      const found = agent.lab.members.members?.find(({ name, id }) => [name, id].includes(member));
      if (found?.state === 'alive' && !force)
        return answer(
          refusal(status.FAILED_PRECONDITION, 'still-alive', `${found.name} is alive: use --force`),
        );
      agent.lab.members.members = agent.lab.members.members?.filter(each => each !== found) ?? [];
      answer(null, { id: found?.id ?? '', name: found?.name ?? '' });
    },
    DrainMember: ({ request: { member, reason } }, answer) => {
      const found = agent.lab.members.members?.find(({ name, id }) => [name, id].includes(member));
      Object.assign(found ?? {}, { drain: reason });
      for (const report of found?.services ?? [])
        if (report.role === 'worker' && report.state === 'ready') report.state = 'drained';
      answer(null, { id: found?.id ?? '', name: found?.name ?? '' });
    },
    ResumeMember: ({ request: { member } }, answer) => {
      const found = agent.lab.members.members?.find(({ name, id }) => [name, id].includes(member));
      if (!found?.drain)
        return answer(refusal(status.FAILED_PRECONDITION, 'not-drained', 'it is not drained'));
      answer(null, { id: found.id ?? '', name: found.name ?? '' });
    },
    Backup: serve('backup', () => ({ content: Buffer.from(agent.lab.backup), index: 17 })),
    Restore: ({ request: { content, dryRun } }, answer) => {
      const text = Buffer.from(content).toString('utf8');
      if (!text.startsWith('{'))
        return answer(
          refusal(status.INVALID_ARGUMENT, 'bad-backup', 'this backup cannot be restored: it is not JSON'),
        );
      const changes = text === agent.lab.backup ? [] : ['secret munge-key is replaced'];
      if (!dryRun) agent.lab.backup = text;
      answer(null, { changes });
    },
    ShowMember: ({ request }, answer) => {
      if (agent.stuck.has('showMember')) return;
      const shown = shownMember(request.member);
      if (shown) answer(null, shown);
      else answer(refusal(status.NOT_FOUND, 'no-such-member', `no member is called ${request.member}`));
    },
    TagMember: ({ request }, answer) => {
      if (agent.stuck.has('tagMember')) return;
      const shown = shownMember(request.member);
      if (!shown?.member)
        return answer(refusal(status.NOT_FOUND, 'no-such-member', `no member is called ${request.member}`));
      const { address, state } = shown.member;
      if (state === 'dead') {
        const details = `${request.member} cannot be reached at ${address}: no connection`;
        return answer(refusal(status.UNAVAILABLE, 'unreachable', details));
      }
      if (Object.keys(request.set).includes('Bad'))
        return answer(refusal(status.INVALID_ARGUMENT, 'bad-tag', 'tag key "Bad" is not allowed'));
      const tags = { ...shown.member.tags, ...request.set };
      for (const key of request.remove) delete tags[key];
      shown.member.tags = tags;
      answer(null, { tags });
    },
    WatchMembers: call => watch(call, () => call.write(agent.lab.members)),
    WatchOperations: call => watch(call, () => call.write({ operations: agent.lab.operations })),
    Diagnose: call => {
      for (const finding of agent.lab.findings) call.write(finding);
      call.end();
    },
    Events: call => {
      let sent = 0;
      const { follow, sinceMs } = call.request;
      const send = () => {
        for (const event of agent.lab.events.slice(sent))
          if (sinceMs === 0 || Number(event.atMs) >= agent.lab.nowMs - sinceMs) call.write(event);
        sent = agent.lab.events.length;
      };
      if (follow) return watch(call, send);
      send();
      call.end();
    },
  };
  server.addService(v1.AdminService.service, handlers as unknown as UntypedServiceImplementation);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(endpoint, ServerCredentials.createInsecure(), error =>
      error ? reject(error) : resolve(),
    );
  });
  return agent;
}

/** A refusal as a real agent puts it. @param reason in one word; empty for none */
function refusal(code: status, reason: string, details: string) {
  const metadata = new Metadata();
  if (reason !== '') metadata.set('clusteros-reason', reason);
  return { code, details, metadata };
}

/** Of a service whose holder goes by what was set. */
function settingsOf() {
  const settings = {
    partitions: [
      { name: 'main', default: true },
      { name: 'fast', tags: { site: 'east' } },
    ],
  };
  return {
    version: 41,
    settings: Buffer.from(JSON.stringify(settings)),
    changes: [],
    harms: [],
    followed: true,
    detail: '',
  };
}
