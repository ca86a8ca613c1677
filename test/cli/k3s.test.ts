// `clusterctl k3s`: what is asked of whom, what people see of the answers, and what is never done unasked.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { clusterctl, clusterctlAsked } from './clusterctl.ts';
import { type FakeAgent, fakeAgent } from './fake-agent.ts';
import { kubernetesLab, type Lab, nowMs, operation, soundLab } from './lab.ts';

const kubeconfig = (authority = 'bGFi', name = 'lab') =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name, cluster: { server: 'https://100.64.0.1:6443', 'certificate-authority-data': authority } },
    ],
    users: [{ name, user: { 'client-key-data': 'a2V5' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });

/** A lab in which atlas gives out credentials. */
function givingLab(): Lab {
  const lab = kubernetesLab();
  lab.serviceAnswers['k3s kubeconfig'] = { kubeconfig: kubeconfig() };
  lab.serviceAnswers['k3s kubeconfig borea'] = { kubeconfig: kubeconfig() };
  return lab;
}

async function homeOf(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'clusterctl-k3s-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  return home;
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test('a kubeconfig goes to standard output, and who has it is told on the other', async () => {
  await using agent = await fakeAgent(givingLab());
  const { code, stdout, stderr } = await clusterctl('k3s kubeconfig', agent);
  assert.deepEqual([code, stdout], [0, kubeconfig()]);
  assert.equal(
    stderr,
    'An administrator of Kubernetes for 30d, made by atlas: whoever has this text is one.\n',
  );
  assert.deepEqual(agent.calls, [`k3s kubeconfig ${30 * 86_400_000}`]);
});

test('it lasts as long as asked, and leads to the server that is named', async () => {
  await using agent = await fakeAgent(givingLab());
  const { code, stderr } = await clusterctl('k3s kubeconfig --ttl 36h --server borea', agent);
  assert.equal(code, 0);
  assert.match(stderr, /for 1d 12h, made by borea/);
  assert.deepEqual(agent.calls, [`k3s kubeconfig borea ${36 * 3_600_000}`]);
});

test('a life that is none is a usage error, and nobody is asked', async () => {
  await using agent = await fakeAgent(givingLab());
  for (const [ttl, expected] of [
    ['forever', /^error: --ttl "forever" is no duration\nhint: use a number and a unit/],
    ['366d', /^error: --ttl 366d: a credential is good for 1m to 365d\n$/],
    ['1s', /^error: --ttl 1s: a credential is good for 1m to 365d\n$/],
  ] as const) {
    const { code, stdout, stderr } = await clusterctl(`k3s kubeconfig --ttl ${ttl}`, agent);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, expected);
  }
  assert.deepEqual(agent.calls, []);
});

test('merged into no file it makes one for its owner alone', async t => {
  const HOME = await homeOf(t);
  await using agent = await fakeAgent(givingLab());
  const { code, stdout, stderr } = await clusterctl('k3s kubeconfig --merge', agent, { HOME });
  const file = join(HOME, '.kube/config');
  assert.deepEqual([code, stdout], [0, '']);
  assert.equal(
    stderr,
    `An administrator of Kubernetes for 30d, made by atlas, is in ${file} as context lab.\n` +
      'hint: kubectl --context lab get nodes\n',
  );
  assert.deepEqual(parse(await readFile(file, 'utf8')), parse(kubeconfig()));
  assert.deepEqual([await modeOf(file), await modeOf(join(HOME, '.kube'))], [0o600, 0o700]);
  assert.deepEqual(await readdir(join(HOME, '.kube')), ['config']);
});

test('merged into the file of other clusters it changes nothing of theirs, and keeps the file as it was', async t => {
  const HOME = await homeOf(t);
  const file = join(HOME, '.kube/config');
  await mkdir(join(HOME, '.kube'));
  const before = `# mine\n${stringify({ ...parse(kubeconfig('b3RoZXI=', 'work')), preferences: { colors: true } })}`;
  await writeFile(file, before, { mode: 0o644 });
  await using agent = await fakeAgent(givingLab());
  const first = await clusterctl('k3s kubeconfig --merge', agent, { HOME });
  assert.equal(first.code, 0);
  const merged = parse(await readFile(file, 'utf8'));
  for (const key of ['clusters', 'users', 'contexts'])
    assert.deepEqual(
      merged[key],
      [...parse(before)[key], ...parse(kubeconfig())[key]],
      `${key} of both are there`,
    );
  assert.equal(merged['current-context'], 'work');
  assert.deepEqual(merged.preferences, { colors: true });
  assert.equal(await readFile(`${file}.before`, 'utf8'), before);
  assert.deepEqual([await modeOf(file), await modeOf(`${file}.before`)], [0o600, 0o600]);
  // A newer credential takes the place of the older one.
  const again = await clusterctl('k3s kubeconfig --merge', agent, { HOME });
  assert.doesNotMatch(again.stderr, /Another cluster/);
  assert.deepEqual(parse(await readFile(file, 'utf8')), merged);
});

test('another cluster of the same name is replaced, and that is told', async t => {
  const HOME = await homeOf(t);
  const file = join(HOME, 'other');
  await writeFile(file, kubeconfig('b3RoZXI='));
  await using agent = await fakeAgent(givingLab());
  const { stderr } = await clusterctl('k3s kubeconfig --merge', agent, { HOME, KUBECONFIG: file });
  assert.match(stderr, new RegExp(`Another cluster was called lab there; it is in ${file}.before still.\n`));
  assert.deepEqual(parse(await readFile(file, 'utf8')), parse(kubeconfig()));
});

test('KUBECONFIG names the file, of several the first; a link to it stays one', async t => {
  const HOME = await homeOf(t);
  await mkdir(join(HOME, 'real'));
  await writeFile(join(HOME, 'real/config'), '');
  await symlink('real/config', join(HOME, 'link'));
  await using agent = await fakeAgent(givingLab());
  const KUBECONFIG = `${join(HOME, 'link')}:${join(HOME, 'second')}`;
  const { code } = await clusterctl('k3s kubeconfig --merge', agent, { HOME, KUBECONFIG });
  assert.equal(code, 0);
  assert.equal(await readlink(join(HOME, 'link')), 'real/config');
  assert.deepEqual(parse(await readFile(join(HOME, 'real/config'), 'utf8')), parse(kubeconfig()));
  assert.deepEqual((await readdir(HOME)).sort(), ['link', 'real']);
});

test('a file that is no kubeconfig is refused and stays as it is, and no credential is made', async t => {
  const HOME = await homeOf(t);
  const file = join(HOME, 'config');
  await using agent = await fakeAgent(givingLab());
  for (const broken of [
    'clusters: [\nusers: secret-of-mine',
    'just words',
    '- a list',
    'clusters: lab\n',
    'users: [null]\n',
    'contexts: [{ context: {} }]\n',
  ]) {
    await writeFile(file, broken);
    const { code, stdout, stderr } = await clusterctl('k3s kubeconfig --merge', agent, { KUBECONFIG: file });
    assert.deepEqual([code, stdout], [1, ''], broken);
    assert.match(stderr, /^error: \S+\/config cannot be read: .+\nhint: mend it, or print .* --merge\n$/);
    assert.doesNotMatch(stderr, /secret-of-mine/);
    assert.equal(await readFile(file, 'utf8'), broken);
  }
  assert.deepEqual([agent.calls, await readdir(HOME)], [[], ['config']]);
  const homeless = await clusterctl('k3s kubeconfig --merge', agent);
  assert.equal(homeless.code, 2);
  assert.match(homeless.stderr, /no HOME.*\nhint: set KUBECONFIG=FILE/);
});

test('where no server can give a kubeconfig the agent says so, and nothing is written', async t => {
  const HOME = await homeOf(t);
  await using agent = await fakeAgent(kubernetesLab());
  const { code, stdout, stderr } = await clusterctl('k3s kubeconfig --merge', agent, { HOME });
  assert.deepEqual([code, stdout], [6, '']);
  assert.equal(
    stderr,
    'error: no member can be asked for the kubeconfig of k3s: see "clusterctl service show k3s"\n',
  );
  assert.deepEqual(await readdir(HOME), []);
  const unknown = await clusterctl('k3s kubeconfig --server nobody', agent);
  assert.equal(unknown.code, 5);
  assert.match(unknown.stderr, /^error: no member is called nobody\nhint: run "clusterctl members -o name"/);
});

const listed = `SNAPSHOT                         MEMBER  AGE   SIZE
etcd-snapshot-borea-1764040000   borea   1h    3.3 MiB
before-upgrade-atlas-1764000000  atlas   2h    3.2 MiB
`;

test('snapshots of all servers are listed, the newest first, in each format', async () => {
  await using agent = await fakeAgent(kubernetesLab());
  const ask = async (format: string) => await clusterctl(`k3s snapshot list -o ${format}`, agent);
  assert.deepEqual(await ask('table'), { code: 0, stdout: listed, stderr: '' });
  const { stdout } = await ask('json');
  assert.deepEqual(JSON.parse(stdout)[0], {
    name: 'etcd-snapshot-borea-1764040000',
    member: 'borea',
    bytes: 3_500_000,
    atMs: nowMs - 3_600_000,
  });
  assert.deepEqual(parse((await ask('yaml')).stdout), JSON.parse(stdout));
  assert.equal(
    (await ask('name')).stdout,
    'etcd-snapshot-borea-1764040000\nbefore-upgrade-atlas-1764000000\n',
  );
});

test('a server that says nothing is named beside the snapshots of the others', async () => {
  const lab = kubernetesLab();
  delete lab.serviceAnswers['k3s snapshots ceres'];
  Object.assign(lab.members.members[1] ?? {}, { state: 'dead' });
  await using agent = await fakeAgent(lab);
  const { code, stdout, stderr } = await clusterctl('k3s snapshot list --no-headers', agent);
  assert.deepEqual([code, stdout], [6, 'before-upgrade-atlas-1764000000  atlas   2h    3.2 MiB\n']);
  assert.equal(
    stderr,
    'not known of borea (dead), ceres (ceres cannot be asked for the snapshots of k3s: see "clusterctl service show k3s")\n',
  );
  assert.ok(!agent.calls.includes('k3s snapshots borea'), 'nobody asks the dead');
});

test('without a server there are no snapshots, and without an agent no answer', async () => {
  await using agent = await fakeAgent(soundLab());
  const { code, stderr } = await clusterctl('k3s snapshot list', agent);
  assert.deepEqual([code, stderr], [0, 'No member is a server of Kubernetes.\n']);
  for (const verb of [
    'kubeconfig',
    'snapshot list',
    'snapshot save',
    'recover',
    'restore --snapshot s --on x',
  ])
    assert.equal((await clusterctl(`k3s ${verb} --endpoint unix:/nonexistent/agent.sock`)).code, 3, verb);
});

test('a snapshot that was saved is shown; why it was not is a failure', async () => {
  const lab = kubernetesLab();
  lab.serviceAnswers['k3s snapshot-save'] = lab.serviceAnswers['k3s snapshots atlas'];
  lab.serviceAnswers['k3s snapshot-save borea'] = new Error(
    'k3s etcd-snapshot save: no space left on device',
  );
  await using agent = await fakeAgent(lab);
  const saved = await clusterctl('k3s snapshot save --name before-upgrade', agent);
  assert.deepEqual([saved.code, saved.stderr], [0, '']);
  assert.match(saved.stdout, /^SNAPSHOT .*\nbefore-upgrade-atlas-1764000000 +atlas +2h +3\.2 MiB\n$/);
  const failed = await clusterctl('k3s snapshot save --server borea', agent);
  assert.deepEqual(
    [failed.code, failed.stdout, failed.stderr],
    [1, '', 'error: borea: k3s etcd-snapshot save: no space left on device\n'],
  );
  assert.deepEqual(agent.calls, ['k3s snapshot-save before-upgrade', 'k3s snapshot-save borea']);
});

/** What was only looked at. */
const looks = (agent: FakeAgent) => agent.calls.filter(each => !/^k3s (datastore|snapshots) /.test(each));

const stores = `atlas has a datastore with entry 900 of etcd or later, last written 5s ago
ceres has a datastore with entry 700 of etcd or later, last written 1m ago
borea has a datastore with entry 700 of etcd or later, last written 5m ago; k3s does not run there
`;
const byAtlas =
  'atlas makes Kubernetes anew of what it has stored. borea and ceres stop their servers first, and join anew. ' +
  'The API is away meanwhile; pods go on. Each datastore is kept beside the new one.';

test('a dry recovery shows all datastores, says what the newest would mean, and changes nothing', async () => {
  await using agent = await fakeAgent(kubernetesLab());
  const { code, stdout, stderr } = await clusterctl('k3s recover --dry-run', agent);
  assert.deepEqual([code, stdout, stderr], [0, `${byAtlas}\n`, `${stores}Nothing was changed.\n`]);
  assert.deepEqual(looks(agent), []);
  const other = await clusterctl('k3s recover --dry-run --on ceres', agent);
  assert.match(other.stdout, /^ceres makes .* atlas and borea stop/);
  const byId = await clusterctl(`k3s recover --dry-run --on ${'0c'.repeat(16)}`, agent);
  assert.equal(byId.stdout, other.stdout);
  assert.deepEqual(looks(agent), []);
});

test('of servers that are gone a recovery says that it knows nothing, and does without them', async () => {
  const lab = kubernetesLab();
  Object.assign(lab.members.members[0] ?? {}, { state: 'dead' });
  await using agent = await fakeAgent(lab);
  agent.stuck.add('k3s datastore borea');
  const { code, stdout, stderr } = await clusterctl('k3s recover --dry-run --timeout 500ms', agent);
  assert.equal(code, 0);
  assert.match(stdout, /^ceres makes Kubernetes anew of what it has stored\. borea stops its server first/);
  assert.match(stderr, /^not known of atlas \(dead\), borea \(no answer within 500 ms\)$/m);
});

test('nobody with a datastore, one without and one that is no member end as they should', async () => {
  const lab = kubernetesLab();
  const empty = { isMember: false, running: false, index: 0, changedAtMs: 0 };
  lab.serviceAnswers['k3s datastore ceres'] = empty;
  await using agent = await fakeAgent(lab);
  const without = await clusterctl('k3s recover --on ceres --yes', agent);
  assert.equal(without.code, 1);
  assert.match(
    without.stderr,
    /^error: ceres has no datastore of Kubernetes, or does not answer\nhint: run "clusterctl service show k3s"/m,
  );
  const unknown = await clusterctl('k3s recover --on nobody --yes', agent);
  assert.equal(unknown.code, 5);
  assert.match(unknown.stderr, /^error: no member is called nobody$/m);
  for (const name of ['atlas', 'borea']) lab.serviceAnswers[`k3s datastore ${name}`] = empty;
  const none = await clusterctl('k3s recover --yes', agent);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /^error: no member that answers has a datastore of Kubernetes$/m);
  assert.deepEqual(looks(agent), []);
});

test('nothing is made anew unasked: without a terminal not, and with another word not', async () => {
  await using agent = await fakeAgent(kubernetesLab());
  const unasked = await clusterctl('k3s recover', agent);
  assert.equal(unasked.code, 2);
  assert.equal(
    unasked.stderr,
    `${stores}error: ${byAtlas} Nothing was done, because nobody can be asked.\n` +
      'hint: add --yes, or look first with --dry-run\n',
  );
  const questions: string[] = [];
  const other = await clusterctlAsked('k3s recover', agent, question => {
    questions.push(question);
    return 'yes';
  });
  assert.deepEqual(questions, [`${byAtlas}\nType "atlas" to go on: `]);
  assert.deepEqual([other.code, other.stderr], [1, `${stores}error: nothing was done\n`]);
  assert.deepEqual(looks(agent), []);
});

function recovery(outcome: 'running' | 'done' | 'failed') {
  const step = (name: string, state: string) => ({ name, state, detail: '' });
  return {
    ...operation(40, 'atlas', outcome),
    ...{ kind: 'recover', service: 'k3s', role: 'server' },
    reason: outcome === 'failed' ? 'no-server' : '',
    steps: [step('fence', 'done'), { ...step('reset', outcome === 'failed' ? 'failed' : outcome) }],
  };
}

test('who types the name of the member has it done, and sees the steps until it is', async () => {
  const lab = kubernetesLab();
  lab.operations = [recovery('running')];
  await using agent = await fakeAgent(lab);
  setTimeout(() => {
    agent.lab.operations = [recovery('done')];
  }, 300);
  const { code, stdout, stderr } = await clusterctlAsked('k3s recover', agent, () => ' atlas ');
  assert.deepEqual([code, stdout], [0, 'Kubernetes works again; other servers join it now.\n']);
  assert.equal(stderr, `${stores}reset 2/2 ...\nhint: clusterctl service show k3s\n`);
  assert.deepEqual(looks(agent), ['k3s recover atlas']);
});

test('a recovery that fails, and one that is not over in time', async () => {
  const lab = kubernetesLab();
  lab.operations = [recovery('failed')];
  await using agent = await fakeAgent(lab);
  const failed = await clusterctl('k3s recover --yes', agent);
  assert.deepEqual([failed.code, failed.stdout], [1, '']);
  assert.equal(
    failed.stderr,
    `${stores}error: the recovery has failed: reset 2/2, no-server\nhint: run "clusterctl events --member atlas"\n`,
  );
  lab.operations = [recovery('running')];
  const late = await clusterctl('k3s recover --yes --timeout 400ms', agent);
  assert.deepEqual([late.code, late.stdout], [7, '']);
  assert.equal(
    late.stderr,
    `${stores}reset 2/2 ...\nerror: the recovery is not over after 400ms, and goes on\n` +
      'hint: run "clusterctl operations -w" to see when it is\n',
  );
});

test('a snapshot is put back on the member that has it', async () => {
  const lab = kubernetesLab();
  lab.operations = [recovery('done')];
  await using agent = await fakeAgent(lab);
  const name = 'etcd-snapshot-borea-1764040000';
  const dry = await clusterctl(`k3s restore --snapshot ${name} --on borea --dry-run`, agent);
  assert.match(
    dry.stdout,
    /^borea makes Kubernetes anew of the snapshot etcd-snapshot-borea-1764040000, 1h old: whatever was stored since is lost to the cluster, but for its settings\. atlas and ceres stop/,
  );
  assert.deepEqual(looks(agent), []);
  const unknown = await clusterctl(`k3s restore --snapshot ${name} --on atlas --yes`, agent);
  assert.equal(unknown.code, 5);
  assert.match(
    unknown.stderr,
    /^error: atlas has no snapshot etcd-snapshot-borea-1764040000\nhint: run "clusterctl k3s snapshot list"/m,
  );
  assert.deepEqual(looks(agent), []);
  const done = await clusterctl(`k3s restore --snapshot ${name} --on borea --yes`, agent);
  assert.equal(done.code, 0, done.stderr);
  assert.deepEqual(looks(agent), [`k3s recover borea ${name}`]);
});

test('an agent that is stuck is waited for as long as asked', async () => {
  await using agent = await fakeAgent(givingLab());
  agent.stuck.add('k3s kubeconfig').add('k3s snapshot-save').add('recoverService');
  for (const verb of ['kubeconfig', 'snapshot save', 'recover --yes']) {
    const { code, stderr } = await clusterctl(`k3s ${verb} --timeout 200ms`, agent);
    assert.equal(code, 7, verb);
    assert.match(stderr, /^error: the agent at \S+ did not answer within 200ms\nhint: /m, verb);
  }
});

test('usage of k3s', async () => {
  for (const [args, expected] of [
    ['k3s restore --on atlas', /required option '--snapshot/],
    ['k3s restore --snapshot s', /required option '--on/],
    ['k3s kubeconfig -o json', /unknown option '-o'\nhint: see "clusterctl --help"/],
    ['k3s recover extra', /too many arguments/],
    ['k3s snapshot lst', /unknown command 'lst'\nhint: did you mean "list"/],
  ] as const) {
    const { code, stderr } = await clusterctl(args);
    assert.equal(code, 2, args);
    assert.match(stderr, expected);
  }
  const plain = await clusterctl('k3s');
  assert.deepEqual([plain.code, plain.stdout], [2, '']);
  assert.match(plain.stderr, /^Examples:\n {2}clusterctl k3s kubeconfig --merge/);
  assert.match((await clusterctl('--help')).stdout, /^ {2}k3s +Kubernetes: a kubeconfig, snapshots/m);
  for (const args of ['k3s', 'k3s kubeconfig', 'k3s snapshot save', 'k3s restore', 'k3s recover']) {
    const { code, stdout } = await clusterctl(`${args} --help`);
    assert.equal(code, 0);
    assert.match(stdout, /^Examples:\n {2}clusterctl k3s kubeconfig --merge/, args);
  }
});
