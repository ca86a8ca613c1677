// `k3s etcd-snapshot`: asks the server on this machine, with the server token that is in its data folder.
import { readFileSync } from 'node:fs';
import { parseWords, tableOf } from './arguments.ts';
import { fatal, info, textOf } from './log.ts';
import { loopback, serverPaths } from './paths.ts';
import { readSettings } from './settings.ts';
import type { SnapshotInfo, SnapshotRequest } from './snapshots.ts';
import { askSupervisor, validateToken } from './token.ts';

export async function run(argv: readonly string[]): Promise<number> {
  const [operation = 'save', ...rest] = argv[0]?.startsWith('-') ? ['save', ...argv] : argv;
  const args = parseWords(rest, ['etcd-s3', 'snapshot-compress', 'debug']);
  const name = args.text('name') ?? 'on-demand';
  try {
    switch (operation) {
      case 'save': {
        const { created } = await ask<{ created: string[] }>(args, { operation: 'save', name: [name] });
        for (const each of created) info(`Snapshot ${each} saved.`);
        return 0;
      }
      case 'ls':
      case 'list':
      case 'l': {
        const { items } = await ask<{ items: SnapshotInfo[] }>(args, { operation: 'list' });
        if (args.text('output', 'o') === 'json')
          process.stdout.write(`${JSON.stringify({ items: items.map(asObject) })}\n`);
        else {
          const rows = items.map(each => [each.name, each.location, String(each.size), each.createdAt]);
          process.stdout.write(tableOf([['Name', 'Location', 'Size', 'Created'], ...rows], 1));
        }
        return 0;
      }
      case 'prune': {
        const retention = Number(args.text('snapshot-retention', 'etcd-snapshot-retention') ?? 5);
        const { deleted } = await ask<{ deleted: string[] }>(args, {
          operation: 'prune',
          name: [name],
          retention,
        });
        for (const each of deleted) info(`Snapshot ${each} deleted.`);
        return 0;
      }
      case 'delete': {
        if (args.words.length === 0) throw new Error('no snapshots given for removal');
        const { deleted } = await ask<{ deleted: string[] }>(args, { operation: 'delete', name: args.words });
        for (const each of deleted) info(`Snapshot ${each} deleted.`);
        const unknown = args.words.filter(word => !deleted.includes(word));
        if (unknown.length > 0) throw new Error(`no snapshots found for ${unknown.join(', ')}`);
        return 0;
      }
      default:
        fatal(`Error: No help topic for '${operation}'`);
    }
  } catch (thrown) {
    fatal(`Error: ${textOf(thrown)}`);
  }
}

async function ask<T>(args: ReturnType<typeof parseWords>, request: SnapshotRequest): Promise<T> {
  const dataDir = args.text('data-dir', 'd');
  const settings = readSettings('server', dataDir === undefined ? [] : ['--data-dir', dataDir]);
  const token = args.text('token') ?? readFileSync(serverPaths(settings.dataDir).token, 'utf8').trim();
  const own = `https://${settings.text('bind-address') ?? loopback}:${settings.text('https-listen-port') ?? 6443}`;
  const access = await validateToken(args.text('etcd-server', 'server') ?? own, token, 'server');
  const body = JSON.stringify(request);
  return JSON.parse(await askSupervisor(access, '/db/snapshot', { method: 'POST', body })) as T;
}

function asObject({ name, location, size, createdAt, nodeName }: SnapshotInfo) {
  return {
    kind: 'ETCDSnapshotFile',
    apiVersion: 'k3s.cattle.io/v1',
    metadata: { name: `local-${name}`.toLowerCase(), creationTimestamp: createdAt },
    spec: { snapshotName: name, nodeName, location },
    status: { size: String(size), creationTime: createdAt, readyToUse: true },
  };
}
