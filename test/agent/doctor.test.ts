// The doctor: each link of the chain broken in turn is named, with its mend, and nothing after it.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AgentLooks } from '../../src/agent/doctor/cluster-checks.ts';
import { diagnose } from '../../src/agent/doctor/doctor.ts';
import type { Finding } from '../../src/agent/doctor/finding.ts';
import type { MachineLooks } from '../../src/agent/doctor/machine-checks.ts';
import { AdminError } from '../../src/api/admin-client.ts';
import type { LeaderReply__Output } from '../../src/api/gen/clusteros/v1/LeaderReply.ts';
import type { Member__Output } from '../../src/api/gen/clusteros/v1/Member.ts';
import type { StatusReply__Output } from '../../src/api/gen/clusteros/v1/StatusReply.ts';
import { tailscaleLocalApi } from '../../src/integrations/tailscale/local-api.ts';
import { MemoryHost } from '../integrations/memory-host.ts';
import { FakeTailscaled } from '../integrations/tailscale/fake-tailscaled.ts';

type Report = Pick<Member__Output['services'][number], 'role' | 'state' | 'step' | 'reason' | 'detail'>;
const member = (name: string, state = 'alive', reports: readonly Partial<Report>[] = []) =>
  ({
    ...{ id: `id-${name}`, name, state },
    services: reports.map(each => ({
      ...{ service: 'slurm', role: 'worker', state: 'ready', step: '', reason: '', detail: '', ...each },
    })),
  }) as unknown as Member__Output;

/** A machine where all is well, to be broken. */
class Patient {
  readonly host = new MemoryHost();
  readonly folder = mkdtempSync(join(tmpdir(), 'clusteros-doctor-'));
  readonly keyFile = join(this.folder, 'cluster.key');
  tailscaled: FakeTailscaled | undefined;
  wallMs = Date.UTC(2026, 10, 27);
  ips = new Set(['127.0.0.1', '192.168.1.5', '100.64.0.1']);
  running = true;
  /** The agent's process is there, and says nothing. */
  hangs = false;
  interfaces: ReadonlyMap<string, readonly string[]> | undefined;
  bind: string | undefined;
  listens = true;
  members = [member('atlas', 'alive', [{}]), member('borea')];
  leads = true;

  static async of(t: TestContext): Promise<Patient> {
    const patient = new Patient();
    patient.tailscaled = await FakeTailscaled.start();
    t.after(async () => {
      await patient.tailscaled?.dispose();
      rmSync(patient.folder, { recursive: true });
    });
    writeFileSync(patient.keyFile, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
    const { host } = patient;
    host.accepting = () => patient.listens;
    host.programs.set('timedatectl', () => ({ stdout: 'yes\n' }));
    host.programs.set('getent', () => ({ stdout: '192.0.2.1 STREAM\n' }));
    return patient;
  }

  /** tailscaled says that this is its state. */
  say(state: FakeTailscaled['state']): void {
    if (this.tailscaled) this.tailscaled.state = state;
  }

  async findings(): Promise<readonly Finding[]> {
    const { host, keyFile: clusterKeyFile } = this;
    const looks: MachineLooks = {
      ...{ host, clusterKeyFile, wallMs: () => this.wallMs },
      interfaces: () => this.interfaces ?? new Map([['eth0', [...this.ips]]]),
      ...{ tag: 'tag:cluster', bindIsSet: this.bind !== undefined },
      tailscaled: this.tailscaled && tailscaleLocalApi(this.tailscaled.socket),
      bind: this.bind ?? '127.0.0.1:7443',
    };
    const found: Finding[] = [];
    for await (const finding of diagnose(looks, this.#agent())) found.push(finding);
    return found;
  }

  #agent(): AgentLooks {
    const status = {
      id: 'id-atlas',
      name: 'atlas',
      version: '0.1.0',
      address: '100.64.0.1:7443',
      waitingFor: '',
    };
    const gone = () => new AdminError('no-agent', 'no such socket');
    return {
      status: async () => {
        if (this.hangs) throw new AdminError('timed-out', 'no answer within 5 s');
        if (!this.running) throw gone();
        return status as StatusReply__Output;
      },
      members: async () => ({ members: this.members }),
      leader: async () => {
        if (!this.leads)
          throw new AdminError('unavailable', 'nobody leads: 1 of 3 voters answers', 'no-quorum');
        return { name: 'atlas', term: 3 } as LeaderReply__Output;
      },
    };
  }

  /** The last finding, which is broken, and nothing before it is. */
  async broken(): Promise<string> {
    const found = await this.findings();
    const last = found.at(-1);
    assert.equal(last?.state, 'broken', JSON.stringify(found));
    assert.ok(found.slice(0, -1).every(({ state }) => state !== 'broken'));
    assert.notEqual(last.mend, '');
    return `${last.stage}: ${last.text}: ${last.mend}`;
  }
}

test('where all is well every link is said to hold', async t => {
  const patient = await Patient.of(t);
  const found = await patient.findings();
  assert.deepEqual(
    found.map(({ stage, state }) => `${stage} ${state}`),
    [
      ...['clock ok', 'link ok', 'dns ok', 'tailscaled ok', 'login ok', 'address ok', 'key ok', 'agent ok'],
      ...['port ok', 'peers ok', 'leader ok', 'munge ok', 'slurm ok', 'k3s skipped'],
    ],
  );
});

const harms: readonly [string, (patient: Patient) => unknown, RegExp][] = [
  ['a clock of long ago', each => (each.wallMs = 0), /^clock: .*1970.*: run "timedatectl set-ntp true"/],
  ['no network', each => (each.ips = new Set(['127.0.0.1'])), /^link: no network: .*: plug in a cable/],
  [
    'no name server, and not signed in',
    each => {
      each.host.programs.set('getent', () => ({ exitCode: 2 }));
      each.say('NeedsLogin');
    },
    /^dns: controlplane\.tailscale\.com.* is not found: see "resolvectl status"/,
  ],
  [
    'no cable, though software has networks of its own',
    each => {
      each.interfaces = new Map([
        ['docker0', ['172.17.0.1']],
        ['cni0', ['10.42.0.1']],
      ]);
      each.host.put('/sys/class/net/eth0/carrier', '0\n');
    },
    /^link: no network: eth0 has no link: plug in a cable/,
  ],
  [
    'signed in without the tag',
    each => {
      if (each.tailscaled?.self) each.tailscaled.self.Tags = [];
    },
    /^login: this machine has no tag: without tag:cluster no member lets it in: put TAILSCALE_TAGS=tag:cluster/,
  ],
  [
    'a set address that is not here',
    each => {
      each.bind = '100.64.0.5:7443';
    },
    /^address: the setting bind says 100\.64\.0\.5:7443/,
  ],
  [
    'an agent that hangs',
    each => {
      each.hangs = true;
    },
    /^agent: the agent is there and does not answer .*: run "systemctl restart node-agent"/,
  ],
  ['no tailscaled', each => each.tailscaled?.stop(), /^tailscaled: .*no socket.*: install tailscale/],
  ['not signed in', each => each.say('NeedsLogin'), /^login: .*NeedsLogin.*: run "tailscale-auth"/],
  ['switched off', each => each.say('Stopped'), /^login: .*switched off.*"tailscale up"/],
  [
    'an address that is on no interface',
    each => each.ips.delete('100.64.0.1'),
    /^address: .*100\.64\.0\.1 is on no interface/,
  ],
  ['no key', each => rmSync(each.keyFile), /^key: cluster key .* is missing: copy it from a member/],
  ['a key for all to read', each => chmodSync(each.keyFile, 0o644), /^key: .*: run "chmod 0600/],
  [
    'another program at the port',
    each => (each.running = false),
    /^port: another program listens at 100\.64\.0\.1:7443.*: end it: "ss -ltnp/,
  ],
  [
    'no agent',
    each => {
      each.running = false;
      each.listens = false;
    },
    /^agent: no agent answers \(no such socket\): run "systemctl start node-agent"/,
  ],
  [
    'a firewall',
    each => (each.listens = false),
    /^port: nothing takes connections .*: see "nft list ruleset"/,
  ],
  [
    'nobody else reached',
    each => (each.members = [member('atlas'), member('borea', 'dead'), member('ceres', 'suspect')]),
    /^peers: none of 2 others is reached: look at borea, ceres: .*"tailscale ping borea"/,
  ],
  [
    'no leader',
    each => (each.leads = false),
    /^leader: nobody leads: 1 of 3 voters answers: bring voters back/,
  ],
  [
    'munged that does not start',
    each =>
      (each.members = [
        member('atlas', 'alive', [
          {
            state: 'failing',
            step: 'munge',
            reason: 'munged-missing',
            detail: 'munged is not installed: run "apt-get install munge"',
          },
        ]),
      ]),
    /^munge: worker: munged is not installed \(munged-missing\): run "apt-get install munge"/,
  ],
  [
    'slurmd that does not start',
    each =>
      (each.members = [
        member('atlas', 'alive', [
          {
            state: 'failing',
            step: 'slurmd',
            reason: 'port-in-use',
            detail: 'it is taken: end it ("ss -ltnp")',
          },
        ]),
      ]),
    /^slurm: worker: it is taken \(port-in-use\): end it/,
  ],
];

for (const [title, harm, expected] of harms)
  test(`${title}: is named, with the mend`, async t => {
    const patient = await Patient.of(t);
    await harm(patient);
    assert.match(await patient.broken(), expected);
  });

test('what works and should be known is a note, and the chain goes on', async t => {
  const patient = await Patient.of(t);
  patient.host.programs.set('timedatectl', () => ({ stdout: 'no\n' }));
  patient.host.programs.set('getent', () => ({ exitCode: 2 }));
  patient.members = [
    member('atlas', 'alive', [{ reason: 'uid-differs', detail: 'ada is 7' }]),
    member('borea'),
    member('ceres', 'dead'),
  ];
  const found = await patient.findings();
  const notes = found.filter(({ state }) => state === 'note').map(({ stage }) => stage);
  assert.deepEqual(notes, ['clock', 'dns', 'peers', 'slurm']);
  assert.equal(found.at(-1)?.stage, 'k3s');
});

const routeTable = (...rows: readonly string[]) =>
  ['Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT', ...rows, ''].join(
    '\n',
  );
const ownNet = 'eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0';
const defaultBy = (flags: string) => `eth0\t00000000\t0101A8C0\t${flags}\t0\t0\t100\t00000000\t0\t0\t0`;
const images = '/var/lib/rancher/k3s/agent/images';

/** What is said of Kubernetes on a machine that has all it needs but what `change` takes away. */
async function ofKubernetes(
  t: TestContext,
  change: (patient: Patient) => void,
  reports: readonly Partial<Report & { service: string }>[] = [{ service: 'k3s', role: 'server' }],
): Promise<Finding | undefined> {
  const patient = await Patient.of(t);
  patient.members = [member('atlas', 'alive', [{}, ...reports]), member('borea')];
  patient.host.put('/proc/net/route', routeTable(ownNet, defaultBy('0003')));
  patient.host.put(`${images}/k3s-airgap-images-amd64.tar.zst`, 'images');
  change(patient);
  const found = (await patient.findings()).at(-1);
  assert.equal(found?.stage, 'k3s');
  return found;
}

test('a member of Kubernetes that lacks nothing is told as such, with images or a registry of its own', async t => {
  const ok = { stage: 'k3s', state: 'ok', text: 'keeper ready, server ready', mend: '' };
  const both = [
    { service: 'k3s', role: 'keeper' },
    { service: 'k3s', role: 'server' },
  ];
  assert.deepEqual(await ofKubernetes(t, () => {}, both), ok);
  const registry = await ofKubernetes(
    t,
    ({ host }) => {
      host.files.delete(`${images}/k3s-airgap-images-amd64.tar.zst`);
      host.put('/etc/rancher/k3s/registries.yaml', 'mirrors: {}');
    },
    both,
  );
  assert.deepEqual(registry, ok);
});

test('images that come from the network are a note', async t => {
  for (const there of [[], ['readme.txt', 'list.tar.md']]) {
    const found = await ofKubernetes(t, ({ host }) => {
      host.files.delete(`${images}/k3s-airgap-images-amd64.tar.zst`);
      for (const name of there) host.put(`${images}/${name}`, '');
    });
    assert.deepEqual(found, {
      ...{ stage: 'k3s', state: 'note' },
      text: `server ready; images come from the network: there are none in ${images}`,
      mend: 'where there is no way out, put k3s-airgap-images-*.tar.zst of its release there',
    });
  }
});

test('a machine without a default route is a note, with the mend; one that rejects is none', async t => {
  for (const rows of [[ownNet], [ownNet, defaultBy('0200')], [ownNet, defaultBy('0201')]]) {
    const found = await ofKubernetes(t, ({ host }) => host.put('/proc/net/route', routeTable(...rows)));
    assert.deepEqual(found, {
      ...{ stage: 'k3s', state: 'note' },
      text: 'server ready; there is no default route, and addresses of services may lead nowhere',
      mend: 'give it a default route, if only to a dummy interface (docs.k3s.io, airgap)',
    });
  }
  const unknown = await ofKubernetes(t, ({ host }) => host.files.delete('/proc/net/route'));
  assert.equal(unknown?.state, 'ok', 'where there is no such table nothing is said of it');
});

test('what an agent waits for is told with all that its machine lacks', async t => {
  const found = await ofKubernetes(t, ({ host }) => host.files.clear(), [
    { service: 'k3s', role: 'agent', state: 'starting', detail: 'waiting for its node to be ready' },
  ]);
  assert.equal(found?.state, 'note');
  assert.match(found?.text ?? '', /^agent: waiting for its node to be ready; images come from the network/);
});

test('a machine without the program says how to get it, and nothing is looked for', async t => {
  const detail =
    'put k3s (github.com/k3s-io/k3s/releases) into /usr/local/bin, then "systemctl restart node-agent"';
  const found = await ofKubernetes(t, ({ host }) => host.files.clear(), [
    { service: 'k3s', role: 'agent', state: 'absent', detail },
  ]);
  assert.deepEqual(found, { stage: 'k3s', state: 'skipped', text: detail, mend: '' });
});

test('a k3s that fails is broken, with its own mend', async t => {
  const found = await ofKubernetes(t, ({ host }) => host.files.clear(), [
    {
      ...{ service: 'k3s', role: 'agent', state: 'failing', step: 'start', reason: 'no-default-route' },
      detail: 'no default routes found: give it one to a dummy interface',
    },
  ]);
  assert.deepEqual([found?.state, found?.mend], ['broken', 'give it one to a dummy interface']);
});
