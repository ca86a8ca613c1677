// What an operator's settings for SLURM would come to: whether SLURM can read them, what they change, and which jobs would end.
import type { ClusterView } from '../cluster-view.ts';
import type { Host } from '../host.ts';
import { slurmQueryTimeoutMs } from '../limits.ts';
import type { SettingsBook } from '../reconciler.ts';
import { faultIn } from './conf-check.ts';
import { memoryPerCpuMib, settingsIn } from './machine-shape.ts';
import { service } from './names.ts';
import { changesBetween, defaultSettings, type SlurmSettings, settingsFrom, settingsOf } from './settings.ts';
import { slurmConfText } from './slurm-conf.ts';

export const settingsBook: SettingsBook = {
  inForce: decided => ({ ...settingsOf(decided) }),

  async judge(host, view, wanted) {
    const settings = settingsFrom(wanted);
    if ('refused' in settings) return settings;
    const after = { ...view, settings: { ...view.settings, [service]: { version: 0, settings } } };
    const conf = slurmConfText({
      ...{
        clusterName: view.clusterName,
        controllers: [{ hostName: 'localhost', ip: '127.0.0.1' }],
        settings,
      },
      ...{ memoryPerCpuMib: memoryPerCpuMib(after), local: '' },
    });
    const fault = (await host.which('scontrol')) === undefined ? '' : await faultIn(host, conf);
    if (fault !== '') return { refused: `SLURM cannot read it: ${fault}` };
    const before = settingsIn(view);
    return {
      settings: decidedText(settings),
      changes: changesBetween(before, settings),
      harms: await harmsOf(host, view, { before, after: settings }),
    };
  },
};

/** As they are decided: without what is as by default, so that an older version, which may not know of it, can read the rest. */
function decidedText(settings: SlurmSettings): Readonly<Record<string, unknown>> {
  const isUsual = ([key, value]: [string, unknown]) =>
    key !== 'partitions' &&
    JSON.stringify(value) === JSON.stringify(defaultSettings[key as keyof SlurmSettings]);
  return Object.fromEntries(Object.entries(settings).filter(entry => !isUsual(entry)));
}

/** A partition that goes takes its jobs with it (22.05); one whose machines change may. */
async function harmsOf(
  host: Host,
  { grants }: ClusterView,
  { before, after }: { readonly before: SlurmSettings; readonly after: SlurmSettings },
): Promise<readonly string[]> {
  const kept = new Map(after.partitions.map(each => [each.name, JSON.stringify(each.tags)]));
  const touched = before.partitions.filter(({ name, tags }) => kept.get(name) !== JSON.stringify(tags));
  if (touched.length === 0 || !grants.some(each => each.service === service)) return [];
  const { exitCode, stdout } = await host.run('squeue', ['--noheader', '--all', '--format', '%P'], {
    timeoutMs: slurmQueryTimeoutMs,
  });
  if (exitCode !== 0)
    return [
      'it cannot be told from here which jobs would end: ask where SLURM is installed and its controller answers',
    ];
  const queued = stdout.split('\n').flatMap(line => line.trim().split(','));
  return touched.flatMap(({ name }) => {
    const count = queued.filter(each => each === name).length;
    if (count === 0) return [];
    const jobs = count === 1 ? '1 job' : `${count} jobs`;
    return [
      kept.has(name)
        ? `${jobs} in partition ${name}, whose machines change`
        : `${jobs} in partition ${name}, which goes`,
    ];
  });
}
