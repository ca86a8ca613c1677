// By which users jobs run. SLURM sends a number, and each machine has a name of its own for it, or none: so the users of the queue, as
// the controller's machine calls them, are held against those of each worker. Looks only, and seldom.
import type { ClusterView, ServiceReport, ViewNode } from '../cluster-view.ts';
import type { Counterparts } from '../counterparts.ts';
import type { Host } from '../host.ts';
import { queueUsersMax, slurmQueryTimeoutMs, userLookMs, usersShownMax } from '../limits.ts';
import { oneLine } from '../service-error.ts';
import { controllerGrant, isServing } from './candidates.ts';
import { entriesOf } from './getent.ts';
import { errorFrom } from './reasons.ts';

/** The question that `QueueUsers.text` answers. */
export const usersQuestion = 'users';

export interface User {
  /** Empty when the machine knows nobody of that number. */
  readonly name: string;
  readonly uid: number;
}

/** On the node where slurmctld serves: whose jobs are in the queue, as this machine calls them. */
export class QueueUsers {
  #users: readonly User[] = [];
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  /** One line for each, `UID NAME`; without a name when it is not known here. */
  get text(): string {
    return this.#users.map(({ uid, name }) => `${uid} ${name}\n`).join('');
  }

  /** The report of the controller, with those that this machine does not know. @throws ServiceError when that cannot be told */
  async examined(host: Host, { wallMs }: ClusterView, report: ServiceReport): Promise<ServiceReport> {
    if (isDue(this.#lookedAtMs, wallMs)) {
      this.#lookedAtMs = wallMs;
      this.#users = await usersOf(host, await uidsInQueue(host));
    }
    const unknown = this.#users.filter(({ name }) => name === '').map(({ uid }) => String(uid));
    if (unknown.length === 0) return report;
    const detail = `slurmctld starts no jobs of ${someOf(unknown)}, who ${unknown.length === 1 ? 'is' : 'are'} unknown here`;
    return { ...report, reason: 'uid-unknown', detail: oneLine(`${detail}: ${mend}`) };
  }
}

/** On a worker: whether those users are the same here. */
export class UserWatch {
  readonly #counterparts: Counterparts;
  #found: readonly string[] = [];
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(counterparts: Counterparts) {
    this.#counterparts = counterparts;
  }

  /** The report of a worker that is ready, with those that differ. @throws ServiceError when that cannot be told */
  async examined(host: Host, view: ClusterView, report: ServiceReport): Promise<ServiceReport> {
    const controller = view.nodes.find(({ id }) => id === controllerGrant(view)?.node);
    if (report.state !== 'ready' || !controller || controller.id === view.self.id) return report;
    if (isDue(this.#lookedAtMs, view.wallMs) && isServing(view)) {
      this.#lookedAtMs = view.wallMs;
      const said = await this.#counterparts.ask(controller, usersQuestion);
      if (said !== undefined) this.#found = await differences(host, usersFrom(said), controller, view.self);
    }
    if (this.#found.length === 0) return report;
    const detail = oneLine(`jobs run by number, and ${someOf(this.#found)}: ${mend}`);
    return { ...report, reason: 'uid-differs', detail };
  }
}

const mend = 'give each user the same number on all nodes';

function isDue(lookedAtMs: number, wallMs: number): boolean {
  // Also when the clock was set back.
  return Math.abs(wallMs - lookedAtMs) >= userLookMs;
}

function someOf(texts: readonly string[]): string {
  const more = texts.length > usersShownMax ? ` (and ${texts.length - usersShownMax} more)` : '';
  return `${texts.slice(0, usersShownMax).join('; ')}${more}`;
}

async function uidsInQueue(host: Host): Promise<readonly number[]> {
  const args = ['--noheader', '--format', '%U'];
  const { exitCode, stdout, stderr } = await host.run('squeue', args, { timeoutMs: slurmQueryTimeoutMs });
  if (exitCode !== 0) throw errorFrom('asking slurmctld for the users of its queue', stderr);
  // Of a queue that is too long to be read whole the last line is cut.
  const lines = stdout.slice(0, stdout.lastIndexOf('\n') + 1).split('\n');
  const uids = new Set(lines.filter(line => /^\s*\d+\s*$/.test(line)).map(Number));
  return [...uids].sort((a, b) => a - b).slice(0, queueUsersMax);
}

/** As this machine calls them. */
async function usersOf(host: Host, uids: readonly number[]): Promise<readonly User[]> {
  const known = await knownUsers(host, uids.map(String));
  return uids.map(uid => ({ uid, name: known.find(each => each.uid === uid)?.name ?? '' }));
}

/** Of those with these names or numbers the ones that there are. @throws ServiceError when the machine does not say */
async function knownUsers(host: Host, keys: readonly string[]): Promise<readonly User[]> {
  return (await entriesOf(host, 'passwd', keys)).flatMap(([name = '', , uid = '']) =>
    name !== '' && /^\d+$/.test(uid) ? [{ name, uid: Number(uid) }] : [],
  );
}
/** What `QueueUsers.text` said; what is no line of it is left out. */
export function usersFrom(text: string): readonly User[] {
  return text
    .split('\n')
    .slice(0, queueUsersMax)
    .flatMap(line => {
      const [, uid, name = ''] = /^(\d{1,10}) ([a-zA-Z0-9_.][\w.@$-]{0,63})?$/.exec(line) ?? [];
      return uid === undefined ? [] : [{ uid: Number(uid), name }];
    });
}

/** In words, which of `users` of the controller's machine are somebody else here, or nobody. */
async function differences(
  host: Host,
  users: readonly User[],
  { name: there }: ViewNode,
  { name: here }: ClusterView['self'],
): Promise<readonly string[]> {
  const named = users.filter(({ name }) => name !== '');
  const local = await knownUsers(
    host,
    named.flatMap(({ name, uid }) => [name, String(uid)]),
  );
  return named.flatMap(({ name, uid }) => {
    if (local.some(each => each.name === name && each.uid === uid)) return [];
    const other = local.find(each => each.uid === uid);
    const own = local.find(each => each.name === name);
    const whose = other ? `${uid} is ${other.name}` : '';
    const number = own ? `${own.uid}` : 'unknown';
    return [
      `${name} is ${uid} on ${there} and ${number} on ${here}${whose === '' ? '' : `, where ${whose}`}`,
    ];
  });
}
