// What a table believes: only what the owner signed, only newer, only within bounds; a lie changes nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimText } from '../../src/membership/claim-text.ts';
import {
  claimBytesMax,
  goneHoldMs,
  incarnationLeapMax,
  membersMax,
  reapDeadMs,
  silentHoldMs,
  stalledHoldMs,
  verdictBatchMs,
} from '../../src/membership/limits.ts';
import {
  type Accusation,
  accusationText,
  type CarriedRecord,
  type Claim,
  type Evidence,
  type MemberRecord,
} from '../../src/membership/member.ts';
import { Table } from '../../src/membership/table.ts';
import { sealOf } from '../simulation/seal.ts';

const idOf = (number: number) => number.toString(16).padStart(32, '0');
const own = idOf(0);

function claimOf(id: string, change: Partial<Claim> = {}): Claim {
  return {
    ...{
      id,
      epoch: 1,
      boot: 'b',
      incarnation: 1,
      state: 'alive',
      name: `n-${id.slice(-4)}`,
      address: '100.64.0.9:7443',
    },
    ...{
      version: '1',
      clusterId: '',
      clusterSize: 0,
      capabilities: [],
      tags: {},
      services: [],
      ...{ level: 1, troubles: [], formerClusters: [] },
      lossy: [],
      ...change,
    },
  };
}

function carried(claim: Claim, accusations: readonly Accusation[] = [], signer = claim.id): CarriedRecord {
  const body = claimText(claim);
  return { signed: { body, publicKey: signer, signature: sealOf(signer).sign(body) }, accusations };
}

function accusation(
  claim: Claim,
  observer: string,
  evidence: Evidence = 'silent',
  signer = observer,
): Accusation {
  const signature = sealOf(signer).sign(accusationText(claim, evidence));
  return { observer, evidence, publicKey: signer, signature };
}

function tableOf(others: number): Table {
  const table = new Table(own, sealOf(own));
  table.publish(claimOf(own), 0);
  for (let number = 1; number <= others; number++) table.hear(carried(claimOf(idOf(number))), 0);
  return table;
}

const reasonsOf = (table: Table, record: CarriedRecord) =>
  table.hear(record, 0).rejections.map(({ reason }) => reason);

test('a record that another has signed, or that was changed after signing, is not believed', () => {
  const table = tableOf(2);
  const digest = table.digest.total();
  const later = claimOf(idOf(1), { incarnation: 2, state: 'left' });
  assert.deepEqual(reasonsOf(table, carried(later, [], idOf(2))), ['wrong-key']);
  const honest = carried(claimOf(idOf(1), { incarnation: 2 }));
  const body = honest.signed.body.replace('"alive"', '"left"');
  assert.deepEqual(reasonsOf(table, { ...honest, signed: { ...honest.signed, body } }), ['bad-signature']);
  assert.equal(table.digest.total(), digest, 'nothing has changed');
});

test('an accusation counts only under the signature of its observer, and never the subject against itself', () => {
  const table = tableOf(3);
  const claim = claimOf(idOf(1));
  const forged = accusation(claim, idOf(2), 'gone', idOf(3));
  assert.deepEqual(reasonsOf(table, carried(claim, [forged])), ['forged-accusation']);
  assert.deepEqual(reasonsOf(table, carried(claim, [accusation(claim, claim.id)])), ['forged-accusation']);
  const former = { ...claim, incarnation: 0 };
  assert.deepEqual(reasonsOf(table, carried(claim, [accusation(former, idOf(2))])), ['forged-accusation']);
  assert.equal(table.get(claim.id)?.state, 'alive');
  assert.deepEqual(reasonsOf(table, carried(claim, [accusation(claim, idOf(2)), forged])), [
    'forged-accusation',
  ]);
  assert.equal(table.get(claim.id)?.state, 'suspect', 'the honest one beside a forged one counts');
});

test('one liar cannot kill: with its word alone a healthy member stays a suspect until it has spoken up', () => {
  const table = tableOf(4);
  const claim = claimOf(idOf(1));
  table.hear(carried(claim, [accusation(claim, idOf(2), 'gone')]), 0);
  assert.deepEqual(
    table.bury(() => false, silentHoldMs),
    [],
  );
  table.hear(carried({ ...claim, incarnation: 2 }), silentHoldMs);
  assert.equal(table.get(claim.id)?.state, 'alive');
});

test('those whose time ends close together are called dead together, and nobody waits for one whose time is long', () => {
  const table = tableOf(6);
  const suspect = (number: number, evidence: Accusation['evidence'], nowMs: number) => {
    const claim = claimOf(idOf(number));
    const words = [idOf(5), idOf(6)].map(observer => accusation(claim, observer, evidence));
    table.hear(carried(claim, words), nowMs);
  };
  const dead = (nowMs: number) =>
    table
      .bury(() => false, nowMs)
      .filter(({ after }) => after.state === 'dead')
      .map(({ after }) => after.id);
  suspect(1, 'silent', 0);
  suspect(2, 'silent', verdictBatchMs / 2);
  suspect(3, 'stalled', 0);
  const lastMs = verdictBatchMs / 2 + silentHoldMs;
  assert.equal(table.nextDeathMs(), lastMs);
  assert.deepEqual(dead(silentHoldMs), [], 'the first waits for the second');
  assert.deepEqual(dead(lastMs), [idOf(1), idOf(2)]);
  assert.equal(table.nextDeathMs(), stalledHoldMs);
  suspect(4, 'gone', lastMs);
  assert.deepEqual(dead(lastMs + goneHoldMs), [idOf(4)], 'the stalled one holds nobody back');
});

test('one that has just fallen silent is waited for, and not for long', () => {
  const table = tableOf(6);
  const [doomed, doubted] = [claimOf(idOf(1)), claimOf(idOf(2))];
  const words = [idOf(5), idOf(6)].map(observer => accusation(doomed, observer, 'gone'));
  table.hear(carried(doomed, words), 0);
  table.hear(carried(doubted, [accusation(doubted, idOf(5), 'silent')]), 0);
  assert.equal(table.nextDeathMs(), goneHoldMs + verdictBatchMs);
  table.hear(carried({ ...doubted, incarnation: 2 }), 0);
  assert.equal(table.nextDeathMs(), goneHoldMs, 'it has spoken up: nobody is waited for');
});

test('absurd counters, oversized tags and texts, and shapes that are none are refused', () => {
  const table = tableOf(1);
  const id = idOf(1);
  const refused = (change: object) => reasonsOf(table, carried(claimOf(id, change)));
  assert.deepEqual(refused({ incarnation: Number.MAX_SAFE_INTEGER }), ['absurd']);
  assert.deepEqual(refused({ epoch: -1 }), ['absurd']);
  assert.deepEqual(refused({ incarnation: incarnationLeapMax + 10 }), ['absurd']);
  assert.deepEqual(refused({ incarnation: 2, tags: { site: 'x'.repeat(300) } }), ['oversized']);
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${i}`, 'x'.repeat(200)]));
  assert.deepEqual(refused({ incarnation: 2, tags: many }), ['oversized']);
  assert.deepEqual(refused({ incarnation: 2, name: 'x'.repeat(claimBytesMax) }), ['oversized']);
  assert.deepEqual(refused({ incarnation: 2, address: 'nowhere' }), ['malformed']);
  assert.deepEqual(refused({ incarnation: 2, lossy: ['not an id'] }), ['malformed']);
  const broken = { signed: { body: '{', publicKey: id, signature: '' }, accusations: [] };
  assert.deepEqual(reasonsOf(table, broken), ['malformed']);
  assert.equal(table.get(id)?.incarnation, 1);
});

test('an old record that is played again changes nothing', () => {
  const table = tableOf(1);
  const old = carried(claimOf(idOf(1)));
  table.hear(carried(claimOf(idOf(1), { epoch: 2, address: '100.64.0.7:7443' })), 0);
  const { changes, rejections } = table.hear(old, 0);
  assert.deepEqual([changes, rejections], [[], []]);
  assert.equal(table.get(idOf(1))?.address, '100.64.0.7:7443');
});

test('two boots that claim one epoch are told as twins, by whichever record comes second', () => {
  const [a, b] = [claimOf(idOf(1), { boot: 'x' }), claimOf(idOf(1), { boot: 'y' })];
  for (const [first, second] of [
    [a, b],
    [b, a],
  ] as const) {
    const table = tableOf(0);
    table.hear(carried(first), 0);
    assert.equal(table.hear(carried(second), 0).twin?.boot, second.boot);
    assert.equal(table.get(idOf(1))?.boot, 'y', 'one of them stands everywhere');
  }
});

test('a node that knows nothing of a new field hands the record on as it was signed', () => {
  const table = tableOf(0);
  const claim = claimOf(idOf(1));
  const body = `${claimText(claim).slice(0, -1)},"future":{"x":1}}`;
  const signed = { body, publicKey: claim.id, signature: sealOf(claim.id).sign(body) };
  table.hear({ signed, accusations: [] }, 0);
  assert.deepEqual(table.get(claim.id)?.signed, signed);
});

test('a member is degraded when enough others call it lossy, and well again when they take it back', () => {
  const table = tableOf(4);
  const subject = idOf(1);
  const say = (observer: number, incarnation: number, lossy: readonly string[]) =>
    table.hear(carried(claimOf(idOf(observer), { incarnation, lossy })), 0).changes;
  say(2, 2, [subject]);
  assert.equal(table.get(subject)?.state, 'alive', 'one observer may be the one with the bad link');
  const changes = say(3, 2, [subject]);
  assert.equal(table.get(subject)?.state, 'degraded');
  assert.deepEqual(
    changes.map(({ after }) => [after.id, after.state]),
    [
      [idOf(3), 'alive'],
      [subject, 'degraded'],
    ],
  );
  say(3, 3, []);
  assert.equal(table.get(subject)?.state, 'alive');
});

test('the dead are forgotten in time unless they are held, and no old record brings them back', () => {
  const table = tableOf(3);
  const die = (number: number) => {
    const claim = claimOf(idOf(number));
    const by = [idOf(3), idOf(number === 1 ? 2 : 1)];
    table.hear(
      carried(
        claim,
        by.map(observer => accusation(claim, observer)),
      ),
      0,
    );
  };
  die(1);
  die(2);
  table.bury(() => false, silentHoldMs);
  assert.deepEqual([table.get(idOf(1))?.state, table.get(idOf(2))?.state], ['dead', 'dead']);
  assert.deepEqual(table.reap(new Set([idOf(2)]), silentHoldMs + reapDeadMs - 1), []);
  assert.deepEqual(table.reap(new Set([idOf(2)]), silentHoldMs + reapDeadMs), [idOf(1)]);
  assert.equal(table.get(idOf(1)), undefined);
  assert.deepEqual(reasonsOf(table, carried(claimOf(idOf(1), { incarnation: 5 }))), ['forgotten']);
  assert.deepEqual(reasonsOf(table, carried(claimOf(idOf(1), { epoch: 2 }))), []);
  assert.equal(table.get(idOf(1))?.state, 'alive');
});

test('a table is bounded', () => {
  const table = tableOf(membersMax - 1);
  assert.equal(table.size, membersMax);
  assert.deepEqual(reasonsOf(table, carried(claimOf(idOf(membersMax + 1)))), ['table-full']);
  assert.equal(table.size, membersMax);
});

test('tables that heard the same in any order have the same digest', () => {
  const records = Array.from({ length: 40 }, (_, i) =>
    carried(claimOf(idOf(i + 1), { incarnation: 1 + (i % 3) })),
  );
  const older = records.map((_, i) => carried(claimOf(idOf(i + 1))));
  const [one, other] = [tableOf(0), tableOf(0)];
  for (const record of [...older, ...records]) one.hear(record, 0);
  for (const record of [...records.toReversed(), ...older]) other.hear(record, 0);
  assert.equal(one.digest.total(), other.digest.total());
  assert.deepEqual(one.digest.buckets, other.digest.buckets);
  const known = (table: Table) =>
    table
      .records()
      .map(({ id, incarnation }: MemberRecord) => `${id} ${incarnation}`)
      .sort();
  assert.deepEqual(known(one), known(other));
  other.hear(carried(claimOf(idOf(7), { incarnation: 9 })), 0);
  assert.notEqual(one.digest.total(), other.digest.total());
});
