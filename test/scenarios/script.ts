// Runs an interaction script against Raft itself: a handful of nodes, a clock that only commands move, and messages that
// only commands deliver. What each command prints stands below it in the script (the manner of etcd's interaction tests).
import assert from 'node:assert/strict';
import type { Entry } from '../../src/election/command.ts';
import type { ElectionMessage } from '../../src/election/messages.ts';
import type { Configuration } from '../../src/election/quorum.ts';
import { Raft, type RaftOutput } from '../../src/election/raft.ts';
import { noBase } from '../../src/election/raft-log.ts';
import type { Saved } from '../../src/election/replica.ts';

const clusterId = 'c'.repeat(32);

interface Node {
  raft: Raft;
  saved: Saved;
  up: boolean;
}

interface Flight {
  readonly from: string;
  readonly to: string;
  readonly message: ElectionMessage;
}

export class Script {
  readonly #nodes = new Map<string, Node>();
  #queue: Flight[] = [];
  #nowMs = 0;
  #lines: string[] = [];
  #request = 0;

  /** Runs one command line and gives what it printed. @throws Error when it is none */
  run(command: string): string {
    this.#lines = [];
    const [verb = '', ...words] = command.trim().split(/\s+/);
    const [name = ''] = words;
    switch (verb) {
      case 'voters':
        this.#form(words);
        break;
      case 'campaign':
        this.#campaign(name);
        break;
      case 'deliver':
        this.#deliver(words);
        break;
      case 'step':
        this.#step(words);
        break;
      case 'says': {
        // "says b a 3": b tells a that it holds all up to 3, as if it had taken only part of what was sent.
        const [, to = '', matchIndex] = words;
        const { term } = this.#node(to).raft;
        const reply = {
          kind: 'append-reply',
          clusterId,
          term,
          success: true,
          conflictIndex: 0,
          round: 0,
        } as const;
        this.#queue.push({ from: name, to, message: { ...reply, matchIndex: Number(matchIndex) } });
        break;
      }
      case 'drop':
        this.#queue = this.#queue.filter(flight => !matches(flight, words));
        break;
      case 'propose':
        this.#request += 1;
        this.#on(name, raft => raft.propose(this.#request, payloadOf(words[1] ?? ''), this.#nowMs));
        break;
      case 'read':
        this.#request += 1;
        this.#on(name, raft => raft.read(this.#request, this.#nowMs));
        break;
      case 'transfer':
        this.#request += 1;
        this.#on(name, raft => raft.transfer(this.#request, words[1] ?? '', this.#nowMs));
        break;
      case 'lost':
        this.#on(name, raft => raft.lost(words[1] ?? '', this.#nowMs));
        break;
      case 'crash':
        this.#node(name).up = false;
        this.#queue = this.#queue.filter(({ to }) => to !== name);
        break;
      case 'restart':
        this.#restart(name);
        break;
      case 'wait':
        this.#nowMs += Number(name);
        break;
      case 'tick':
        this.#on(name, raft => raft.tick(this.#nowMs));
        break;
      case 'logs':
        for (const id of this.#nodes.keys()) this.#print(this.#logOf(id));
        break;
      default:
        throw new Error(`unknown command "${verb}"`);
    }
    return this.#lines.join('\n');
  }

  #print(line: string): void {
    this.#lines.push(line);
  }

  #node(id: string): Node {
    const node = this.#nodes.get(id);
    assert.ok(node, `there is no node "${id}"`);
    return node;
  }

  #form(ids: readonly string[]): void {
    const configuration: Configuration = { voters: ids, outgoing: [], learners: [] };
    const first: Entry = { index: 1, term: 1, payload: { kind: 'configuration', configuration } };
    for (const id of ids) {
      const saved: Saved = {
        ...{ clusterId, term: 1, votedFor: '', commitIndex: 1, snapshot: undefined },
        ...{ base: noBase, entries: [first] },
      };
      const node = { raft: new Raft(id, saved, () => 0, this.#nowMs), saved, up: true };
      this.#nodes.set(id, node);
      node.raft.take();
    }
  }

  /** So much time passes that the election timeout of one node, and of no other, is over. */
  #campaign(id: string): void {
    const { raft } = this.#node(id);
    this.#nowMs = Math.max(this.#nowMs, raft.nextWakeMs());
    this.#on(id, each => each.tick(this.#nowMs));
  }

  #restart(id: string): void {
    const node = this.#node(id);
    node.raft = new Raft(id, node.saved, () => 0, this.#nowMs);
    node.up = true;
    node.raft.take();
    this.#print(this.#logOf(id));
  }

  /** Delivers what waits on the given links (all without words; `votes`: votes only), and what comes of it, until nothing is left. */
  #deliver(links: readonly string[]): void {
    for (let steps = 0; steps < 1000; steps++) if (!this.#step(links)) return;
    throw new Error('they never stop talking');
  }

  /** Delivers the first message that waits on the given links. False when there is none. */
  #step(links: readonly string[]): boolean {
    const at = this.#queue.findIndex(flight => matches(flight, links));
    const [flight] = at < 0 ? [] : this.#queue.splice(at, 1);
    if (!flight) return false;
    const { from, to, message } = flight;
    this.#print(`${from} to ${to}: ${textOf(message)}`);
    if (this.#node(to).up) this.#on(to, raft => raft.receive(from, message, this.#nowMs));
    return true;
  }

  #on(id: string, act: (raft: Raft) => void): void {
    const node = this.#node(id);
    const { role: before, term: termBefore } = node.raft;
    act(node.raft);
    const output = node.raft.take();
    node.saved = afterOutput(node.saved, output);
    const { role, term } = node.raft;
    if (role !== before || term !== termBefore) this.#print(`  ${id} is ${role} in term ${term}`);
    for (const { index, payload } of output.committed)
      this.#print(`  ${id} commits ${index} (${nameOf(payload)})`);
    for (const { request, refused } of output.answers)
      this.#print(`  ${id} answers request ${request}: ${refused ?? 'done'}`);
    for (const { to, message } of [...output.early, ...output.sends]) {
      if (message.kind === 'vote-reply' && message.granted && !message.preVote)
        assert.deepEqual(
          [node.saved.term, node.saved.votedFor],
          [message.term, to],
          'I8: a vote is saved first',
        );
      this.#queue.push({ from: id, to, message });
    }
  }

  #logOf(id: string): string {
    const { raft, saved, up } = this.#node(id);
    const entries = saved.entries.map(({ index, term, payload }) => `${index}:${term}:${nameOf(payload)}`);
    const state = up ? `${raft.role}, term ${raft.term}, commit ${raft.commitIndex}` : 'down';
    return `${id} ${state}: ${entries.join(' ')}`;
  }
}

function matches({ from, to, message }: Flight, words: readonly string[]): boolean {
  const [first, ...links] = words[0] === 'votes' ? words : ['', ...words];
  if (first === 'votes' && !message.kind.startsWith('vote')) return false;
  return links.length === 0 || links.some(link => [`${from}>${to}`, `${from}>*`, `*>${to}`].includes(link));
}

function afterOutput(before: Saved, { save }: RaftOutput): Saved {
  if (!save) return before;
  const { clusterId: cluster, term, votedFor, commitIndex, truncateFrom, entries } = save;
  const kept = truncateFrom > 0 ? before.entries.filter(({ index }) => index < truncateFrom) : before.entries;
  return { ...before, clusterId: cluster, term, votedFor, commitIndex, entries: [...kept, ...entries] };
}

const payloadOf = (name: string): Entry['payload'] => ({
  kind: 'command',
  command: { kind: 'admit', node: name, name },
});

function nameOf(payload: Entry['payload']): string {
  if (payload.kind !== 'command') return payload.kind === 'noop' ? 'noop' : 'voters';
  return payload.command.kind === 'admit' ? payload.command.name : payload.command.kind;
}

function textOf(message: ElectionMessage): string {
  switch (message.kind) {
    case 'vote-request': {
      const { term, lastLogIndex, lastLogTerm, transfer } = message;
      const kind = `${message.preVote ? 'pre-vote' : 'vote'}${transfer ? ' (hand-over)' : ''}`;
      return `asks for a ${kind} in term ${term}, log ends at ${lastLogIndex} of term ${lastLogTerm}`;
    }
    case 'vote-reply':
      return `${message.granted ? 'grants' : 'refuses'} a ${message.preVote ? 'pre-vote' : 'vote'}, term ${message.term}`;
    case 'append-request': {
      const { term, prevLogIndex, prevLogTerm, entries, commitIndex } = message;
      const names = entries.map(({ index, payload }) => `${index} (${nameOf(payload)})`).join(', ');
      return `appends ${names || 'nothing'} behind ${prevLogIndex} of term ${prevLogTerm}, commit ${commitIndex}, term ${term}`;
    }
    case 'append-reply':
      return message.success
        ? `holds all up to ${message.matchIndex}, term ${message.term}`
        : `refuses, look at ${message.conflictIndex}, term ${message.term}`;
    case 'timeout-now':
      return `hands over, term ${message.term}`;
    case 'log-lost':
      return `says that all up to ${message.matchIndex} was acknowledged, term ${message.term}`;
    default:
      return message.kind;
  }
}
