// What a process costs, as /proc tells it: processor time and its share of the memory. Only looks.
import { readFileSync, readlinkSync } from 'node:fs';
import { ticksPerSecond } from './limits.ts';

/** Processor time so far in milliseconds, all threads, with that of children that it has seen end. */
export function processorMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name is in brackets and may hold blanks; utime, stime, cutime and cstime are 12 to 15 after it.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const ticks = fields.slice(11, 15).reduce((sum, each) => sum + each, 0);
  return (ticks * 1000) / ticksPerSecond;
}

/** Proportional set size in bytes: a page that n processes share counts one nth. */
export function proportionalSetSize(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
}

export interface Invocation {
  readonly program: string;
  /** Between the program and its script. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How a running Node process was started: the program, its flags and its environment. */
export function invocationOf(pid: number): Invocation {
  const partsOf = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').slice(0, -1);
  const argv = partsOf('cmdline');
  const script = argv.findIndex(each => /\.[cm]?[jt]s$/.test(each) && !each.startsWith('-'));
  const env = partsOf('environ').map(each => {
    const at = each.indexOf('=');
    return [each.slice(0, at), each.slice(at + 1)] as const;
  });
  return {
    program: readlinkSync(`/proc/${pid}/exe`),
    flags: script < 0 ? [] : argv.slice(1, script),
    env: Object.fromEntries(env),
  };
}
