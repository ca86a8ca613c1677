// munge, which both roles need: the cluster's key, and munged running with it.
import type { Host } from '../host.ts';
import { commandTimeoutMs } from '../limits.ts';
import type { Step } from '../reconciler.ts';
import { type Daemon, startDaemon, stopDaemon } from './daemons.ts';
import { files } from './names.ts';
import { errorFrom, missingProgram } from './reasons.ts';

export const munged: Daemon = {
  program: 'munged',
  pidFile: files.mungePid,
  log: '/var/log/munge/munged.log',
  foreground: '--foreground',
};
/** munged refuses to start when others could write to one of these (munged(8)). */
const mungeFolders: readonly (readonly [string, number])[] = [
  ['/etc/munge', 0o700],
  ['/var/lib/munge', 0o711],
  ['/var/log/munge', 0o700],
  ['/run/munge', 0o755],
];

export interface MungeObserved {
  readonly installed: boolean;
  readonly keyMatches: boolean;
  readonly running: boolean;
  readonly answering: boolean;
}

export type MungeStep = Step &
  (
    | { readonly kind: 'munge-missing' }
    | { readonly kind: 'munge-key'; readonly key: Uint8Array }
    | { readonly kind: 'munge-start' }
    | { readonly kind: 'munge-restart' }
  );

/** Runs one after the other what must not run twice at once on a machine. */
export type InTurn = (run: () => Promise<void>) => Promise<void>;

export async function observeMunge(host: Host, key: Uint8Array): Promise<MungeObserved> {
  const present = await host.readFile(files.mungeKey);
  const running = (await host.runningPid(files.mungePid, 'munged')) !== undefined;
  const probe = running
    ? await host.run('munge', ['--no-input'], { timeoutMs: commandTimeoutMs })
    : undefined;
  return {
    installed: (await host.which('munged')) !== undefined,
    keyMatches: present !== undefined && Buffer.compare(present, key) === 0,
    running,
    answering: probe?.exitCode === 0,
  };
}

/** The steps until munged runs with `key`. */
export function planMunge(
  key: Uint8Array,
  { installed, keyMatches, running, answering }: MungeObserved,
): readonly MungeStep[] {
  const part = 'munge';
  if (!installed) return [{ kind: 'munge-missing', part, summary: 'munged is not installed' }];
  if (!keyMatches) return [{ kind: 'munge-key', key, part, summary: `write ${files.mungeKey} (0400)` }];
  if (!running) return [{ kind: 'munge-start', part, summary: 'start munged' }];
  return answering ? [] : [{ kind: 'munge-restart', part, summary: 'restart munged, which does not answer' }];
}

export async function applyMunge(host: Host, step: MungeStep): Promise<void> {
  switch (step.kind) {
    case 'munge-missing':
      throw missingProgram('munged', 'munge');
    case 'munge-key': {
      const present = await host.readFile(files.mungeKey);
      // The other lane has just written it.
      if (present !== undefined && Buffer.compare(present, step.key) === 0) break;
      // It must not go on with the old key after a crash right here: first it ends, then the key changes.
      await stopDaemon(host, munged);
      for (const [folder, mode] of mungeFolders) await host.ensureFolder(folder, { mode, owner: 'munge' });
      await host.writeFile(files.mungeKey, step.key, { mode: 0o400, owner: 'munge' });
      break;
    }
    case 'munge-restart':
      await stopDaemon(host, munged);
      break;
    case 'munge-start': {
      for (const [folder, mode] of mungeFolders) await host.ensureFolder(folder, { mode, owner: 'munge' });
      // Without an origin munged looks up the host's name, which a tailnet without DNS does not answer.
      const asMunge = [
        '--reuid',
        'munge',
        '--regid',
        'munge',
        '--clear-groups',
        'munged',
        '--origin',
        '127.0.0.1',
      ];
      await startDaemon(host, munged, ['setpriv', ...asMunge], commandTimeoutMs);
      const { exitCode, stderr } = await host.run('munge', ['--no-input'], { timeoutMs: commandTimeoutMs });
      if (exitCode !== 0) throw errorFrom('asking munged for a credential', stderr);
      break;
    }
  }
}
