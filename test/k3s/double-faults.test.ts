// What a test can order of the double by its control file, and what it does by itself around a service: readiness, signals, leftovers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../lab/child.ts';
import { waitFor } from '../lab/wait-for.ts';
import { k3s, LoopbackMachines, order, start, startReady, tokenOf, urlOf, wipe } from './machines.ts';

const machines = new LoopbackMachines();
const [server, worker] = [machines.add('server'), machines.add('worker')];
const settings = () => ({ server: urlOf(server), token: tokenOf(server) });
before(async () => void (await startReady(server, 'server', { 'cluster-init': true })));
after(async () => await machines.end());

test('a start that is to hang says nothing until the order is taken back', async () => {
  order(worker, { hang: true });
  const agent = await start(worker, 'agent', settings());
  await agent.says('Starting k3s agent');
  assert.ok(!agent.log.includes('load balancer'));
  order(worker, {});
  await agent.says('is up and running');
  await agent.kill();
});

test('a text is repeated in place of a start, or ends a start, or a service that runs', async () => {
  order(worker, { loop: { text: 'no such thing yet', level: 'error', everyMs: 100 } });
  const looping = await start(worker, 'agent', settings());
  await waitFor(
    () =>
      looping.child.stderr.filter(line => line.includes('level=error msg="no such thing yet"')).length > 2,
    {
      what: 'the text again and again',
    },
  );
  order(worker, { fatal: 'failed to find memory cgroup (v2)' });
  await looping.says('level=fatal msg="failed to find memory cgroup (v2)"');
  assert.equal(await looping.ends(), 1);
  order(worker, {});
  const running = await startReady(worker, 'agent', settings());
  order(worker, { fatal: 'leaderelection lost' });
  assert.equal(await running.ends(), 1);
  wipe(worker, '/var/lib/rancher/k3s.double.json');
});

test('a supervisor whose core is not ready is waited for', async () => {
  order(server, { coreNotReady: true });
  const agent = await start(worker, 'agent', settings());
  await agent.says(/server is not ready: .*serving-kubelet.crt: .*503 Service Unavailable/);
  order(server, {});
  await agent.says('is up and running');
  await agent.kill();
});

test('a check of health fails on order', async () => {
  order(server, { failedChecks: ['etcd'] });
  const { stderr } = await waitFor(
    async () => {
      const result = await server.run(['kubectl', 'get', '--raw', '/readyz?verbose']);
      return result.exitCode === 1 && result;
    },
    { what: 'readyz to fail' },
  );
  assert.match(stderr, /\[-\]etcd failed: reason withheld\n[\s\S]*readyz check failed/);
  order(server, {});
});

test('a clock of 1970, an interface that is not there and a server that is off are told in their texts', async () => {
  order(worker, { now: '1970-01-01T00:00:31Z' });
  const early = await start(worker, 'agent', settings());
  await early.says(/server time isn't set properly: 1970-01-01 00:00:31/);
  assert.equal(await early.ends(), 1);
  order(worker, {});
  const blind = await start(worker, 'agent', { ...settings(), 'flannel-iface': 'tailscale0' });
  await blind.says('unable to find interface tailscale0: route ip+net: no such network interface');
  await blind.kill();
  const nobody = `https://${machines.add().address}:6443`;
  const waiting = await start(worker, 'agent', { ...settings(), server: nobody });
  await waiting.says(
    /Failed to validate connection to cluster at .*failed to get CA certs: Get \\".*\/cacerts\\": (EOF|read .*reset by peer)/,
  );
  assert.ok(waiting.child.isRunning);
  await waiting.kill();
  const joining = await start(worker, 'server', { ...settings(), server: nobody });
  await joining.says(
    /level=fatal.*failed to get CA certs: Get \\".*\/cacerts\\": dial tcp .*: connect: connection refused/,
  );
  assert.equal(await joining.ends(), 1);
  order(worker, { noDefaultRoute: true });
  const astray = await start(worker, 'agent', { ...settings(), 'node-ip': '' });
  await astray.says('no default routes found in \\"/proc/net/route\\"');
  assert.equal(await astray.ends(), 1);
  order(worker, {});
});

test('a server that is killed before it saved what it is needs an empty database', async () => {
  const early = machines.add('early');
  order(early, { stillborn: true });
  assert.notEqual(await (await start(early, 'server', { 'cluster-init': true })).ends(), 0);
  order(early, {});
  const again = await start(early, 'server', { 'cluster-init': true });
  await again.says(/level=fatal.*no bootstrap data found in datastore - check server token value/);
  assert.equal(await again.ends(), 1);
  wipe(early, '/var/lib/rancher/k3s/server/db');
  await (await startReady(early, 'server', { 'cluster-init': true })).kill();
});

test('readiness is told to whoever holds the socket', async () => {
  // Node has no datagram sockets of that kind: perl listens, as perl tells.
  const socket = worker.outside('/run/notify');
  const script =
    'socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, pack_sockaddr_un($ARGV[0])) or die; $| = 1; print "bound\\n"; recv($s, my $m, 99, 0); print $m';
  execFileSync('mkdir', ['-p', worker.outside('/run')]);
  const listener = await Child.launch(['perl', '-MSocket', '-e', script, socket], {
    env: { PATH: process.env.PATH ?? '' },
  });
  await waitFor(() => listener.stdout.includes('bound'), { what: 'a listener' });
  const told = machines.add('told', { NOTIFY_SOCKET: socket });
  const agent = await start(told, 'agent', settings());
  await waitFor(() => listener.stdout.includes('READY=1'), { what: 'READY=1', explain: () => agent.log });
  await agent.kill();
});

test('a service ends at once when it is told to, and killall ends what is left of its machine only', async () => {
  const agent = await startReady(worker, 'agent', settings());
  agent.child.kill('SIGTERM');
  assert.equal(await agent.ends(), 0);
  const left = await startReady(worker, 'agent', settings());
  const killall = fileURLToPath(new URL('double/k3s-killall.sh', import.meta.url));
  execFileSync(killall, {
    env: { PATH: process.env.PATH, K3S_DOUBLE_ROOT: worker.outside('/').replace(/\/$/, '') },
  });
  assert.notEqual(await left.ends(), 0);
  assert.match(await k3s(server, 'kubectl', 'get', 'nodes'), /server +Ready/);
});

test('certificates are listed with their ends', async () => {
  const table = await k3s(server, 'certificate', 'check', '--output', 'table');
  assert.match(table, /^FILENAME +SUBJECT +USAGES +EXPIRES +RESIDUAL TIME +STATUS$/m);
  assert.match(
    table,
    /^client-admin\.crt +system:admin +ClientAuth +\d{4}-\d\d-\d\d \d\d:\d\d UTC +\d+d +OK$/m,
  );
});
