// Runs a program that makes something, tied to this process: when it dies, however it dies, so does what it started, with every
// mount of it.
import { Child } from '../lab/child.ts';
import { environment, resultOf } from '../lab/machine.ts';

/** Ends QEMU, ssh and builders when this process ends. */
export const dieWithUs = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

/** In a PID namespace of its own the first process takes all others along; mounts are seen by nobody else. */
const contained = ['unshare', '--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'] as const;

/** @throws Error with what the program said when it fails or takes too long */
export async function build(argv: readonly string[], timeoutMs: number): Promise<void> {
  const child = await Child.launch([...dieWithUs, ...contained, ...argv], { env: environment });
  const what = argv.slice(0, 2).join(' ');
  const { exitCode, stdout, stderr } = await resultOf(child, what, timeoutMs);
  if (exitCode !== 0) throw new Error(`"${what}" failed (exit ${exitCode})\n${stdout}${stderr}`);
}
