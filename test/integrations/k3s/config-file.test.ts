// The text that k3s is started with, word for word, and what of it may differ without a new start.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ViewNode } from '../../../src/integrations/cluster-view.ts';
import { agentConfig, essenceOf, serverConfig } from '../../../src/integrations/k3s/config-file.ts';
import { settingsFrom } from '../../../src/integrations/k3s/settings.ts';

const member: ViewNode = {
  ...{ id: 'id-1', name: 'atlas', ip: '100.64.0.1', address: '100.64.0.1:7443', standing: 'voter' },
  ...{
    state: 'alive',
    capabilities: ['k3s-node', 'gpu=nvidia:A100', 'gpus=2'],
    tags: { rack: 'r1' },
    reports: [],
  },
};
const place = { member, name: 'atlas', ip: '100.64.0.1', device: 'tailscale0' };
const settingsOf = (value: unknown) => {
  const settings = settingsFrom(value);
  if ('refused' in settings) throw new Error(settings.refused);
  return settings;
};

test('a first server, with all defaults', () => {
  assert.equal(
    serverConfig(place, settingsOf({}), 'found'),
    `# Written by ClusterOS; changes are lost. Put yours into a file such as 90-site.yaml beside it.
cluster-init: true
token-file: /etc/rancher/k3s/clusteros-server.token
agent-token-file: /etc/rancher/k3s/clusteros-agent.token
node-name: atlas
node-ip: 100.64.0.1
flannel-iface: tailscale0
node-label:
  - clusteros.io/member=id-1
  - clusteros.io/gpus=2
  - clusteros.io/gpu-nvidia=true
  - tag.clusteros.io/rack=r1
advertise-address: 100.64.0.1
tls-san:
  - 100.64.0.1
  - atlas
cluster-cidr: 10.42.0.0/16
service-cidr: 10.43.0.0/16
cluster-dns: 10.43.0.10
cluster-domain: cluster.local
flannel-backend: vxlan
disable:
  - traefik
  - servicelb
secrets-encryption: false
embedded-registry: false
write-kubeconfig-mode: "0600"
etcd-snapshot-schedule-cron: 0 */12 * * *
etcd-snapshot-retention: 5
`,
  );
});

test('an agent with taints', () => {
  const settings = settingsOf({
    taints: [
      { tags: { rack: 'r1' }, key: 'site.example/gpu', value: '1' },
      { tags: { rack: 'r2' }, key: 'other', effect: 'NoExecute' },
    ],
  });
  assert.equal(
    agentConfig(place, settings, 'https://100.64.0.2:6443'),
    `# Written by ClusterOS; changes are lost. Put yours into a file such as 90-site.yaml beside it.
server: https://100.64.0.2:6443
token-file: /etc/rancher/k3s/clusteros-join.token
node-name: atlas
node-ip: 100.64.0.1
flannel-iface: tailscale0
node-label:
  - clusteros.io/member=id-1
  - clusteros.io/gpus=2
  - clusteros.io/gpu-nvidia=true
  - tag.clusteros.io/rack=r1
node-taint:
  - site.example/gpu=1:NoSchedule
`,
  );
});

test('what all servers must have alike does not depend on the machine', () => {
  const other = { ...place, name: 'borea', ip: '100.64.0.2', member: { ...member, id: 'id-2', tags: {} } };
  const critical = (text: string) =>
    text
      .split('\n')
      .filter(
        line =>
          /^(cluster-|service-|flannel-backend|secrets|embedded)/.test(line) && !/^cluster-init/.test(line),
      );
  const settings = settingsOf({ clusterCidr: '10.50.0.0/16', secretsEncryption: true });
  assert.deepEqual(
    critical(serverConfig(place, settings, 'found')),
    critical(serverConfig(other, settings, 'https://100.64.0.1:6443')),
  );
});

test('where it once joined and what its node was registered with need no new start; all else does', () => {
  const text = serverConfig(place, settingsOf({}), 'found');
  const tagged = { ...place, member: { ...member, tags: { rack: 'r2', row: '7' } } };
  const same = [
    serverConfig(place, settingsOf({}), 'https://100.64.0.2:6443'),
    serverConfig(tagged, settingsOf({}), 'found'),
    serverConfig(place, settingsOf({ taints: [{ key: 'a' }] }), 'found'),
  ];
  for (const each of same) assert.equal(essenceOf(each), essenceOf(text));
  const others = [
    serverConfig({ ...place, ip: '100.64.0.9' }, settingsOf({}), 'found'),
    serverConfig({ ...place, device: 'eth0' }, settingsOf({}), 'found'),
    serverConfig(place, settingsOf({ tlsSans: ['api.lab.example'] }), 'found'),
    serverConfig(place, settingsOf({ disable: [] }), 'found'),
  ];
  for (const each of others) assert.notEqual(essenceOf(each), essenceOf(text));
});
