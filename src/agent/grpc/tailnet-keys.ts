// The OAuth client that makes keys for new machines of the tailnet: kept sealed in the log, so that no machine has it on its disk in the
// clear, and used by whichever member is asked. Never told to anybody.
import { status } from '@grpc/grpc-js';
import { z } from 'zod';
import type { CreateTailnetKeyReply } from '../../api/gen/clusteros/v1/CreateTailnetKeyReply.ts';
import type { CreateTailnetKeyRequest__Output } from '../../api/gen/clusteros/v1/CreateTailnetKeyRequest.ts';
import type { KeepTailnetClientReply } from '../../api/gen/clusteros/v1/KeepTailnetClientReply.ts';
import type { KeepTailnetClientRequest__Output } from '../../api/gen/clusteros/v1/KeepTailnetClientRequest.ts';
import {
  AuthKeyError,
  createAuthKey,
  isPrivateWay,
  tailscaleApi,
} from '../../integrations/tailscale/auth-key.ts';
import { tailnetKeyLifeMaxS } from '../limits.ts';
import { type Administered, decide, sessionsOf } from './operator.ts';
import { Refusal } from './refusal.ts';

/** As the log has it. */
const secretName = 'tailscale/oauth-client';

const tag = z.string().regex(/^tag:[a-zA-Z][a-zA-Z0-9-]{0,49}$/, 'a tag is such as tag:cluster');
const shape = z.strictObject({
  id: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'an id is one word'),
  secret: z.string().regex(/^[\x21-\x7e]{1,500}$/, 'a secret is one word'),
  tags: z.array(tag).min(1, 'a key from an OAuth client gives at least one tag').max(16),
  apiUrl: z
    .url({ protocol: /^https?$/, error: 'it is no URL such as https://headscale.example.com' })
    .refine(isPrivateWay, 'the secret would go over plain http: use https'),
});

/** @throws Refusal naming what is wrong with it; never its content */
export async function keepTailnetClient(
  administered: Administered,
  { id, secret, tags, apiUrl, client }: KeepTailnetClientRequest__Output,
): Promise<KeepTailnetClientReply> {
  const kept = { id, secret, tags, apiUrl: apiUrl === '' ? tailscaleApi : apiUrl };
  const problem = id === '' ? undefined : shape.safeParse(kept).error?.issues[0];
  if (problem)
    throw new Refusal(
      ...([status.INVALID_ARGUMENT, 'bad-client'] as const),
      `this OAuth client cannot be kept: ${problem.path.join('.')}: ${problem.message}`,
    );
  const { agent } = administered;
  const text = id === '' ? '' : JSON.stringify(kept);
  const sealed = agent.options.sealer.seal(new TextEncoder().encode(text));
  const session = sessionsOf(client);
  const isThere = Object.hasOwn(agent.state.secrets, secretName);
  const kind = isThere ? 'replace-secret' : 'secret';
  await decide(administered, { kind, name: secretName, sealed }, session());
  return {};
}

/** @throws Refusal with the mend */
export async function createTailnetKey(
  { agent }: Pick<Administered, 'agent'>,
  { lifeS, tags, description }: CreateTailnetKeyRequest__Output,
): Promise<CreateTailnetKeyReply> {
  if (lifeS < 1 || lifeS > tailnetKeyLifeMaxS)
    throw new Refusal(
      ...([status.INVALID_ARGUMENT, 'bad-life'] as const),
      `a key lives for 1 s to ${tailnetKeyLifeMaxS / 86_400} days`,
    );
  const { tags: own, apiUrl, ...client } = keptClient(agent);
  const given = tags.length === 0 ? own : tags;
  const wrong = given.find(each => !tag.safeParse(each).success);
  if (wrong !== undefined)
    throw new Refusal(status.INVALID_ARGUMENT, 'bad-tag', `${wrong} is no tag such as tag:cluster`);
  try {
    const { id, key } = await createAuthKey({ client, tags: given, description, lifeS, apiUrl });
    return { id, key, tags: given };
  } catch (error) {
    if (!(error instanceof AuthKeyError)) throw error;
    throw new Refusal(
      error.isTransient ? status.UNAVAILABLE : status.FAILED_PRECONDITION,
      error.reason,
      `${error.message}: ${error.mend}`,
    );
  }
}

function keptClient({ state, options: { sealer } }: Administered['agent']): z.infer<typeof shape> {
  const sealed = state.secrets[secretName];
  const opened = sealed === undefined ? undefined : sealer.open(sealed);
  if (sealed !== undefined && opened === undefined)
    throw new Refusal(
      ...([status.FAILED_PRECONDITION, 'sealed-otherwise'] as const),
      'the OAuth client was kept under another cluster key: keep it anew ("clusterctl tailnet-key keep-client")',
    );
  const text = new TextDecoder().decode(opened);
  if (text === '')
    throw new Refusal(
      ...([status.FAILED_PRECONDITION, 'no-client'] as const),
      'the cluster keeps no OAuth client: "clusterctl tailnet-key keep-client --id ID --secret-file FILE" gives it one',
    );
  return shape.parse(JSON.parse(text));
}
