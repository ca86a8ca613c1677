// A command on this machine that a test needs to work.
import { spawnSync } from 'node:child_process';

/** @throws Error with what it said when it fails */
export function must(program: string, argv: readonly string[]): void {
  const { status, stderr } = spawnSync(program, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
}
