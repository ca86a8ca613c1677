// State copies between agents, over real transports on loopback and on real files.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StateAnswers } from '../../src/agent/grpc/state-service.ts';
import { StateFeed } from '../../src/agent/state-feed.ts';
import type { CopyName, Manifest } from '../../src/integrations/state-copy/manifest.ts';
import {
  contentsOf,
  dance,
  isWhole,
  job,
  manifestOf,
  temporaryFolder,
  versionText,
} from '../integrations/state-folder.ts';
import { waitFor } from '../lab/wait-for.ts';
import { type CopyAgent, openTransport, portOf, setTimer, startAgent } from './copy-agents.ts';

const heldBy = (agent: CopyAgent) => agent.copies.status().copy;
const given = (agent: CopyAgent) => agent.copies.status().holding;
const same = (a: CopyName | undefined, b: CopyName | undefined) =>
  a !== undefined && a.token === b?.token && a.generation === b.generation;

/** Until the candidate has the newest generation of the holder, whose files are still. */
async function settled(holder: CopyAgent, candidate: CopyAgent): Promise<void> {
  const content = JSON.stringify(contentsOf(holder.folder));
  const what = 'the candidate to have the newest generation';
  await waitFor(
    async () => {
      const newest = holder.copies.newest();
      const shown = newest && (await textsOf(holder, newest));
      return JSON.stringify(shown) === content && same(heldBy(candidate), given(holder));
    },
    { what, explain: () => JSON.stringify([heldBy(candidate), candidate.copies.status(), given(holder)]) },
  );
}

/** As `contentsOf` gives them: in the folder's order. */
async function textsOf(agent: CopyAgent, manifest: Manifest): Promise<Record<string, string | undefined>> {
  const texts: Record<string, string | undefined> = {};
  for (const path of Object.keys(contentsOf(agent.folder))) {
    const sha256 = manifest.files.get(path)?.sha256 ?? '';
    texts[path] = Buffer.from((await agent.copies.content(sha256)) ?? '').toString();
  }
  return texts;
}

/** What the candidate would begin with. */
async function placed(candidate: CopyAgent): Promise<Record<string, string>> {
  await candidate.copies.materialise(candidate.folder, undefined);
  return contentsOf(candidate.folder);
}

test('a candidate has what the holder writes, and the holder knows how far it is', async t => {
  const parent = await temporaryFolder(t);
  const holder = await startAgent(t, parent, 1);
  const candidate = await startAgent(t, parent, 2);
  candidate.copies.follow(holder);
  await dance(holder.folder, 'job_state', 'one');
  await holder.copies.hold(7, holder.folder);
  await settled(holder, candidate);
  await dance(holder.folder, 'job_state', 'two');
  await job(holder.folder, 12);
  await settled(holder, candidate);
  await waitFor(() => same(holder.copies.followers()[0], given(holder)), { what: 'its word of it' });
  assert.equal(holder.copies.followers()[0]?.id, candidate.id);
  assert.deepEqual(await placed(candidate), contentsOf(holder.folder));
});

test('while the holder writes without a pause, each copy that a candidate would begin with is whole', async t => {
  const parent = await temporaryFolder(t);
  const holder = await startAgent(t, parent, 1);
  const candidate = await startAgent(t, parent, 2);
  const names = ['job_state', 'node_state', 'part_state'];
  for (const name of names) await dance(holder.folder, name, versionText(name, 0));
  await holder.copies.hold(7, holder.folder);
  candidate.copies.follow(holder);
  await settled(holder, candidate);
  let version = 1;
  for (let round = 0; round < 10; round++) {
    const before = heldBy(candidate)?.generation;
    await waitFor(
      async () => {
        for (let i = 0; i < 20; i++, version++)
          for (const name of names) await dance(holder.folder, name, versionText(name, version));
        return heldBy(candidate)?.generation !== before;
      },
      { what: 'another generation' },
    );
    const contents = await placed(candidate);
    for (const name of names) assert.ok(isWhole(name, contents[name] ?? ''), `${name}: ${contents[name]}`);
  }
});

test('a holder that is started anew is found again, and its generations go on growing', async t => {
  const parent = await temporaryFolder(t);
  const first = await startAgent(t, parent, 1);
  const candidate = await startAgent(t, parent, 2);
  await dance(first.folder, 'job_state', 'one');
  await first.copies.hold(7, first.folder);
  candidate.copies.follow(first);
  await settled(first, candidate);
  const before = heldBy(candidate)?.generation ?? 0;
  await first.stop();
  await dance(first.folder, 'job_state', 'two');
  const again = await startAgent(t, parent, 1, { port: portOf(first) });
  await again.copies.hold(7, again.folder);
  await settled(again, candidate);
  assert.ok((heldBy(candidate)?.generation ?? 0) > before);
  assert.equal((await placed(candidate)).job_state, 'two');
});

test('a candidate that is started anew goes on with the copy it has', async t => {
  const parent = await temporaryFolder(t);
  const holder = await startAgent(t, parent, 1);
  const first = await startAgent(t, parent, 2);
  await dance(holder.folder, 'job_state', 'one');
  await holder.copies.hold(7, holder.folder);
  first.copies.follow(holder);
  await settled(holder, first);
  await first.stop();
  const again = await startAgent(t, parent, 2);
  assert.ok(same(heldBy(again), given(holder)));
  again.copies.follow(holder);
  await dance(holder.folder, 'job_state', 'two');
  await settled(holder, again);
});

test('the role moves: the last state is with the next holder, and all follow that one', async t => {
  const parent = await temporaryFolder(t);
  const [a, b, c] = [
    await startAgent(t, parent, 1),
    await startAgent(t, parent, 2),
    await startAgent(t, parent, 3),
  ];
  await dance(a.folder, 'job_state', 'one');
  await a.copies.hold(7, a.folder);
  for (const candidate of [b, c]) candidate.copies.follow(a);
  for (const candidate of [b, c]) await settled(a, candidate);
  // Right before it gives up, with no time for a sign to be noticed.
  await dance(a.folder, 'job_state', 'last words');
  const last = await a.copies.release();
  assert.deepEqual([...(last?.heldBy ?? [])].sort(), [b.id, c.id].sort());
  assert.ok(same(heldBy(a), last), 'the former holder keeps it, too');
  const newest = await b.copies.newestFrom([a, c], 5000);
  assert.deepEqual([same(newest.copy, last), newest.from], [true, undefined]);
  assert.equal((await placed(b)).job_state, 'last words');
  await dance(b.folder, 'job_state', 'of b');
  await b.copies.hold(8, b.folder);
  for (const candidate of [a, c]) {
    candidate.copies.follow(b);
    await settled(b, candidate);
    assert.equal((await placed(candidate)).job_state, 'of b');
  }
});

test('a holder of an earlier grant is not listened to', async t => {
  const parent = await temporaryFolder(t);
  const [former, holder, candidate] = [
    await startAgent(t, parent, 1),
    await startAgent(t, parent, 2),
    await startAgent(t, parent, 3),
  ];
  await dance(holder.folder, 'job_state', 'of the later grant');
  await holder.copies.hold(8, holder.folder);
  candidate.copies.follow(holder);
  await settled(holder, candidate);
  const copy = heldBy(candidate);
  await dance(former.folder, 'job_state', 'of the earlier grant');
  await former.copies.hold(7, former.folder);
  candidate.copies.follow(former);
  const trouble = () => candidate.copies.status().following.trouble ?? '';
  await waitFor(() => /of the grant 7, but the copy is of the later 8/.test(trouble()), {
    what: 'its refusal',
  });
  const newest = await candidate.copies.newestFrom([former], 5000);
  assert.deepEqual([newest.from, newest.missed], [undefined, []]);
  assert.deepEqual(heldBy(candidate), copy);
});

test('who is given the role takes the newest copy that anybody has, and names those who did not answer', async t => {
  const parent = await temporaryFolder(t);
  const [holder, far, behind, fresh] = [
    await startAgent(t, parent, 1),
    await startAgent(t, parent, 2),
    await startAgent(t, parent, 3),
    await startAgent(t, parent, 4),
  ];
  await dance(holder.folder, 'job_state', 'one');
  await holder.copies.hold(7, holder.folder);
  for (const candidate of [far, behind]) {
    candidate.copies.follow(holder);
    await settled(holder, candidate);
  }
  behind.copies.follow(undefined);
  for (let id = 0; id < 20; id++) await job(holder.folder, id);
  await dance(holder.folder, 'job_state', 'two');
  await settled(holder, far);
  const expected = contentsOf(holder.folder);
  await holder.stop();
  for (const candidate of [behind, fresh]) {
    const newest = await candidate.copies.newestFrom([holder, behind, far], 5000);
    assert.ok(same(newest.copy, heldBy(far)));
    assert.deepEqual(newest.silent, [holder.id]);
    assert.deepEqual(await placed(candidate), expected);
  }
  assert.ok(readdirSync(join(parent, '3')).some(name => name === 'slurmctld.before-7'));
});

test('with nobody to ask there is an answer in time, and no copy is none', async t => {
  const parent = await temporaryFolder(t);
  const [alone, gone] = [await startAgent(t, parent, 1), await startAgent(t, parent, 2)];
  await gone.stop();
  assert.deepEqual(await alone.copies.newestFrom([gone], 1000), {
    ...{ copy: undefined, from: undefined, silent: [gone.id], missed: [] },
  });
  await assert.rejects(alone.copies.materialise(alone.folder, undefined), /there is no copy/);
});

test('a damaged copy is fetched anew', async t => {
  const parent = await temporaryFolder(t);
  const holder = await startAgent(t, parent, 1);
  const first = await startAgent(t, parent, 2);
  await dance(holder.folder, 'job_state', 'one');
  await holder.copies.hold(7, holder.folder);
  first.copies.follow(holder);
  await settled(holder, first);
  await first.stop();
  const pack = join(parent, '2/copy/pack-1');
  writeFileSync(
    pack,
    readFileSync(pack).map(byte => byte ^ 1),
  );
  const again = await startAgent(t, parent, 2);
  assert.equal(heldBy(again), undefined);
  assert.match(again.copies.status().damage ?? '', /damaged/);
  again.copies.follow(holder);
  await settled(holder, again);
  assert.equal(again.copies.status().damage, undefined);
});

test('a member that is not admitted gets nothing', async t => {
  const parent = await temporaryFolder(t);
  const holder = await startAgent(t, parent, 1, { admits: () => false });
  const candidate = await startAgent(t, parent, 2);
  await dance(holder.folder, 'job_state', 'one');
  await holder.copies.hold(7, holder.folder);
  candidate.copies.follow(holder);
  const trouble = () => candidate.copies.status().following.trouble ?? '';
  await waitFor(() => /PERMISSION_DENIED/.test(trouble()), { what: 'the refusal' });
  const newest = await candidate.copies.newestFrom([holder], 2000);
  assert.deepEqual([newest.copy, newest.silent], [undefined, [holder.id]]);
});

/** A peer that shows a manifest and answers for its contents as it likes. */
async function peerThatShows(
  t: { after(run: () => Promise<void>): void },
  manifest: Manifest,
  content: StateAnswers['content'],
) {
  const feed = new StateFeed({ nowMs: () => performance.now(), setTimer });
  const peer = await openTransport(99, async () => ({
    ...{ service: 'slurm', role: 'controller', feed, content },
    ...{ admits: () => true, newest: () => manifest },
  }));
  t.after(async () => {
    feed.close();
    await peer.transport.close();
  });
  feed.show(manifest);
  return { ...peer, feed };
}

test('a peer that would have files written elsewhere is refused, whole', async t => {
  const parent = await temporaryFolder(t);
  const candidate = await startAgent(t, parent, 2);
  for (const path of ['../escaped', '/tmp/clusteros-escaped', 'a/../../escaped']) {
    const { manifest, contents } = manifestOf(9, 1, { good: 'good', [path]: 'bad' });
    const liar = await peerThatShows(t, manifest, async sha256 => contents.get(sha256));
    candidate.copies.follow(liar);
    const trouble = () => candidate.copies.status().following.trouble ?? '';
    await waitFor(() => /leads elsewhere/.test(trouble()), {
      what: `the refusal of ${path}`,
      explain: trouble,
    });
    const { copy, missed } = await candidate.copies.newestFrom([liar], 2000);
    assert.deepEqual([copy, missed], [undefined, [{ id: liar.id, token: 9, generation: 1 }]]);
    assert.equal(heldBy(candidate), undefined);
    candidate.copies.follow(undefined);
  }
});

test('a peer whose contents are not what they are called is refused', async t => {
  const parent = await temporaryFolder(t);
  const candidate = await startAgent(t, parent, 2);
  const { manifest } = manifestOf(9, 1, { job_state: 'good' });
  for (const [lie, expected] of [
    ['evil', /does not have the hash/],
    ['much more than was said', /more came than was asked for/],
  ] as const) {
    const liar = await peerThatShows(t, manifest, async () => Buffer.from(lie));
    candidate.copies.follow(liar);
    const trouble = () => candidate.copies.status().following.trouble ?? '';
    await waitFor(() => expected.test(trouble()), { what: `the refusal of "${lie}"`, explain: trouble });
    assert.equal(heldBy(candidate), undefined);
    candidate.copies.follow(undefined);
  }
});

test('a content that is gone is waited for: the copy stays as it was until the next generation', async t => {
  const parent = await temporaryFolder(t);
  const candidate = await startAgent(t, parent, 2);
  const one = manifestOf(9, 1, { job_state: 'one' });
  const two = manifestOf(9, 2, { job_state: 'two', node_state: 'two' });
  const three = manifestOf(9, 3, { job_state: 'three', node_state: 'two' });
  const gone = hash('sha256', 'two');
  const all = new Map([...one.contents, ...three.contents]);
  all.delete(gone);
  const holder = await peerThatShows(t, one.manifest, async sha256 => all.get(sha256));
  candidate.copies.follow(holder);
  await waitFor(() => heldBy(candidate)?.generation === 1, { what: 'the first generation' });
  holder.feed.show(two.manifest);
  const trouble = () => candidate.copies.status().following.trouble ?? '';
  await waitFor(() => /gone/.test(trouble()), { what: 'the candidate to say so' });
  assert.equal(heldBy(candidate)?.generation, 1);
  for (const [sha256, content] of three.contents) all.set(sha256, content);
  holder.feed.show(three.manifest);
  await waitFor(() => heldBy(candidate)?.generation === 3, { what: 'the next generation' });
  assert.equal(trouble(), '');
});

test('a holder whose folder is gone lets the copies be', async t => {
  const parent = await temporaryFolder(t);
  const holder = await startAgent(t, parent, 1);
  const candidate = await startAgent(t, parent, 2);
  await dance(holder.folder, 'job_state', 'one');
  await holder.copies.hold(7, holder.folder);
  candidate.copies.follow(holder);
  await settled(holder, candidate);
  await rm(holder.folder, { recursive: true });
  const released = await holder.copies.release();
  assert.ok(same(released, heldBy(candidate)));
  assert.equal((await placed(candidate)).job_state, 'one');
});
