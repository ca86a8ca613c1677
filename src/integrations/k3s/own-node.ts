// What servers and agents have in common: their place in the network, being let in by the keeper, and a k3s that is started when that is
// of use. Each has what it needs beyond that in a file of its own.
import type { ClusterView } from '../cluster-view.ts';
import type { Counterparts } from '../counterparts.ts';
import type { Host } from '../host.ts';
import { Waiting } from '../reconciler.ts';
import { ServiceError } from '../service-error.ts';
import type { Attempts } from './attempts.ts';
import type { OwnPlace } from './config-file.ts';
import { errorFrom, failureIn, mendedByKeeper } from './failures.ts';
import { commandTimeoutMs, settleMs, startDeadlineMs } from './limits.ts';
import { files, folders } from './names.ts';
import { type Kind, startK3s } from './unit.ts';
import { admissionFrom, askKeeper } from './words.ts';

export interface Means {
  readonly counterparts: Counterparts;
  /** Where this machine remembers its part; its folder exists. */
  readonly markFile: string;
  readonly attempts: Attempts;
}

/** The interface with the address `ip`; undefined while none has it. */
export async function deviceOf(host: Host, ip: string): Promise<string | undefined> {
  const { exitCode, stdout } = await host.run('ip', ['-oneline', 'address', 'show', 'to', ip], {
    timeoutMs: commandTimeoutMs,
  });
  // ip-address(8): `3: tailscale0    inet 100.64.0.1/32 scope global tailscale0`
  return exitCode === 0 ? /^\d+: ([^\s@]+)/m.exec(stdout)?.[1] : undefined;
}

/** @throws ServiceError while the address is not there */
export function placeFrom(view: ClusterView, device: string | undefined): OwnPlace {
  const { self, nodes } = view;
  const member = nodes.find(({ id }) => id === self.id);
  if (device === undefined || !member)
    throw new ServiceError(
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
