// What our client makes of a tailscaled that does not answer as it should, and when it asks again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type LocalApi,
  LocalApiError,
  type LocalApiTrouble,
  tailscaleLocalApi,
} from '../../../src/integrations/tailscale/local-api.ts';
import { waitFor } from '../../lab/wait-for.ts';
import { FakeTailscaled } from './fake-tailscaled.ts';

function onTwin(title: string, run: (fake: FakeTailscaled, api: LocalApi) => Promise<void>): void {
  test(title, { timeout: 30_000 }, async () => {
    const fake = await FakeTailscaled.start();
    try {
      await run(fake, tailscaleLocalApi(fake.socket));
    } finally {
      await fake.dispose();
    }
  });
}

const troubleIs = (trouble: LocalApiTrouble, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof LocalApiError, String(error));
  assert.equal(error.trouble, trouble);
  assert.match(error.message, message);
  return true;
};

onTwin('an answer that is no JSON is named', async (fake, api) => {
  fake.broken = { status: 200, body: '<html>\n no\n</html>' };
  await assert.rejects(api.status(), troubleIs('garbage', /status is no JSON: <html> no <\/html>/));
});

onTwin('an answer of another kind is named by the field', async (fake, api) => {
  fake.broken = { status: 200, body: '{"Version":"1","BackendState":"Dreaming"}' };
  await assert.rejects(api.status(), troubleIs('garbage', /another kind \(BackendState: /));
  fake.broken = { status: 200, body: '{"Version":"1","BackendState":"Running","Self":{"ID":7}}' };
  await assert.rejects(api.status(), troubleIs('garbage', /another kind \(Self\.ID: /));
  fake.broken = { status: 200, body: '{}' };
  await assert.rejects(api.whois('100.64.0.1'), troubleIs('garbage', /whois is of another kind \(Node: /));
});

onTwin('an answer that is too long is cut off', async (fake, api) => {
  fake.broken = { status: 200, body: `"${'x'.repeat(2 * 1024 * 1024)}"` };
  await assert.rejects(api.prefs(), troubleIs('garbage', /prefs with more than 1048576 bytes/));
});

onTwin('silence has an end', async (fake, api) => {
  fake.broken = 'silent';
  await assert.rejects(api.status(), troubleIs('slow', /did not answer status within 5 s/));
});

onTwin('no permission and no success are told apart', async (fake, api) => {
  fake.broken = { status: 403, body: 'status access denied' };
  await assert.rejects(api.status(), troubleIs('denied', /HTTP 403: status access denied/));
  fake.broken = { status: 500, body: '' };
  await assert.rejects(api.status(), troubleIs('failed', /HTTP 500: \(nothing\)/));
});

onTwin('a socket that nobody listens on is told from one that is not there', async (fake, api) => {
  await fake.stop({ leavesSocket: true });
  await assert.rejects(api.status(), troubleIs('not-running', /nobody listens/));
  await fake.dispose();
  await assert.rejects(api.status(), troubleIs('no-socket', /there is no socket/));
});

onTwin('a watch ends with an error when tailscaled does', async (fake, api) => {
  let isTold = false;
  const ended = api.watch(() => {
    isTold = true;
  }, new AbortController().signal);
  const checked = assert.rejects(ended, troubleIs('ended', /has ended the connection|hung up|broke off/));
  await waitFor(() => isTold && fake.watcherCount === 1, { what: 'the watch' });
  await fake.stop();
  await checked;
});

onTwin('a watch ends with an error when tailscaled tells rubbish', async (fake, api) => {
  const ended = api.watch(() => {}, new AbortController().signal);
  const checked = assert.rejects(ended, troubleIs('garbage', /watch-ipn-bus is no JSON: Running!/));
  await waitFor(() => fake.watcherCount === 1, { what: 'the watch' });
  fake.tellText('Running!\n');
  await checked;
  await waitFor(() => fake.watcherCount === 0, { what: 'its end at tailscaled' });
});

onTwin('news that come in a row, and in pieces, are one question', async (fake, api) => {
  const stop = new AbortController();
  let count = 0;
  const ended = api.watch(() => {
    count += 1;
  }, stop.signal);
  await waitFor(() => count > 0 && fake.watcherCount === 1, { what: 'the first status' });
  await new Promise(resolve => setTimeout(resolve, 200));
  const before = fake.asked.filter(path => path.startsWith('status')).length;
  for (let i = 0; i < 20; i += 1) fake.tell({ State: 6 });
  fake.tellText('{"Version":"1","Sta');
  fake.tellText('te":6}\n');
  await new Promise(resolve => setTimeout(resolve, 400));
  assert.equal(fake.asked.filter(path => path.startsWith('status')).length, before + 1);
  stop.abort();
  await ended;
});

onTwin('a tailnet that is never still is asked for once a second', async (fake, api) => {
  const stop = new AbortController();
  const ended = api.watch(() => {}, stop.signal);
  await waitFor(() => fake.watcherCount === 1, { what: 'the watch' });
  const until = performance.now() + 2500;
  while (performance.now() < until) {
    fake.tell({ PeersChanged: [{ ID: 2 }] });
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  const asked = fake.asked.filter(path => path.startsWith('status')).length;
  assert.ok(asked >= 3 && asked <= 4, `${asked} questions in 2.5 s`);
  stop.abort();
  await ended;
});

for (const bus of ['old', 'none'] as const)
  onTwin(
    `a tailscaled that tells ${bus === 'old' ? 'nothing of its peers' : 'nothing'} is asked every few seconds`,
    async (fake, api) => {
      fake.bus = bus;
      const stop = new AbortController();
      let count = 0;
      const ended = api.watch(() => {
        count += 1;
      }, stop.signal);
      await waitFor(() => count >= 1, { what: 'the first status' });
      const startedAt = performance.now();
      const soon = bus === 'old' ? 2 : 1;
      await waitFor(() => count > soon, { what: 'another status', timeoutMs: 12_000 });
      assert.ok(performance.now() - startedAt > 3500, 'not more often than that');
      stop.abort();
      await ended;
    },
  );

onTwin('a watch that is aborted before it began asks nothing', async (fake, api) => {
  await api.watch(() => assert.fail('told'), AbortSignal.abort());
  assert.deepEqual(fake.asked, []);
});
