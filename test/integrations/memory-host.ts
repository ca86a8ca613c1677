// The in-memory twin of Host: files with owners and modes, and programs that are functions. On top of it a small model of
// munge and SLURM, enough for reconcilers and for whole simulated clusters. No timer, no chance, no real process.
import type { Host, Outcome, Ownership } from '../../src/integrations/host.ts';

export interface MemoryFile {
  readonly content: Uint8Array;
  readonly mode: number;
  readonly owner: string;
}

export type Program = (args: readonly string[], host: MemoryHost, input: string) => Partial<Outcome>;

export class MemoryHost implements Host {
  readonly files = new Map<string, MemoryFile>();
  readonly folders = new Map<string, Ownership>();
  /** Installed programs, by name. */
  readonly programs = new Map<string, Program>();
  /** Running processes: pid and name. */
  readonly processes = new Map<number, string>();
  /** Every command that was run, in order. */
  readonly commands: string[] = [];
  /** Whether something takes connections there, as seen from here. */
  accepting: (ip: string, port: number) => boolean = () => false;
  /** Users by name, as passwd(5) has them. */
  readonly users = new Map<string, number>([['games', 5]]);
  /** On the disk of slurmctld's state. */
  freeBytes = 2 ** 30;
  /** Its clock against that of the others, in seconds. */
  clockAheadS = 0;
  /** What munged was started with. */
  mungedKey: Uint8Array | undefined;
  #lastPid = 100;

  async run(
    program: string,
    args: readonly string[],
    { input = '' }: { readonly input?: string } = {},
  ): Promise<Outcome> {
    this.commands.push([program, ...args].join(' '));
    const found = this.programs.get(program);
    if (!found) return { exitCode: 127, stdout: '', stderr: `spawn ${program} ENOENT` };
    return { exitCode: 0, stdout: '', stderr: '', ...found(args, this, input) };
  }

  async which(program: string): Promise<string | undefined> {
    return this.programs.has(program) ? `/usr/sbin/${program}` : undefined;
  }

  async readFile(path: string): Promise<Uint8Array | undefined> {
    return this.files.get(path)?.content;
  }

  async listFolder(path: string): Promise<readonly string[]> {
    const inside = `${path}/`;
    const names = [...this.files.keys(), ...this.folders.keys()]
      .filter(each => each.startsWith(inside))
      .map(each => each.slice(inside.length).split('/')[0] ?? '');
    return [...new Set(names)].sort();
  }

  async writeFile(
    path: string,
    content: string | Uint8Array,
    { mode, owner = 'root' }: Ownership,
  ): Promise<void> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : Uint8Array.from(content);
    this.files.set(path, { content: bytes, mode, owner });
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.files.get(from);
    if (file) {
      this.files.delete(from);
      this.files.set(to, file);
      return;
    }
    for (const each of [this.files, this.folders] as Map<string, never>[])
      for (const [path, thing] of [...each]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        each.delete(path);
        each.set(`${to}${path.slice(from.length)}`, thing);
      }
  }

  async removeFile(path: string): Promise<void> {
    this.files.delete(path);
  }

  async ensureFolder(path: string, ownership: Ownership): Promise<void> {
    this.folders.set(path, ownership);
  }

  async runningPid(pidFile: string, program: string): Promise<number | undefined> {
    const pid = Number.parseInt(this.text(pidFile), 10);
    return this.processes.get(pid) === program ? pid : undefined;
  }

  async isRunning(pid: number, program: string): Promise<boolean> {
    return this.processes.get(pid) === program;
  }

  async accepts(ip: string, port: number): Promise<boolean> {
    return this.accepting(ip, port);
  }

  async signal(pid: number, name: string): Promise<boolean> {
    if (name === 'SIGCONT') this.files.delete(`/proc/${pid}/stat`);
    return name === 'SIGHUP' || name === 'SIGCONT' ? this.processes.has(pid) : this.processes.delete(pid);
  }

  async pause(): Promise<void> {}

  text(path: string): string {
    return new TextDecoder().decode(this.files.get(path)?.content ?? new Uint8Array());
  }

  put(path: string, content: string): void {
    this.files.set(path, { content: new TextEncoder().encode(content), mode: 0o644, owner: 'root' });
  }

  /** Starts a daemon as the programs do: a process and its pid file. */
  startProcess(name: string, pidFile: string, commandLine: readonly string[] = []): number {
    this.#lastPid += 1;
    this.processes.set(this.#lastPid, name);
    this.put(pidFile, `${this.#lastPid}\n`);
    this.put(`/proc/${this.#lastPid}/cmdline`, `${[name, ...commandLine].join('\0')}\0`);
    return this.#lastPid;
  }

  runs(name: string): boolean {
    return [...this.processes.values()].includes(name);
  }

  /** The machine loses power: processes and what lies in /run are gone, disks stay. */
  reboot(): void {
    this.processes.clear();
    for (const path of this.files.keys()) if (path.startsWith('/run/')) this.files.delete(path);
  }
}

/** The machines of one SLURM, by IP address: what a network would connect. */
export class SlurmWorld {
  readonly hosts = new Map<string, MemoryHost>();
  /** Running jobs, and the name of the node each runs on. */
  readonly jobs = new Map<number, string>();
  /** Whose jobs are in the queue. */
  readonly uids: number[] = [];

  /** Adds a machine with the programs of Debian's packages. */
  addHost(name: string, ip: string): MemoryHost {
    const host = new MemoryHost();
    this.hosts.set(ip, host);
    host.accepting = (there, port) => {
      const asked = there === '127.0.0.1' ? host : this.hosts.get(there);
      const daemon = { 6817: 'slurmctld', 6818: 'slurmd', 6819: 'slurmdbd' }[port];
      return daemon !== undefined && asked?.runs(daemon) === true;
    };
    host.put('/proc/sys/kernel/hostname', `${name}\n`);
    host.put('/proc/cpuinfo', 'processor\t: 0\nprocessor\t: 1\n');
    host.put('/proc/meminfo', 'MemTotal:        8137508 kB\n');
    const refuse = (stderr: string): Partial<Outcome> => ({ exitCode: 1, stderr });
    const noMunge =
      'Munge encode failed: Failed to access "/run/munge/munge.socket.2" (Did you start munged?)';
    const noController = 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)';
    const zeroBytes = 'error: Zero Bytes were transmitted or received';
    host.put('/proc/sys/kernel/osrelease', '6.1.0-18-amd64\n');
    host.programs.set('uname', () => ({ stdout: 'x86_64\n' }));
    host.programs.set('munged', () => ({}));
    host.programs.set('munge', () =>
      host.runs('munged')
        ? { stdout: `MUNGE:${host.mungedKey?.[0]}:${host.clockAheadS}:\n` }
        : refuse(noMunge),
    );
    host.programs.set('unmunge', (_args, _host, credential) => {
      const [, key, encodedS] = credential.split(':').map(Number);
      if (key !== host.mungedKey?.[0]) return refuse('unmunge: Error: Invalid credential');
      const aheadS = host.clockAheadS - (encodedS ?? 0);
      if (Math.abs(aheadS) <= 300) return { stdout: 'STATUS:          Success (0)\n' };
      const status = aheadS > 0 ? 'Expired credential (15)' : 'Rewound credential (16)';
      const time = (seconds: number | undefined) =>
        `2026-11-26 21:27:37 +0000 (${1_795_728_457 + (seconds ?? 0)})`;
      const times = `ENCODE_TIME:     ${time(encodedS)}\nDECODE_TIME:     ${time(host.clockAheadS)}\n`;
      return { exitCode: aheadS > 0 ? 15 : 16, stdout: `STATUS:          ${status}\n${times}` };
    });
    host.programs.set('setpriv', (args, _host, input) => {
      if (!args.includes('munged')) return host.programs.get('munge')?.(args, host, input) ?? {};
      // It reads its key once, when it starts.
      host.mungedKey = host.files.get('/etc/munge/munge.key')?.content;
      host.startProcess('munged', '/run/munge/munged.pid');
      return {};
    });
    const version = { stdout: 'slurm-wlm 22.05.8\n' };
    host.programs.set('slurmctld', args => {
      if (args[0] === '-V') return version;
      const [, conf] = /SlurmctldHost=(\S+)\(/.exec(host.text(args[args.indexOf('-f') + 1] ?? '')) ?? [];
      if (conf !== name) return refuse(`fatal: This host (${name}/${name}) not a valid controller`);
      host.startProcess('slurmctld', '/run/slurmctld.pid');
      return {};
    });
    host.programs.set('slurmd', args => {
      if (args[0] === '-V') return version;
      const [, server = ''] = /SlurmctldHost=\S+\(([^)]*)\)/.exec(host.text('/etc/slurm/slurm.conf')) ?? [];
      const controller = this.hosts.get(server);
      if (!controller?.runs('slurmctld'))
        return refuse(
          'error: fetch_config: failed to fetch remote configs: Unable to contact slurm controller',
        );
      if (!trusts(controller, host)) return refuse(zeroBytes);
      host.startProcess('slurmd', '/run/slurmd.pid', args);
      // One that is known already stays what it was taken for, whatever this slurmd says of the machine.
      const record = `/var/lib/slurm/slurmctld/nodes/${args[args.indexOf('-N') + 1]}`;
      if (!controller.files.has(record)) controller.put(record, [ip, ...shapeIn(args)].join('\n'));
      return {};
    });
    host.programs.set('stat', () => ({ stdout: `${host.freeBytes} 1 1000 1000\n` }));
    host.programs.set('nft', () => ({}));
    // SLURM's clients read a configuration before they ask anybody.
    host.programs.set('env', ([conf = '']) => {
      const bad = /^Wrong\w*=/m.exec(host.text(conf.slice(conf.indexOf('=') + 1)))?.[0];
      if (bad === undefined) return {};
      const key = bad.slice(0, -1);
      return refuse(`scontrol: error: _parse_next_key: Parsing error at unrecognized key: ${key}\n`);
    });
    host.programs.set('squeue', args => {
      if (!host.runs('munged')) return refuse(noMunge);
      if (args.includes('--nodelist')) return this.#jobsOn(args[args.indexOf('--nodelist') + 1] ?? '');
      if (!host.runs('slurmctld')) return refuse(noController);
      return args.includes('%U') ? { stdout: this.uids.map(uid => `${uid}\n`).join('') } : {};
    });
    host.programs.set('getent', ([, ...keys]) => {
      const found = [...host.users].filter(
        ([name, uid]) => keys.includes(name) || keys.includes(String(uid)),
      );
      const stdout = found.map(([name, uid]) => `${name}:x:${uid}:${uid}::/:/bin/sh\n`).join('');
      return { exitCode: found.length < keys.length ? 2 : 0, stdout };
    });
    host.programs.set('scontrol', args => this.#scontrol(host, args, refuse, noController));
    return host;
  }

  #scontrol(
    host: MemoryHost,
    args: readonly string[],
    refuse: (stderr: string) => Partial<Outcome>,
    noController: string,
  ): Partial<Outcome> {
    const controller = [...this.hosts.values()].find(each => each.runs('slurmctld'));
    if (!controller || !host.runs('munged')) return refuse(noController);
    if (!trusts(controller, host))
      return refuse('slurm_load_node error: Zero Bytes were transmitted or received');
    if (args.includes('reconfigure')) return {};
    const folder = '/var/lib/slurm/slurmctld/nodes';
    const lineOf = (name: string) => {
      const [address = '', ...more] = controller.text(`${folder}/${name}`).split('\n');
      const busy = [...this.jobs.values()].includes(name) ? 'MIXED' : 'IDLE';
      const up = this.hosts.get(address)?.runs('slurmd') === true;
      const drain = more.some(line => line.startsWith('Reason=')) ? '+DRAIN' : '';
      return `NodeName=${name} NodeAddr=${address} State=${up ? busy : 'DOWN'}${drain}+DYNAMIC_NORM ${more.join(' ')}\n`;
    };
    if (args.at(-1) === 'nodes')
      return {
        stdout: [...controller.files.keys()]
          .filter(path => path.startsWith(folder))
          .map(path => lineOf(path.slice(folder.length + 1)))
          .join(''),
      };
    const [verb, ...words] = args;
    if (verb === 'requeue') {
      this.jobs.delete(Number(words[0]));
      return {};
    }
    const name = /^nodename=(\S+)$/.exec(words[0] ?? '')?.[1] ?? args.at(-1) ?? '';
    const [address = '', ...more] = controller.text(`${folder}/${name}`).split('\n');
    if (address === '') return refuse(`Node ${name} not found`);
    if (verb === 'delete') controller.files.delete(`${folder}/${name}`);
    if (verb !== 'update') return { stdout: lineOf(name) };
    const given = new Map(words.map(word => [word.split('=')[0], word.slice(word.indexOf('=') + 1)]));
    const lines = more.filter(line => given.get('state') !== 'resume' || !line.startsWith('Reason='));
    const set = (key: string, line: string) => {
      if (!given.has(key)) return;
      const at = lines.findIndex(each => each.startsWith(line.slice(0, line.indexOf('=') + 1)));
      lines.splice(at < 0 ? lines.length : at, at < 0 ? 0 : 1, line);
    };
    set('reason', `Reason=${given.get('reason')} [root@2026-11-23T12:00:00]`);
    set('availablefeatures', `AvailableFeatures=${given.get('availablefeatures')}`);
    set('comment', `Comment=${given.get('comment')}`);
    controller.put(`${folder}/${name}`, [given.get('nodeaddr') ?? address, ...lines].join('\n'));
    return {};
  }

  #jobsOn(node: string): Partial<Outcome> {
    const running = [...this.jobs].filter(([, where]) => where === node);
    return { stdout: running.map(([id]) => `${id} games\n`).join('') };
  }
}

/** What the arguments of slurmd say of its machine, as scontrol shows it. */
function shapeIn(args: readonly string[]): readonly string[] {
  const shape = args.includes('--conf') ? (args[args.indexOf('--conf') + 1] ?? '').split(' ') : [];
  const said = (key: string) =>
    shape.find(each => each.startsWith(`${key}=`))?.slice(key.length + 1) ?? '(null)';
  return [
    ...[`AvailableFeatures=${said('Feature')}`, `Gres=${said('Gres')}`],
    `RealMemory=${shape.find(each => each.startsWith('RealMemory='))?.slice('RealMemory='.length) ?? 1}`,
  ];
}

/** Whether the one takes credentials of the other. */
function trusts(a: MemoryHost, b: MemoryHost): boolean {
  const [left, right] = [a, b].map(({ mungedKey }) => mungedKey);
  const isSameKey = left !== undefined && right !== undefined && Buffer.compare(left, right) === 0;
  return isSameKey && Math.abs(a.clockAheadS - b.clockAheadS) <= 300;
}
