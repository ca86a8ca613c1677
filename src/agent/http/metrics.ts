// What the agent knows and has counted, as Prometheus metrics. Reads the agent at each scrape and keeps no number of its
// own; no label is the name of a member. Loaded only where HTTP is on, because prom-client costs about 1 MB.
import { Counter, Gauge, type Histogram, Registry } from 'prom-client';
import { probeTimeBoundsMs } from '../../membership/counters.ts';
import type { MemberState } from '../../membership/member.ts';
import type { Rejection } from '../../membership/messages.ts';
import type { Agent } from '../agent.ts';
import type { GrpcPeerTransport } from '../grpc/peer-transport.ts';
import type { StateCopies } from '../state-copies.ts';
import type { FollowerStatus } from '../state-feed.ts';
import { version } from '../version.ts';

/** What the metrics are read from. */
export interface Measured {
  readonly agent: Pick<Agent, 'records' | 'membership' | 'leadership' | 'logIndexes' | 'inputsDropped'>;
  readonly transport: Pick<GrpcPeerTransport, 'shed' | 'dropped'>;
  readonly copies: Pick<StateCopies, 'status' | 'followers'>;
}

/** The same, unfolded for one scrape. */
interface Readings {
  readonly agent: Measured['agent'];
  readonly membership: Agent['membership'];
  readonly counters: Agent['membership']['counters'];
  readonly transport: Measured['transport'];
  readonly copies: Measured['copies'];
}
type Metric = readonly [name: string, help: string, read: (readings: Readings) => number];

/** What only grows while the process lives. */
const counts: readonly Metric[] = [
  ['member_suspicions_total', 'Members that became suspect.', ({ counters }) => counters.suspicions],
  ['member_deaths_total', 'Members that became dead.', ({ counters }) => counters.deaths],
  ['false_suspicions_total', 'Suspects that turned out alive.', ({ counters }) => counters.falseSuspicions],
  ['false_deaths_total', 'Dead members that turned out alive.', ({ counters }) => counters.falseDeaths],
  ['refutations_total', 'Accusations that this node refuted.', ({ counters }) => counters.refutations],
  ['probes_total', 'Probes that this node sent.', ({ membership }) => membership.probes.sent],
  ['probe_failures_total', 'Probes not answered in time.', ({ membership }) => membership.probes.late],
  ['membership_messages_sent_total', 'Messages to peers.', ({ counters }) => counters.messagesSent],
  ['membership_messages_received_total', 'Messages of peers.', ({ counters }) => counters.messagesReceived],
  ['dials_total', 'Attempts to open a stream.', ({ counters }) => counters.dials],
  ['knocks_total', 'Bare TCP connections to silent members.', ({ counters }) => counters.knocks],
  ['table_repairs_total', 'Comparisons of differing member tables.', ({ counters }) => counters.repairs],
  ['handshakes_shed_total', 'Handshakes refused: too many at once.', ({ transport }) => transport.shed],
  ['stream_messages_dropped_total', 'Messages to slow readers.', ({ transport }) => transport.dropped],
  ['inputs_dropped_total', 'Messages of peers: too many waited.', ({ agent }) => agent.inputsDropped],
  ['attention_lapses_total', 'Times this node did nothing.', ({ membership }) => membership.health.lapses],
  [
    'attention_lapse_seconds_total',
    'Time in which this node did nothing.',
    ({ membership }) => membership.health.lapseMs / 1000,
  ],
];

/** What goes up and down. */
const levels: readonly Metric[] = [
  ['streams', 'Open streams to peers.', ({ membership }) => membership.connected().size],
  ['own_health_score', 'Ill health of this node: 0 is well.', ({ membership }) => membership.health.score],
  ['is_leader', '1 while this node leads.', ({ agent }) => (agent.leadership.role === 'leader' ? 1 : 0)],
  ['election_term', 'Term of the election.', ({ agent }) => agent.leadership.term],
  ['log_index', 'Last entry of this log.', ({ agent }) => agent.logIndexes.last],
  ['applied_index', 'Last entry in the decided state.', ({ agent }) => agent.logIndexes.applied],
  [
    'state_copy_followers',
    'Candidates that copy the state held here.',
    ({ copies }) => copies.followers().length,
  ],
  ['state_copies_current', 'Copies no older than the state held here.', currentCopies],
  ['state_copy_lag_seconds', 'How much older the oldest copy is than the state held here.', copyLagSeconds],
];

/** Every state and every reason is shown from the start, so that the first of its kind is an increase. */
const states = { alive: 0, suspect: 0, degraded: 0, dead: 0, left: 0 } satisfies Record<MemberState, 0>;
const reasons = {
  ...{ oversized: 0, malformed: 0, absurd: 0, forgotten: 0, 'table-full': 0 },
  ...{ 'wrong-key': 0, 'bad-signature': 0, 'forged-accusation': 0 },
} satisfies Record<Rejection, 0>;

/** The metrics of one agent; each scrape of the registry reads it anew, all of it in one turn of the event loop. */
export function metricsOf({ agent, transport, copies }: Measured): Registry {
  const registry = new Registry();
  const registers = [registry];
  const readings = (): Readings => {
    const { membership } = agent;
    return { agent, membership, counters: membership.counters, transport, copies };
  };
  for (const [name, help, read] of counts)
    addCounter(registry, `clusteros_${name}`, help, () => read(readings()));
  for (const [name, help, read] of levels)
    addGauge(registry, `clusteros_${name}`, help, () => read(readings()));
  new Gauge({
    ...{ name: 'clusteros_build_info', help: 'Version of the agent and of Node.js.', registers },
    labelNames: ['version', 'node'],
  }).set({ version, node: process.version }, 1);
  new Gauge({
    ...{ name: 'clusteros_members', help: 'Members by state, as this node sees them, itself among them.' },
    ...{ registers, labelNames: ['state'] },
    collect() {
      const members: Record<MemberState, number> = { ...states };
      for (const { state } of agent.records()) members[state] += 1;
      for (const [state, count] of Object.entries(members)) this.set({ state }, count);
    },
  });
  new Counter({
    ...{ name: 'clusteros_records_rejected_total', help: 'What peers said that was not believed.' },
    ...{ registers, labelNames: ['reason'] },
    collect() {
      this.reset();
      const rejected = { ...reasons, ...Object.fromEntries(agent.membership.counters.rejected) };
      for (const [reason, count] of Object.entries(rejected)) this.inc({ reason }, count);
    },
  });
  registry.registerMetric(probeTimes(agent));
  addCounter(registry, 'process_cpu_seconds_total', 'CPU time of the agent.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  addGauge(registry, 'process_resident_memory_bytes', 'Resident memory of the agent.', () =>
    process.memoryUsage.rss(),
  );
  return registry;
}

function currentCopies({ copies }: Readings): number {
  const { holding } = copies.status();
  const isCurrent = ({ token, generation }: FollowerStatus) =>
    token === holding?.token && generation >= holding.generation;
  return copies.followers().filter(isCurrent).length;
}

/** Numbers of generations are milliseconds. 0 on a node that holds nothing; a candidate that has nothing at all counts with the current ones only. */
function copyLagSeconds({ copies }: Readings): number {
  const { holding } = copies.status();
  const lags = copies
    .followers()
    .map(({ generation }) => (holding && generation > 0 ? holding.generation - generation : 0));
  return Math.max(0, ...lags) / 1000;
}

function addCounter(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    ...{ name, help, registers: [registry] },
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

function addGauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    ...{ name, help, registers: [registry] },
    collect() {
      this.set(read());
    },
  });
}

/** prom-client's own histogram can only observe, and these times have been sorted into buckets already; so this one is read. */
function probeTimes(agent: Measured['agent']): Histogram {
  const name = 'clusteros_probe_duration_seconds';
  const get = async () => {
    const { buckets, sumMs } = agent.membership.counters.probeTimes();
    let count = 0;
    const values = buckets.map((inBucket, index) => {
      count += inBucket;
      const boundMs = probeTimeBoundsMs[index];
      const le = boundMs === undefined ? '+Inf' : boundMs / 1000;
      return { metricName: `${name}_bucket`, labels: { le }, value: count };
    });
    return {
      ...{ name, help: 'Round trips of answered probes.', type: 'histogram', aggregator: 'sum' },
      values: [
        ...values,
        { metricName: `${name}_sum`, labels: {}, value: sumMs / 1000 },
        { metricName: `${name}_count`, labels: {}, value: count },
      ],
    };
  };
  return { name, get } as unknown as Histogram;
}
