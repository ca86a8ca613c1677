// A thousand membership cores on a virtual network: nothing but src/membership, so that large clusters can be run and
// counted. Same seed, same run. Whole agents live in world.ts.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { TransportEvent } from '../../src/agent/environment.ts';
import { identityFrom } from '../../src/agent/identity.ts';
import type { CarriedRecord } from '../../src/membership/member.ts';
import { Membership } from '../../src/membership/membership.ts';
import type { MembershipInput, MembershipMessage } from '../../src/membership/messages.ts';
import { type SavedRecord, savedFrom } from '../../src/membership/table-store.ts';
import { VirtualNetwork } from './network.ts';
import { randomFrom } from './random.ts';
import type { Finished } from './scenario.ts';
import { sealOf } from './seal.ts';
import { Timeline } from './timeline.ts';

/** Bytes around each message on the wire: gRPC 5, HTTP/2 9, TLS 1.3 22, TCP/IP with timestamps 52. */
const framingBytes = 88;

export interface Cell {
  readonly id: string;
  readonly name: string;
  address: string;
  epoch: number;
  readonly disk: Map<string, SavedRecord>;
  core: Membership | undefined;
  /** Ends the process: its streams are reset, unless the machine has no power. */
  kill: () => void;
  /** Gives the core an input, as its shell would. */
  tell: (input: MembershipInput) => void;
  /** Most streams it ever had at once. */
  streamsMax: number;
  messages: number;
  bytes: number;
}

interface Sighting {
  readonly nowMs: number;
  readonly on: string;
  readonly event: string;
  readonly message: string;
  /** Id. */
  readonly member: string;
}

export class Swarm implements Finished {
  readonly timeline = new Timeline();
  readonly random: () => number;
  readonly network: VirtualNetwork;
  readonly cells: readonly Cell[];
  /** What became of members, as each cell saw it. */
  readonly events: Sighting[] = [];

  constructor(options: { readonly seed: number; readonly nodes: number }) {
    this.random = randomFrom(options.seed);
    this.network = new VirtualNetwork({
      nowMs: () => this.timeline.nowMs,
      after: (delayMs, run) => this.timeline.after(delayMs, run),
      random: this.random,
      onSend: () => {},
      onDeliver: () => {},
    });
    this.cells = Array.from({ length: options.nodes }, (_, i) => {
      const seed = Uint8Array.from({ length: 32 }, () => Math.floor(this.random() * 256));
      const address = `100.${64 + (i >> 14)}.${(i >> 7) & 127}.${(i & 127) + 1}:7443`;
      const cell: Cell = {
        ...{ id: identityFrom(seed).id, name: `n${i}`, address, epoch: 0, disk: new Map(), core: undefined },
        ...{ kill: () => {}, tell: () => {}, streamsMax: 0, messages: 0, bytes: 0 },
      };
      return cell;
    });
  }

  cell(index: number): Cell {
    const cell = this.cells[index];
    assert.ok(cell, `the swarm has no cell ${index}`);
    return cell;
  }

  /** Starts a process with these addresses to begin with, and what its disk holds. */
  boot(cell: Cell, peers: readonly string[]): void {
    assert.equal(cell.core, undefined, `${cell.name} runs already`);
    cell.epoch += 1;
    const transport = this.network.transport(cell.id, 'the cluster key');
    const core = new Membership({
      ...{
        id: cell.id,
        epoch: cell.epoch,
        boot: `boot ${cell.epoch} of ${cell.address}`,
        known: [...cell.disk.values()],
      },
      description: {
        ...{ name: cell.name, address: cell.address, version: '0.1.0', clusterId: '', clusterSize: 0 },
        ...{
          capabilities: ['arch=x86_64', 'cores=8', 'memory-mib=24016'],
          tags: {},
          services: [],
          level: 1,
          troubles: [],
          formerClusters: [],
        },
      },
      ...{ seal: sealOf(cell.id), random: this.random, nowMs: this.timeline.nowMs },
    });
    cell.core = core;
    let cancel = () => {};
    cell.kill = () => {
      cancel();
      cell.core = undefined;
      cell.kill = () => {};
      cell.tell = () => {};
      transport.crash();
    };
    const step = (input: MembershipInput): void => {
      if (cell.core !== core) return;
      for (const effect of core.step(input, this.timeline.nowMs)) {
        switch (effect.kind) {
          case 'send':
            cell.messages += 1;
            cell.bytes += framingBytes + bytesOf(effect.message);
            transport.send(effect.to, { layer: 'membership', message: effect.message });
            break;
          case 'dial':
            transport.dial(effect.address);
            break;
          case 'knock':
            transport.knock(effect.address);
            break;
          case 'disconnect':
            transport.disconnect(effect.id);
            break;
          case 'save':
            for (const record of effect.records) cell.disk.set(record.id, savedFrom(record));
            break;
          case 'forget':
            cell.disk.delete(effect.id);
            break;
          case 'changed': {
            const { before, after } = effect;
            if (before?.state === after.state) break;
            this.events.push({
              ...{ nowMs: this.timeline.nowMs, on: cell.name, event: after.state, member: after.id },
              message: after.name,
            });
            break;
          }
        }
      }
      cell.streamsMax = Math.max(cell.streamsMax, core.connected().size);
      cancel();
      // Whole milliseconds and one at least, as the shell's timers.
      const delayMs = Math.max(1, Math.ceil(core.nextWakeMs() - this.timeline.nowMs));
      cancel = this.timeline.after(delayMs, () => step({ kind: 'tick' }));
    };
    const onEvent = (event: TransportEvent): void => {
      switch (event.kind) {
        case 'message':
          if (event.message.layer === 'membership')
            step({ kind: 'message', from: event.from, message: event.message.message });
          break;
        case 'unreachable':
          step({ kind: 'unreachable', address: event.address, refused: event.reason === 'refused' });
          break;
        case 'up':
        case 'down':
        case 'knocked':
        case 'own-address':
          step(event);
          break;
        case 'twin':
        case 'outdated':
        case 'turned-away':
          break;
      }
    };
    cell.tell = step;
    const greeting = { epoch: cell.epoch, boot: '', name: cell.name, address: cell.address };
    void transport.open(greeting, onEvent);
    step({ kind: 'candidates', addresses: peers });
  }

  /** Moves time on by `durationMs`. */
  run(durationMs: number): void {
    const untilMs = this.timeline.nowMs + durationMs;
    while (this.timeline.next(untilMs));
  }

  /** Moves time on until `done` (looked at every `stepMs`); gives how long it took. Throws after `limitMs`. */
  runUntil(done: () => boolean, limitMs: number, what: string, stepMs = 20): number {
    const fromMs = this.timeline.nowMs;
    while (!done()) {
      assert.ok(this.timeline.nowMs - fromMs < limitMs, `not within ${limitMs} ms: ${what}`);
      this.run(stepMs);
    }
    return this.timeline.nowMs - fromMs;
  }

  running(): readonly Cell[] {
    return this.cells.filter(({ core }) => core);
  }

  /** True when all running cells hold equal tables in which exactly the running ones are there. */
  whole(): boolean {
    const running = this.running();
    const digest = running[0]?.core?.digest;
    if (!running.every(({ core }) => core?.digest === digest)) return false;
    const alive = (cell: Cell) => cell.core?.records().filter(({ state }) => state === 'alive').length;
    return running.every(cell => alive(cell) === running.length);
  }

  /** True when every running cell but itself calls `cell` so. */
  allCall(cell: Cell, state: string): boolean {
    return this.running().every(other => other === cell || other.core?.record(cell.id)?.state === state);
  }

  /** Verdicts of death on cells that are healthy. */
  deathsOf(isHealthy: (id: string) => boolean, sinceMs = 0): number {
    return this.events.filter(
      ({ nowMs, member, event }) => nowMs >= sinceMs && event === 'dead' && isHealthy(member),
    ).length;
  }

  traceHash(): string {
    const hash = createHash('sha256');
    for (const { nowMs, on, event, member } of this.events)
      hash.update(`${nowMs} ${on} ${event} ${member}
`);
    for (const { messages, bytes } of this.cells)
      hash.update(`${messages} ${bytes}
`);
    return hash.digest('hex');
  }

  /** Handshakes that others have begun with a cell. */
  handshakesOf({ id }: Cell): number {
    return this.network.handshakes.get(id) ?? 0;
  }

  streams(): readonly number[] {
    return this.running().map(({ core }) => core?.connected().size ?? 0);
  }
}

function bytesOf(message: MembershipMessage): number {
  switch (message.kind) {
    case 'ping':
      return 22 + recordBytes(message.records);
    case 'ack':
      return 14 + recordBytes(message.records);
    case 'records':
      return 4 + recordBytes(message.records) + message.buckets.length;
    case 'buckets':
      return 8 * message.digests.length;
    case 'ping-request':
    case 'ping-report':
    case 'twin':
      return 44;
  }
}

/** As protobuf encodes them: the text, key and signature of the owner, and about 140 bytes for each accusation. */
function recordBytes(records: readonly CarriedRecord[]): number {
  return records.reduce(
    (sum, { signed, accusations }) => sum + signed.body.length + 106 + 140 * accusations.length,
    0,
  );
}
