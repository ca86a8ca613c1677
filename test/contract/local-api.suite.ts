// What tailscaled must answer on its socket, a real one and its twin alike: what our client takes for granted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type LocalApi,
  LocalApiError,
  tailscaleLocalApi,
} from '../../src/integrations/tailscale/local-api.ts';
import { tailnetFrom } from '../../src/integrations/tailscale/tailnet.ts';
import { waitFor } from '../lab/wait-for.ts';

export interface LocalApiFixture {
  /** Of a tailscaled that runs, on a tailnet with at least one peer, both with the tag tag:cluster. */
  readonly socket: string;
  /** Stable id and IPv4 address of a peer. */
  peer(): Promise<{ readonly stableId: string; readonly address: string }>;
  /** Has something new come about that other nodes hear of; resolves when the control server knows. */
  change(): Promise<void>;
}

/** Declares the suite. @param makeFixture is asked once, in the first case */
export function localApiSuite(
  name: string,
  makeFixture: () => Promise<LocalApiFixture>,
  options: { readonly skip?: string; readonly timeout?: number } = {},
): void {
  let made: Promise<LocalApiFixture> | undefined;
  const declare = (title: string, run: (api: LocalApi, fixture: LocalApiFixture) => Promise<void>) =>
    test(`${name}: ${title}`, options, async () => {
      made ??= makeFixture();
      const fixture = await made;
      await run(tailscaleLocalApi(fixture.socket), fixture);
    });

  declare('a status tells the own address, stable id and tags', async api => {
    const { state, self } = tailnetFrom(await api.status({ peers: false }), 'tag:cluster');
    assert.equal(state, 'Running');
    assert.ok(self);
    assert.notEqual(self.stableId, '');
    assert.match(self.addresses[0] ?? '', /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./);
    assert.deepEqual(self.tags, ['tag:cluster']);
    assert.equal(self.keyExpiresAtMs, undefined, 'the key of a tagged node does not expire');
  });

  declare(
    'a status without peers has none, one with them has the peer by its stable id',
    async (api, fixture) => {
      const { stableId, address } = await fixture.peer();
      assert.deepEqual((await api.status({ peers: false })).Peer, []);
      const { peers } = tailnetFrom(await api.status(), 'tag:cluster');
      const peer = peers.find(each => each.stableId === stableId);
      assert.equal(peer?.addresses[0], address);
    },
  );

  declare('whois knows a peer by its address, with and without a port', async (api, fixture) => {
    const { stableId, address } = await fixture.peer();
    for (const asked of [address, `${address}:7443`]) {
      const who = await api.whois(asked);
      assert.equal(who?.stableId, stableId);
      assert.deepEqual(who?.tags, ['tag:cluster']);
      assert.equal(who?.loginName, '', "a tagged node is nobody's");
      assert.ok(who?.addresses.includes(address));
    }
  });

  declare('whois knows this node too', async api => {
    const status = await api.status({ peers: false });
    const who = await api.whois(status.Self?.TailscaleIPs[0] ?? '');
    assert.equal(who?.stableId, status.Self?.ID);
  });

  declare('whois of an address that nobody has is undefined, of what is no address an error', async api => {
    assert.equal(await api.whois('100.127.255.254'), undefined);
    assert.equal(await api.whois('192.0.2.1:7443'), undefined);
    await assert.rejects(
      api.whois('atlas'),
      (error: LocalApiError) => error.trouble === 'failed' && error.status === 400,
    );
  });

  declare('the settings of tailscaled can be read', async api => {
    const prefs = await api.prefs();
    assert.equal(prefs.WantRunning, true);
    assert.match(prefs.ControlURL, /^https?:/);
  });

  declare(
    'a watch tells the status at once, and again when something is new, until it is aborted',
    async (api, fixture) => {
      const stop = new AbortController();
      let count = 0;
      const ended = api.watch(({ BackendState }) => {
        assert.equal(BackendState, 'Running');
        count += 1;
      }, stop.signal);
      await waitFor(() => count > 0, { what: 'the first status' });
      const before = count;
      await fixture.change();
      await waitFor(() => count > before, { what: 'another status' });
      stop.abort();
      await ended;
      const after = count;
      await fixture.change();
      assert.equal(count, after, 'nothing is told after that');
    },
  );

  declare('a socket that is not there is told from one that nobody listens on', async (_api, fixture) => {
    const other = tailscaleLocalApi(`${fixture.socket}.none`);
    for (const ask of [
      other.status(),
      other.whois('100.64.0.1'),
      other.watch(() => {}, new AbortController().signal),
    ])
      await assert.rejects(
        ask,
        (error: unknown) => error instanceof LocalApiError && error.trouble === 'no-socket',
      );
  });
}
