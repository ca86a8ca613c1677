// Looks at processes through /proc and signals them by pid. Never by name, and never a pid whose process has changed.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { deathPollMs, deathTimeoutMs } from './limits.ts';

/** A process for good: pids are used again, a pid with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot, as /proc writes it. */
  readonly startTicks: string;
}

interface Stat {
  readonly state: string;
  readonly parent: number;
  readonly startTicks: string;
}

function statOf(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The program's name is in brackets and may hold brackets and blanks; the fields after it do not.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '?', parent: Number(fields[1]), startTicks: fields[19] ?? '' };
}

/** The process that has this pid now; undefined when there is none. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = statOf(pid);
  return stat === undefined ? undefined : { pid, startTicks: stat.startTicks };
}

/** Whether it is still there and not a zombie. */
export function isRunning({ pid, startTicks }: ProcessIdentity): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.startTicks === startTicks && stat.state !== 'Z' && stat.state !== 'X';
}

function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** The children of a process, in the order of their pids. Reads all of /proc: not every kernel lists children. */
export function childrenOf(parent: number): ProcessIdentity[] {
  return allPids().flatMap(pid => {
    const stat = statOf(pid);
    return stat?.parent === parent ? [{ pid, startTicks: stat.startTicks }] : [];
  });
}

/** The processes in one of these network namespaces, given by inode number. */
export function processesInNetworks(inodes: ReadonlySet<number>): ProcessIdentity[] {
  return allPids().flatMap(pid => {
    try {
      const inode = Number(/^net:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[1]);
      const identity = inodes.has(inode) ? identityOf(pid) : undefined;
      return identity === undefined ? [] : [identity];
    } catch {
      return [];
    }
  });
}

/** Sends a signal if that very process is still there. @returns whether it was sent */
export function sendSignal(process_: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(process_)) return false;
  try {
    return process.kill(process_.pid, signal);
  } catch {
    return false;
  }
}

/** Waits until none of them runs. @throws Error naming those that do after ten seconds */
export async function untilGone(processes: readonly ProcessIdentity[]): Promise<void> {
  const deadline = performance.now() + deathTimeoutMs;
  for (;;) {
    const left = processes.filter(isRunning);
    if (left.length === 0) return;
    if (performance.now() > deadline)
      throw new Error(`still running after ${deathTimeoutMs} ms: ${left.map(({ pid }) => pid).join(' ')}`);
    await sleep(deathPollMs);
  }
}
