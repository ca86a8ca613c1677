// The datastore of a server: set aside, or made to know this server alone. Never deleted: each that was is kept beside the one in use.
import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import { ServiceError } from '../service-error.ts';
import { errorFrom } from './failures.ts';
import { copyTimeoutMs, resetTimeoutMs } from './limits.ts';
import { files, folders } from './names.ts';
import { writeConfig } from './own-node.ts';
import { runFreely } from './unit.ts';

/** Name of the folder beside the datastore that one is set aside to. */
const asideOf = (nowMs: number) => `${folders.database}.before-${nowMs}`;

/** Gives the datastore, and what was made for it, another name: a server that joins anew may have none. */
export async function setAside(host: Host, nowMs: number): Promise<void> {
  await host.rename(folders.database, asideOf(nowMs));
  for (const name of ['cred', 'tls'])
    await host.rename(`${folders.data}/server/${name}`, `${folders.data}/server/${name}.before-${nowMs}`);
}

/**
 * Has the datastore here know this server alone, at the address that it has now; of what it holds, or of the snapshot of that name. A copy
 * of it is kept as `db.before-LABEL`; again with the same label after a crash it goes on. k3s must not run. @throws ServiceError
 */
export async function resetDatastore(host: Host, label: string, snapshot: string): Promise<void> {
  const aside = `${folders.database}.before-${label}`;
  const flag = `${folders.database}/reset-flag`;
  // k3s takes no second reset before it was started, by this file (k3s, pkg/cluster/managed.go). What is there before our copy is of another one.
  if ((await host.listFolder(aside)).length === 0) await host.removeFile(flag);
  await copyOnce(host, folders.database, aside);
  // Of an earlier try of this one, which went through.
  if ((await host.readFile(flag)) !== undefined) return;
  // k3s resets nothing while it is told to join somebody (pkg/cli/server).
  const config = (await textOf(host, files.config)) ?? '';
  await writeConfig(host, config.replace(/^server: .*$/m, 'cluster-init: true'));
  const restore = snapshot === '' ? [] : [`--cluster-reset-restore-path=${aside}/snapshots/${snapshot}`];
  const { exitCode, stdout, stderr } = await runFreely(
    ...([host, 'reset', ['k3s', 'server', '--cluster-reset', ...restore], resetTimeoutMs] as const),
  );
  const said = `${stdout}${stderr}`;
  if (exitCode !== 0 || !/membership has been reset|cluster-reset was successfully performed/i.test(said))
    throw errorFrom('k3s server --cluster-reset', said);
}

/** Whole or not at all. */
async function copyOnce(host: Host, from: string, to: string): Promise<void> {
  if ((await host.listFolder(to)).length > 0) return;
  const unfinished = `${to}.unfinished`;
  for (const [program, ...args] of [
    ['rm', '-rf', '--', unfinished],
    ['cp', '--archive', '--reflink=auto', '--', from, unfinished],
    ['sync', '--file-system', unfinished],
  ] as const) {
    const { exitCode, stderr } = await host.run(program, args, { timeoutMs: copyTimeoutMs });
    if (exitCode !== 0)
      throw new ServiceError(
        'backup-failed',
        false,
        `the datastore could not be copied to ${to}: ${stderr}`,
        true,
      );
  }
  await host.rename(unfinished, to);
}
