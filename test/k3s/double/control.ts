// The test's hand on a running double: a JSON file that it writes beside the data folder ("DATA-DIR.double.json", so that it
// outlives a wipe), or where $K3S_DOUBLE_FAULTS says. Read again when it changes. Without the file k3s is healthy.
import { readFileSync, statSync } from 'node:fs';
import { controlPollMs, defaultTuning, realTuning, type Tuning } from './limits.ts';
import { type Level, log } from './log.ts';

/** All that can be ordered; see test/k3s/README.md for what each does. */
export interface Control {
  readonly tuning?: Partial<Tuning>;
  /** The process says this and exits 1: when it starts, or when the file comes while it runs. */
  readonly fatal?: string;
  /** Said again and again in place of getting on with the start. */
  readonly loop?: { readonly text: string; readonly level?: Level; readonly everyMs?: number };
  /** The start never gets on, without a word. */
  readonly hang?: boolean;
  readonly startDelayMs?: number;
  /** The supervisor answers kubelets with 503. */
  readonly coreNotReady?: boolean;
  /** Checks of /readyz, /livez and /healthz that fail. */
  readonly failedChecks?: readonly string[];
  /** A server is killed once its etcd is there, before it has saved what makes it start again. */
  readonly stillborn?: boolean;
  /** What the clock says, to be compared with 1980. */
  readonly now?: string;
  /** The interface flannel.1 is taken away, and not made again before a restart. */
  readonly flannelGone?: boolean;
  readonly noDefaultRoute?: boolean;
  /** The kubelet stops to post its status, though the process lives. */
  readonly kubeletStopped?: boolean;
  /** False: learners stay learners. */
  readonly promotesLearners?: boolean;
  /** etcd's answer to anybody who wants to become a member. */
  readonly memberAddError?: string;
  /** The error of a snapshot. */
  readonly snapshotError?: string;
  readonly version?: string;
}

let file = process.env.K3S_DOUBLE_FAULTS;
let seen = '';
let current: Control = {};

export function controlBeside(dataDir: string): void {
  file ??= `${dataDir}.double.json`;
}

/** What is ordered now: a look at the file's times, and at the file when it changed. */
export function control(): Control {
  if (file === undefined) return current;
  try {
    const { mtimeMs, size, ino } = statSync(file);
    const stamp = `${mtimeMs}/${size}/${ino}`;
    if (stamp === seen) return current;
    // Half a file is not an order: the next look reads it again.
    current = JSON.parse(readFileSync(file, 'utf8')) as Control;
    seen = stamp;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') {
      current = {};
      seen = '';
    }
  }
  return current;
}

export function tuning(): Tuning {
  const base = process.env.K3S_DOUBLE_REAL_TIMES === '1' ? realTuning : defaultTuning;
  return { ...base, ...control().tuning };
}

/** Obeys what is ordered for a start; returns when the start may go on. */
export async function passStart(): Promise<void> {
  const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
  await pause(control().startDelayMs ?? 0);
  for (;;) {
    const { hang, loop } = control();
    obeyFatal();
    if (loop !== undefined) log(loop.level ?? 'info', loop.text);
    else if (!hang) return;
    await pause(loop?.everyMs ?? controlPollMs);
  }
}

/** Watches for orders while the process runs. @param each called at every look */
export function watchControl(each: () => void): void {
  setInterval(() => {
    obeyFatal();
    each();
  }, controlPollMs);
}

function obeyFatal(): void {
  const { fatal } = control();
  if (fatal === undefined) return;
  log('fatal', fatal);
  process.exit(1);
}
