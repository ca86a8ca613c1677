// Hosts of a lab as machines to run k3s on: the double, put on a host's PATH, or k3s itself. Needs root, as every lab does.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Child } from '../lab/child.ts';
import type { Host } from '../lab/host.ts';
import type { Answer, RequestOptions } from './double/request.ts';
import { commandTimeoutMs, patienceMs } from './limits.ts';
import { doubleProgram, type K3sMachine } from './machines.ts';

/**
 * Puts the double on the host's PATH as /usr/local/bin/k3s, beside what the machine has there. Again after every boot, since it
 * lies over the machine's own folder and not on the host's disk.
 */
export async function installDouble(host: Host): Promise<void> {
  const script = `set -e
mkdir -p /run/local-bin
mount --bind /usr/local/bin /run/local-bin
mount -t tmpfs -o mode=0755 tmpfs /usr/local/bin
for program in /run/local-bin/*; do ln -s "$program" /usr/local/bin/; done
ln -sf "$1/k3s" "$1/k3s-killall.sh" /usr/local/bin/`;
  const { exitCode, stderr } = await host.run(['sh', '-c', script, 'sh', dirname(doubleProgram)]);
  if (exitCode !== 0) throw new Error(`${host.name} cannot have the double of k3s: ${stderr}`);
}

/** A host on which `k3s` is on the PATH. @param env added to that of each command */
export function labMachine(
  host: Host,
  { patience = patienceMs, env = {} }: { patience?: number; env?: Readonly<Record<string, string>> } = {},
): K3sMachine {
  return {
    name: host.name,
    address: host.ip,
    patienceMs: patience,
    outside(path) {
      const file = host.outside(path);
      mkdirSync(dirname(file), { recursive: true });
      return file;
    },
    launch: async (argv): Promise<Child> => await host.spawn(['k3s', ...argv], { env }),
    run: async (argv, input) =>
      await host.run(['k3s', ...argv], {
        timeoutMs: commandTimeoutMs,
        env,
        ...(input === undefined ? {} : { input }),
      }),
    request: async (url, options = {}) => await ask(host, url, options),
  };
}

/** Asks from inside the host, whose network is its own. @throws Error with curl's words when there is no answer */
async function ask(host: Host, url: string, options: RequestOptions): Promise<Answer> {
  const folder = '/run/ask';
  const args = [
    '--silent',
    '--show-error',
    '--insecure',
    '--max-time',
    '20',
    '--write-out',
    '\\n%{http_code}',
  ];
  for (const [name, text] of [
    ['cert', options.cert],
    ['key', options.key],
  ] as const) {
    if (text === undefined) continue;
    await host.run(['mkdir', '-p', folder]);
    host.writeFile(`${folder}/${name}`, text, { mode: 0o600 });
    args.push(`--${name}`, `${folder}/${name}`);
  }
  for (const [name, value] of Object.entries(options.headers ?? {}))
    args.push('--header', `${name}: ${value}`);
  if (options.body !== undefined) args.push('--data-binary', options.body);
  const { exitCode, stdout, stderr } = await host.run([
    'curl',
    ...args,
    '--request',
    options.method ?? 'GET',
    url,
  ]);
  if (exitCode !== 0) throw new Error(stderr);
  // The code is on a line of its own behind the body, whose last line feed thus stays its own.
  const lines = stdout.replace(/\n$/, '').split('\n');
  const status = Number(lines.pop());
  return { status, body: lines.join('\n'), headers: {} };
}
