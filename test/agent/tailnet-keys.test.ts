// The OAuth client that the cluster keeps: sealed in what is decided, and used by whoever is asked.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Administered } from '../../src/agent/grpc/operator.ts';
import { Refusal } from '../../src/agent/grpc/refusal.ts';
import { createTailnetKey, keepTailnetClient } from '../../src/agent/grpc/tailnet-keys.ts';
import { sealerFrom } from '../../src/agent/sealing.ts';
import { client, complaint, FakeApi, mintedKey } from '../boot/fake-api.ts';

const random = (count: number) => new Uint8Array(count).map(() => Math.floor(Math.random() * 256));
const sealer = sealerFrom(new Uint8Array(32).fill(1), random);

/** A leader that decides whatever it is told. */
function cluster(own = sealer) {
  const secrets: Record<string, string> = {};
  const decided: string[] = [];
  const agent = {
    ...{ state: { secrets }, options: { sealer: own, id: 'a' }, nowMs: 0 },
    leadership: { role: 'leader', leader: 'a' },
    decide: async (command: { readonly kind: string; readonly name: string; readonly sealed: string }) => {
      decided.push(command.kind);
      secrets[command.name] = command.sealed;
      return undefined;
    },
  };
  return { administered: { agent } as unknown as Administered, secrets, decided };
}

async function api(t: TestContext) {
  const fake = await FakeApi.start();
  t.after(() => fake.dispose());
  return fake;
}

const wish = { lifeS: 900, tags: [], description: 'a new machine' };

test('a client is kept sealed, and a key is made with it', async t => {
  const fake = await api(t);
  const { administered, secrets, decided } = cluster();
  const kept = { ...client, tags: ['tag:cluster'], apiUrl: fake.url, client: '' };
  await keepTailnetClient(administered, kept);
  assert.deepEqual(decided, ['secret']);
  assert.ok(!JSON.stringify(secrets).includes(client.secret));
  const made = await createTailnetKey(administered, wish);
  assert.deepEqual([made.key, made.tags], [mintedKey, ['tag:cluster']]);
  await keepTailnetClient(administered, { ...kept, id: '' });
  assert.deepEqual(decided, ['secret', 'replace-secret']);
  await assert.rejects(createTailnetKey(administered, wish), /keeps no OAuth client/);
});

test('what the API refuses is told with the mend, and without the secret', async t => {
  const fake = await api(t);
  fake.tokens = [complaint(401, 'API token invalid')];
  const { administered } = cluster();
  await keepTailnetClient(administered, { ...client, tags: ['tag:cluster'], apiUrl: fake.url, client: '' });
  await assert.rejects(createTailnetKey(administered, wish), (error: unknown) => {
    assert.ok(error instanceof Refusal);
    assert.equal(error.reason, 'bad-client');
    assert.match(error.message, /does not accept the OAuth client .*: make an OAuth client/);
    assert.ok(!error.message.includes(client.secret));
    return true;
  });
});

test('one that was kept under another cluster key is no client', async () => {
  const { administered, secrets } = cluster();
  secrets['tailscale/oauth-client'] = sealerFrom(new Uint8Array(32).fill(2), random).seal(random(10));
  await assert.rejects(createTailnetKey(administered, wish), /under another cluster key/);
});

test('what is no client, and a life or tag that no key can have, is refused', async () => {
  const { administered, decided } = cluster();
  const kept = { ...client, tags: ['tag:cluster'], apiUrl: '', client: '' };
  for (const [change, pattern] of [
    [{ secret: 'two words' }, /secret: a secret is one word/],
    [{ tags: [] }, /tags: .*at least one tag/],
    [{ tags: ['cluster'] }, /tags\.0: a tag is such as tag:cluster/],
    [{ apiUrl: 'not a url' }, /apiUrl: it is no URL/],
    [{ apiUrl: 'http://192.0.2.1' }, /apiUrl: the secret would go over plain http/],
  ] as const)
    await assert.rejects(
      keepTailnetClient(administered, { ...kept, ...change, tags: [...(change.tags ?? kept.tags)] }),
      pattern,
    );
  assert.deepEqual(decided, []);
  await assert.rejects(createTailnetKey(administered, { ...wish, lifeS: 0 }), /lives for 1 s to 90 days/);
});
