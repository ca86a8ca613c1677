// `clusterctl status`: the health of the cluster on one screen, and what needs attention first.
import { spanText } from '../duration.ts';
import { exitCode } from '../exit.ts';
import { askHealth, type Check, type Health, passesByItself } from '../health.ts';
import { printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note } from '../shell.ts';
import type { Column } from '../table.ts';

/** Prints the checks. Unhealthy unless all are ok. */
export async function status(request: Request): Promise<number> {
  const { shell, format, header } = request;
  const health = await withAgent(request, askHealth);
  const { healthy } = health;
  if (format === 'json' || format === 'yaml') {
    const checks = health.checks.map(({ name, ok, detail }) => ({ name, ok, detail }));
    await printValue(shell, format, { ...health.status, healthy, checks });
  } else {
    const { Table } = await import('../table.ts');
    shell.stdout.write(new Table(columnsOf(health), { wide: false, header }).text(health.checks));
    const { name, address, version, uptimeMs } = health.status;
    note(shell, `Seen from ${name} (${address}), version ${version}, up ${spanText(uptimeMs)}.`);
  }
  return healthy ? exitCode.done : exitCode.unhealthy;
}

/** The header of this table is the verdict. */
function columnsOf({ status, checks, healthy }: Health): Column<Check>[] {
  const cluster = status.clusterId === '' ? 'no cluster' : `cluster ${status.clusterName}`;
  const faulty = checks.filter(({ ok }) => !ok);
  const settling = !healthy && faulty.every(passesByItself);
  const word = healthy ? 'HEALTHY' : settling ? 'SETTLING' : 'DEGRADED';
  const verb = faulty.length === 1 ? 'needs' : 'need';
  const verdict = healthy
    ? `${checks.length} of ${checks.length} checks are ok`
    : `${faulty.length} of ${checks.length} checks ${verb} ${settling ? 'some time' : 'attention'}`;
  return [
    { title: cluster, widthMin: 12, cell: ({ name }) => name },
    { title: word, widthMin: 9, cell: ({ state }) => state },
    { title: verdict, cell: ({ detail }) => detail },
  ];
}
