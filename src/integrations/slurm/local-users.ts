// Users that operators want on all machines (settings.ts): made where they are missing. One who is there already, whatever his
// number, is left alone, and none is taken away: that they differ is told by users.ts.
import type { ClusterView } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import { commandTimeoutMs } from '../limits.ts';
import { ServiceError } from '../service-error.ts';
import { entriesOf } from './getent.ts';
import { settingsIn } from './machine-shape.ts';
import type { LocalUser } from './settings.ts';

/** @throws ServiceError `user-not-made` naming who could not be made, and why; the others have been made */
export async function ensureLocalUsers(
  host: Host,
  { settings }: Pick<ClusterView, 'settings'>,
): Promise<void> {
  const { users } = settingsIn({ settings });
  if (users.length === 0) return;
  const known = await namesIn(
    host,
    'passwd',
    users.map(({ name }) => name),
  );
  const missing = users.filter(({ name }) => !known.has(name));
  if (missing.length === 0) return;
  const groups = await namesIn(
    host,
    'group',
    missing.map(({ name }) => name),
  );
  const troubles: string[] = [];
  for (const user of missing) {
    const trouble =
      (groups.has(user.name) ? '' : await makeGroup(host, user)) || (await makeUser(host, user));
    if (trouble !== '') troubles.push(`${user.name} (${trouble})`);
  }
  if (troubles.length > 0)
    throw new ServiceError(
      'user-not-made',
      false,
      `users that could not be made here: ${troubles.join('; ')}`,
    );
}

/** Those of `names` that the machine knows, wherever it knows them from. */
async function namesIn(
  host: Host,
  database: 'passwd' | 'group',
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  return new Set((await entriesOf(host, database, names)).map(([name = '']) => name));
}

/** Empty, or why it failed. */
function makeGroup(host: Host, { name, gid }: LocalUser): Promise<string> {
  return tried(host, 'groupadd', ['--gid', String(gid), name]);
}

/** Without a password, and without a folder, which most often lies on a disk that all machines share. */
function makeUser(host: Host, { name, uid, home, shell }: LocalUser): Promise<string> {
  const who = ['--uid', String(uid), '--gid', name];
  return tried(host, 'useradd', [...who, '--no-create-home', '--home-dir', home, '--shell', shell, name]);
}

async function tried(host: Host, program: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run(program, args, { timeoutMs: commandTimeoutMs });
  return exitCode === 0 ? '' : `${stderr}${stdout}`.trim().replace(/\s+/g, ' ') || `exit code ${exitCode}`;
}
