// Runs clusterctl for a test: in this process, where only its Shell is another, or as the program people start.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/cli/program.ts';
import type { Shell } from '../../src/cli/shell.ts';
import type { FakeAgent } from './fake-agent.ts';
import { nowMs } from './lab.ts';

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in this process. @param agent whom it asks, by way of the environment */
export async function clusterctl(
  args: string,
  agent?: FakeAgent,
  env: Record<string, string> = {},
): Promise<Result> {
  return await runIn(args, agent, { env });
}

/** The same at a terminal, where somebody answers what is asked. */
export async function clusterctlAsked(
  args: string,
  agent: FakeAgent,
  answer: (question: string) => string,
): Promise<Result> {
  return await runIn(args, agent, { env: {}, ask: async question => answer(question) });
}

async function runIn(
  args: string,
  agent: FakeAgent | undefined,
  { env, ask }: Pick<Shell, 'env' | 'ask'>,
): Promise<Result> {
  let stdout = '';
  let stderr = '';
  const code = await run(args.split(' ').filter(Boolean), {
    env: { ...(agent ? { CLUSTERCTL_ENDPOINT: agent.endpoint } : {}), ...env },
    stdout: { write: text => (stdout += text) },
    stderr: { write: text => (stderr += text) },
    nowMs: () => nowMs,
    ...(ask ? { ask } : {}),
  });
  return { code, stdout, stderr };
}

export const launcher = fileURLToPath(new URL('../../bin/clusterctl', import.meta.url));

/** A clusterctl that runs as a process of its own. */
export interface Running {
  readonly process: ChildProcess;
  /** What it has written so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** Resolves when `stdout` has this many lines. */
  lines(count: number): Promise<void>;
  /** Resolves when it has ended; `code` is undefined when a signal ended it. */
  ended: Promise<Result | { readonly code: undefined; readonly stdout: string; readonly stderr: string }>;
}

/** Starts bin/clusterctl with pipes. @param options another launcher, or the user whose rights it gets (root only) */
export function startClusterctl(
  args: string,
  agent?: FakeAgent,
  { program = launcher, ...user }: { program?: string; uid?: number; gid?: number } = {},
): Running {
  const child = spawn(program, args.split(' '), {
    ...user,
    env: { ...process.env, ...(agent ? { CLUSTERCTL_ENDPOINT: agent.endpoint } : {}) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const output = () => ({ stdout, stderr });
  const ended = once(child, 'close').then(([code]) => ({ code: code ?? undefined, ...output() }));
  return {
    process: child,
    output,
    lines: async count => {
      while (stdout.split('\n').length <= count) {
        const end = await Promise.race([once(child.stdout ?? child, 'data').then(() => undefined), ended]);
        if (end) throw new Error(`ended with ${end.code} before ${count} lines: ${end.stdout}${end.stderr}`);
      }
    },
    ended,
  };
}
