// What an agent knows of its tailnet, against a tailscaled that answers as documented.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TailnetLink, type TailnetListener } from '../../src/agent/tailnet-link.ts';
import { tailscaleLocalApi } from '../../src/integrations/tailscale/local-api.ts';
import { device, FakeTailscaled } from '../integrations/tailscale/fake-tailscaled.ts';

const tag = 'tag:cluster';

async function linked(t: TestContext, { requireTag = true } = {}) {
  const fake = await FakeTailscaled.start();
  fake.peers = [device('borea', 2, { Tags: [tag] }), device('phone', 9)];
  const bound = new Set(['100.64.0.1']);
  let nowMs = 0;
  const link = new TailnetLink({
    ...{ api: tailscaleLocalApi(fake.socket), tag, requireTag, port: 7443, boundIps: () => bound },
    enrolment: async () => [undefined, undefined, undefined],
    ...{ nowMs: () => nowMs, wallMs: () => Date.now() },
    setTimer: (delayMs, run) => {
      const timer = setTimeout(run, Math.min(delayMs, 20));
      return () => clearTimeout(timer);
    },
  });
  t.after(async () => {
    link.close();
    await fake.dispose();
  });
  const told: string[] = [];
  const listener: TailnetListener = {
    stage: ({ name }) => told.push(`stage ${name}`),
    address: ip => told.push(`address ${ip}`),
    device: id => told.push(`device ${id}`),
    peers: addresses => told.push(`peers ${addresses.join()}`),
    warnings: warnings => told.push(`warnings ${warnings.map(({ code }) => code).join()}`),
  };
  const until = async (text: string) => {
    for (let i = 0; i < 300 && !told.includes(text); i++) await sleep(10);
    assert.ok(told.includes(text), `${text} in ${told}`);
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { fake, link, bound, told, listener, until, pass };
}

test('it tells the own address and device, and where tagged peers are; a phone does not appear', async t => {
  const { link, listener, told, until } = await linked(t);
  link.start();
  link.listen(listener);
  await until('peers 100.64.0.2:7443');
  await until('address 100.64.0.1');
  await until('device n1CNTRL');
  assert.ok(!told.join().includes('100.64.0.9'));
});

test('an address that comes to the interface later is told then', async t => {
  const { link, listener, bound, told, until } = await linked(t);
  bound.clear();
  link.listen(listener);
  link.start();
  await until('stage no-address');
  assert.ok(!told.includes('address 100.64.0.1'));
  bound.add('100.64.0.1');
  await until('address 100.64.0.1');
});

test('a machine without the tag is not placed: it is told what is missing, and let go on once it has it', async t => {
  const { fake, link, listener, told, until } = await linked(t);
  fake.self = device('atlas', 1);
  link.listen(listener);
  link.start();
  await until('stage untagged');
  assert.ok(!told.includes('address 100.64.0.1'));
  fake.self = device('atlas', 1, { Tags: [tag] });
  fake.tell({ SelfChange: {} });
  await until('address 100.64.0.1');
});

test('tailscaled that goes while its address is waited for is told once', async t => {
  const { fake, link, listener, bound, told, until } = await linked(t);
  bound.clear();
  link.listen(listener);
  link.start();
  await until('stage no-address');
  await fake.stop();
  await sleep(300);
  assert.ok(told.filter(each => each.startsWith('stage ')).length <= 3, told.join());
});

test('tailscaled that goes is told, and asked until it is back', async t => {
  const { fake, link, listener, told, until } = await linked(t);
  link.listen(listener);
  link.start();
  await until('stage ready');
  await fake.stop();
  await until('stage not-answering').catch(() => until('stage no-socket'));
  told.length = 0;
  await fake.listen();
  await until('stage ready');
});

test('a new address of this machine is told', async t => {
  const { fake, link, listener, bound, until } = await linked(t);
  link.listen(listener);
  link.start();
  await until('address 100.64.0.1');
  bound.add('100.64.0.77');
  fake.self = device('atlas', 77, { Tags: [tag] });
  fake.tell({ SelfChange: {} });
  await until('address 100.64.0.77');
  await until('device n77CNTRL');
});

test('a relay is told of when it is no passing thing', async t => {
  const { fake, link, listener, told, until, pass } = await linked(t);
  const relayed = device('borea', 2, { Tags: [tag], Active: true });
  fake.peers = [relayed];
  link.listen(listener);
  link.start();
  await until('stage ready');
  pass(30_000);
  fake.tell({ SelfChange: {} });
  await sleep(200);
  assert.ok(!told.join().includes('relay-only'));
  pass(30_000);
  fake.tell({ SelfChange: {} });
  await until('warnings relay-only');
});

test('an address is let in only when it is a device with the tag', async t => {
  const { link } = await linked(t);
  assert.equal(await link.refusalOf('100.64.0.2'), '');
  assert.match(await link.refusalOf('100.64.0.9'), /phone.* does not have tag:cluster/);
  assert.match(await link.refusalOf('100.64.0.50'), /no device of this tailnet/);
});

test('without the tag being required any device of the tailnet is let in, and nobody else', async t => {
  const { link } = await linked(t, { requireTag: false });
  assert.equal(await link.refusalOf('100.64.0.9'), '');
  assert.match(await link.refusalOf('100.64.0.50'), /no device of this tailnet/);
});

test('a peer that says it is another device than its address is refused', async t => {
  const { link } = await linked(t);
  await link.refusalOf('100.64.0.2');
  assert.equal(link.mismatchOf('100.64.0.2', 'n2CNTRL', 'it'), '');
  assert.equal(link.mismatchOf('100.64.0.2', '', 'its record'), '');
  assert.match(link.mismatchOf('100.64.0.2', 'n3CNTRL', 'it'), /says it is the device n3CNTRL .* is n2CNTRL/);
});

test('what was said of a device is asked again after a while', async t => {
  const { fake, link, pass } = await linked(t);
  assert.equal(await link.refusalOf('100.64.0.2'), '');
  const asked = () => fake.asked.filter(path => path.startsWith('whois')).length;
  const before = asked();
  await link.refusalOf('100.64.0.2');
  assert.equal(asked(), before);
  fake.peers = [];
  pass(31_000);
  assert.match(await link.refusalOf('100.64.0.2'), /no device/);
});

test('a tailscaled that does not answer lets nobody in, and says why', async t => {
  const { fake, link } = await linked(t);
  await fake.stop();
  assert.match(await link.refusalOf('100.64.0.2'), /tailscaled does not say whose address/);
});
