// Who decides, as an operator has it: real agents on four hosts, and leaders that hand over, are killed, stopped and demoted.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { clusterctl, clusterctlText } from './agent-host.ts';
import { LabCluster } from './lab-cluster.ts';
import type { Machine } from './machine.ts';
import { missingForLab } from './requirements.ts';
import { waitFor } from './wait-for.ts';

interface LeaderRow {
  readonly name: string;
  readonly term: number;
  readonly confirmed: boolean;
}
interface VotingRow {
  readonly name: string;
  readonly role: string;
  readonly wish: string;
  readonly why: string;
}

const missing = missingForLab();
const options = missing === undefined ? { timeout: 200_000 } : { skip: missing };
const cluster = new LabCluster({ 'integrations.slurm.enabled': false });
after(() => cluster.stop());

const leaderSeenBy = async (on: Machine) => (await clusterctl(on, ['leader'])) as LeaderRow;
const voting = async (on: Machine) => (await clusterctl(on, ['voters'])) as VotingRow[];
const isVoting = ({ role }: VotingRow) => role === 'leader' || role === 'voter';

/** A host whose agent does not lead, and the leader as it sees it. */
async function besideLeader(): Promise<{ readonly host: Machine; readonly leader: LeaderRow }> {
  const [first, second] = cluster.hosts;
  assert.ok(first && second);
  const leader = await leaderSeenBy(first);
  return { host: leader.name === first.name ? second : first, leader };
}

test('any node has the leader confirmed by a majority, and tells who votes and why', options, async () => {
  await cluster.start(4);
  const [first] = cluster.hosts;
  assert.ok(first);
  await clusterctlText(first, ['wait', '--for', 'members=4', '--for', 'leader', '--timeout', '30s'], 40_000);
  const three = async () => (await voting(first)).filter(isVoting).length === 3;
  await waitFor(three, { timeoutMs: 20_000, what: 'three voters' });
  const seen = await Promise.all(cluster.hosts.map(leaderSeenBy));
  assert.deepEqual(new Set(seen.map(({ name }) => name)).size, 1);
  assert.ok(
    seen.every(({ confirmed }) => confirmed),
    'also where a follower was asked',
  );
  for (const { why } of await voting(first)) assert.notEqual(why, '');
});

test('the leader hands over to the voter that an operator names, from any node', options, async () => {
  const { host, leader } = await besideLeader();
  const target = (await voting(host)).find(({ role }) => role === 'voter');
  assert.ok(target);
  const next = (await clusterctl(host, ['leader', 'transfer', target.name])) as LeaderRow;
  assert.deepEqual([next.name, next.term, next.confirmed], [target.name, leader.term + 1, true]);
  for (const each of cluster.hosts) {
    const agrees = async () => (await leaderSeenBy(each)).name === target.name;
    await waitFor(agrees, { timeoutMs: 5000, what: `${each.name} to follow ${target.name}` });
  }
});

test('a leader that is killed is followed by another, and comes back as a follower', options, async () => {
  const { host, leader } = await besideLeader();
  const victim = cluster.agentOn(leader.name);
  victim.kill('SIGKILL');
  await victim.child.exited;
  const another = async () => {
    const { name, confirmed } = await leaderSeenBy(host);
    return name !== leader.name && confirmed;
  };
  await waitFor(another, { timeoutMs: 10_000, what: 'another leader' });
  await clusterctlText(host, ['member', 'promote', host.name]);
  await cluster.restart(leader.name);
  const back = async () => (await leaderSeenBy(cluster.lab.host(leader.name))).name !== leader.name;
  await waitFor(back, { timeoutMs: 10_000, what: `${leader.name} to follow` });
});

test('a leader that is stopped hands over first', options, async () => {
  const { host, leader } = await besideLeader();
  const stopped = cluster.agentOn(leader.name);
  stopped.kill('SIGTERM');
  assert.equal((await stopped.child.exited).exitCode, 0, stopped.lastWords());
  const { name, term, confirmed } = await leaderSeenBy(host);
  assert.notEqual(name, leader.name);
  assert.deepEqual([term, confirmed], [leader.term + 1, true], 'one election, and it is over');
  await cluster.restart(leader.name);
  await clusterctlText(host, ['wait', '--for', 'members=4', '--timeout', '20s'], 30_000);
});

test('a leader that an operator demotes hands over, and a stand-by votes in its place', options, async () => {
  const { host, leader } = await besideLeader();
  await clusterctlText(host, ['member', 'demote', leader.name]);
  const replaced = async () => {
    const rows = await voting(host);
    const demoted = rows.find(({ name }) => name === leader.name);
    return demoted !== undefined && !isVoting(demoted) && rows.filter(isVoting).length === 3;
  };
  await waitFor(replaced, { timeoutMs: 20_000, what: `a stand-by in the place of ${leader.name}` });
  const demoted = (await voting(host)).find(({ name }) => name === leader.name);
  assert.deepEqual([demoted?.wish, demoted?.why], ['never', 'an operator wants it not to vote']);
});
