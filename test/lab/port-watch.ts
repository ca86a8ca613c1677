// A watcher on the wire: from a host that is no member it asks all members who takes connections at a port, ten times a second,
// and tells whose turn it was. Two that served at the same time show as turns that interleave.
import { fileURLToPath } from 'node:url';
import type { Child } from './child.ts';
import type { Host } from './host.ts';

interface Taken {
  readonly host: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export class PortWatch {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Begins to ask `ips` from `bystander`. Ends with that host, or by `end`. */
  static async begin(bystander: Host, port: number, ips: readonly string[]): Promise<PortWatch> {
    const script = fileURLToPath(new URL('fixtures/port-asker.ts', import.meta.url));
    return new PortWatch(await bystander.spawn([process.execPath, script, String(port), ...ips]));
  }

  /** The addresses that took connections, one after the other, so far: each turn once. */
  turns(): readonly string[] {
    return turnsOf(this.#child.stdout.map(line => JSON.parse(line) as Taken));
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#child.exited;
  }
}

/** Whose turn it was: an address is in it twice when another took a connection in between. */
export function turnsOf(taken: readonly Taken[]): readonly string[] {
  const inOrder = taken.toSorted((a, b) => a.toMs - b.toMs);
  return inOrder.map(({ host }) => host).filter((host, at, all) => host !== all[at - 1]);
}
