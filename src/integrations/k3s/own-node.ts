// What servers and agents have in common: what is seen of the own k3s, its place in the network, being let in by the keeper, and a k3s
// that is started when that is of use. Each has what it needs beyond that in a file of its own.
import type { ClusterView } from '../cluster-view.ts';
import type { Counterparts } from '../counterparts.ts';
import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import { type Step, Waiting } from '../reconciler.ts';
import { ServiceError } from '../service-error.ts';
import type { Attempts } from './attempts.ts';
import type { OwnPlace } from './config-file.ts';
import { errorFrom, failureIn, mendedByKeeper } from './failures.ts';
import { commandTimeoutMs, settleMs, startDeadlineMs } from './limits.ts';
import { foreignK3s, isForeign, type Mark, readMark, type Traces, tracesOf } from './mark.ts';
import { files, folders } from './names.ts';
import { type Kind, lastWords, missingK3s, startK3s } from './unit.ts';
import { admissionFrom, askKeeper } from './words.ts';

export interface Means {
  readonly counterparts: Counterparts;
  /** Where this machine remembers its part; its folder exists. */
  readonly markFile: string;
  readonly attempts: Attempts;
}

/** What is seen of the own k3s, whichever it is. */
export interface OwnNode {
  readonly isInstalled: boolean;
  readonly device: string | undefined;
  readonly mark: Mark | undefined;
  readonly traces: Traces;
  readonly config: string | undefined;
  readonly life: Life;
}

/** @param isReady its words are of no interest then */
export async function lookAtOwn(
  host: Host,
  { self }: ClusterView,
  markFile: string,
  { kind, running, isReady }: Pick<Life, 'kind' | 'running'> & { readonly isReady: boolean },
): Promise<OwnNode> {
  return {
    isInstalled: (await host.which('k3s')) !== undefined,
    device: await deviceOf(host, self.ip),
    mark: await readMark(host, markFile),
    traces: await tracesOf(host),
    config: await textOf(host, files.config),
    life: { kind, running, words: isReady ? '' : await lastWords(host, kind) },
  };
}

/** Steps of either role. */
export type OwnStep = { readonly kind: 'fail'; readonly error: ServiceError } | { readonly kind: 'wait' };

export const fail = (error: ServiceError, part: string): (Step & OwnStep)[] => [
  { kind: 'fail', error, part, summary: error.message },
];
export const wait = (part: string, summary: string): (Step & OwnStep)[] => [
  { kind: 'wait', waits: true, part, summary },
];
export const admissionAnew = (because: string) => `ask the keeper to be let in anew (${because})`;

/** Why this machine can be no part of the cluster; undefined when it can. */
export function whyUnfit(
  view: ClusterView,
  { isInstalled, traces, mark }: Pick<OwnNode, 'isInstalled' | 'traces' | 'mark'>,
): ServiceError | undefined {
  if (!isInstalled) return missingK3s();
  return isForeign(traces, mark, view) ? foreignK3s() : undefined;
}

/** The interface with the address `ip`; undefined while none has it. */
async function deviceOf(host: Host, ip: string): Promise<string | undefined> {
  const { exitCode, stdout } = await host.run('ip', ['-oneline', 'address', 'show', 'to', ip], {
    timeoutMs: commandTimeoutMs,
  });
  // ip-address(8): `3: tailscale0    inet 100.64.0.1/32 scope global tailscale0`
  return exitCode === 0 ? /^\d+: ([^\s@]+)/m.exec(stdout)?.[1] : undefined;
}

/** Its place; or the error while the address is not there. */
export function placeFrom(view: ClusterView, device: string | undefined): OwnPlace | ServiceError {
  const { self, nodes } = view;
  const member = nodes.find(({ id }) => id === self.id);
  if (device === undefined || !member)
    return new ServiceError(
      'interface-missing',
      false,
      `no interface of this machine has its address ${self.ip}: see "clusterctl doctor"`,
      true,
    );
  return { member, name: self.name, ip: self.ip, device };
}

/** Asks the keeper to be let in. Resolves with the token to join with. @throws Waiting until it may be. @throws ServiceError when it may not */
export async function letIn(
  view: ClusterView,
  counterparts: Counterparts,
  question: string,
): Promise<string> {
  const text = await askKeeper(view, counterparts, question);
  const said = text === undefined ? undefined : admissionFrom(text);
  if (!said) throw new Waiting('admission', 'waiting for the member that keeps Kubernetes to answer');
  if (said.kind === 'wait') throw new Waiting('admission', said.detail);
  if (said.kind === 'refused') throw new ServiceError(said.reason, false, said.detail, true);
  return said.token;
}

export async function writeSecret(host: Host, path: string, text: string): Promise<void> {
  await host.ensureFolder(folders.etc, { mode: 0o755 });
  await host.writeFile(path, `${text}\n`, { mode: 0o600 });
}

export async function writeConfig(host: Host, text: string): Promise<void> {
  await host.ensureFolder(folders.etc, { mode: 0o755 });
  await host.ensureFolder(folders.drop, { mode: 0o755 });
  await host.writeFile(files.config, text, { mode: 0o600 });
}

export interface Life {
  readonly kind: Kind;
  readonly running: boolean;
  /** Of the k3s that was last started; empty when none was. */
  readonly words: string;
}

/** What there is to do about a k3s that has ended, or that says it cannot go on. */
export type Verdict =
  | { readonly kind: 'start' }
  | { readonly kind: 'admit'; readonly because: string }
  | { readonly kind: 'wait'; readonly detail: string }
  | { readonly kind: 'failed'; readonly error: ServiceError };

/**
 * @param key stands for all that was given to it: another one is worth another try
 * @param mends codes of what the keeper puts right by letting it in anew
 */
export function verdictOn(
  { kind, running, words }: Life,
  attempts: Attempts,
  key: string,
  nowMs: number,
  mends: ReadonlySet<string> = mendedByKeeper,
): Verdict {
  if (!running && attempts.isMended) return { kind: 'start' };
  const found = words === '' ? undefined : failureIn(words);
  const what = `k3s ${kind} has ended`;
  const waitMs = attempts.waitMs(key, nowMs);
  // Words of one that has ended before this process began may be old; it is started once before they count.
  const areFresh = running || attempts.sinceMs(nowMs) !== Number.POSITIVE_INFINITY;
  if (found && mends.has(found.failure.code) && areFresh)
    return waitMs > 0 && waitMs !== Number.POSITIVE_INFINITY
      ? { kind: 'wait', detail: `${found.failure.mend}, soon` }
      : { kind: 'admit', because: found.failure.code };
  if (waitMs === 0) return { kind: 'start' };
  const error = errorFrom(what, words);
  if (error.permanent && !mendedByKeeper.has(error.reason)) attempts.giveUp();
  return { kind: 'failed', error };
}

/** The steps that a verdict comes to. @param admit is given the summary of the step */
export function stepsAfter<Taken extends Step>(
  verdict: Verdict,
  {
    start,
    admit,
  }: { readonly start: () => readonly Taken[]; readonly admit: (summary: string) => readonly Taken[] },
): readonly (Taken | (Step & OwnStep))[] {
  switch (verdict.kind) {
    case 'start':
      return start();
    case 'admit':
      return admit(admissionAnew(verdict.because));
    case 'wait':
      return wait('start', verdict.detail);
    case 'failed':
      return fail(verdict.error, 'start');
  }
}

/** What k3s waits for, of one that runs and is not ready. @throws ServiceError when it has had its time */
export function progressOf({ kind, words }: Life, attempts: Attempts, nowMs: number, what: string): string {
  if (attempts.sinceMs(nowMs) > startDeadlineMs && attempts.sinceMs(nowMs) !== Number.POSITIVE_INFINITY)
    throw errorFrom(`k3s ${kind} does not get ready (${what})`, words);
  const found = failureIn(words);
  return found ? `${what}: ${found.failure.mend} (${found.line})` : what;
}

export async function start(
  host: Host,
  kind: Kind,
  attempts: Attempts,
  { key, nowMs }: { readonly key: string; readonly nowMs: number },
): Promise<void> {
  attempts.started(key, nowMs);
  await startK3s(host, kind);
}

/**
 * Whether a kubelet whose Node was deleted is to be started anew now, which registers it again: it only does that at its start
 * (kubernetes#92769).
 */
export function lacksNode({ words }: Life, attempts: Attempts, key: string, nowMs: number): boolean {
  // A kubelet says so of every node until it has registered it.
  if (attempts.sinceMs(nowMs) < settleMs) return false;
  return failureIn(words)?.failure.code === 'node-object-gone' && attempts.waitMs(key, nowMs) === 0;
}
