// Runs the part that erases as a process in namespaces of its own: its mounts are nobody else's, and with its end, also by SIGKILL, they and
// all that it has started are gone. And sees to it that two do not work on one disk.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Host } from '../../integrations/host.ts';
import { BootError, exitCode } from '../ending.ts';
import type { BlockDevice } from './block-devices.ts';

const variable = 'CLUSTEROS_INSTALL_INSIDE';

/** Of a checkout; an installed one is on the PATH. */
const besideUs = fileURLToPath(new URL('../../../bin/cluster-os-install', import.meta.url));

/** What the operator has agreed to: another disk that has its name meanwhile is none of it. */
const agreedShape = z.object({
  ...{ path: z.string(), number: z.string(), sizeBytes: z.number(), serial: z.string() },
});
export type Agreed = z.infer<typeof agreedShape>;

export function agreedOf({ path, number, sizeBytes, serial }: BlockDevice): Agreed {
  return { path, number, sizeBytes, serial };
}

/** What this process is to do, when it is the one inside; undefined for the one that an operator has started. */
export function agreedInside(): Agreed | undefined {
  const value = process.env[variable];
  if (value === undefined) return undefined;
  // Nobody is that by chance: it is the first process of its own namespace.
  if (process.pid !== 1)
    throw new BootError(exitCode.usage, `${variable} is set`, 'take it out of the environment');
  delete process.env[variable];
  return agreedShape.parse(JSON.parse(value));
}

/** Resolves with its exit code. Signals are passed on, once to each. */
export async function runInside(host: Host, agreed: Agreed): Promise<number> {
  const program = existsSync(besideUs) ? besideUs : await host.which('cluster-os-install');
  if (program === undefined)
    throw new BootError(
      exitCode.failed,
      'cluster-os-install is not on the PATH',
      'call it by its place in /usr/bin',
    );
  const argv = [
    // Each dies with the one before it; the first process of a namespace takes all others along.
    ...['--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'private'],
    ...['--pid', '--fork', '--kill-child=KILL', '--mount-proc', program],
  ];
  const env = { ...process.env, [variable]: JSON.stringify(agreed) };
  const child = spawn('setpriv', argv, { stdio: 'inherit', env });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => passOn(child.pid, name));
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', code => resolve(code ?? exitCode.failed));
  });
}

/** To the process inside: unshare itself waits for it. */
function passOn(unshare: number | undefined, name: NodeJS.Signals): void {
  try {
    const children = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8')
      .split(' ')
      .filter(Boolean);
    for (const pid of children) process.kill(Number(pid), name);
  } catch {
    // It has ended by itself.
  }
}

/** Held until this process ends, however it does. @throws BootError when another installation has it */
export async function holdDisk({ number, path }: BlockDevice): Promise<Server> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', () =>
      reject(
        new BootError(
          exitCode.refused,
          `another cluster-os-install is at work on ${path}`,
          'wait for its end',
        ),
      ),
    );
    // An abstract socket: no file, so none that is left behind.
    server.listen(`\0cluster-os-install ${number}`, () => {
      server.unref();
      resolve(server);
    });
  });
}
