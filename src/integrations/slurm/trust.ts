// Why slurmctld does not believe a worker, or the other way round: munged has another key here than there, or the clocks differ. SLURM
// calls both "Zero Bytes were transmitted"; a credential made there and decoded here tells. Asks only when something is wrong.
import type { ClusterView, ServiceReport, ViewNode } from '../cluster-view.ts';
import type { Counterparts } from '../counterparts.ts';
import type { Host } from '../host.ts';
import { commandTimeoutMs, skewNewsS, trustLookMs } from '../limits.ts';
import { oneLine } from '../service-error.ts';
import { controllerGrant } from './candidates.ts';
import { stopDaemon } from './daemons.ts';
import { type InTurn, munged } from './munge.ts';
import { files } from './names.ts';
import { errorFrom } from './reasons.ts';

/** The question that `credentialFor` answers. */
export const credentialQuestion = 'credential';

/** Reasons that may come of either. */
const suspicious = new Set(['munge-key-rejected', 'clock-skew']);

type Fault = { readonly kind: 'key' } | { readonly kind: 'clock'; readonly aheadS: number };

/**
 * A credential for another node to decode. Of munged's own user, who may do nothing in SLURM.
 * @throws ServiceError when munged does not answer
 */
export async function credentialFor(host: Host): Promise<string> {
  const asMunge = ['--reuid', 'munge', '--regid', 'munge', '--clear-groups', 'munge', '--no-input'];
  const { exitCode, stdout, stderr } = await host.run('setpriv', asMunge, { timeoutMs: commandTimeoutMs });
  if (exitCode !== 0) throw errorFrom('asking munged for a credential', stderr);
  return stdout;
}

/** What is between the machine that made `credential` just now and this one; nothing when it is accepted, or munged does not say. */
export async function faultBetween(host: Host, credential: string): Promise<Fault | undefined> {
  const { stdout, stderr } = await host.run('unmunge', [], {
    timeoutMs: commandTimeoutMs,
    input: credential,
  });
  const said = `${stdout}${stderr}`;
  if (/Invalid credential/i.test(said)) return { kind: 'key' };
  if (!/(Rewound|Expired) credential/i.test(said)) return undefined;
  const secondsOf = (name: string) => Number(new RegExp(`^${name}_TIME:.*\\((\\d+)\\)`, 'm').exec(said)?.[1]);
  const aheadS = secondsOf('DECODE') - secondsOf('ENCODE');
  return Number.isNaN(aheadS) ? undefined : { kind: 'clock', aheadS };
}

export class Trust {
  readonly #counterparts: Counterparts;
  readonly #inTurn: InTurn;
  /** What the last look has found, while the trouble goes on. */
  #last: { readonly atMs: number; readonly fault: Fault | undefined } | undefined;
  /** munged here was ended for this trouble: that it had an old key is ruled out. */
  #restarted = false;

  constructor(counterparts: Counterparts, inTurn: InTurn) {
    this.#counterparts = counterparts;
    this.#inTurn = inTurn;
  }

  /** The worker's report with the cause in it, as far as that is the key or the clock. */
  async explained(host: Host, view: ClusterView, report: ServiceReport): Promise<ServiceReport> {
    if (report.state === 'ready') this.#restarted = false;
    if (report.state !== 'failing' || !suspicious.has(report.reason)) {
      if (report.state !== 'starting') this.#last = undefined;
      return report;
    }
    const controller = view.nodes.find(({ id }) => id === controllerGrant(view)?.node);
    if (!controller || controller.id === view.self.id) return report;
    const fault = await this.#faultWith(controller, host, view.wallMs);
    if (fault?.kind === 'clock')
      return { ...report, reason: 'clock-skew', detail: skewText(fault, controller) };
    if (fault?.kind !== 'key') return report;
    const reason = 'munge-key-differs';
    if (this.#restarted) return { ...report, reason, detail: keyText(controller) };
    // The file here is the cluster's, or this would not have come so far; munged may have been started with another.
    this.#restarted = true;
    this.#last = undefined;
    await this.#inTurn(async () => {
      await stopDaemon(host, munged);
    });
    const detail = oneLine(
      `munged here did not use the key that it has on the disk, or not that of ${controller.name}: it was ended, and the next pass starts it`,
    );
    return { ...report, reason, detail };
  }

  async #faultWith({ id, address }: ViewNode, host: Host, wallMs: number): Promise<Fault | undefined> {
    const before = this.#last;
    if (before && Math.abs(wallMs - before.atMs) < trustLookMs) return before.fault;
    const credential = await this.#counterparts.ask({ id, address }, credentialQuestion);
    const found = credential === undefined ? undefined : await faultBetween(host, credential);
    // The same trouble is the same report, to the letter.
    const isOld =
      found?.kind === 'clock' &&
      before?.fault?.kind === 'clock' &&
      Math.abs(found.aheadS - before.fault.aheadS) < skewNewsS;
    const fault = isOld ? before.fault : found;
    this.#last = { atMs: wallMs, fault };
    return fault;
  }
}

function skewText({ aheadS }: { readonly aheadS: number }, { name }: ViewNode): string {
  const differs = aheadS > 0 ? `${aheadS} s ahead of` : `${-aheadS} s behind`;
  return oneLine(
    `the clock here is ${differs} that of ${name}, and credentials hold for 300 s: set both by NTP ("timedatectl set-ntp true")`,
  );
}

function keyText({ name }: ViewNode): string {
  return oneLine(
    `munged on ${name} does not use the cluster's key: run "kill $(cat ${files.mungePid})" there, and its agent starts it with ${files.mungeKey}`,
  );
}
