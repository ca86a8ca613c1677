// `k3s token`: bootstrap tokens as secrets of the cluster, and the rotation of the server token.
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { durationMs, parseWords, tableOf } from './arguments.ts';
import { KubeClient } from './kube-client.ts';
import { tokenTtlMs } from './limits.ts';
import { fatal, textOf } from './log.ts';
import type { KubeObject } from './objects.ts';
import { loopback, serverPaths } from './paths.ts';
import { readSettings } from './settings.ts';
import { askSupervisor, formatToken, isBootstrapToken, validateToken } from './token.ts';

const folder = '/api/v1/namespaces/kube-system/secrets';

interface Listed {
  readonly token: string;
  readonly description?: string;
  readonly expires?: string;
  readonly usages: readonly string[];
  readonly groups: readonly string[];
}

export async function run(argv: readonly string[]): Promise<number> {
  const args = parseWords(argv.slice(1), []);
  try {
    switch (argv[0]) {
      case 'create':
        return await create(args);
      case 'list':
        return await list(args);
      case 'delete':
        return await remove(args);
      case 'generate':
        process.stdout.write(`${randomToken()}\n`);
        return 0;
      case 'rotate':
        return await rotate(args);
      default:
        fatal(`Error: No help topic for '${argv[0]}'`);
    }
  } catch (thrown) {
    fatal(`Error: ${textOf(thrown)}`);
  }
}

type Args = ReturnType<typeof parseWords>;

function randomToken(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  const draw = (count: number) =>
    [...crypto.getRandomValues(new Uint8Array(count))].map(byte => letters[byte % letters.length]).join('');
  return `${draw(6)}.${draw(16)}`;
}

async function create(args: Args): Promise<number> {
  const client = new KubeClient(args.text('kubeconfig'));
  const token = args.words[0] ?? randomToken();
  if (!isBootstrapToken(token))
    throw new Error(
      `the bootstrap token "${token}" was not of the form "\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z"`,
    );
  const [id = '', secret = ''] = token.split('.');
  const ttl = args.text('ttl');
  const ttlMs = ttl === undefined ? tokenTtlMs : durationMs(ttl);
  const text: Record<string, string> = {
    'token-id': id,
    'token-secret': secret,
    'auth-extra-groups': args.text('groups') ?? 'system:bootstrappers:k3s:default-node-token',
    'usage-bootstrap-authentication': 'true',
    'usage-bootstrap-signing': 'true',
  };
  const description = args.text('description');
  if (description !== undefined) text.description = description;
  if (ttlMs > 0) text.expiration = new Date(Date.now() + ttlMs).toISOString().replace(/\.\d+/, '');
  const data = Object.fromEntries(
    Object.entries(text).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  const metadata = { name: `bootstrap-token-${id}`, namespace: 'kube-system' };
  const taken = await client.raw('GET', `${folder}/${metadata.name}`);
  if (taken.status === 200) throw new Error(`a token with id "${id}" already exists`);
  await client.call('POST', folder, { metadata, type: 'bootstrap.kubernetes.io/token', data });
  process.stdout.write(`${formatToken(token, client.ca)}\n`);
  return 0;
}

async function list(args: Args): Promise<number> {
  const client = new KubeClient(args.text('kubeconfig'));
  const query = '?fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken';
  const { items } = await client.call<{ items: readonly KubeObject[] }>('GET', `${folder}${query}`);
  const listed = items.map(listedOf);
  if (args.text('output', 'o') === 'json') {
    process.stdout.write(`${JSON.stringify(listed)}\n`);
    return 0;
  }
  const rows = listed.map(({ token, description, expires, usages, groups }) => [
    token.split('.')[0] ?? '',
    expires === undefined ? '<forever>' : `${Math.round((Date.parse(expires) - Date.now()) / 60_000)}m`,
    expires ?? '<never>',
    usages.join(',') || '<none>',
    description ?? '<none>',
    groups.join(',') || '<none>',
  ]);
  process.stdout.write(
    tableOf([['TOKEN', 'TTL', 'EXPIRES', 'USAGES', 'DESCRIPTION', 'EXTRA GROUPS'], ...rows], 3, 7),
  );
  return 0;
}

function listedOf({ data }: KubeObject): Listed {
  const field = (name: string) =>
    Buffer.from((data as Record<string, string>)[name] ?? '', 'base64').toString();
  const [description, expires] = [field('description'), field('expiration')];
  return {
    token: `${field('token-id')}.${field('token-secret')}`,
    ...(description === '' ? {} : { description }),
    ...(expires === '' ? {} : { expires }),
    usages: ['authentication', 'signing'].filter(usage => field(`usage-bootstrap-${usage}`) === 'true'),
    groups: field('auth-extra-groups').split(',').filter(Boolean),
  };
}

async function remove(args: Args): Promise<number> {
  if (args.words.length === 0) throw new Error("missing argument; 'token delete' is missing token");
  const client = new KubeClient(args.text('kubeconfig'));
  for (const word of args.words) {
    const id = word.replace(/^K10[0-9a-f]*::/, '').split('.')[0] ?? '';
    if (!/^[a-z0-9]{6}$/.test(id))
      throw new Error(`given token didn't match pattern "\\A([a-z0-9]{6})\\z" or "\\A([a-z0-9]{6})\\z"`);
    try {
      await client.call('DELETE', `${folder}/bootstrap-token-${id}`);
    } catch (thrown) {
      throw new Error(`failed to delete bootstrap token "${textOf(thrown)}"`);
    }
    process.stdout.write(`bootstrap token "${id}" deleted\n`);
  }
  return 0;
}

async function rotate(args: Args): Promise<number> {
  process.stdout.write(
    '\u001b[33mWARNING\u001b[0m: Recommended to keep a record of the old token. If restoring from a snapshot, ' +
      'you must use the token associated with that snapshot.\n',
  );
  const dataDir = args.text('data-dir', 'd');
  const settings = readSettings('server', dataDir === undefined ? [] : ['--data-dir', dataDir]);
  const { token: file } = serverPaths(settings.dataDir);
  const token = args.text('token', 't') ?? (existsSync(file) ? readFileSync(file, 'utf8').trim() : '');
  const url = args.text('server', 's') ?? `https://${settings.text('bind-address') ?? loopback}:6443`;
  const access = await validateToken(url, token, 'server');
  const body = JSON.stringify({ newToken: args.text('new-token') ?? '' });
  await askSupervisor(access, '/v1-k3s/token', { method: 'PUT', body });
  await sleep(1_000); // as k3s: until all members have it
  process.stdout.write('Token rotated, restart k3s nodes with new token\n');
  return 0;
}
