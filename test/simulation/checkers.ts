// What must hold after every step, whatever happens (the I-numbers are those of the scenario list). A checker only
// looks: it reads disks, sent messages and views, and throws on the first thing that may not be.
import assert from 'node:assert/strict';
import type { Agent } from '../../src/agent/agent.ts';
import type { PeerMessage } from '../../src/agent/environment.ts';
import type { Entry } from '../../src/election/command.ts';
import type { Saved } from '../../src/election/replica.ts';
import { membersMax, streamsMax } from '../../src/membership/limits.ts';
import { DecisionChecker } from './decision-checker.ts';

/** The parts of a virtual machine that checkers look at. */
export interface Watched {
  readonly id: string;
  readonly name: string;
  readonly disk: { readonly saved: Saved };
  readonly agent: Agent | undefined;
}

export class Checkers {
  /** I1: cluster and term → who led it. */
  readonly #leaders = new Map<string, string>();
  /** I7: cluster, term and voter → whom it voted for. */
  readonly #votes = new Map<string, string>();
  /** I3, I4, I5: what was committed in each cluster, by index, as text. */
  readonly #committed = new Map<string, string[]>();
  /** I5: cluster and index → decided state, as text. */
  readonly #states = new Map<string, string>();
  /** I17: viewer's process and subject → the newest record seen. */
  readonly #seen = new Map<string, { epoch: number; incarnation: number }>();
  readonly #decisions = new DecisionChecker();
  readonly #applied = new Map<string, number>();
  readonly #led = new Map<string, string>();

  /** Called after each durable change of a node's log. */
  saved(node: Watched, before: Saved, after: Saved): void {
    if (after.clusterId === '') return;
    if (before.clusterId === after.clusterId) {
      assert.ok(
        after.term >= before.term,
        `I6: the term of ${node.name} went back from ${before.term} to ${after.term}`,
      );
      assert.ok(after.commitIndex >= before.commitIndex, `I6: the commit index of ${node.name} went back`);
    }
    assert.ok(after.commitIndex <= lastOf(after), `I6: ${node.name} says committed what it does not hold`);
    if (after.votedFor !== '') {
      const key = `${after.clusterId}/${after.term}/${node.id}`;
      const former = this.#votes.get(key);
      assert.ok(
        former === undefined || former === after.votedFor,
        `I7: ${node.name} voted twice in term ${after.term}`,
      );
      this.#votes.set(key, after.votedFor);
    }
  }

  /** Called with each message at the moment it is handed to the network. */
  sent(node: Watched, to: string, message: PeerMessage): void {
    if (message.layer !== 'election') return;
    const { saved } = node.disk;
    const said = message.message;
    switch (said.kind) {
      case 'vote-request':
        if (said.preVote) break;
        assert.equal(
          saved.term,
          said.term,
          `I8: ${node.name} asks for votes in a term that is not on its disk`,
        );
        assert.equal(
          saved.votedFor,
          node.id,
          `I8: ${node.name} asks for votes before its own is on its disk`,
        );
        break;
      case 'vote-reply':
        if (said.preVote || !said.granted) break;
        assert.equal(saved.term, said.term, `I8: ${node.name} votes in a term that is not on its disk`);
        assert.equal(saved.votedFor, to, `I8: ${node.name} gives a vote that is not on its disk`);
        break;
      case 'append-reply':
        if (!said.success) break;
        assert.ok(saved.term >= said.term, `I8: ${node.name} acknowledges in a term that is not on its disk`);
        assert.ok(
          lastOf(saved) >= said.matchIndex,
          `I8: ${node.name} acknowledges entries that are not on its disk`,
        );
        break;
      case 'fetch-reply': {
        const last = said.prevLogIndex + said.entries.length;
        assert.ok(lastOf(saved) >= last, `I8: ${node.name} hands on entries that are not on its disk`);
        break;
      }
      case 'snapshot-offer':
      case 'snapshot-chunk':
        assert.ok(
          (saved.snapshot?.index ?? 0) >= said.index,
          `I8: ${node.name} hands on a snapshot that is not on its disk`,
        );
        break;
      case 'append-request':
        // Its entries may leave while they are being written; that this node leads, and what is decided, may not.
        assert.equal(saved.term, said.term, `I8: ${node.name} leads in a term that is not on its disk`);
        assert.ok(
          lastOf(saved) >= said.commitIndex,
          `I8: ${node.name} tells of decisions that are not on its disk`,
        );
        break;
      case 'timeout-now':
      case 'log-lost':
      case 'snapshot-request':
      case 'commit-notice':
      case 'fetch-request':
        break;
    }
  }

  /** Called after every step of the world. */
  check(nodes: readonly Watched[], clones: readonly Watched[]): void {
    const all = [...nodes, ...clones];
    for (const node of nodes) {
      if (!node.agent) continue;
      this.#checkLeadership(node, node.agent, all);
      this.#checkCommitted(node, node.agent, all);
    }
  }

  /** I2, over all pairs; costs a walk through the logs, so it is called from time to time and at the end. */
  checkLogs(nodes: Iterable<Watched>): void {
    const logs = [...nodes].filter(node => node.disk.saved.clusterId !== '');
    for (const [i, a] of logs.entries()) {
      for (const b of logs.slice(i + 1)) {
        if (a.disk.saved.clusterId !== b.disk.saved.clusterId) continue;
        const [left, right] = [a.disk.saved, b.disk.saved];
        const first = Math.max(left.base.index, right.base.index) + 1;
        let shared = Math.min(lastOf(left), lastOf(right));
        while (shared >= first && entryOf(left, shared)?.term !== entryOf(right, shared)?.term) shared -= 1;
        for (let index = first; index <= shared; index++) {
          const same = textOf(entryOf(left, index)) === textOf(entryOf(right, index));
          assert.ok(
            same,
            `I2: the logs of ${a.name} and ${b.name} agree at ${shared} and differ at ${index}`,
          );
        }
      }
    }
  }

  /** I17 and I20, over all views. */
  checkMembers(nodes: Iterable<Watched>): void {
    for (const { id: own, name, agent } of nodes) {
      if (!agent) continue;
      const streams = agent.membership.connected().size;
      assert.ok(streams <= streamsMax, `I20: ${name} holds ${streams} streams`);
      assert.ok(agent.records().length <= membersMax, `I20: the table of ${name} is too large`);
      assert.equal(agent.inputsDropped, 0, `I20: the queues of ${name} have overflowed`);
      for (const { id, epoch, incarnation } of agent.records()) {
        const key = `${own}/${agent.options.epoch}/${id}`;
        const former = this.#seen.get(key);
        const forward =
          !former || epoch > former.epoch || (epoch === former.epoch && incarnation >= former.incarnation);
        assert.ok(forward, `I17: ${name} went back to an older record of ${id}`);
        this.#seen.set(key, { epoch, incarnation });
      }
    }
  }

  #checkLeadership(node: Watched, agent: Agent, all: readonly Watched[]): void {
    const { voters } = agent.configuration;
    assert.ok(
      [0, 1, 3, 5].includes(voters.length),
      `${node.name} knows ${voters.length} voters: never two or four`,
    );
    const { role, term } = agent.leadership;
    const { clusterId } = node.disk.saved;
    const key = `${clusterId}/${term}`;
    if (role === 'leader') this.#decisions.changing(node, agent.logIndexes.applied);
    if (role !== 'leader' || clusterId === '' || this.#led.get(node.id) === key) return;
    this.#led.set(node.id, key);
    const other = this.#leaders.get(key);
    assert.ok(other === undefined || other === node.id, `I1: two leaders in term ${term}`);
    this.#leaders.set(key, node.id);
    const isForIt = ([voter, choice]: [string, string]) => voter.startsWith(`${key}/`) && choice === node.id;
    const votes = [...this.#votes].filter(isForIt).map(([voter]) => voter.slice(key.length + 1));
    this.#decisions.led(node, term, new Set(votes));
    const committed = this.#committed.get(clusterId) ?? [];
    const { saved } = node.disk;
    for (const [i, text] of committed.entries()) {
      // What was compacted away is in the snapshot, which I5 looks at.
      if (i < saved.base.index || text === undefined) continue;
      assert.equal(
        textOf(entryOf(saved, i + 1)),
        text,
        `I3: leader ${node.name} of term ${term} lacks committed entry ${i + 1}`,
      );
    }
    this.checkLogs(all);
  }

  #checkCommitted(node: Watched, agent: Agent, all: readonly Watched[]): void {
    const { saved } = node.disk;
    const { clusterId } = saved;
    const { applied } = agent.logIndexes;
    const process = `${node.id}/${agent.options.epoch}/${clusterId}`;
    const from = this.#applied.get(process) ?? 0;
    if (clusterId === '' || applied === from) return;
    assert.ok(applied > from, `I6: ${node.name} went back from applied entry ${from} to ${applied}`);
    this.#applied.set(process, applied);
    const committed = this.#committed.get(clusterId) ?? [];
    this.#committed.set(clusterId, committed);
    for (let index = Math.max(from, saved.base.index) + 1; index <= applied; index++) {
      const text = textOf(entryOf(saved, index));
      assert.notEqual(text, '', `I8: ${node.name} applied entry ${index}, which is not on its disk`);
      const entry = entryOf(saved, index);
      if (committed[index - 1] === undefined && entry) this.#decisions.decided(clusterId, entry, all);
      committed[index - 1] ??= text;
      assert.equal(committed[index - 1], text, `I4: entry ${index} was committed with two contents`);
    }
    const key = `${clusterId}/${applied}`;
    const state = JSON.stringify(agent.state);
    if (!this.#states.has(key)) this.#decisions.state(clusterId, applied, agent.state);
    assert.equal(this.#states.get(key) ?? state, state, `I5: two states after entry ${applied}`);
    this.#states.set(key, state);
  }
}

function textOf(entry: Entry | undefined): string {
  return entry ? JSON.stringify(entry) : '';
}

function lastOf({ base, entries }: Saved): number {
  return base.index + entries.length;
}

function entryOf({ base, entries }: Saved, index: number): Entry | undefined {
  return entries[index - 1 - base.index];
}
