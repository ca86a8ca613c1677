// On a real tailnet: tailscaled with an interface of the kernel's on each host, headscale between them. A machine signs in by
// itself, is seen by its tag, comes back after each harm; our client passes its contract on a real socket.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { LocalApiError, tailscaleLocalApi } from '../../src/integrations/tailscale/local-api.ts';
import { type Tailnet, tailnetFrom } from '../../src/integrations/tailscale/tailnet.ts';
import { type TailnetChange, tailnetChanges } from '../../src/integrations/tailscale/tailnet-changes.ts';
import { localApiSuite } from '../contract/local-api.suite.ts';
import { waitFor } from '../lab/wait-for.ts';
import { buildTimeoutMs, seenTimeoutMs } from './limits.ts';
import type { TailnetHost } from './tailnet-host.ts';
import { TailnetLab, tag } from './tailnet-lab.ts';
import { missingForTailnet } from './tools.ts';

const missing = missingForTailnet();
const options = missing === undefined ? { timeout: 180_000 } : { skip: missing };
const resolvConf = readFileSync('/etc/resolv.conf', 'utf8');

let tailnet: TailnetLab | undefined;
after(() => tailnet?.stop());

function world() {
  assert.ok(tailnet, 'the tailnet was not made');
  const [a, b, c, phone] = tailnet.hosts as [TailnetHost, TailnetHost, TailnetHost, TailnetHost];
  return { tailnet, a, b, c, phone };
}

/** Of the first machine. */
let usedKey = '';

/** A device of a person: with a user, without a tag. */
const phoneSettings = (url: string, key: string) => ({
  ...{ TAILSCALE_AUTHKEY: key, TAILSCALE_LOGIN_SERVER: url },
  ...{ TAILSCALE_TAGS: '', TAILSCALE_HOSTNAME: 'phone' },
});

const namesOf = (seen: Tailnet) => seen.peers.map(({ name }) => name).sort();

test('a machine that boots waits for its tailnet, and says that it is not signed in', {
  ...options,
  ...(missing === undefined ? { timeout: buildTimeoutMs } : {}),
}, async () => {
  const startedAt = performance.now();
  tailnet = await TailnetLab.start(4);
  console.log(`the tailnet was made in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  const { exitCode, stderr } = await world().a.boot('wait-for-tailscale', '--timeout', '300ms');
  assert.equal(exitCode, 7);
  assert.match(stderr, /not signed in to a tailnet \(NeedsLogin\)/);
});

test(
  'three machines sign in with a key each and have their address, a phone signs in beside them',
  options,
  async () => {
    const { tailnet, a, b, c, phone } = world();
    [usedKey = ''] = await Promise.all([a, b, c].map(host => tailnet.join(host)));
    phone.writeSettings(phoneSettings(tailnet.control.url, await tailnet.control.createKey({})));
    const { exitCode, stderr } = await phone.boot('tailscale-auth');
    assert.equal(exitCode, 0, stderr);
    for (const host of [a, b, c]) {
      const waited = await host.boot('wait-for-tailscale', '--timeout', '20s');
      assert.equal(waited.exitCode, 0, waited.stderr);
      const [address] = waited.stdout.split('\n');
      const { self } = await tailnet.seenBy(host);
      assert.equal(self?.addresses[0], address);
      const shown = await host.host.run(['ip', '-o', 'address', 'show', 'tailscale0']);
      assert.match(shown.stdout, new RegExp(` ${address}/32 `));
    }
  },
);

test('members see each other by the tag, and the phone does not appear', options, async () => {
  const { tailnet, a, b, c } = world();
  for (const host of [a, b, c])
    await waitFor(async () => (await tailnet.seenBy(host)).peers.length === 2, {
      what: `two peers on ${host.host.name}`,
      timeoutMs: seenTimeoutMs,
    });
  assert.deepEqual(namesOf(await tailnet.seenBy(a)), ['node-b', 'node-c']);
  const all = await tailscaleLocalApi(a.socketOutside).status();
  assert.ok(
    all.Peer.some(({ HostName }) => HostName === 'phone'),
    'tailscaled itself does know it',
  );
});

test('a machine that is on the tailnet is left alone', options, async () => {
  const { tailnet, a } = world();
  const before = (await tailnet.seenBy(a)).self;
  const { exitCode, stdout } = await a.boot('tailscale-auth');
  assert.equal(exitCode, 0);
  assert.match(stdout, /^nothing to do: node-a/);
  assert.deepEqual((await tailnet.seenBy(a)).self, before);
});

test('packets go over the tailnet, by a direct path that the status tells', options, async () => {
  const { tailnet, a, b } = world();
  const address = (await tailnet.seenBy(b)).self?.addresses[0] ?? '';
  await waitFor(async () => await a.host.reaches(address), { what: `an answer of ${address}` });
  await waitFor(
    async () => {
      await a.host.reaches(address);
      return (await tailnet.seenBy(a)).peers.find(({ name }) => name === 'node-b')?.path.kind === 'direct';
    },
    { what: 'a direct path', timeoutMs: seenTimeoutMs },
  );
});

let changes = 0;
localApiSuite(
  'real tailscaled',
  async () => {
    const { tailnet, a, b } = world();
    return {
      socket: a.socketOutside,
      peer: async () => {
        const { self } = await tailnet.seenBy(b);
        return { stableId: self?.stableId ?? '', address: self?.addresses[0] ?? '' };
      },
      change: async () => {
        changes += 1;
        const { exitCode, stderr } = await b.tailscale('set', `--hostname=node-b${changes}`);
        assert.equal(exitCode, 0, stderr);
      },
    };
  },
  options,
);

test(
  "a user's node whose key has expired signs in again as the same node, with what was set on it",
  options,
  async () => {
    // headscale 0.29.2 lets a tagged node whose key was ended by hand in never again, whatever its key.
    const { tailnet, phone } = world();
    const before = (await tailnet.seenBy(phone)).self;
    assert.equal((await phone.tailscale('set', '--accept-routes')).exitCode, 0);
    await tailnet.control.expireNode(before?.stableId ?? '');
    await waitFor(async () => (await tailnet.seenBy(phone)).state === 'NeedsLogin', {
      what: 'the phone to need a login',
      timeoutMs: seenTimeoutMs,
    });
    const waited = await phone.boot('wait-for-tailscale', '--timeout', '300ms');
    assert.match(waited.stderr, /key of this node has expired/);
    phone.writeSettings(phoneSettings(tailnet.control.url, await tailnet.control.createKey({})));
    const { exitCode, stderr } = await phone.boot('tailscale-auth');
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /keeping what was set on this machine: --accept-routes/);
    assert.match((await phone.tailscale('debug', 'prefs')).stdout, /"RouteAll": true/);
    const { self } = await tailnet.seenBy(phone);
    assert.deepEqual([self?.stableId, self?.addresses], [before?.stableId, before?.addresses]);
  },
);

test('a key that was used, and one that has expired, are told with the mend', options, async () => {
  const { tailnet, phone } = world();
  await phone.logout();
  await waitFor(async () => (await tailnet.seenBy(phone)).state === 'NeedsLogin', {
    what: 'the phone to need a login',
    timeoutMs: seenTimeoutMs,
  });
  const expired = await tailnet.control.createKey({ life: '1s' });
  await new Promise(resolve => setTimeout(resolve, 1200));
  for (const [key, words] of [
    [usedKey, /already used\nhint: make a new key/],
    [expired, /expired\nhint: make a new key/],
  ] as const) {
    phone.writeSettings(phoneSettings(tailnet.control.url, key));
    const { exitCode, stdout, stderr } = await phone.boot('tailscale-auth', '--timeout', '30s');
    assert.equal(exitCode, 4, `${stdout}${stderr}`);
    assert.match(stderr, words);
    assert.ok(!`${stdout}${stderr}`.includes(key), 'no key is said');
  }
});

test(
  'a tailscaled that is killed ends the watch, and is back as the same node with the same address',
  options,
  async () => {
    const { tailnet, b } = world();
    const before = (await tailnet.seenBy(b)).self;
    const watched = tailscaleLocalApi(b.socketOutside).watch(() => {}, new AbortController().signal);
    const checked = assert.rejects(watched, (error: unknown) => error instanceof LocalApiError);
    await b.kill();
    await checked;
    const waited = await b.boot('wait-for-tailscale', '--timeout', '300ms');
    assert.equal(waited.exitCode, 7);
    assert.match(waited.stderr, /tailscaled is not running: nobody listens/);
    await b.start();
    assert.equal((await b.boot('wait-for-tailscale', '--timeout', '30s')).exitCode, 0);
    const { self } = await tailnet.seenBy(b);
    assert.deepEqual([self?.stableId, self?.addresses], [before?.stableId, before?.addresses]);
  },
);

test(
  'a node that was logged out and removed comes back with a new address, and the others are told',
  options,
  async () => {
    const { tailnet, a, c } = world();
    const former = (await tailnet.seenBy(c)).self;
    assert.ok(former);
    const stop = new AbortController();
    const seen: TailnetChange[] = [];
    let before: Tailnet | undefined;
    const watched = tailscaleLocalApi(a.socketOutside).watch(status => {
      const now = tailnetFrom(status, tag);
      seen.push(...tailnetChanges(before, now));
      before = now;
    }, stop.signal);
    await waitFor(() => before, { what: 'the first status' });
    seen.length = 0;
    await c.logout();
    await tailnet.control.removeNode(former.stableId);
    await tailnet.join(c);
    const { self } = await tailnet.seenBy(c);
    assert.ok(self);
    assert.notEqual(self.stableId, former.stableId);
    assert.notDeepEqual(self.addresses, former.addresses);
    await waitFor(
      () => seen.some(change => change.kind === 'peer-added' && change.peer.stableId === self.stableId),
      {
        what: 'node-a to see the new node',
        timeoutMs: seenTimeoutMs,
        explain: () => JSON.stringify(seen),
      },
    );
    assert.ok(
      seen.some(change => change.kind === 'peer-removed' && change.peer.stableId === former.stableId),
    );
    stop.abort();
    await watched;
  },
);

test('a machine that was switched off is told so, and switched on again without a key', options, async () => {
  const { tailnet, b } = world();
  await b.tailscale('down');
  const waited = await b.boot('wait-for-tailscale', '--timeout', '300ms');
  assert.equal(waited.exitCode, 7);
  assert.match(waited.stderr, /switched off \(Stopped/);
  b.writeSettings({ TAILSCALE_LOGIN_SERVER: tailnet.control.url });
  const { exitCode, stdout, stderr } = await b.boot('tailscale-auth');
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /^switched on: /);
});

test(
  'a machine that boots while the control server is away spends no key, and is there when it is back',
  options,
  async () => {
    const { tailnet, b } = world();
    const before = (await tailnet.seenBy(b)).self;
    await tailnet.control.kill();
    await b.kill();
    await b.start();
    const alone = await b.boot('tailscale-auth', '--timeout', '2s');
    assert.equal(alone.exitCode, 1, alone.stdout);
    assert.match(alone.stderr, /^error: tailscaled has (just started|no word from its control server)/);
    await tailnet.control.start();
    assert.equal((await b.boot('wait-for-tailscale', '--timeout', '60s')).exitCode, 0);
    assert.equal((await tailnet.seenBy(b)).self?.stableId, before?.stableId);
  },
);

test("the machine's own name servers are as they were", options, () => {
  assert.equal(readFileSync('/etc/resolv.conf', 'utf8'), resolvConf);
});
