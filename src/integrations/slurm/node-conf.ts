// The slurm.conf of a node: what slurmd, the steps of jobs and people's commands know of the cluster. Rewritten when another
// controller serves; slurmd then reads it again, and commands read it each time.
import type { ClusterView } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import type { Step } from '../reconciler.ts';
import { controllerCandidates } from './candidates.ts';
import { settingsIn } from './machine-shape.ts';
import { files, folders } from './names.ts';
import { maskUnits, unitsAreMasked } from './packaged-units.ts';
import { slurmConfText } from './slurm-conf.ts';

export type ConfStep = Step & { readonly kind: 'node-conf'; readonly text: string; readonly serves: boolean };

/** The last line of a file that slurmd has not read yet. */
const unread = '# Not read by slurmd yet.\n';

/** What the file should hold on every node. */
export function nodeConfText(view: ClusterView): string {
  const controllers = controllerCandidates(view).map(({ name, ip }) => ({ hostName: name, ip }));
  const settings = settingsIn(view);
  const [first] = controllers;
  const accounting = settings.accounting.enabled && first ? { accountingHost: first.ip } : {};
  const { clusterName } = view;
  return slurmConfText({ clusterName, controllers, settings, confines: confines(view), ...accounting });
}

/** Whether this node holds jobs to what they asked for. */
export function confines({ nodes, self }: Pick<ClusterView, 'nodes' | 'self'>): boolean {
  return nodes.find(({ id }) => id === self.id)?.capabilities.includes('slurm-cgroups') === true;
}

/** What the file holds; empty while it must not be there, or SLURM cannot read it, because what it includes is not there. */
export async function observeNodeConf(host: Host): Promise<string> {
  if ((await host.readFile(files.operatorConf)) === undefined || !(await unitsAreMasked(host))) return '';
  return new TextDecoder().decode(await host.readFile(files.slurmConf));
}

/** An operator's own lines for this machine: the file is there, whatever it holds. */
export async function ensureOperatorConf(host: Host): Promise<void> {
  await host.ensureFolder(folders.conf, { mode: 0o755 });
  if ((await host.readFile(files.operatorConf)) !== undefined) return;
  await host.writeFile(files.operatorConf, operatorConfText, { mode: 0o644 });
}

/** What of that file means something to SLURM. */
export function ownLines(text: string): string {
  const lines = text.split('\n').filter(line => !/^\s*(#|$)/.test(line));
  return lines.map(line => `${line}\n`).join('');
}

const operatorConfText = `# Lines of slurm.conf(5) for this machine alone; ClusterOS reads them and changes nothing here. What is meant for all
# machines belongs to "clusterctl service configure slurm".
`;

/**
 * @param serves whether the controller that the file names first answers: slurmd that reads the file before that asks in vain, one
 *   controller after the other, and takes no work for more than ten seconds (22.05)
 */
export function planNodeConf(
  wanted: string,
  present: string,
  { part, serves }: { readonly part: string; readonly serves: boolean },
): readonly ConfStep[] {
  if (present === wanted || (present === `${wanted}${unread}` && !serves)) return [];
  return [{ kind: 'node-conf', text: wanted, serves, part, summary: `write ${files.slurmConf}` }];
}

export async function applyNodeConf(host: Host, { text, serves }: ConfStep): Promise<void> {
  await maskUnits(host);
  await ensureOperatorConf(host);
  const pid = await host.runningPid(files.workerPid, 'slurmd');
  if (pid !== undefined) {
    // People's commands read it each time. After a crash right here the next pass has slurmd read it.
    await host.writeFile(files.slurmConf, `${text}${unread}`, { mode: 0o644 });
    if (!serves) return;
    await host.signal(pid, 'SIGHUP');
  }
  await host.writeFile(files.slurmConf, text, { mode: 0o644 });
}
