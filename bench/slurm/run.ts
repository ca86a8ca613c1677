// How soon a machine takes jobs, joined by its agent and joined by hand, in one cluster; how long people's commands wait while the
// leader or the controller moves. Prints one Markdown table; progress goes to standard error.
// usage: node bench/slurm/run.ts [--runs N] [--together N]
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { clusterctl, clusterctlText, peerAddress, startAgents } from '../../test/lab/agent-host.ts';
import type { Host } from '../../test/lab/host.ts';
import { Lab } from '../../test/lab/lab.ts';
import { missingForSlurm } from '../../test/lab/requirements.ts';
import { hasEndedOnce, jobText } from '../../test/lab/slurm-queue.ts';
import { waitFor } from '../../test/lab/wait-for.ts';
import { Report } from '../testbed/report.ts';
import { seconds, summary } from '../testbed/samples.ts';
import { type Join, joinByAgent, joinByHand } from './joins.ts';
import { defaultRuns, defaultTogether, joinTimeoutMs, moves, restMs, togetherTimeoutMs } from './limits.ts';
import { Submissions } from './submissions.ts';

const founders = 3;
const { values } = parseArgs({ options: { runs: { type: 'string' }, together: { type: 'string' } } });
const [runs, together] = [Number(values.runs ?? defaultRuns), Number(values.together ?? defaultTogether)];
const missing = missingForSlurm();
const isCount = (count: number, least: number) => Number.isSafeInteger(count) && count >= least;
if (!isCount(runs, 1) || !isCount(together, 0) || missing !== undefined) {
  console.error(missing ?? 'usage: node bench/slurm/run.ts [--runs N] [--together N]');
  process.exit(2);
}

const say = (text: string) =>
  console.error(`${(performance.now() / 1000).toFixed(1).padStart(8)} s  ${text}`);
const slurm = {
  name: 'agent',
  version: () => `SLURM of Debian, ${runs} joins of each kind one after the other`,
};
const report = await Report.begin(
  [slurm, { name: 'by hand', version: () => 'by hand: key, munged, slurm.conf, slurmd' }],
  undefined,
);
report.table.beginRow();
const lab = await Lab.start({ hosts: founders + 2 * runs + 2 * together });
try {
  const hosts = [...lab.hosts];
  const first = hosts.splice(0, founders);
  const [one] = first;
  assert.ok(one);
  const peers = first.map(peerAddress);
  await startAgents(first);
  await clusterctlText(one, ['wait', '--for', `members=${founders}`, '--timeout', '60s'], 70_000);
  await clusterctlText(one, ['wait', '--for', 'healthy', '--timeout', '90s'], 100_000);
  const serving = async () => {
    const { parts } = (await clusterctl(one, ['service', 'show', 'slurm'])) as {
      readonly parts: readonly {
        readonly holds: boolean;
        readonly member: string;
        readonly role: string;
        readonly state: string;
      }[];
    };
    const holder = parts.find(({ holds, state }) => holds && state === 'ready');
    const standbys = parts.filter(({ role, state }) => role === 'standby' && state === 'ready');
    return holder && standbys.length === 2
      ? { holder: holder.member, heir: standbys[0]?.member ?? '' }
      : undefined;
  };
  const settled = () => waitFor(serving, { timeoutMs: 90_000, what: 'a controller and two that stand by' });
  const holder = lab.host((await settled()).holder);

  const [agents, hand]: [Join[], Join[]] = [[], []];
  for (let run = 1; run <= runs; run += 1) {
    const [byAgent, byHand] = hosts.splice(0, 2);
    assert.ok(byAgent && byHand);
    hand.push(await joinByHand(byHand, holder, joinTimeoutMs));
    agents.push(await joinByAgent(byAgent, peers, holder, joinTimeoutMs));
    say(`join ${run}: agent ${JSON.stringify(agents.at(-1))}, by hand ${JSON.stringify(hand.at(-1))}`);
    await sleep(restMs);
  }
  const figures = (joins: readonly Join[], what: string, goal: string) => [
    {
      what: `${what} → SLURM calls the node idle`,
      goal,
      text: summary(
        joins.map(({ idleMs }) => idleMs),
        seconds,
      ),
    },
    {
      what: `${what} → output of a first srun there`,
      goal,
      text: summary(
        joins.map(({ jobMs }) => jobMs),
        seconds,
      ),
    },
  ];
  report.add('agent', founders, '', figures(agents, 'start', '≤ 1.5 ×'));
  report.add('by hand', founders, '', figures(hand, 'start', '≤ 1.5 ×'));

  if (together > 0) {
    const all = async (joins: readonly Promise<Join>[]) =>
      (await Promise.all(joins)).map(({ jobMs }) => jobMs);
    const [byHand, byAgent] = [hosts.splice(0, together), hosts.splice(0, together)];
    const handMs = await all(byHand.map(host => joinByHand(host, holder, togetherTimeoutMs)));
    say(`${together} by hand: ${Math.max(...handMs)} ms`);
    const agentMs = await all(byAgent.map(host => joinByAgent(host, peers, holder, togetherTimeoutMs)));
    say(`${together} agents: ${Math.max(...agentMs)} ms`);
    const what = `${together} started at once → output of a first srun on each`;
    report.add('agent', founders, '', [{ what, goal: '', text: summary(agentMs, seconds) }]);
    report.add('by hand', founders, '', [{ what, goal: '', text: summary(handMs, seconds) }]);
  }

  const submissions = new Submissions(holder);
  const blocked = async (what: string, goal: string, move: () => Promise<unknown>) => {
    const waits: number[] = [];
    for (let turn = 1; turn <= moves; turn += 1) {
      await settled();
      await sleep(restMs);
      submissions.takeLongestMs();
      await move();
      await sleep(restMs);
      waits.push(submissions.takeLongestMs());
      say(`${what} ${turn}: a submission waited ${waits.at(-1)?.toFixed(0)} ms`);
    }
    report.add('agent', founders, '', [
      { what: `${what}: longest wait of a submission`, goal, text: summary(waits, seconds) },
    ]);
  };
  await blocked('leader transfer', '≤ 3 s', () => clusterctl(one, ['leader', 'transfer']));
  await blocked('service move slurm', '≤ 3 s', async () => {
    const { heir } = await settled();
    await clusterctl(one, ['service', 'move', 'slurm', '--to', heir], 60_000);
  });
  await submissions.end();
  await untilEnded(holder, submissions);
  const { accepted, refused } = submissions;
  const text = `${accepted.length} accepted, all completed once; ${refused.length} refused`;
  report.add('agent', founders, '', [{ what: 'jobs submitted meanwhile', goal: 'none lost', text }]);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await lab.stop();
}
report.end();

/** Every job that was accepted completes, once. */
async function untilEnded(on: Host, { accepted }: Submissions): Promise<void> {
  for (const job of accepted)
    await waitFor(() => hasEndedOnce(on, job), {
      timeoutMs: 120_000,
      what: `job ${job} to end once`,
      explain: () => jobText(on, job),
    });
}
