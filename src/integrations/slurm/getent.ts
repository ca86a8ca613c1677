// Who is who on a machine, wherever it knows that from: files, or a directory of the site.
import type { Host } from '../host.ts';
import { commandTimeoutMs } from '../limits.ts';
import { ServiceError } from '../service-error.ts';

/** The entries with these names or numbers (getent(1)), each as its fields. @throws ServiceError when the machine does not say */
export async function entriesOf(
  host: Host,
  database: 'passwd' | 'group',
  keys: readonly string[],
): Promise<readonly (readonly string[])[]> {
  if (keys.length === 0) return [];
  const { exitCode, stdout, stderr } = await host.run('getent', [database, ...keys], {
    timeoutMs: commandTimeoutMs,
  });
  // 2: some were not found.
  if (exitCode !== 0 && exitCode !== 2)
    throw new ServiceError('unexpected', false, `"getent ${database}" does not tell who is who: ${stderr}`);
  return stdout.split('\n').map(line => line.split(':'));
}
