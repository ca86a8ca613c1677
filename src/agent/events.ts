// What happened, in the order in which this agent noticed it: the same names in the log, in `clusterctl events` and on
// the dashboard. Keeps the last ones in memory; bounded.
import { eventsMax } from './limits.ts';

export type EventName =
  | 'agent.ready'
  | 'agent.waiting'
  | 'agent.stopping'
  | 'cluster.founded'
  | 'cluster.joined'
  | 'cluster.abandoned'
  | 'cluster.recovered'
  | 'cluster.raised'
  | 'cluster.conflict'
  | 'identity.conflict'
  | 'member.alive'
  | 'member.suspected'
  | 'member.degraded'
  | 'member.failed'
  | 'members.failed-together'
  | 'member.left'
  | 'member.refuted'
  | 'member.disbelieved'
  | 'member.too-old'
  | 'service.lapsed'
  | 'service.withdrawn'
  | 'member.log-lost'
  | 'agent.stalled'
  | 'agent.expelled'
  | 'disk.trouble'
  | 'disk.well'
  | 'node.removed'
  | 'node.admitted'
  | 'node.replaced'
  | 'node.drained'
  | 'node.resumed'
  | 'secret.replaced'
  | 'job.recovered'
  | 'job.lost'
  | 'leader.elected'
  | 'leader.lost'
  | 'voters.changed'
  | 'service.ready'
  | 'service.warned'
  | 'service.failed'
  | 'service.drained'
  | 'service.granted'
  | 'operation.started'
  | 'operation.advanced'
  | 'operation.done'
  | 'operation.failed'
  | 'peer.key-refused'
  | 'peer.turned-away'
  | 'peer.other-device'
  | 'decision.refused'
  | 'table.write-failed'
  | 'tailnet.changed'
  | 'tailnet.warned';

export interface ClusterEvent {
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number;
  readonly event: EventName;
  readonly level: 'info' | 'warn' | 'error';
  /** Name of the member it is about; empty when it is about none. */
  readonly member: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

export class EventLog {
  readonly #kept: ClusterEvent[] = [];
  readonly #listeners = new Set<(event: ClusterEvent) => void>();

  add(event: ClusterEvent): void {
    this.#kept.push(event);
    if (this.#kept.length > eventsMax) this.#kept.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** The kept events, oldest first. */
  recent(): readonly ClusterEvent[] {
    return [...this.#kept];
  }

  /** Tells each later event until the returned function is called. */
  listen(listener: (event: ClusterEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
