// What Prometheus reads: text that a strict reader takes, numbers that are the agent's own, and a door that lets in
// nothing but GET and HEAD of two pages.
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Http, openHttp } from '../../src/agent/http/http.ts';
import { type Measured, metricsOf } from '../../src/agent/http/metrics.ts';
import { httpHeaderBytesMax, httpRequestTimeoutMs } from '../../src/agent/limits.ts';
import { exitCode, StartError } from '../../src/agent/start-error.ts';
import { version } from '../../src/agent/version.ts';
import { probeTimeBoundsMs } from '../../src/membership/counters.ts';
import type { MemberState } from '../../src/membership/member.ts';
import { Membership } from '../../src/membership/membership.ts';

interface Family {
  readonly type: string;
  readonly help: string;
  /** Value by sample, as it is written: `name{label="value"}`. */
  readonly samples: Map<string, number>;
}

const labelText = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*"`;
const helpLine = /^# HELP ([a-zA-Z_:][\w:]*) (\S.*)$/;
const typeLine = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram)$/;
const sampleLine = new RegExp(
  String.raw`^(([a-zA-Z_:][\w:]*)(?:\{${labelText}(?:,${labelText})*\})?) (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$`,
);

/** Prometheus' text format, version 0.0.4, with every liberty it allows taken away. */
function parseMetrics(text: string): Map<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const families = new Map<string, Family>();
  let help: readonly [string, string] | undefined;
  let name = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const helped = helpLine.exec(line);
    const typed = typeLine.exec(line);
    const sampled = sampleLine.exec(line);
    if (helped) {
      assert.equal(help, undefined, `a HELP without a TYPE before ${line}`);
      help = [helped[1] ?? '', helped[2] ?? ''];
    } else if (typed) {
      name = typed[1] ?? '';
      assert.equal(help?.[0], name, `HELP and TYPE belong together: ${line}`);
      assert.ok(!families.has(name), `${name} comes twice`);
      families.set(name, { type: typed[2] ?? '', help: help?.[1] ?? '', samples: new Map() });
      help = undefined;
    } else if (sampled) {
      const family = families.get(name);
      const [, key = '', base = '', value] = sampled;
      assert.ok(family && help === undefined, `a sample belongs to a TYPE: ${line}`);
      const suffixes = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      assert.ok(
        suffixes.some(suffix => base === `${name}${suffix}`),
        `${line} stands under ${name}`,
      );
      assert.ok(!family.samples.has(key), `${key} comes twice`);
      family.samples.set(key, Number(value));
    } else {
      assert.equal(line, '', `not a line of the format: ${line}`);
    }
  }
  for (const [each, { type, samples }] of families) {
    assert.ok(samples.size > 0, `${each} has no value`);
    assert.equal(each.endsWith('_total'), type === 'counter', `${each} is a ${type}`);
    if (type === 'histogram') checkHistogram(each, samples);
  }
  return families;
}

function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  const buckets = [...samples].filter(([key]) => key.startsWith(`${name}_bucket`));
  const bounds = buckets.map(([key]) => Number(/le="([^"]*)"/.exec(key)?.[1]?.replace('+Inf', 'Infinity')));
  assert.deepEqual(
    bounds,
    [...bounds].sort((a, b) => a - b),
    'bounds rise',
  );
  assert.equal(bounds.at(-1), Number.POSITIVE_INFINITY);
  const counts = buckets.map(([, count]) => count);
  assert.deepEqual(
    counts,
    [...counts].sort((a, b) => a - b),
    'buckets are cumulative',
  );
  assert.equal(samples.get(`${name}_count`), counts.at(-1));
  assert.ok((samples.get(`${name}_sum`) ?? -1) >= 0);
}

function value(families: ReadonlyMap<string, Family>, key: string): number | undefined {
  for (const { samples } of families.values()) if (samples.has(key)) return samples.get(key);
  return undefined;
}

/** The real core in a shell without a network, its numbers open to the test. */
function measured() {
  const core = new Membership({
    ...{ id: 'a'.repeat(32), epoch: 1, boot: 'b', known: [], random: () => 0.5, nowMs: 0 },
    description: {
      ...{ name: 'atlas-the-secret', address: '127.0.0.1:1', version, clusterId: '', clusterSize: 0 },
      ...{ capabilities: [], tags: {}, services: [], level: 1, troubles: [], formerClusters: [] },
    },
    seal: { publicKey: 'k', sign: () => 's', verify: () => true, idOf: () => 'a'.repeat(32) },
  });
  const states: MemberState[] = [];
  const membership = {
    ...{ counters: core.counters, digest: 7, health: { score: 0, lapses: 0, lapseMs: 0 } },
    ...{ probes: { sent: 0, late: 0 }, connected: () => new Set<string>() },
  };
  const agent = {
    ...{ membership, inputsDropped: 0, logIndexes: { last: 0, applied: 0 } },
    leadership: { role: 'follower', term: 0, leader: '', sinceMs: 0 } as Measured['agent']['leadership'],
    records: () => states.map((state, index) => ({ ...core.self(), id: `${index}`, state })),
  };
  const transport = { shed: 0, dropped: 0 };
  agent satisfies Measured['agent'];
  const copies: Measured['copies'] = {
    followers: () => [
      { id: 'x', token: 7, generation: 90_000, ackedAtMs: 0 },
      { id: 'y', token: 7, generation: 88_500, ackedAtMs: 0 },
      { id: 'z', token: 0, generation: 0, ackedAtMs: 0 },
    ],
    status: () => ({
      holding: { token: 7, generation: 90_000, trouble: undefined },
      ...{ copy: undefined, damage: undefined },
      following: { holder: undefined, heardAtMs: undefined, trouble: undefined },
    }),
  };
  return { agent, transport, copies, states };
}

test('every number of the agent is found in the text, in base units', async () => {
  const { agent, transport, copies, states } = measured();
  const registry = metricsOf({ agent, transport, copies });
  parseMetrics(await registry.metrics());
  const { counters } = agent.membership;
  Object.assign(counters, {
    ...{ suspicions: 1, deaths: 2, falseSuspicions: 3, falseDeaths: 4, refutations: 5, messagesSent: 6 },
    ...{ messagesReceived: 7, dials: 8, knocks: 9, repairs: 10 },
  });
  counters.reject('bad-signature');
  counters.reject('bad-signature');
  counters.reject('forgotten');
  Object.assign(agent, {
    ...{ inputsDropped: 11, logIndexes: { last: 12, applied: 13 } },
    leadership: { role: 'leader', term: 14, leader: 'a', sinceMs: 0 },
  });
  Object.assign(agent.membership, {
    ...{ probes: { sent: 15, late: 16 }, health: { score: 3, lapses: 17, lapseMs: 1800 } },
    connected: () => new Set(['x', 'y']),
  });
  Object.assign(transport, { shed: 19, dropped: 20 });
  states.push('alive', 'alive', 'suspect', 'degraded', 'dead', 'left');
  const families = parseMetrics(await registry.metrics());
  const expected = {
    ...{ member_suspicions_total: 1, member_deaths_total: 2, false_suspicions_total: 3 },
    ...{ false_deaths_total: 4, refutations_total: 5, membership_messages_sent_total: 6 },
    ...{ membership_messages_received_total: 7, dials_total: 8, knocks_total: 9, table_repairs_total: 10 },
    ...{ 'records_rejected_total{reason="bad-signature"}': 2, 'records_rejected_total{reason="absurd"}': 0 },
    ...{ 'records_rejected_total{reason="forgotten"}': 1, inputs_dropped_total: 11, log_index: 12 },
    ...{ applied_index: 13, election_term: 14, is_leader: 1, probes_total: 15, probe_failures_total: 16 },
    ...{ own_health_score: 3, attention_lapses_total: 17, attention_lapse_seconds_total: 1.8, streams: 2 },
    ...{ handshakes_shed_total: 19, stream_messages_dropped_total: 20, 'members{state="alive"}': 2 },
    ...{ 'members{state="suspect"}': 1, 'members{state="degraded"}': 1, 'members{state="dead"}': 1 },
    ...{ state_copy_followers: 3, state_copies_current: 1, state_copy_lag_seconds: 1.5 },
    ...{ 'members{state="left"}': 1, [`build_info{version="${version}",node="${process.version}"}`]: 1 },
  };
  for (const [name, number] of Object.entries(expected))
    assert.equal(value(families, `clusteros_${name}`), number, name);
  const cpu = value(families, 'process_cpu_seconds_total') ?? 0;
  assert.ok(cpu > 0 && cpu <= process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6);
  assert.ok((value(families, 'process_resident_memory_bytes') ?? 0) > 1e7);
});

test('probe times are a cumulative histogram in seconds', async () => {
  const { agent, transport, copies } = measured();
  const registry = metricsOf({ agent, transport, copies });
  for (const rttMs of [0.5, 1, 3, 3, 700, 5000]) agent.membership.counters.probed(rttMs);
  const { samples } = parseMetrics(await registry.metrics()).get('clusteros_probe_duration_seconds') ?? {};
  const bucket = (le: string) => samples?.get(`clusteros_probe_duration_seconds_bucket{le="${le}"}`);
  assert.deepEqual(['0.001', '0.002', '0.005', '0.5', '1', '+Inf'].map(bucket), [2, 2, 4, 4, 5, 6]);
  assert.equal(samples?.size, probeTimeBoundsMs.length + 3);
  assert.equal(samples?.get('clusteros_probe_duration_seconds_count'), 6);
  assert.equal(samples?.get('clusteros_probe_duration_seconds_sum'), 5.7075);
});

test('counters never fall, and no label names a member', async () => {
  const { agent, transport, copies, states } = measured();
  states.push('alive');
  const registry = metricsOf({ agent, transport, copies });
  const scrapes: Map<string, Family>[] = [];
  for (const [scrape, reason] of (['malformed', 'absurd', 'malformed'] as const).entries()) {
    agent.membership.counters.suspicions += scrape;
    agent.membership.counters.reject(reason);
    agent.membership.counters.probed(10 ** scrape);
    // Two at once must not add up.
    const [text] = await Promise.all([registry.metrics(), registry.metrics()]);
    assert.ok(!text.includes('atlas') && !text.includes('a'.repeat(32)));
    scrapes.push(parseMetrics(text));
  }
  for (const [index, later] of scrapes.slice(1).entries()) {
    const earlier: Map<string, Family> | undefined = scrapes[index];
    assert.deepEqual([...later.keys()], [...(earlier?.keys() ?? [])]);
    for (const [name, { type, samples }] of earlier ?? []) {
      const now = later.get(name)?.samples;
      assert.deepEqual([...(now?.keys() ?? [])], [...samples.keys()], `${name} keeps its samples`);
      if (type === 'gauge') continue;
      for (const [key, before] of samples) assert.ok((now?.get(key) ?? -1) >= before, `${key} fell`);
    }
  }
  const labels = [...(await registry.metrics()).matchAll(/(\w+)="/g)].map(([, label]) => label);
  assert.deepEqual([...new Set(labels)].sort(), ['le', 'node', 'reason', 'state', 'version']);
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(
  port: number,
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, agent: false } as const;
    const asked = { Connection: 'keep-alive', ...headers };
    const question = request({ ...options, headers: asked }, response => {
      let body = '';
      response.setEncoding('utf8').on('data', chunk => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    question.on('error', reject);
    question.end();
  });
}

/** Below those that the kernel gives to outgoing connections, and away from those of node-agent.test.ts. */
let lastPort = 11_000 + (process.pid % 9000);

async function opened(t: TestContext): Promise<{ readonly port: number; readonly http: Http }> {
  lastPort += 1;
  const values = { 'http.enabled': true, 'http.bind': `127.0.0.1:${lastPort}` } as const;
  const http = await openHttp(values, why => assert.fail(why));
  assert.ok(http);
  t.after(() => http.close());
  return { port: lastPort, http };
}

test('two pages, to GET and HEAD, and nothing is kept', async t => {
  const { port, http } = await opened(t);
  for (const path of ['/metrics', '/healthz']) assert.equal((await ask(port, path)).status, 503, path);
  http.serve(measured());
  const metrics = await ask(port, '/metrics');
  assert.equal(metrics.status, 200);
  assert.match(metrics.headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  parseMetrics(metrics.body);
  const health = await ask(port, '/healthz?verbose');
  assert.deepEqual([health.status, health.body], [200, 'ok\n']);
  const head = await ask(port, '/metrics', 'HEAD');
  assert.deepEqual([head.status, head.body], [200, '']);
  assert.ok(Number(head.headers['content-length']) > 1000);
  for (const path of ['/', '/metrics/', '/constructor', '/..//metrics', '/favicon.ico'])
    assert.equal((await ask(port, path)).status, 404, path);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    const refused = await ask(port, '/metrics', method);
    assert.deepEqual([refused.status, refused.headers.allow], [405, 'GET, HEAD'], method);
  }
  for (const { headers } of [metrics, health, await ask(port, '/'), await ask(port, '/metrics', 'POST')])
    assert.deepEqual([headers['cache-control'], headers.connection], ['no-store', 'close']);
});

test('a long header is refused, and who says nothing or too little is hung up on', async t => {
  const { port } = await opened(t);
  const long = await ask(port, '/metrics', 'GET', { 'X-Long': 'x'.repeat(httpHeaderBytesMax) });
  assert.equal(long.status, 431);
  const begun = performance.now();
  const patience = (first: string) =>
    new Promise<number>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(first));
      // A drip that would keep a mere idle timeout from ending it.
      const drip = setInterval(() => first !== '' && socket.write('x'), 500);
      socket.on('error', () => {});
      socket.resume();
      socket.on('close', () => {
        clearInterval(drip);
        resolve(performance.now() - begun);
      });
      setTimeout(() => reject(new Error('it was kept')), 4 * httpRequestTimeoutMs).unref();
    });
  for (const ms of await Promise.all([patience(''), patience('GET /metrics HTTP/1.1\r\nHost: a\r\nX: ')]))
    assert.ok(ms < 3 * httpRequestTimeoutMs, `${ms} ms`);
});

test('a port that is taken is an error where HTTP is asked for, and one warning where it is not', async t => {
  const { port } = await opened(t);
  const taken = `127.0.0.1:${port}`;
  const warnings: string[] = [];
  const warn = (why: string) => warnings.push(why);
  await assert.rejects(openHttp({ 'http.enabled': true, 'http.bind': taken }, warn), (error: unknown) => {
    assert.ok(error instanceof StartError);
    assert.equal(error.exitCode, exitCode.failed);
    return /cannot serve HTTP on 127.0.0.1:\d+: the port is in use; choose another with --set http.bind/.test(
      error.message,
    );
  });
  assert.deepEqual(warnings, []);
  assert.equal(await openHttp({ 'http.enabled': 'auto', 'http.bind': taken }, warn), undefined);
  assert.equal(await openHttp({ 'http.enabled': 'auto', 'http.bind': '100.64.99.99:7480' }, warn), undefined);
  assert.equal(await openHttp({ 'http.enabled': false, 'http.bind': taken }, warn), undefined);
  assert.equal(warnings.length, 2);
  assert.match(warnings[0] ?? '', /the port is in use/);
  assert.match(warnings[1] ?? '', /this machine does not have the address/);
});

const program = new URL('../../bin/node-agent', import.meta.url).pathname;

async function startFlags(t: TestContext, enabled: 'auto' | 'true' | 'false', httpPort: number) {
  const folder = await mkdtemp(join(tmpdir(), 'clusteros-http-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'key'), `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  lastPort += 1;
  return [
    ...['start', '--data-dir', join(folder, 'data'), '--cluster-key', join(folder, 'key'), '--name', 'atlas'],
    ...['--bind', `127.0.0.1:${lastPort}`, '--set', `admin.socket=${join(folder, 'agent.sock')}`],
    ...['--set', 'integrations.slurm.enabled=false', '--set', `http.enabled=${enabled}`],
    ...['--set', `http.bind=127.0.0.1:${httpPort}`],
  ];
}

/** Starts an agent that is to run; resolves with what it logged until it was up. It is ended with the test. */
async function startAgent(t: TestContext, flags: readonly string[]): Promise<[string, ChildProcess]> {
  const child = spawn(program, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise(resolve => child.once('exit', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', chunk => {
      text += chunk;
      if (text.includes('"agent.started"')) resolve();
    });
    child.once('exit', code => reject(new Error(`it ended with ${code}: ${text}`)));
  });
  return [text, child];
}

test('the program serves its metrics until it is stopped', async t => {
  lastPort += 1;
  const port = lastPort;
  const [log, child] = await startAgent(t, await startFlags(t, 'auto', port));
  assert.ok(!log.includes('http.failed'));
  assert.equal((await ask(port, '/healthz')).body, 'ok\n');
  const families = parseMetrics((await ask(port, '/metrics')).body);
  assert.equal(value(families, 'clusteros_members{state="alive"}'), 1, 'it sees itself');
  const later = parseMetrics((await ask(port, '/metrics')).body);
  for (const [name, { type, samples }] of families) {
    if (type !== 'gauge')
      for (const [key, before] of samples) assert.ok((value(later, key) ?? -1) >= before, `${name} fell`);
  }
  const code = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  assert.equal(await code, 0);
});

test('of two programs with one HTTP port the second goes on without, unless it was told to have it', async t => {
  lastPort += 1;
  const port = lastPort;
  const server = createServer();
  await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port }, resolve));
  t.after(() => server.close());
  const [log] = await startAgent(t, await startFlags(t, 'auto', port));
  const warnings = log.split('\n').filter(line => line.includes('"level":"warn"'));
  assert.equal(warnings.length, 1, log);
  const { event, msg } = JSON.parse(warnings[0] ?? '');
  assert.equal(event, 'http.failed');
  assert.match(msg, /cannot serve HTTP on 127.0.0.1:\d+: the port is in use; .*http.bind=HOST:PORT/);
  const flags = await startFlags(t, 'true', port);
  const [code, errors] = await new Promise<[number | null, string]>(resolve => {
    const child = execFile(program, flags, { timeout: 30_000 }, (_error, _stdout, stderr) =>
      resolve([child.exitCode, stderr]),
    );
  });
  assert.deepEqual([code, errors.trim().split('\n').length], [1, 1], errors);
  assert.match(errors, /^error: cannot serve HTTP on 127.0.0.1:\d+: the port is in use; choose another with/);
});

test('switched off, nothing listens', async t => {
  lastPort += 1;
  const port = lastPort;
  await startAgent(t, await startFlags(t, 'false', port));
  await assert.rejects(ask(port, '/healthz'), { code: 'ECONNREFUSED' });
});
