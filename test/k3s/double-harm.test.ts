// Writes while servers of the double are killed: whatever was acknowledged is there in the end, on every server.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { waitFor } from '../lab/wait-for.ts';
import type { Answer } from './double/request.ts';
import {
  type K3sMachine,
  type K3sService,
  LoopbackMachines,
  read,
  start,
  startReady,
  tokenOf,
  urlOf,
} from './machines.ts';

const machines = new LoopbackMachines();
after(async () => await machines.end());

/** Rounds of harm; each kills one or two of three servers amid writes. */
const rounds = 4;
const maps = '/api/v1/namespaces/default/configmaps';

async function ask(machine: K3sMachine, method: string, path: string, body?: unknown): Promise<Answer> {
  const config = parse(read(machine, '/etc/rancher/k3s/k3s.yaml')) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  const text = (data = '') => Buffer.from(data, 'base64').toString();
  const user = config.users[0]?.user ?? {};
  return await machine.request(`${urlOf(machine)}${path}`, {
    method,
    ca: text(config.clusters[0]?.cluster['certificate-authority-data']),
    cert: text(user['client-certificate-data']),
    key: text(user['client-key-data']),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

test('what was acknowledged is not lost, whoever is killed', async () => {
  const [a, b, c] = [machines.add('a'), machines.add('b'), machines.add('c')];
  const all = [a, b, c];
  const running = new Map<K3sMachine, K3sService>();
  running.set(a, await startReady(a, 'server', { 'cluster-init': true }));
  const token = tokenOf(a);
  const settings = (machine: K3sMachine) => (machine === a ? { 'cluster-init': true } : { server: urlOf(a) });
  for (const machine of [b, c])
    running.set(machine, await startReady(machine, 'server', { ...settings(machine), token }));
  const acknowledged: string[] = [];
  let count = 0;
  let isOver = false;
  const writer = async (machine: K3sMachine) => {
    while (!isOver) {
      count += 1;
      const name = `w${count}`;
      const answer = await ask(machine, 'POST', maps, { metadata: { name } }).catch(() => undefined);
      if (answer?.status === 201) acknowledged.push(name);
      else await new Promise(resolve => setTimeout(resolve, 50));
    }
  };
  const writers = all.map(writer);
  const seed = Math.floor(Math.random() * 1e9);
  let state = seed;
  const draw = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % below;
  };
  for (let round = 0; round < rounds; round += 1) {
    const before = acknowledged.length;
    await waitFor(() => acknowledged.length > before + 20, {
      what: `writes in round ${round}, seed ${seed}`,
    });
    const first = draw(3);
    const victims = all.filter((_, at) => at === first || (draw(2) === 0 && at === (first + 1) % 3));
    await Promise.all(victims.map(victim => running.get(victim)?.kill()));
    for (const victim of victims)
      running.set(victim, await start(victim, 'server', { ...settings(victim), token }));
    await Promise.all(victims.map(victim => running.get(victim)?.says('is up and running')));
  }
  isOver = true;
  await Promise.all(writers);
  const listed = await Promise.all(
    all.map(async machine => {
      const { items } = JSON.parse((await ask(machine, 'GET', maps)).body) as {
        items: { metadata: { name: string } }[];
      };
      return new Set(items.map(({ metadata }) => metadata.name));
    }),
  );
  for (const [at, names] of listed.entries()) {
    const lost = acknowledged.filter(name => !names.has(name));
    assert.deepEqual(lost, [], `server ${at} lost some of ${acknowledged.length}, seed ${seed}`);
  }
  assert.deepEqual(listed[1], listed[0]);
  assert.deepEqual(listed[2], listed[0]);
});
