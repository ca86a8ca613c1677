// What an operator sets for a service: shown, judged before it is decided, and watched until whoever runs the service follows.
import { status } from '@grpc/grpc-js';
import type { ConfigureRequest__Output } from '../../api/gen/clusteros/v1/ConfigureRequest.ts';
import type { SettingsReply } from '../../api/gen/clusteros/v1/SettingsReply.ts';
import type { Integration } from '../../integrations/reconciler.ts';
import type { Agent } from '../agent.ts';
import { settingsFollowedMs } from '../limits.ts';
import { type Administered, decide, sessionsOf } from './operator.ts';
import { Refusal } from './refusal.ts';

/** @throws Refusal when there is no such service */
export function showSettings({ agent }: Pick<Administered, 'agent'>, service: string): SettingsReply {
  const { settings } = integrationNamed(agent, service);
  const decided = agent.state.settings[service];
  return {
    ...{
      version: decided?.version ?? 0,
      settings: jsonOf(settings.inForce(decided)),
      changes: [],
      harms: [],
    },
    ...followedOf(agent, service),
  };
}

/** Has settings decided; with `dryRun` only says what they would come to. @throws Refusal */
export async function configure(
  administered: Administered,
  { service, settings, from, dryRun, force, client }: ConfigureRequest__Output,
): Promise<SettingsReply> {
  const { agent, host } = administered;
  const book = integrationNamed(agent, service).settings;
  const judged = await book.judge(host, agent.view(), valueIn(settings));
  if ('refused' in judged) throw badSettings(judged.refused);
  const changes = [...judged.changes];
  const harms = [...judged.harms];
  const present = agent.state.settings[service]?.version ?? 0;
  if (dryRun || changes.length === 0)
    return {
      version: present,
      settings: jsonOf(judged.settings),
      changes,
      harms,
      ...followedOf(agent, service),
    };
  if (harms.length > 0 && !force)
    throw new Refusal(
      ...([status.FAILED_PRECONDITION, 'jobs-would-end'] as const),
      `this would end jobs: ${harms.join('; ')}: wait for them ("squeue"), or use --force`,
    );
  const command = { kind: 'configure', service, from, settings: judged.settings } as const;
  await decide(administered, command, sessionsOf(client)());
  const isDecided = () => (agent.state.settings[service]?.version ?? 0) > from;
  await agent.until(() => isDecided() && followedOf(agent, service).followed, settingsFollowedMs);
  const version = agent.state.settings[service]?.version ?? 0;
  return { version, settings: jsonOf(judged.settings), changes, harms, ...followedOf(agent, service) };
}

/** Whether whoever holds the service's one role goes by the settings that hold, in its own words. */
function followedOf(agent: Agent, service: string): { readonly followed: boolean; readonly detail: string } {
  const { grants, settings } = agent.state;
  const sole = grants.find(each => each.service === service && each.sole);
  if (!sole) return { followed: true, detail: '' };
  const report = agent
    .record(sole.node)
    ?.services.find(each => each.service === service && each.role === sole.role && each.token === sole.token);
  const followed = report?.settingsVersion === (settings[service]?.version ?? 0);
  const silent = `${agent.nameOf(sole.node)} has not said so yet`;
  return { followed, detail: followed ? '' : report?.detail || silent };
}

function integrationNamed(agent: Agent, service: string): Integration {
  const integration = agent.options.integrations.find(({ name }) => name === service);
  if (integration) return integration;
  throw new Refusal(
    ...([status.NOT_FOUND, 'no-such-service'] as const),
    `no service ${service} that could be set is switched on here`,
  );
}

function valueIn(json: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(json).toString('utf8'));
  } catch {
    throw badSettings('they are not JSON');
  }
}

function badSettings(why: string): Refusal {
  return new Refusal(status.INVALID_ARGUMENT, 'bad-settings', `these settings cannot be taken: ${why}`);
}

function jsonOf(settings: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(JSON.stringify(settings));
}
