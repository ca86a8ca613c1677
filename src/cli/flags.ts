// Flags that several groups of verbs read, and what a group's verbs are made with.
import type { Command } from 'commander';
import { durationMsFrom } from './duration.ts';
import { CliError, exitCode } from './exit.ts';
import type { Format } from './output.ts';
import type { Request } from './request.ts';

/** What the verbs of a group are made with. */
export interface VerbTools {
  readonly withCommonFlags: (command: Command, allowed: readonly Format[], timeoutMs: number) => Command;
  readonly requestFor: (command: Command, allowed: readonly Format[], timeoutMsUsual?: number) => Request;
  /** Told the exit code. */
  readonly done: (code: number) => void;
}

/** Milliseconds. @throws CliError (usage) when `text` is no duration */
export function durationFrom(flag: string, text: string): number {
  const ms = durationMsFrom(text);
  if (ms !== undefined) return ms;
  throw new CliError(
    exitCode.usage,
    `${flag} "${text}" is no duration`,
    'use a number and a unit, such as 500ms, 10s, 2m, 1h',
  );
}
