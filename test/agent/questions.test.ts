// Questions between agents: over the stream that the two have, both ways; a failure is an answer; nothing waits for ever.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { authorityOf } from '../../src/agent/certificates.ts';
import type { PeerAnswers } from '../../src/agent/grpc/peer-answers.ts';
import { PeerCalls } from '../../src/agent/grpc/peer-calls.ts';
import { GrpcPeerTransport } from '../../src/agent/grpc/peer-transport.ts';
import { PeerFailure, Questions } from '../../src/agent/grpc/questions.ts';
import { identityFrom } from '../../src/agent/identity.ts';
import { questionsMax, streamQuestionBytesMax } from '../../src/agent/limits.ts';
import { MemberDevices } from '../../src/agent/member-devices.ts';
import { openGate } from '../../src/agent/peer-gate.ts';
import { recordSealOf } from '../../src/agent/record-seal.ts';
import { TagError } from '../../src/agent/tags.ts';
import { freePort } from './free-port.ts';

const hash = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());

async function side(t: TestContext, name: string) {
  const identity = identityFrom(hash(name));
  const port = await freePort();
  const transport = new GrpcPeerTransport({
    ...{
      identity,
      authority: await authorityOf(hash('key')),
      host: '127.0.0.1',
      port,
      gate: openGate,
      devices: new MemberDevices(recordSealOf(identity)),
    },
    ...{ nowMs: () => performance.now(), wallMs: () => Date.now() },
  });
  const address = `127.0.0.1:${port}`;
  const calls = new PeerCalls(transport);
  t.after(() => {
    calls.close();
    return transport.close();
  });
  const ups = new Set<string>();
  await transport.open({ epoch: 1, boot: name, name, address }, event => {
    if (event.kind === 'up') ups.add(event.id);
    if (event.kind === 'down') ups.delete(event.id);
  });
  const decided: string[] = [];
  const answers: PeerAnswers = {
    look: ({ subjects }) => ({ looks: subjects.map(subject => ({ subject, state: `seen by ${name}` })) }),
    tag: async ({ set }) => {
      if (set.site === 'bad') throw new TagError('the site is bad');
      return { tags: set };
    },
    confirm: async () => ({ index: 7 }),
    handOver: async target => `not to ${target}`,
    counterpart: async (service, question) => {
      if (service !== 'slurm') throw new Error(`${service} is not driven here`);
      return `${name} has ${question}`;
    },
    decide: (command, { client, seq }) => {
      decided.push(`${Buffer.from(command).toString('utf8').length} of ${client} ${seq}`);
      return new Promise(resolve => setTimeout(() => resolve(''), 20));
    },
  };
  return { transport, calls, answers, decided, ups, id: identity.id, address };
}

type Side = Awaited<ReturnType<typeof side>>;

async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; !done(); tries += 1) {
    assert.ok(tries < 1000, 'not within 5 s');
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

async function pair(t: TestContext): Promise<[Side, Side]> {
  const [a, b] = [await side(t, 'a'), await side(t, 'b')];
  for (const each of [a, b]) each.transport.answer(each.answers);
  a.transport.dial(b.address);
  await until(() => a.ups.has(b.id) && b.ups.has(a.id));
  return [a, b];
}

test('a question goes over the stream, whoever has dialled it, and needs no address', async t => {
  const [a, b] = await pair(t);
  for (const [asker, other, name] of [
    [a, b, 'b'],
    [b, a, 'a'],
  ] as const) {
    const peer = { id: other.id, address: 'nowhere.invalid:1' };
    const looks = await asker.calls.look(peer, ['x']);
    assert.deepEqual(
      looks?.map(({ subject, state }) => [subject, state]),
      [['x', `seen by ${name}`]],
    );
    assert.deepEqual(await asker.calls.tag(peer, { site: 'east' }, []), { site: 'east' });
    assert.deepEqual(await asker.calls.confirm(peer), { index: 7 });
    assert.equal(await asker.calls.handOver(peer, 'c'), 'not to c');
    assert.equal(await asker.calls.counterpart(peer, 'slurm', 'a key'), `${name} has a key`);
    assert.equal(await asker.calls.counterpart(peer, 'k3s', 'a key'), undefined);
    assert.equal(
      await asker.calls.decide(peer, { kind: 'want-voters', count: 3 }, { client: 'c', seq: 2 }),
      '',
    );
    assert.deepEqual(other.decided, ['32 of c 2']);
  }
});

test('without a stream the same question makes a connection, and one too large for the stream does so beside it', async t => {
  const [a, b] = [await side(t, 'a'), await side(t, 'b')];
  b.transport.answer(b.answers);
  assert.deepEqual(await a.calls.confirm({ id: b.id, address: b.address }), { index: 7 });
  const question = { decide: { command: Buffer.alloc(streamQuestionBytesMax + 1) } };
  a.transport.dial(b.address);
  await until(() => a.ups.has(b.id) && b.ups.has(a.id));
  assert.equal(a.transport.ask(b.id, question, 1000), undefined);
  assert.equal(a.transport.ask('nobody', { confirm: {} }, 1000), undefined);
});

test('what the other refuses or does not know comes back as a failure with a code', async t => {
  const [a, b] = await pair(t);
  const peer = { id: b.id, address: b.address };
  await assert.rejects(a.calls.tag(peer, { site: 'bad' }, []), {
    code: status.INVALID_ARGUMENT,
    details: 'the site is bad',
  });
  await assert.rejects(a.transport.ask(b.id, {}, 1000) ?? Promise.resolve(), { code: status.UNIMPLEMENTED });
});

test('an agent that is just starting says so', async t => {
  const [a, b] = [await side(t, 'a'), await side(t, 'b')];
  a.transport.dial(b.address);
  await until(() => a.ups.has(b.id) && b.ups.has(a.id));
  await assert.rejects(a.calls.confirm({ id: b.id, address: b.address }), {
    code: status.UNAVAILABLE,
    details: /just starting/,
  });
});

test('a stream that ends fails what was asked over it, at once', async t => {
  const [a, b] = await pair(t);
  b.answers.decide = () => new Promise(() => {});
  const peer = { id: b.id, address: b.address };
  const asked = a.calls.decide(peer, { kind: 'want-voters', count: 3 }, { client: 'c', seq: 1 });
  asked.catch(() => {});
  await until(() => a.ups.has(b.id));
  await b.transport.close();
  await assert.rejects(asked, { code: status.UNAVAILABLE, details: 'the stream to it has ended' });
});

test('a question that is not answered in time fails, and its late answer is nobody’s', async () => {
  const questions = new Questions();
  const numbers: number[] = [];
  const send = ({ number }: { number?: unknown }) => numbers.push(Number(number));
  await assert.rejects(questions.ask({ confirm: {} }, 5, send), { code: status.DEADLINE_EXCEEDED });
  const second = questions.ask({ confirm: {} }, 5000, send);
  questions.answered({ number: numbers[0] ?? 0, handOver: { refused: 'late' } });
  questions.answered({ number: numbers[1] ?? 0, confirm: { refused: '', index: 3 } });
  assert.equal((await second).confirm?.index, 3);
});

test('no more than a bounded number waits', async () => {
  const questions = new Questions();
  const asked = Array.from({ length: questionsMax }, () => questions.ask({ confirm: {} }, 60_000, () => {}));
  await assert.rejects(
    questions.ask({ confirm: {} }, 60_000, () => {}),
    { code: status.RESOURCE_EXHAUSTED },
  );
  questions.end();
  const ended = await Promise.allSettled(asked);
  assert.ok(ended.every(each => each.status === 'rejected' && each.reason instanceof PeerFailure));
});
