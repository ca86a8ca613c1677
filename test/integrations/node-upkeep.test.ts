// What is read from slurmctld's words about nodes, and what is made of it.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ViewNode } from '../../src/integrations/cluster-view.ts';
import { nodesFrom, type SlurmNode } from '../../src/integrations/slurm/node-lines.ts';
import { keepNodes, nodeChanges } from '../../src/integrations/slurm/node-upkeep.ts';
import { MemoryHost } from './memory-host.ts';

test("nodes are read from scontrol's lines", () => {
  const text =
    'NodeName=node-b Arch=x86_64 NodeAddr=100.64.0.2 NodeHostName=node-b State=MIXED+DRAIN+DYNAMIC_NORM ThreadsPerCore=1 ' +
    'AvailableFeatures=arch_x86_64,site_east Gres=gpu:nvidia:2 RealMemory=800 Reason=ClusterOS: new "fans" at State=IDLE [root@2026-11-23T21:52:58] Comment=clusteros:abcdef\n' +
    'NodeName=node-a AvailableFeatures=(null) Gres=(null) State=IDLE+DYNAMIC_NORM Comment=mine\n\nNo nodes in the system\n';
  const nothing = { features: [], gres: '', memoryMib: 0, address: '' };
  assert.deepEqual(nodesFrom(text), [
    {
      name: 'node-b',
      words: ['mixed', 'drain', 'dynamic_norm'],
      reason: 'ClusterOS: new "fans" at State=IDLE',
      member: 'abcdef',
      ...{ features: ['arch_x86_64', 'site_east'], gres: 'gpu:nvidia:2', memoryMib: 800 },
      address: '100.64.0.2',
    },
    { name: 'node-a', words: ['idle', 'dynamic_norm'], reason: '', member: '', ...nothing },
  ]);
});

const node = (change: Partial<SlurmNode>): SlurmNode => ({
  ...{ name: 'borea', words: ['idle'], reason: '', member: 'b', features: [] },
  ...{ gres: '', memoryMib: 8000, address: '' },
  ...change,
});
const member = (change: Partial<ViewNode>): ViewNode => ({
  ...({ id: 'b', name: 'borea', ip: '', address: '', standing: 'voter', state: 'alive' } as const),
  ...{ capabilities: [], tags: {}, reports: [] },
  ...change,
});
const drain = { reason: 'new fans', requeueAtMs: 0 };
const busy = ['mixed', 'drain', 'dynamic_norm'];
const ours = 'ClusterOS: new fans';

for (const [title, nodes, present, expected, wallMs = 0] of [
  ['nothing to do', [member({})], node({}), []],
  ['drained', [member({ drain })], node({}), ['drain ClusterOS: new fans']],
  ['drained already', [member({ drain })], node({ words: busy, reason: ours }), []],
  [
    'for another reason',
    [member({ drain })],
    node({ words: busy, reason: 'ClusterOS: x' }),
    [`drain ${ours}`],
  ],
  ['drained by a person', [member({ drain })], node({ words: busy, reason: 'bad disk' }), []],
  ['a drain that is over', [member({})], node({ words: busy, reason: ours }), ['resume']],
  ["a person's drain is not over", [member({})], node({ words: busy, reason: 'bad disk' }), []],
  ['only suspect', [member({ state: 'suspect' })], node({}), []],
  ['dead', [member({ state: 'dead' })], node({}), ['drain ClusterOS: the member is dead']],
  ['dead, and its slurmd answers', [member({ state: 'dead' })], node({}), []],
  [
    'drained as dead, and its slurmd answers',
    [member({ state: 'dead' })],
    node({ words: busy, reason: 'ClusterOS: the member is dead' }),
    ['resume'],
  ],
  ['left: its daemons go on', [member({ state: 'left' })], node({}), []],
  ['dead and drained', [member({ state: 'dead', drain })], node({ words: busy, reason: ours }), []],
  ['removed', [], node({}), ['delete']],
  ['of somebody else', [], node({ member: '' }), []],
  [
    'not yet to be moved',
    [member({ drain: { ...drain, requeueAtMs: 9 } })],
    node({ words: busy, reason: ours }),
    [],
    8,
  ],
  [
    'to be moved',
    [member({ drain: { ...drain, requeueAtMs: 9 } })],
    node({ words: busy, reason: ours }),
    ['requeue'],
    9,
  ],
  [
    'nothing is left to be moved',
    [member({ drain: { ...drain, requeueAtMs: 9 } })],
    node({ words: ['idle', 'drain'], reason: ours }),
    [],
    9,
  ],
] as const)
  test(`a node and its member: ${title}`, () => {
    const changes = nodeChanges(
      { nodes, wallMs },
      [present],
      new Set(title.endsWith('its slurmd answers') ? ['b'] : []),
    );
    const texts = changes.map(each => (each.kind === 'drain' ? `${each.kind} ${each.reason}` : each.kind));
    assert.deepEqual(texts, expected);
  });

test('a machine that was set up anew answers for itself, not for the dead member it was', async () => {
  const host = new MemoryHost();
  const updates: string[] = [];
  host.accepting = () => true;
  host.programs.set('scontrol', args => {
    if (args[0] === 'update') updates.push(args.join(' '));
    const lines = ['borea', 'ceres', 'borea-2'].map(name => `NodeName=${name} State=IDLE+DYNAMIC_NORM\n`);
    return { stdout: lines.join('') };
  });
  const dead = { state: 'dead' } as const;
  const nodes = [
    member({ id: 'b', name: 'borea', ip: '100.64.0.2', ...dead }),
    member({ id: 'c', name: 'ceres', ip: '100.64.0.3', ...dead }),
    member({ id: 'd', name: 'borea-2', ip: '100.64.0.2' }),
  ];
  await keepNodes(host, { nodes, wallMs: 0, settings: {} });
  assert.deepEqual(updates, ['update nodename=borea state=drain reason=ClusterOS: the member is dead']);
});
