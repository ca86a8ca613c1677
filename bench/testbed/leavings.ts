// Everything that a measurement makes on this machine: processes, network namespaces, a temporary folder; and the end of
// it all. Signals only processes that it started, by pid; the kernel ends them, too, if this process dies.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../../test/lab/child.ts';
import { environment } from '../../test/lab/machine.ts';
import { deleteNamespace, namespaceNames, runOutside } from '../../test/lab/network.ts';
import { identityOf, isRunning, untilGone } from '../../test/lab/processes.ts';

const madeByBench = /^cbench-(\d+)-/;
let count = 0;

export class Leavings {
  readonly folder: string;
  readonly #prefix: string;
  readonly #children = new Set<Child>();
  readonly #namespaces = new Set<string>();
  #removal: Promise<void> | undefined;

  constructor() {
    count += 1;
    this.#prefix = `cbench-${process.pid}-${count}`;
    this.folder = mkdtempSync(join(tmpdir(), `${this.#prefix}-`));
  }

  /** Makes a network namespace with loopback up. @returns its name */
  async namespace(suffix: string): Promise<string> {
    this.#refuseWhenRemoved();
    const name = `${this.#prefix}-${suffix}`;
    this.#namespaces.add(name);
    await runOutside('ip', ['netns', 'add', name]);
    await runOutside('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    return name;
  }

  /** Starts a command in that network namespace; the pid of the child is that of the command itself. */
  async spawn(
    namespace: string,
    argv: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Child> {
    this.#refuseWhenRemoved();
    const enter = ['ip', 'netns', 'exec', namespace, 'setpriv', '--pdeathsig', 'KILL', '--'];
    const child = await Child.launch([...enter, ...argv], {
      env: { ...environment, HOME: this.folder, ...env },
    });
    this.#children.add(child);
    child.exited.then(
      () => this.#children.delete(child),
      () => this.#children.delete(child),
    );
    return child;
  }

  /** Ends what runs and removes what was made. Again: waits for the first removal. */
  remove(): Promise<void> {
    this.#removal ??= this.#remove();
    return this.#removal;
  }

  async #remove(): Promise<void> {
    const children = [...this.#children];
    for (const child of children) child.kill('SIGKILL');
    await untilGone(children.flatMap(child => child.process ?? []));
    const there = new Set(await namespaceNames());
    for (const name of this.#namespaces) if (there.has(name)) await deleteNamespace(name);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #refuseWhenRemoved(): void {
    if (this.#removal !== undefined) throw new Error('the bench is ending');
  }
}

/** Removes namespaces and folders of benches that were killed; their processes ended with them. */
export async function sweepLeavings(): Promise<void> {
  const isOrphan = (name: string) => {
    const pid = Number(madeByBench.exec(name)?.[1]);
    if (!Number.isInteger(pid)) return false;
    const identity = identityOf(pid);
    return identity === undefined || !isRunning(identity);
  };
  for (const name of (await namespaceNames()).filter(isOrphan)) await deleteNamespace(name);
  for (const name of readdirSync(tmpdir()).filter(isOrphan))
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
}
