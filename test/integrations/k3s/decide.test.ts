// What the leader decides about Kubernetes, held against whatever nodes could say, and however they come and go: few entries, one keeper,
// one founder, servers that are one, three or on their way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type {
  ClusterView,
  Decision,
  Grant,
  ServiceReport,
  ViewNode,
} from '../../../src/integrations/cluster-view.ts';
import { decideK3s, evidence, removalHarm } from '../../../src/integrations/k3s/decide.ts';
import { hasNeverJoined, mayLose } from '../../../src/integrations/k3s/newcomers.ts';
import { applied, emptyLog, type LogState, withoutNode } from './log-state.ts';

const ids = ['a', 'b', 'c', 'd', 'e'] as const;
const service = 'k3s';
const hash = 'f'.repeat(64);
const always = { leftMs: () => 1000, stands: () => true, knownForMs: () => 60_000, hasReleased: () => false };

type Said = Partial<Pick<ServiceReport, 'state' | 'step' | 'reason' | 'detail' | 'evidence'>>;
const ready: Said = { state: 'ready', evidence: [evidence.ca(hash)] };
const starting: Said = { state: 'starting', step: 'start' };

interface Settings {
  readonly servers?: 'auto' | 1 | 3 | 5;
  readonly roles?: Readonly<Record<string, 'server' | 'agent' | 'none'>>;
}

function viewOf(log: LogState, nodes: readonly ViewNode[], settings: Settings = {}): ClusterView {
  return {
    level: 2,
    ...{
      clusterId: 'c',
      formerClusters: [],
      forgotten: {},
      clusterName: 'lab',
      self: { id: 'a', name: 'a', ip: '100.64.0.1' },
      nodes,
    },
    ...{ wallMs: 0, settings: { [service]: { version: 1, settings } }, tenure: always },
    ...{ grants: log.grants, operations: log.operations, secretNames: log.secretNames },
    ...{ secret: () => undefined, secretId: () => '' },
  };
}

const nodeOf = (id: string, change: Partial<ViewNode> = {}): ViewNode => ({
  ...{ id, name: id, ip: '100.64.0.1', address: '100.64.0.1:7443', state: 'alive', reports: [] },
  ...{ standing: 'voter', capabilities: ['k3s-node'], tags: {} },
  ...change,
});

type NodesOf = (log: LogState) => readonly ViewNode[];

/** Each of `names` says the same of all its roles, and of roles that it has given up that nothing goes on. */
const saying =
  (said: Said, names: readonly string[] = ids): NodesOf =>
  log =>
    names.map(id => nodeOf(id, { reports: reportsOf(log, id, said) }));

function reportsOf(log: LogState, id: string, said: Said): readonly ServiceReport[] {
  const blank = { service, state: 'starting' as const, step: '', reason: '', detail: '' };
  const own = log.grants.filter(({ node }) => node === id);
  if (own.length > 0) return own.map(({ role, token }) => ({ ...blank, role, token, ...said }));
  return log.operations
    .filter(each => each.kind === 'leave' && each.node === id)
    .slice(-1)
    .map(({ role, token }) => ({ ...blank, role, token, state: 'released' as const }));
}

/** The keeper has let go of everyone who gives up a role. */
const keeping =
  (nodesOf: NodesOf): NodesOf =>
  log => {
    const keeper = log.grants.find(({ role }) => role === 'keeper');
    const words = log.operations
      .filter(({ kind, outcome }) => kind === 'leave' && outcome === 'running')
      .flatMap(({ token }) => [evidence.drained(token), evidence.gone(token)]);
    return nodesOf(log).map(node => ({
      ...node,
      reports: node.reports.map(report =>
        report.role === 'keeper' && report.token === keeper?.token
          ? { ...report, evidence: [...(report.evidence ?? []), ...words] }
          : report,
      ),
    }));
  };

/** Lets the leader decide until nothing is due. @throws when that takes more than `roundsMax` */
function decided(log: LogState, nodesOf: NodesOf, settings: Settings = {}, roundsMax = 8): LogState {
  let after = log;
  for (let round = 0; round < roundsMax; round++) {
    const decisions = decideK3s(viewOf(after, nodesOf(after), settings));
    if (decisions.length === 0) return after;
    after = decisions.reduce(applied, after);
    holds(after);
  }
  throw new Error('the leader does not come to an end');
}

/** What must be so after every single decision. */
function holds({ grants, operations }: LogState): void {
  const having = (role: string) => grants.filter(each => each.role === role).map(({ node }) => node);
  assert.ok(having('keeper').length <= 1, 'one keeper');
  const working = [...having('server'), ...having('agent')];
  assert.equal(new Set(working).size, working.length, 'nobody is a server and an agent');
  const leaving = operations.filter(each => each.kind === 'leave' && each.outcome === 'running');
  assert.ok(leaving.filter(({ role }) => role === 'server').length <= 1, 'servers leave one by one');
}

/** All are as they should be, the keeper works, and it goes on until nothing more is to come. */
function rested(log: LogState, names: readonly string[] = ids, settings: Settings = {}): LogState {
  return decided(log, keeping(saying(ready, names)), settings, 40);
}

const having = ({ grants }: LogState, role: string) =>
  grants
    .filter(each => each.role === role)
    .map(({ node }) => node)
    .sort();
const decisionsOf = (log: LogState, nodesOf: NodesOf, settings: Settings = {}) =>
  decideK3s(viewOf(log, nodesOf(log), settings));

test('nothing is decided by members of level 1, nor where nobody has k3s', () => {
  assert.deepEqual(decideK3s({ ...viewOf(emptyLog, saying(ready)(emptyLog)), level: 1 }), []);
  const without = ids.map(id => nodeOf(id, { capabilities: [] }));
  assert.deepEqual(decideK3s(viewOf(emptyLog, without)), []);
});

const anySaid = fc.record({
  state: fc.constantFrom('starting' as const, 'ready' as const, 'failing' as const, 'draining' as const),
  step: fc.constantFrom('', 'admission', 'configure', 'start', 'answering', 'ready', 'no such step'),
  reason: fc.constantFrom('', 'unexpected', 'token-refused', 'k3s-missing', 'settings-differ', 'name-in-use'),
  detail: fc.constantFrom('', 'process 17 died', 'process 23 died'),
});
const anyNodes = fc.tuple(
  ...ids.map(() =>
    fc.record({
      state: fc.constantFrom('alive' as const, 'alive' as const, 'suspect' as const, 'dead' as const),
      canRun: fc.boolean(),
      standing: fc.constantFrom('voter' as const, 'voter' as const, 'observer' as const),
      said: anySaid,
      hasCa: fc.boolean(),
      /** What a node says may be about an order that has been replaced. */
      isStale: fc.boolean(),
      isDrained: fc.boolean(),
    }),
  ),
);
const anySettings = fc.record({
  servers: fc.constantFrom('auto' as const, 1 as const, 3 as const, 5 as const),
  roles: fc.dictionary(
    fc.constantFrom(...ids),
    fc.constantFrom('server' as const, 'agent' as const, 'none' as const),
    { maxKeys: 2 },
  ),
});

test('whatever nodes say, die of and come back with, deciding comes to an end, with one keeper and one founder', () => {
  const anyRun = fc.array(
    fc.tuple(anyNodes, anySettings, fc.option(fc.constantFrom(...ids), { nil: undefined, freq: 5 })),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(anyRun, run => {
      let log = emptyLog;
      let names: readonly string[] = ids;
      for (const [nodes, settings, removed] of run) {
        if (removed !== undefined && names.length > 1 && names.includes(removed)) {
          names = names.filter(id => id !== removed);
          log = withoutNode(log, removed);
        }
        const present = names;
        const founded = log.secretNames.includes('k3s/ca') || having(log, 'keeper').length > 0;
        const nodesOf: NodesOf = now =>
          nodes.flatMap(({ state, canRun, standing, said, hasCa, isStale, isDrained }, i) => {
            const id = ids[i] ?? '';
            if (!present.includes(id)) return [];
            const words = hasCa ? { ...said, evidence: [evidence.ca(hash)] } : said;
            const reports = reportsOf(now, id, words);
            return nodeOf(id, {
              ...{ state, standing, capabilities: canRun ? ['k3s-node'] : [] },
              reports: reports.map(each => ({ ...each, token: each.token - (isStale ? 1 : 0) })),
              ...(isDrained && { drain: { reason: 'fans', requeueAtMs: 0 } }),
            });
          });
        log = decided(log, nodesOf, settings, 12);
        if (founded && !log.secretNames.includes('k3s/ca'))
          assert.ok(having(log, 'server').length <= 1, 'nobody joins what is not there');
      }
      const [first] = names;
      // In the end all are well, as by default, and the one who founds says so.
      if (first !== undefined) {
        const end = rested(log, names);
        // Without a keeper, because all servers are gone for good, nothing can come to rest.
        if (having(end, 'keeper').length === 0) return;
        assert.ok(end.operations.every(({ outcome }) => outcome !== 'running'));
        const servers = having(end, 'server').length;
        assert.ok(servers === 1 || servers === 3 || servers === 5, `${servers} servers`);
      }
    }),
    { numRuns: 400 },
  );
});

test('one is told to found the cluster, and nobody else is anything before its authority is noted', () => {
  const log = decided(emptyLog, saying(starting));
  assert.deepEqual([having(log, 'keeper'), having(log, 'server'), having(log, 'agent')], [['a'], ['a'], []]);
  const away: NodesOf = now =>
    saying(starting)(now).map(node => (node.id === 'a' ? { ...node, state: 'dead' as const } : node));
  assert.deepEqual(decided(log, away), log, 'however long it is away: whether it has founded nobody knows');
  const gone = withoutNode(log, 'a');
  const next = decided(gone, saying(starting, ['b', 'c']));
  assert.deepEqual(having(next, 'keeper'), ['b'], 'an operator has taken it out');
});

test('a founder that does not vote would not hear from the leader: another is chosen', () => {
  const nodes = ids.map(id => nodeOf(id, { standing: id === 'a' || id === 'b' ? 'observer' : 'voter' }));
  assert.deepEqual(
    having(
      decided(emptyLog, () => nodes),
      'keeper',
    ),
    ['c'],
  );
});

test('what is no hash is not noted as the authority', () => {
  const log = decided(emptyLog, saying({ ...ready, evidence: ['ca=anything'] }));
  assert.ok(!log.secretNames.includes('k3s/ca'));
});

test('servers come one at a time, each when those before it are ready; agents are made of the rest at once', () => {
  const founded = decided(emptyLog, saying(starting, ['a', 'b', 'c', 'd', 'e']));
  const noted = applied(founded, { kind: 'keep', name: 'k3s/ca', text: hash });
  const slow: NodesOf = log =>
    ids.map(id => nodeOf(id, { reports: reportsOf(log, id, id === 'a' ? ready : starting) }));
  const second = decided(noted, slow);
  assert.deepEqual(
    [having(second, 'server'), having(second, 'agent')],
    [
      ['a', 'b'],
      ['d', 'e'],
    ],
  );
  const third = decided(second, saying(ready));
  assert.deepEqual(
    [having(third, 'server'), having(third, 'agent')],
    [
      ['a', 'b', 'c'],
      ['d', 'e'],
    ],
  );
});

test('a server that is away is not well, whatever it last said: no other is made meanwhile', () => {
  const two = decided(decided(emptyLog, saying(starting)), log =>
    ids.map(id => nodeOf(id, { reports: reportsOf(log, id, id === 'a' ? ready : starting) })),
  );
  const away: NodesOf = log =>
    saying(ready)(log).map(node => (node.id === 'b' ? { ...node, state: 'dead' as const } : node));
  assert.deepEqual(having(decided(two, away), 'server'), ['a', 'b']);
});

test('of one server and an agent beside it, a third machine makes three: the agent gives its role up before a second server is made', () => {
  const pair = rested(emptyLog, ['a', 'b']);
  assert.deepEqual([having(pair, 'server'), having(pair, 'agent')], [['a'], ['b']]);
  const names = ['a', 'b', 'c'];
  const blocked = decided(pair, saying(ready, names));
  assert.deepEqual(having(blocked, 'server'), ['a'], 'not two, however long the agent is being drained');
  assert.deepEqual(having(blocked, 'agent'), ['b'], 'and who waits to be a server is made no agent');
  assert.deepEqual(
    blocked.operations.filter(({ outcome }) => outcome === 'running').map(({ kind, node }) => [kind, node]),
    [['leave', 'b']],
  );
  assert.deepEqual(having(rested(blocked, names), 'server'), names);
});

test('a candidate that is silent for a moment does not have the second server taken away again', () => {
  const two = decided(decided(emptyLog, saying(starting, ['a', 'b', 'c'])), log =>
    ['a', 'b', 'c'].map(id => nodeOf(id, { reports: reportsOf(log, id, id === 'a' ? ready : starting) })),
  );
  assert.deepEqual(having(two, 'server'), ['a', 'b']);
  const withC =
    (state: ViewNode['state']): NodesOf =>
    log =>
      saying(ready, ['a', 'b', 'c'])(log).map(node => (node.id === 'c' ? { ...node, state } : node));
  assert.ok(decided(two, withC('suspect')).operations.every(({ kind }) => kind === 'join'));
  const shrunk = decided(two, keeping(withC('dead')), {}, 20);
  assert.deepEqual(
    having(shrunk, 'server'),
    ['a'],
    'one that is gone leaves two, and two are worse than one',
  );
});

test('three servers become one when an operator wants it, one after the other, the keeper last', () => {
  const three = rested(emptyLog, ['a', 'b', 'c']);
  const first = decided(three, saying(ready, ['a', 'b', 'c']), { servers: 1 });
  const leaves = first.operations.filter(({ kind }) => kind === 'leave');
  assert.deepEqual(
    leaves.map(({ node }) => node),
    ['c'],
  );
  const one = rested(first, ['a', 'b', 'c'], { servers: 1 });
  assert.deepEqual([having(one, 'server'), having(one, 'agent')], [['a'], ['b', 'c']]);
});

test('no server is taken out while etcd has no majority, nor when it would lose it', () => {
  const three = rested(emptyLog, ['a', 'b', 'c']);
  const away =
    (...names: string[]): NodesOf =>
    log =>
      saying(ready, ['a', 'b', 'c'])(log).map(node =>
        names.includes(node.id) ? { ...node, state: 'dead' as const } : node,
      );
  const leaving = (log: LogState) =>
    log.operations.filter(({ kind }) => kind === 'leave').map(({ node }) => node);
  assert.deepEqual(leaving(decided(three, away('b', 'c'), { servers: 1 })), []);
  assert.deepEqual(
    leaving(decided(three, away('b'), { servers: 1 })),
    ['b'],
    'the one that is away goes first',
  );
});

/** The leave of `b` as an agent, opened because an operator wants it to be nothing. */
function leavingAgent(): LogState {
  const pair = rested(emptyLog, ['a', 'b']);
  return decided(pair, saying(ready, ['a', 'b']), { roles: { b: 'none' } });
}

test('a role is given up in steps: drained, forgotten by the cluster, revoked, ended on the machine', () => {
  const roles = { roles: { b: 'none' as const } };
  const names = ['a', 'b'];
  const opened = leavingAgent();
  const leave = () => opened.operations.findLast(({ kind }) => kind === 'leave');
  const token = leave()?.token ?? 0;
  const told =
    (...words: string[]): NodesOf =>
    log =>
      saying(
        ready,
        names,
      )(log).map(node => ({
        ...node,
        reports: node.reports.map(each =>
          each.role === 'keeper' ? { ...each, evidence: [evidence.ca(hash), ...words] } : each,
        ),
      }));
  const statesOf = (log: LogState) =>
    log.operations.findLast(({ kind }) => kind === 'leave')?.steps.map(({ state }) => state);
  assert.deepEqual(statesOf(opened), ['running', 'pending', 'pending']);
  const drained = decided(opened, told(evidence.drained(token)), roles);
  assert.deepEqual(statesOf(drained), ['done', 'running', 'pending']);
  assert.deepEqual(having(drained, 'agent'), ['b'], 'it has its role until the cluster has forgotten it');
  const still: NodesOf = log =>
    told(evidence.gone(token))(log).map(node => (node.id === 'b' ? { ...node, reports: [] } : node));
  const forgotten = decided(drained, still, roles);
  assert.deepEqual(having(forgotten, 'agent'), []);
  assert.deepEqual(statesOf(forgotten), ['done', 'done', 'running']);
  const over = decided(forgotten, told(), roles);
  assert.equal(over.operations.findLast(({ kind }) => kind === 'leave')?.outcome, 'done');
  assert.deepEqual(decisionsOf(over, told(), roles), []);
});

test('a leave is over without the machine when that is gone', () => {
  const opened = leavingAgent();
  const away: NodesOf = log =>
    keeping(saying(ready, ['a', 'b']))(log).map(node =>
      node.id === 'b' ? { ...node, state: 'dead' as const } : node,
    );
  const over = decided(opened, away, { roles: { b: 'none' } });
  assert.equal(over.operations.findLast(({ kind }) => kind === 'leave')?.outcome, 'done');
});

const moveIn = (decisions: readonly Decision[]) =>
  decisions.flatMap(each => (each.kind === 'move' ? [each.node] : []));

test('the keeper is another server when the one that was is dead, drained, failing, or shall be none', () => {
  const three = rested(emptyLog, ['a', 'b', 'c']);
  assert.deepEqual(having(three, 'keeper'), ['a']);
  const changed =
    (change: Partial<ViewNode> | ((node: ViewNode) => ViewNode)): NodesOf =>
    log =>
      saying(ready, ['a', 'b', 'c'])(log).map(node =>
        node.id !== 'a' ? node : typeof change === 'function' ? change(node) : { ...node, ...change },
      );
  const movesWith = (change: Parameters<typeof changed>[0], settings: Settings = {}) =>
    moveIn(decisionsOf(three, changed(change), settings));
  assert.deepEqual(movesWith({ state: 'dead' }), ['b']);
  assert.deepEqual(movesWith({ state: 'suspect' }), [], 'not for a moment of silence');
  assert.deepEqual(movesWith({ standing: 'observer' }), ['b']);
  assert.deepEqual(movesWith({ drain: { reason: 'fans', requeueAtMs: 0 } }), ['b']);
  assert.deepEqual(movesWith({}, { roles: { a: 'agent' } }), ['b']);
  for (const role of ['keeper', 'server'])
    assert.deepEqual(
      movesWith(node => ({
        ...node,
        reports: node.reports.map(each =>
          each.role === role ? { ...each, state: 'failing' as const, reason: 'unexpected' } : each,
        ),
      })),
      ['b'],
      `its ${role} role fails`,
    );
});

test('who is not ready, not there or drained is not made the keeper', () => {
  const three = rested(emptyLog, ['a', 'b', 'c']);
  const heirs = (change: Partial<ViewNode>, said: Said = ready) =>
    moveIn(
      decisionsOf(three, log =>
        ['a', 'b', 'c'].map(id =>
          nodeOf(id, {
            reports: reportsOf(log, id, id === 'b' ? said : ready),
            ...(id === 'a' && { state: 'dead' as const }),
            ...(id === 'b' && change),
          }),
        ),
      ),
    );
  assert.deepEqual(heirs({}), ['b']);
  assert.deepEqual(heirs({}, starting), ['c']);
  assert.deepEqual(heirs({ state: 'suspect' }), ['c']);
  assert.deepEqual(heirs({ standing: 'observer' }), ['c']);
  assert.deepEqual(heirs({ drain: { reason: 'fans', requeueAtMs: 0 } }), ['c']);
});

test('a machine that is drained, or that an operator wants to be nothing, is given no role', () => {
  const nodes: NodesOf = log =>
    saying(ready, ['a', 'b', 'c'])(log).map(node =>
      node.id === 'b' ? { ...node, drain: { reason: 'fans', requeueAtMs: 0 } } : node,
    );
  const log = decided(emptyLog, nodes, { roles: { c: 'none' } }, 20);
  assert.deepEqual([having(log, 'server'), having(log, 'agent')], [['a'], []]);
});

test('machines on radio, or that are reached by a relay only, are servers when there is nobody else', () => {
  const poor = (names: readonly string[], on: readonly string[]) => (log: LogState) =>
    keeping(saying(ready, names))(log).map(node => ({
      ...node,
      capabilities: ['k3s-node', ...(on.includes(node.id) ? ['link=wireless'] : [])],
    }));
  assert.deepEqual(having(decided(emptyLog, poor(ids, ['a', 'c']), {}, 30), 'server'), ['b', 'd', 'e']);
  const few = ['a', 'b', 'c'];
  assert.deepEqual(having(decided(emptyLog, poor(few, ['a', 'c']), {}, 30), 'server'), few);
});

test('a daemon that starts and dies for ever adds few entries to the log', () => {
  let log = rested(emptyLog, ['a', 'b', 'c']);
  const before = log.index;
  for (let pass = 0; pass < 200; pass++) {
    log = decided(
      log,
      saying({ state: 'starting', step: 'start', detail: 'start k3s as a server' }, ['a', 'b', 'c']),
    );
    const detail = `k3s server has ended: process ${pass} died`;
    log = decided(
      log,
      saying({ state: 'failing', step: 'start', reason: 'unexpected', detail }, ['a', 'b', 'c']),
    );
  }
  assert.ok(log.index - before <= 12, `${log.index - before} entries after 200 passes`);
});

type Fitness = 'fit' | 'unfit' | 'dies';

/** What becomes of each as a server: it is ready, fails for good, or dies as soon as it is told to be one and is back when it is none any more. */
const faring =
  (fitness: Readonly<Record<string, Fitness>>): NodesOf =>
  log =>
    Object.entries(fitness).map(([id, is]) => {
      const isServer = log.grants.some(({ role, node }) => role === 'server' && node === id);
      if (is === 'dies' && isServer)
        return nodeOf(id, { state: 'dead', reports: reportsOf(log, id, starting) });
      const failing: Said = { state: 'failing', step: 'start', reason: 'settings-differ' };
      return nodeOf(id, { reports: reportsOf(log, id, isServer && is === 'unfit' ? failing : ready) });
    });

/** The keeper also says who is away for long. */
const watching =
  (nodesOf: NodesOf): NodesOf =>
  log => {
    const nodes = keeping(nodesOf)(log);
    const dead = new Set(nodes.filter(({ state }) => state === 'dead').map(({ id }) => id));
    const away = log.grants
      .filter(({ role, node }) => role === 'server' && dead.has(node))
      .map(({ token }) => evidence.away(token));
    return nodes.map(node => ({
      ...node,
      reports: node.reports.map(report =>
        report.role === 'keeper' ? { ...report, evidence: [...(report.evidence ?? []), ...away] } : report,
      ),
    }));
  };

test('whoever fails or dies before it has joined makes room once at most, and deciding comes to an end', () => {
  const anyFitness = fc.constantFrom<Fitness>('fit', 'unfit', 'dies');
  const anyRun = fc.record({
    others: fc.tuple(anyFitness, anyFitness, anyFitness, anyFitness),
    servers: fc.constantFrom('auto' as const, 3 as const, 5 as const),
  });
  fc.assert(
    fc.property(anyRun, ({ others, servers }) => {
      const fitness = Object.fromEntries(ids.map((id, i) => [id, others[i - 1] ?? 'fit']));
      const end = decided(emptyLog, watching(faring(fitness)), { servers }, 80);
      const made = end.operations.filter(({ kind, role }) => kind === 'leave' && role === 'server');
      assert.equal(new Set(made.map(({ node }) => node)).size, made.length, 'nobody makes room twice');
      assert.ok(
        made.every(({ node }) => fitness[node] !== 'fit'),
        'nobody who is well makes room',
      );
      const wanted = servers === 5 ? 5 : 3;
      const fit = ids.filter(id => fitness[id] === 'fit');
      const granted = having(end, 'server');
      if (fit.length >= wanted)
        assert.ok(
          granted.length === wanted && granted.every(id => fit.some(each => each === id)),
          `${granted} of ${fit}`,
        );
    }),
    { numRuns: 300 },
  );
});

test('one that dies is not replaced before the keeper has said that it is away for long, nor one that is there', () => {
  const two = decided(decided(emptyLog, saying(starting)), log =>
    ids.map(id => nodeOf(id, { reports: reportsOf(log, id, id === 'a' ? ready : starting) })),
  );
  const fitness = { a: 'fit', b: 'dies', c: 'fit', d: 'fit', e: 'fit' } as const;
  const isLeaving = (log: LogState) =>
    log.operations.some(({ kind, node }) => kind === 'leave' && node === 'b');
  assert.ok(!isLeaving(decided(two, keeping(faring(fitness)))));
  assert.ok(isLeaving(decided(two, watching(faring(fitness)), {}, 40)));
  const token = two.grants.find(({ node }) => node === 'b')?.token ?? 0;
  const back: NodesOf = log =>
    ids.map(id => {
      const reports = reportsOf(log, id, id === 'b' ? starting : ready);
      const told = reports.map(each =>
        each.role === 'keeper' ? { ...each, evidence: [evidence.away(token)] } : each,
      );
      return nodeOf(id, { reports: told });
    });
  assert.ok(!isLeaving(decided(two, back)), 'what the keeper says may be old');
});

test('a server that has never joined has no vote to be missed, and is none to count on', () => {
  const three = rested(emptyLog, ['a', 'b', 'c', 'd', 'e']);
  const servers = three.grants.filter(({ role }) => role === 'server');
  const [a, b, c] = servers;
  assert.ok(a && b && c);
  const open = (log: LogState, { token }: Grant): LogState => ({
    ...log,
    operations: log.operations.map(each =>
      each.kind === 'join' && each.token === token ? { ...each, outcome: 'running' as const } : each,
    ),
  });
  const lost = (log: LogState, leaving: Grant, ...away: readonly string[]) => {
    const nodes = saying(ready)(log).map(node =>
      away.includes(node.id) ? { ...node, state: 'dead' as const, reports: [] } : node,
    );
    return mayLose(viewOf(log, nodes), servers, leaving);
  };
  const newcomer = open(three, c);
  const nodes = saying(starting)(newcomer);
  assert.deepEqual(
    servers.map(each => hasNeverJoined(viewOf(newcomer, nodes), each)),
    [false, false, true],
  );
  assert.ok(lost(newcomer, c, 'c'), 'two vote, and both are there');
  assert.ok(!lost(newcomer, c, 'b', 'c'), 'one of two is no majority');
  assert.ok(
    !lost(newcomer, b, 'c'),
    'it may have a vote all the same: then the one that is left were one of two',
  );
  const both = open(newcomer, b);
  assert.ok(lost(both, c, 'b', 'c'), 'the first one alone is what votes');
  assert.ok(!lost(three, c, 'b', 'c'), 'those who have joined are missed');
});

test('why a member should not be taken out: the founder, the only server, a server that is there, a lost majority', () => {
  const founding = decided(emptyLog, saying(starting, ['a', 'b']));
  const harm = (log: LogState, nodesOf: NodesOf, id: string) => removalHarm(viewOf(log, nodesOf(log)), id);
  assert.match(harm(founding, saying(starting, ['a', 'b']), 'a'), /just founding/);
  const pair = rested(emptyLog, ['a', 'b']);
  assert.match(harm(pair, saying(ready, ['a', 'b']), 'a'), /only server/);
  assert.equal(harm(pair, saying(ready, ['a', 'b']), 'b'), '');
  const names = ['a', 'b', 'c'];
  const three = rested(emptyLog, names);
  assert.match(harm(three, saying(ready, names), 'b'), /give that up first/);
  const away =
    (...gone: string[]): NodesOf =>
    log =>
      saying(
        ready,
        names,
      )(log).map(node => (gone.includes(node.id) ? { ...node, state: 'dead' as const } : node));
  assert.equal(harm(three, away('b'), 'b'), '', 'it is gone, and the others hold');
  assert.match(harm(three, away('b', 'c'), 'b'), /lost its majority/);
});

test('grants are those of k3s only', () => {
  const other: Grant = { service: 'slurm', role: 'controller', node: 'a', token: 3 };
  const log = decided({ ...emptyLog, grants: [other] }, saying(ready, ['a']));
  assert.ok(log.grants.includes(other));
});
