// Deliberate bugs, one after another in a copy of the sources: does a simulation or an interaction script notice? Prints each
// with what caught it, and the score. A bug that nobody notices is a hole in the tests; exit code 1 then.
// usage: node test/simulation/mutants.ts [WORD...]   only mutants whose name holds one of the words
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** A scenario, or an interaction script by its file's name. */
  readonly caughtBy: string;
  /** What the failure must begin with, where another one would show nothing: an invariant's number. */
  readonly saying?: string;
}

const raft = 'src/election/raft.ts';
const replica = 'src/election/replica.ts';
const leading = 'src/election/leading.ts';
const quorum = 'src/election/quorum.ts';

const mutants: readonly Mutant[] = [
  {
    name: 'a vote is given before it is on the disk',
    ...{ file: raft, caughtBy: 'vote-in-known-term.txt' },
    ...{ from: 'this.#votedFor = from;\n      this.#mustSave = true;', to: 'this.#votedFor = from;' },
  },
  {
    name: 'a candidate asks for votes before its own is on the disk',
    ...{ file: raft, caughtBy: 'S3' },
    ...{
      from: 'this.#votedFor = this.id;\n      this.#mustSave = true;\n    }\n    this.#votes',
      to: 'this.#votedFor = this.id;\n    }\n    this.#votes',
    },
  },
  {
    name: 'messages leave before what they promise is on the disk',
    ...{ file: 'src/election/election.ts', caughtBy: 'S1' },
    from: "if (save) this.#effects.push({ kind: 'save', save });\n    for (const { to, message } of sends) this.#effects.push({ kind: 'send', to, message });",
    to: "for (const { to, message } of sends) this.#effects.push({ kind: 'send', to, message });\n    if (save) this.#effects.push({ kind: 'save', save });",
  },
  {
    name: 'a vote is given twice in one term',
    ...{ file: raft, caughtBy: 'one-vote.txt' },
    ...{ from: "const free = this.#votedFor === '' || this.#votedFor === from;", to: 'const free = true;' },
  },
  {
    name: 'a vote is given to a log that lacks something',
    ...{ file: raft, caughtBy: 'figure-8.txt' },
    from: 'lastLogTerm > lastTerm || (lastLogTerm === lastTerm && lastLogIndex >= this.#log.lastIndex());',
    to: 'lastLogTerm >= 0;',
  },
  {
    name: 'a pre-vote counts as a vote',
    ...{ file: raft, caughtBy: 'late-pre-vote.txt' },
    from: "const expected = message.preVote ? 'pre-candidate' : 'candidate';\n    const term = message.preVote ? this.#term + 1 : this.#term;\n    if (!message.granted || this.#role !== expected || message.term !== term) return;",
    to: "if (!message.granted || !['pre-candidate', 'candidate'].includes(this.#role)) return;",
  },
  {
    name: 'an entry of an older term is committed by counting',
    ...{ file: raft, caughtBy: 'figure-8.txt' },
    ...{ from: ' || this.#log.termAt(index) !== this.#term) return;', to: ') return;' },
  },
  {
    name: 'who hears a leader helps to depose it',
    ...{ file: raft, caughtBy: 'stickiness.txt' },
    ...{ from: 'if (led && !message.transfer) return;', to: '' },
  },
  {
    name: 'a leader without a majority leads on',
    ...{ file: raft, caughtBy: 'S8' },
    from: 'if (!leading.hasQuorum(this.configuration, nowMs)) this.#stepDown(this.#term, nowMs);',
    to: '',
  },
  {
    name: 'a read is answered without asking a majority',
    ...{ file: leading, caughtBy: 'S8' },
    ...{ from: 'if (isQuorum(configuration, confirmed))', to: 'if (confirmed.size > 0)' },
  },
  {
    name: 'a follower commits beyond what it has been given',
    ...{ file: replica, caughtBy: 'S46' },
    ...{ from: 'this.commit(Math.min(commitIndex, matchIndex));', to: 'this.commit(commitIndex);' },
  },
  {
    name: 'entries are taken without a look at what stands before them',
    ...{ file: replica, caughtBy: 'figure-8.txt' },
    ...{ from: 'if (termThere !== prevLogTerm) {', to: 'if (termThere === undefined) {' },
  },
  {
    name: 'an acknowledgement covers more than was taken',
    ...{ file: replica, caughtBy: 'S4' },
    from: 'const matchIndex = prevLogIndex + entries.length;\n    const termThere',
    to: 'const matchIndex = prevLogIndex + entries.length + 1;\n    const termThere',
  },
  {
    name: 'learners count as voters',
    ...{ file: quorum, caughtBy: 'S4' },
    from: 'return voters.length > 0 && majority(voters) && (outgoing.length === 0 || majority(outgoing));',
    to: 'return voters.length > 0 && ids.size >= 1 && (outgoing.length === 0 || majority(outgoing) || majority(voters));',
  },
  {
    name: 'one less than a majority is enough',
    ...{ file: quorum, caughtBy: 'S8' },
    ...{ from: 'return Math.floor(voters / 2) + 1;', to: 'return Math.max(1, Math.floor(voters / 2));' },
  },
  {
    name: 'there may be two voters',
    ...{ file: 'src/election/voters.ts', caughtBy: 'S1' },
    from: 'return ready.length >= lacking ? [...voters, ...ready.slice(0, lacking)] : voters;',
    to: 'return [...voters, ...ready.slice(0, 1)];',
  },
  {
    name: 'a voter that reboots is replaced at once',
    ...{ file: 'src/election/voters.ts', caughtBy: 'S37' },
    ...{ from: '(node?.forMs ?? 0) >= replaceVoterAfterMs', to: '(node?.forMs ?? 0) >= 0' },
  },
  {
    name: 'a broken path to the leader deposes it',
    ...{ file: raft, caughtBy: 'S3b' },
    from: "if (this.#clusterId !== '' && isVoter(this.configuration, this.id)) this.#campaign(true, nowMs);",
    to: "if (this.#clusterId !== '' && isVoter(this.configuration, this.id)) this.#campaign(false, nowMs, true);",
  },
  {
    name: 'a hand-over takes writes that it then loses',
    ...{ file: leading, caughtBy: 'transfer.txt' },
    ...{ from: "if (this.#transfer) return 'handing-over';", to: '' },
  },
  {
    name: 'a snapshot brings no configuration',
    ...{ file: replica, caughtBy: 'S46' },
    from: 'else this.log.restart({ index, term, configuration });',
    to: 'else this.log.restart({ index, term, configuration: { voters: [], outgoing: [], learners: [] } });',
  },
  {
    name: 'a snapshot brings no state',
    ...{ file: 'src/election/election.ts', caughtBy: 'S46' },
    ...{ from: '    this.#state = content.state;\n', to: '' },
  },
  {
    name: 'a new leader speaks before its own vote is on the disk',
    ...{ file: raft, caughtBy: 'S1' },
    from: "message.kind === 'append-request' && !this.#mustSave && message.commitIndex <= durableIndex;",
    to: 'true;',
  },
  {
    name: 'a leader tells of commits that only its memory holds',
    ...{ file: raft, caughtBy: 'S1' },
    ...{ from: ' && message.commitIndex <= durableIndex;', to: ';' },
  },
  {
    name: 'a gap in what was sent ahead is never filled',
    ...{ file: 'src/election/progress.ts', caughtBy: 'S4' },
    ...{ from: '    this.#nextIndex = nextIndex;\n    this.#inFlight = [];', to: '' },
  },
  {
    name: 'a request that is asked again is done again',
    ...{ file: 'src/election/sessions.ts', caughtBy: 'S49' },
    ...{ from: 'if (!last || seq > last.seq) return undefined;', to: 'if (last || !last) return undefined;' },
  },
  {
    name: 'a majority gives up for a cluster that was recovered from one of its nodes',
    ...{ file: 'src/election/election.ts', caughtBy: 'S35b' },
    ...{
      from: 'if (yieldAtMs <= nowMs) this.#abandon(other, nowMs);',
      to: 'if (nowMs >= 0) this.#abandon(other, nowMs);',
    },
  },
  {
    name: 'a leader whose disk is full leads on',
    ...{ file: raft, caughtBy: 'S25' },
    ...{ from: 'if (fit || !this.#leading) return;', to: 'if (fit || this.#fit === fit) return;' },
  },
  {
    name: 'the level rises while some know less',
    ...{ file: 'src/election/governor.ts', caughtBy: 'S48' },
    ...{ from: 'return Math.min(...Object.keys(nodes)', to: 'return Math.max(...Object.keys(nodes)' },
  },
  {
    name: 'a removed node may come back',
    ...{ file: 'src/election/cluster-state.ts', caughtBy: 'S33' },
    ...{ from: 'removed: { ...state.removed, [id]: index } },', to: 'removed: state.removed },' },
  },
  {
    name: 'a leader minds nothing that a follower has forgotten',
    ...{ file: 'src/election/progress.ts', caughtBy: 'S30' },
    ...{
      from: 'return conflictIndex <= this.#matchIndex && round > this.#matchedRound;',
      to: 'return false;',
    },
  },
  {
    name: 'a node with an empty log votes again',
    ...{ file: raft, caughtBy: 'S29' },
    ...{ from: 'this.#lostFrom = 1;', to: 'this.#lostFrom = undefined;' },
  },
  {
    name: 'who has acknowledged nothing becomes a voter',
    ...{ file: raft, caughtBy: 'S1' },
    from: 'return matchIndex === 0 ? Number.POSITIVE_INFINITY : this.#log.lastIndex() - matchIndex;',
    to: 'return this.#log.lastIndex() - matchIndex;',
  },
  {
    name: 'a failed write is taken for done',
    ...{ file: 'src/agent/agent.ts', caughtBy: 'S26' },
    from: 'await this.#diskWatch.timed(this.#environment.logStore.save(effect.save));',
    to: 'await this.#diskWatch.timed(this.#environment.logStore.save(effect.save)).catch(() => {});',
  },
  {
    name: 'of two processes with one identity neither ends',
    ...{ file: 'src/membership/membership.ts', caughtBy: 'S31c' },
    from: "this.#effects.push({ kind: 'twin', id, epoch, address, yields: id === this.id });",
    to: "this.#effects.push({ kind: 'twin', id, epoch, address, yields: false });",
  },
  {
    name: 'more bytes are on their way than a slow path carries between two heartbeats',
    ...{ file: 'src/election/progress.ts', caughtBy: 'S47b' },
    ...{ from: ' || bytes >= bytesInFlightMax', to: '' },
  },
  {
    name: 'a write is acknowledged before it is decided',
    ...{ file: raft, caughtBy: 'I10', saying: 'I10' },
    ...{ from: 'leading.awaitCommit(request, index);', to: 'this.#answers.push({ request, index });' },
  },
  {
    name: 'a leader reads what it has, and asks nobody',
    ...{ file: leading, caughtBy: 'I10', saying: 'I10' },
    ...{ from: 'if (isQuorum(configuration, confirmed))', to: 'if (confirmed.size > 0)' },
  },
  {
    name: 'a new leader takes what it knows to be decided for all that is',
    ...{ file: leading, caughtBy: 'I10', saying: 'I10' },
    ...{ from: 'this.termStartIndex = termStartIndex;', to: 'this.termStartIndex = 0 * termStartIndex;' },
  },
  {
    name: 'a request that is asked of the next leader is done again, in the history of registers',
    ...{ file: 'src/election/sessions.ts', caughtBy: 'I10', saying: 'I10' },
    ...{ from: 'if (!last || seq > last.seq) return undefined;', to: 'if (last || !last) return undefined;' },
  },
  {
    name: 'voters change without a joint step',
    ...{ file: raft, caughtBy: 'S1', saying: 'I11' },
    ...{ from: 'outgoing: same ? [] : present', to: 'outgoing: []' },
  },
  {
    name: 'a new holder of a role does not wait for the former one',
    ...{ file: 'src/integrations/sole-role.ts', caughtBy: 'S50' },
    from: 'return Math.max(0, tenureMs + tenureMarginMs - tenure.knownForMs(grant.token));',
    to: 'return 0;',
  },
  {
    name: 'a lease counts from when its proof comes, not from what it proves',
    ...{ file: 'src/election/lease.ts', caughtBy: 'S50' },
    from: 'this.at(atMs ?? Number.NEGATIVE_INFINITY);',
    to: 'this.at(atMs === undefined ? Number.NEGATIVE_INFINITY : (this.#answered.at(-1)?.atMs ?? 0) + 3000);',
  },
  {
    name: 'every fresh node founds a cluster',
    ...{ file: 'src/election/birth.ts', caughtBy: 'S53' },
    ...{ from: 'const founder = [self, ...fresh].sort()[0] ?? self;', to: 'const founder = self;' },
  },
  {
    name: 'k3s: a machine is marked as ours after k3s was started on it',
    ...{ file: 'src/integrations/k3s/server.ts', caughtBy: 'S60d' },
    ...{
      from: `          await writeMark(host, markFile, {
            ...{ clusterId, kind: 'server', startedWith },
            token: mark?.token ?? grant.token,
            ...(mark?.recovered === undefined ? {} : { recovered: mark.recovered }),
          });
          await start(host, 'server', attempts, { key, nowMs });`,
      to: `          await start(host, 'server', attempts, { key, nowMs });
          await writeMark(host, markFile, {
            ...{ clusterId, kind: 'server', startedWith },
            token: mark?.token ?? grant.token,
            ...(mark?.recovered === undefined ? {} : { recovered: mark.recovered }),
          });`,
    },
  },
  {
    name: 'k3s: a role that never began is not told of as over',
    ...{ file: 'src/integrations/k3s/release.ts', caughtBy: 'S60' },
    ...{ from: "if (role === '') return undefined;", to: 'if (!mark) return undefined;' },
  },
  {
    name: 'k3s: a role is taken away before the cluster has forgotten its node',
    ...{ file: 'src/integrations/k3s/decide.ts', caughtBy: 'S65' },
    ...{
      from: 'const isForgotten = grant === undefined || words.includes(evidence.gone(token));',
      to: 'const isForgotten = grant === undefined || words.includes(evidence.drained(token));',
    },
  },
  {
    name: 'k3s: pods end whatever a disruption budget says',
    ...{ file: 'src/integrations/k3s/upkeep.ts', caughtBy: 'S63' },
    ...{ from: 'const force = draining.forceAtMs > 0 &&', to: 'const force = draining.forceAtMs >= 0 &&' },
  },
  {
    name: 'k3s: a removed member stays in etcd and in Kubernetes',
    ...{ file: 'src/integrations/k3s/upkeep.ts', caughtBy: 'S64' },
    ...{
      from: 'if (!member)\n      return isGone(node)',
      to: 'if (!member)\n      return node.leaseAgeMs === undefined',
    },
  },
  {
    name: 'k3s: others may read a token',
    ...{ file: 'src/integrations/k3s/own-node.ts', caughtBy: 'S60c' },
    ...{
      from: '{ mode: 0o600 });\n}\n\nexport async function writeConfig',
      to: '{ mode: 0o644 });\n}\n\nexport async function writeConfig',
    },
  },
  {
    name: 'k3s: the authority is noted before anybody has made it',
    ...{ file: 'src/integrations/k3s/decide.ts', caughtBy: 'S60c' },
    ...{
      from: "return /^[0-9a-f]{64}$/.test(hash) ? [{ kind: 'keep', name: caSecret, text: hash }] : [];",
      to: "return [{ kind: 'keep', name: caSecret, text: hash || '0'.repeat(64) }];",
    },
  },
  {
    name: 'k3s: a server that fails before it has joined is waited for',
    ...{ file: 'src/integrations/k3s/newcomers.ts', caughtBy: 'S68' },
    ...{ from: 'return (hasFailed && !saysBetter) ||', to: 'return' },
  },
  {
    name: 'k3s: who has made room as a server is chosen again at once',
    ...{ file: 'src/integrations/k3s/newcomers.ts', caughtBy: 'S68' },
    ...{ from: "return ended?.outcome === 'failed' &&", to: "return ended?.outcome === 'running' &&" },
  },
  {
    name: 'k3s: a member of etcd without a node is left where it is',
    ...{ file: 'src/integrations/k3s/etcd-members.ts', caughtBy: 'S68b' },
    ...{ from: 'return !grant || isWaiting || isLeaving ?', to: 'return !grant || isWaiting ?' },
  },
];

const root = new URL('../..', import.meta.url).pathname;
const words = process.argv.slice(2);
const chosen = mutants.filter(({ name }) => words.length === 0 || words.some(word => name.includes(word)));
const seeds = 25;
let caught = 0;

for (const mutant of chosen) {
  const copy = mkdtempSync(join(tmpdir(), 'clusteros-mutant-'));
  try {
    for (const part of ['src', 'test', 'proto', 'package.json', 'tsconfig.json'])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const path = join(copy, mutant.file);
    const text = readFileSync(path, 'utf8');
    if (text.split(mutant.from).length !== 2)
      throw new Error(`${mutant.name}: its place in ${mutant.file} is gone; bring the list up to date`);
    writeFileSync(
      path,
      text.replace(mutant.from, () => mutant.to),
    );
    const args = mutant.caughtBy.endsWith('.txt')
      ? ['--test', 'test/scenarios/scenarios.test.ts']
      : ['test/simulation/run.ts', '--scenario', mutant.caughtBy, '--seeds', String(seeds)];
    const { stdout } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8', timeout: 300_000 });
    // A run that did not even begin catches nothing.
    const failure =
      mutant.saying === undefined ? /: FAILED:|^✖/m : new RegExp(`: FAILED: .*\\b${mutant.saying}:`, 'm');
    const isCaught = failure.test(stdout);
    if (isCaught) caught += 1;
    console.log(`${isCaught ? '✔ caught by' : '✖ NOT caught by'} ${mutant.caughtBy}: ${mutant.name}`);
  } finally {
    rmSync(copy, { recursive: true });
  }
}
console.log(`${caught} of ${chosen.length} deliberate bugs are caught`);
process.exitCode = caught === chosen.length ? 0 : 1;
