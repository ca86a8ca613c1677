// What an operator has a service do or tell that is its own business: the agent only finds a member that can, and carries the question
// there. And the recovery of a service, which is decided.
import { status } from '@grpc/grpc-js';
import type { CallServiceReply } from '../../api/gen/clusteros/v1/CallServiceReply.ts';
import type { CallServiceRequest__Output } from '../../api/gen/clusteros/v1/CallServiceRequest.ts';
import type { ForgetServiceReply } from '../../api/gen/clusteros/v1/ForgetServiceReply.ts';
import type { ForgetServiceRequest__Output } from '../../api/gen/clusteros/v1/ForgetServiceRequest.ts';
import type { RecoverServiceReply } from '../../api/gen/clusteros/v1/RecoverServiceReply.ts';
import type { RecoverServiceRequest__Output } from '../../api/gen/clusteros/v1/RecoverServiceRequest.ts';
import type { Integration } from '../../integrations/reconciler.ts';
import { decisionSeenMs } from '../limits.ts';
import { type Administered, decide, memberNamed, sessionsOf } from './operator.ts';
import { Refusal } from './refusal.ts';

/** @throws Refusal */
export async function callService(
  administered: Administered,
  { service, verb, argument, member }: CallServiceRequest__Output,
): Promise<CallServiceReply> {
  const { agent, peers, host } = administered;
  const integration = integrationOf(administered, service);
  const callees = integration.callees?.(agent.view(), verb, argument);
  if (!callees)
    throw new Refusal(status.NOT_FOUND, 'no-such-verb', `${service} has no "${verb}" on this agent`);
  const wanted = member === '' ? undefined : memberNamed(administered, member).id;
  const able = callees.nodes.filter(id => wanted === undefined || id === wanted);
  let why = '';
  for (const id of able) {
    const name = agent.nameOf(id);
    try {
      const answer =
        id === agent.options.id
          ? await integration.answer?.(host, callees.question, id)
          : await peers.callService(
              { id, address: agent.record(id)?.address ?? '' },
              service,
              callees.question,
            );
      if (answer !== undefined) return { answer, member: name };
    } catch (error) {
      const { details, message } = error as { readonly details?: string; readonly message: string };
      why = `${name}: ${details ?? message}`;
      // Another one would not know better; one that cannot be reached says nothing of the others.
      if ((error as { readonly code?: number }).code !== status.UNAVAILABLE)
        throw new Refusal(status.FAILED_PRECONDITION, 'member-failed', why);
    }
  }
  const whom = wanted === undefined ? 'no member can be' : `${member} cannot be`;
  const nobody = `${whom} asked for the ${verb} of ${service}`;
  throw new Refusal(
    ...([status.UNAVAILABLE, 'nobody-answers'] as const),
    `${why === '' ? nobody : why}: see "clusterctl service show ${service}"`,
  );
}

/** @throws Refusal */
export async function recoverService(
  administered: Administered,
  { service, member, argument, client }: RecoverServiceRequest__Output,
): Promise<RecoverServiceReply> {
  const { agent } = administered;
  const { id } = memberNamed(administered, member);
  const found = integrationOf(administered, service).recoverable?.(agent.view(), id);
  if (!found)
    throw new Refusal(
      ...([status.FAILED_PRECONDITION, 'no-server'] as const),
      `${agent.nameOf(id)} holds nothing that ${service} could be made anew of: see "clusterctl service show ${service}"`,
    );
  const { grant, steps } = found;
  const { role, token } = grant;
  const before = new Set(agent.state.operations.map(operation => operation.id));
  await decide(
    administered,
    {
      ...{ kind: 'open-operation', operation: 'recover', service, role, node: id, token },
      ...{ steps, atMs: Math.round(agent.wallMs), ...(argument === '' ? {} : { argument }) },
    },
    sessionsOf(client)(),
  );
  const opened = () =>
    agent.state.operations.find(
      each => !before.has(each.id) && each.kind === 'recover' && each.service === service && each.node === id,
    );
  await agent.until(() => opened() !== undefined, decisionSeenMs);
  return { operation: opened()?.id ?? 0 };
}

function integrationOf({ agent }: Pick<Administered, 'agent'>, service: string): Integration {
  const found = agent.options.integrations.find(({ name }) => name === service);
  if (found) return found;
  throw new Refusal(status.NOT_FOUND, 'no-such-service', `this agent does not drive ${service}`);
}

/** @throws Refusal */
export async function forgetService(
  administered: Administered,
  { service, client }: ForgetServiceRequest__Output,
): Promise<ForgetServiceReply> {
  const { agent } = administered;
  const integration = integrationOf(administered, service);
  const refuse = (reason: string, why: string): never => {
    throw new Refusal(status.FAILED_PRECONDITION, reason, why);
  };
  const harm = integration.forgetHarm?.(agent.view()) ?? `${service} stores nothing that could be given up`;
  if (harm !== '') refuse('needed', harm);
  if (agent.state.level < 2) refuse('too-old', 'some members run a program that does not know this decision');
  const before = agent.state.forgotten?.[service] ?? 0;
  const command = { kind: 'forget-service' as const, service, atMs: Math.round(agent.wallMs) };
  await decide(administered, command, sessionsOf(client)());
  await agent.until(() => (agent.state.forgotten?.[service] ?? 0) > before, decisionSeenMs);
  return {};
}
