// One k3s cluster in memory, on several machines: the programs `k3s`, `ip` and `start-stop-daemon` (or systemd), files, processes, etcd
// with its arithmetic, the Kubernetes API. No timer, no chance, no real process: what has happened by now is worked out when somebody
// looks. It keeps a book of faults: what must never happen, whatever an integration does.
import assert from 'node:assert/strict';
import type { OpenKube } from '../../src/integrations/k3s/kube.ts';
import { files, folders } from '../../src/integrations/k3s/names.ts';
import { MemoryEtcd } from './k3s/memory-etcd.ts';
import { doorTo, MemoryKube } from './k3s/memory-kube.ts';
import { authorityText, configOf, end, hashOf, type Life, live, removed } from './k3s/memory-process.ts';
import { MemoryHost, type Program } from './memory-host.ts';

export interface Habits {
  /** From its start until it does anything. */
  startMs: number;
  /** From its registration until its node is ready. */
  readyMs: number;
  /** What it says instead of doing anything; whether it ends by that, or goes on saying it. */
  failure: { readonly line: string; readonly ends: boolean } | undefined;
  /** It does not end when it is asked to. */
  hangs: boolean;
}

export interface MemoryMachine {
  readonly name: string;
  ip: string;
  readonly host: MemoryHost;
  readonly habits: Habits;
  /** The k3s that was last started, until it has ended. */
  life: Life | undefined;
}

interface JoinToken {
  readonly text: string;
  /** The node that it was made for. */
  readonly node: string;
  readonly untilMs: number;
}

/** Guards against a second reset, until k3s is started (pkg/cluster/managed.go). */
const flag = `${folders.database}/reset-flag`;
/** A learner knows all that was stored after this... */
const learnMs = 5000;
/** ...and one that gets nowhere is dropped after this (k3s, learnerMaxStallTime). */
const stallMs = 300_000;

export class MemoryK3s {
  readonly machines = new Map<string, MemoryMachine>();
  readonly kube = new MemoryKube();
  readonly etcd: MemoryEtcd;
  readonly nowMs: () => number;
  /** Machines that have initialised a cluster, in order. */
  readonly founders: string[] = [];
  /** One more each time an operator gives a cluster up. */
  foundersMax = 1;
  /** Machines that have tried to make their datastore anew, with of what, in order. */
  readonly resets: string[] = [];
  /** What must never happen, and has. */
  readonly faults: string[] = [];
  readonly #tokens: JoinToken[] = [];
  #serverSecret = '';
  #words = 0;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
    const isStarted = (member: string) =>
      [...this.machines.values()].some(each => each.life?.member === member);
    this.etcd = new MemoryEtcd(isStarted, what => this.faults.push(what));
  }

  /** Number of the cluster; 0 before there is one. */
  get cluster(): number {
    return this.founders.length;
  }

  /** Adds a machine that has k3s; one with the same address takes the place of the former one. */
  add(name: string, ip: string, host = new MemoryHost()): MemoryMachine {
    const former = this.machines.get(ip);
    if (former) this.powerOff(former);
    const habits: Habits = { startMs: 1000, readyMs: 2000, failure: undefined, hangs: false };
    const machine: MemoryMachine = { name, ip, host, habits, life: undefined };
    this.machines.set(ip, machine);
    host.accepting = (there, port) => {
      this.advance();
      const asked = this.machines.get(there);
      return port === 6443 && asked?.life?.kind === 'server' && asked.life.member !== '';
    };
    const signal = host.signal.bind(host);
    host.signal = async (pid, word) => {
      this.advance();
      return machine.habits.hangs && word !== 'SIGKILL' ? true : signal(pid, word);
    };
    host.programs.set('ip', args =>
      args.at(-1) === machine.ip
        ? {
            stdout: `3: tailscale0    inet ${machine.ip}/32 scope global tailscale0\\       valid_lft forever\n`,
          }
        : {},
    );
    host.programs.set('k3s', this.#command(machine));
    host.programs.set('sync', () => ({}));
    host.programs.set('rm', args => {
      for (const path of host.files.keys()) if (path.startsWith(`${args.at(-1)}/`)) host.files.delete(path);
      return {};
    });
    host.programs.set('cp', args => {
      const [from = '', to = ''] = args.slice(-2);
      for (const [path, file] of [...host.files])
        if (path.startsWith(`${from}/`)) host.files.set(`${to}${path.slice(from.length)}`, file);
      return {};
    });
    host.programs.set('start-stop-daemon', args => {
      this.advance();
      const kind = args.at(-1) === 'server' ? 'server' : 'agent';
      const pidFile = args[args.indexOf('--pidfile') + 1] ?? '';
      const log = args[args.indexOf('--output') + 1] ?? '';
      host.put(log, host.text(log));
      this.begin(machine, kind, pidFile);
      return {};
    });
    return machine;
  }

  /** The machine has another address from now on; what runs there goes on. */
  readdress(machine: MemoryMachine, ip: string): void {
    this.advance();
    this.machines.delete(machine.ip);
    machine.ip = ip;
    this.machines.set(ip, machine);
  }

  /** Starts k3s, whoever asks for it. */
  begin(machine: MemoryMachine, kind: Life['kind'], pidFile: string): void {
    const { host } = machine;
    for (const path of [files.serverToken, files.agentToken, files.joinToken])
      assert.ok((host.files.get(path)?.mode ?? 0o600) === 0o600, `${path} is for root only`);
    const pid = host.startProcess(`k3s-${kind}`, pidFile, [kind]);
    machine.life = {
      ...{ kind, pid, startedAtMs: this.nowMs(), config: configOf(machine) },
      ...{ member: '', node: '', said: '' },
    };
  }

  /** Brings everything up to now. */
  advance(): void {
    for (const machine of this.machines.values()) {
      if (machine.life && !machine.host.processes.has(machine.life.pid)) machine.life = undefined;
      if (machine.life) live(this, machine, machine.life);
    }
    this.etcd.see(this.nowMs());
    this.etcd.promote(this.nowMs(), learnMs, stallMs);
    if (this.answers()) this.#takeOut();
  }

  /** The server of this machine takes requests, and etcd behind it works. */
  isUp({ life }: MemoryMachine): boolean {
    const member = this.etcd.members.find(({ name }) => name === life?.member);
    return life?.kind === 'server' && member !== undefined && !member.isLearner && this.etcd.hasQuorum();
  }

  anyServer(): MemoryMachine | undefined {
    return [...this.machines.values()].find(each => this.isUp(each));
  }

  answers(): boolean {
    return this.anyServer() !== undefined;
  }

  /** A first server makes a cluster. */
  found(token: string, machine: string): void {
    this.founders.push(machine);
    if (this.founders.length > this.foundersMax) this.faults.push(`${machine} founds a second cluster`);
    if (this.founders.length > 1) {
      this.etcd.members = [];
      this.kube.nodes.clear();
      this.kube.passwords.clear();
    }
    this.#serverSecret = token;
  }

  /** Why a token is not taken; empty when it is. @param as `server`, or the name of a node */
  whyRefused(token: string, as: string): string {
    const [, hash, secret] = /^K10([0-9a-f]{64})::(.+)$/.exec(token) ?? [];
    if (hash === undefined)
      return 'failed to normalize token; must be in format K10<CA-HASH>::<USERNAME>:<PASSWORD> or <PASSWORD>';
    const own = hashOf(authorityText(this.cluster));
    if (hash !== own)
      return `token CA hash does not match the Cluster CA certificate hash: ${hash} != ${own}`;
    if (as === 'server') return secret === `server:${this.#serverSecret}` ? '' : '401 Unauthorized';
    const made = this.#tokens.find(({ text }) => text === token);
    if (made && made.node !== as) this.faults.push(`${as} joins with the token of ${made.node}`);
    return made && made.untilMs > this.nowMs() ? '' : '401 Unauthorized';
  }

  newWord(): string {
    this.#words += 1;
    return this.#words.toString(16).padStart(32, '0');
  }

  /** For the integration on one machine. */
  openKube(machine: MemoryMachine): OpenKube {
    return async () => {
      if (!machine.host.files.has(files.kubeconfig)) throw new Error(`ENOENT: ${files.kubeconfig}`);
      return doorTo({
        ...{ kube: this.kube, nowMs: this.nowMs },
        trouble: () => {
          this.advance();
          return this.isUp(machine) ? '' : 'connect ECONNREFUSED 127.0.0.1:6443';
        },
        etcdMembers: () => this.etcd.members,
        removeEtcdMember: id => {
          const member = this.etcd.members.find(each => each.id === id);
          const why = this.etcd.takeOut(id, this.nowMs());
          if (member && why === '') this.#endMember(member.name);
          return why;
        },
        deleteNode: name => this.deleteNode(name),
      });
    };
  }

  /** The process dies without a word. */
  kill(machine: MemoryMachine): void {
    this.advance();
    if (machine.life) machine.host.processes.delete(machine.life.pid);
    machine.life = undefined;
  }

  powerOff(machine: MemoryMachine): void {
    this.kill(machine);
    machine.host.reboot();
  }

  /** The datastore, and all else that k3s has stored there, is lost. */
  wipe(machine: MemoryMachine): void {
    this.kill(machine);
    for (const path of machine.host.files.keys())
      if (path.startsWith(`${folders.data}/`)) machine.host.files.delete(path);
  }

  /** Texts that must be nowhere but in files for root only, and in the answer to whom they are for. */
  secrets(): readonly string[] {
    const halves = this.#tokens.map(({ text }) => text.slice(text.indexOf('::') + 2));
    return [...halves, ...(this.#serverSecret === '' ? [] : [this.#serverSecret])];
  }

  /** Where a secret can be read by who should not. @param told reports, decisions, logs: by what they are */
  leaks(told: ReadonlyMap<string, string>): readonly string[] {
    const places = new Map(told);
    for (const { name, host } of this.machines.values()) {
      for (const [i, command] of host.commands.entries()) places.set(`${name}: command ${i}`, command);
      for (const [path, { mode }] of host.files)
        if (mode !== 0o600) places.set(`${name}: ${path}`, host.text(path));
    }
    const secrets = this.secrets();
    return [...places].filter(([, text]) => secrets.some(each => text.includes(each))).map(([what]) => what);
  }

  /** @throws AssertionError when something has happened that never may */
  check(told: ReadonlyMap<string, string> = new Map()): void {
    this.advance();
    assert.deepEqual(this.faults, []);
    assert.deepEqual(this.leaks(told), [], 'no token can be read there');
  }

  /** k3s takes those out of etcd whose nodes say so (pkg/etcd/member_controller.go). */
  #takeOut(): void {
    for (const node of this.kube.nodes.values()) {
      const member = node.annotations['etcd.k3s.cattle.io/node-name'];
      if (member === undefined || node.annotations['etcd.k3s.cattle.io/remove'] !== 'true') continue;
      if (node.annotations['etcd.k3s.cattle.io/removed-node-name'] === member) continue;
      this.#removeMember(member);
      node.annotations = { ...node.annotations, 'etcd.k3s.cattle.io/removed-node-name': member };
    }
  }

  #removeMember(name: string): void {
    const member = this.etcd.members.find(each => each.name === name);
    if (member) this.etcd.remove(member, this.nowMs());
    this.#endMember(name);
  }

  #endMember(member: string): void {
    for (const machine of this.machines.values())
      if (machine.life?.member === member) end(machine, `level=fatal msg="${removed}"`);
  }

  /** As `kubectl delete node` does it: k3s takes a server out of etcd with its node. */
  deleteNode(name: string): void {
    const member = this.kube.nodes.get(name)?.annotations['etcd.k3s.cattle.io/node-name'];
    if (member !== undefined && this.etcd.members.some(each => each.name === member))
      this.#removeMember(member);
    this.kube.deleteNode(name);
  }

  /** `k3s server --cluster-reset`: etcd of this one member, at the address that it has now (pkg/etcd, Reset). */
  #reset(machine: MemoryMachine, args: readonly string[]): ReturnType<Program> {
    this.advance();
    const { host } = machine;
    const config = configOf(machine);
    const fails = (why: string) => ({ exitCode: 1, stderr: `level=fatal msg="${why}"\n` });
    this.resets.push([machine.name, ...args.slice(2)].join(' '));
    if (machine.life) return fails('listen tcp 127.0.0.1:2379: bind: address already in use');
    if (config['cluster-init'] !== true)
      return fails('invalid flag use; --server is not allowed with --cluster-reset');
    if (host.text(flag) !== '') return fails('reset-flag is there: start without --cluster-reset');
    const snapshot = args.find(each => each.startsWith('--cluster-reset-restore-path='))?.split('=')[1];
    if (snapshot !== undefined && host.text(snapshot) !== 'good')
      return fails(`snapshot file ${snapshot} cannot be read`);
    const [, stored] = host.text(`${folders.members}/wal`).trim().split(' ');
    if (stored === undefined) return fails('no datastore');
    for (const other of this.machines.values())
      if (other !== machine && other.life?.kind === 'server')
        this.faults.push(`${other.name} still serves while ${machine.name} makes the datastore anew`);
    this.etcd.reset(stored, String(config['node-ip']), this.nowMs());
    host.put(flag, 'now');
    return {
      stderr: 'Managed etcd cluster membership has been reset, restart without --cluster-reset flag now\n',
    };
  }

  #command(machine: MemoryMachine): Program {
    return args => {
      if (args[0] === '--version') return { stdout: 'k3s version v1.34.9+k3s1 (abcdef12)\n' };
      if (args[0] === 'server' && args[1] === '--cluster-reset') return this.#reset(machine, args);
      if (args[0] !== 'token' || args[1] !== 'create') return { exitCode: 1, stderr: 'No help topic\n' };
      this.advance();
      if (!this.isUp(machine))
        return {
          exitCode: 1,
          stderr: 'level=fatal msg="Get \\"https://127.0.0.1:6443\\": connection refused"\n',
        };
      const minutes = Number.parseInt(args[args.indexOf('--ttl') + 1] ?? '', 10);
      const node = (args[args.indexOf('--description') + 1] ?? '').replace('clusteros: ', '');
      const word = this.newWord();
      const text = `K10${hashOf(authorityText(this.cluster))}::${word.slice(-6)}.${word.slice(-16)}`;
      this.#tokens.push({ text, node, untilMs: this.nowMs() + minutes * 60_000 });
      return { stdout: `${text}\n` };
    };
  }
}
