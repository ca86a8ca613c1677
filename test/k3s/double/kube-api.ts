// The Kubernetes API of a server, as far as a product asks for it: get, list, watch, create, update, patch and delete of the
// kinds in objects.ts, the status and eviction subresources, health, version and discovery. Errors are Status objects.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { control } from './control.ts';
import { evict } from './eviction.ts';
import { badRequest, gone, internal, mayNot, noSuchPath, StatusError, unauthorized } from './kube-status.ts';
import type { KubeStore, WatchEvent } from './kube-store.ts';
import {
  apiVersionOf,
  type Fields,
  type KubeObject,
  matchesFields,
  matchesLabels,
  prefixOf,
  type Resource,
  resources,
} from './objects.ts';
import { patched } from './patches.ts';
import { mayDo, type User } from './users.ts';
import { versionInfo } from './version.ts';

interface Target {
  readonly of: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource: string;
}

export class KubeApi {
  readonly #store: KubeStore;

  constructor(store: KubeStore) {
    this.#store = store;
  }

  /** Answers one request. @param user who asks; kube-apiserver of k3s knows no anonymous */
  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    user: User | 'invalid' | undefined,
  ): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://localhost');
    try {
      if (user === undefined || user === 'invalid') throw unauthorized();
      if (
        ['/readyz', '/livez', '/healthz'].some(
          path => url.pathname === path || url.pathname.startsWith(`${path}/`),
        )
      )
        return await this.#health(url, response);
      if (url.pathname === '/version') return sendJson(response, 200, versionInfo());
      const discovery = discoveryOf(url.pathname);
      if (discovery !== undefined) return sendJson(response, 200, discovery);
      const target = targetOf(url.pathname);
      if (target === undefined) throw noSuchPath();
      await this.#serveObjects(request, response, url, user, target);
    } catch (thrown) {
      const status = thrown instanceof StatusError ? thrown : internal((thrown as Error).message);
      if (response.headersSent) response.destroy();
      else sendJson(response, status.code, status);
    }
  }

  async #serveObjects(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    user: User,
    { of, namespace, name, subresource }: Target,
  ): Promise<void> {
    const query = url.searchParams;
    const isWatch = ['true', '1'].includes(query.get('watch') ?? '');
    const method = request.method ?? 'GET';
    const verbs: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
    const verb = verbs[method] ?? (name !== '' ? 'get' : isWatch ? 'watch' : 'list');
    const body = method === 'GET' ? undefined : await bodyOf(request);
    const given = body as KubeObject | undefined;
    if (!mayDo(user, verb, of, name, given)) throw mayNot(user.name, verb, of, namespace ?? '', name);
    const store = this.#store;
    const space = namespace ?? '';
    switch (verb) {
      case 'get':
        return sendJson(response, 200, await store.get(of, space, name));
      case 'list':
        await store.catchUp();
        return sendJson(response, 200, this.#list(of, namespace, query));
      case 'watch':
        return await this.#watch(of, namespace, query, response);
      case 'create':
        if (subresource === 'eviction')
          return sendJson(response, 201, await evict(store, space, name, given));
        if (name !== '' || given === undefined) throw badRequest('the body is not an object');
        return sendJson(
          response,
          201,
          await store.create(of, given.metadata?.namespace ?? (space || 'default'), given),
        );
      case 'update': {
        if (given === undefined) throw badRequest('the body is not an object');
        const change = (before: KubeObject) => withParts(before, given, subresource);
        return sendJson(
          response,
          200,
          await store.update(of, space, name, change, given.metadata.resourceVersion),
        );
      }
      case 'patch': {
        const type = request.headers['content-type'] ?? '';
        const version = (body as { metadata?: { resourceVersion?: string } } | undefined)?.metadata
          ?.resourceVersion;
        const change = (before: KubeObject) => withParts(before, patched(before, type, body), subresource);
        try {
          return sendJson(response, 200, await store.update(of, space, name, change, version));
        } catch (thrown) {
          // Server-side apply makes what is not there.
          if (!type.includes('apply-patch') || !(thrown instanceof StatusError) || thrown.code !== 404)
            throw thrown;
          return sendJson(response, 201, await store.create(of, space, given as KubeObject));
        }
      }
      case 'delete': {
        if (name === '')
          throw new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method');
        const options = body as { gracePeriodSeconds?: number } | undefined;
        const seconds = query.get('gracePeriodSeconds') ?? options?.gracePeriodSeconds;
        const grace = seconds === undefined ? undefined : Number(seconds);
        const deleted = await store.delete(of, space, name, grace);
        if (deleted.metadata.deletionTimestamp !== undefined) return sendJson(response, 200, deleted);
        const details = { name, kind: of.plural, uid: deleted.metadata.uid };
        return sendJson(response, 200, {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Success',
          details,
        });
      }
      default:
        throw new StatusError(
          405,
          'MethodNotAllowed',
          'the server does not allow this method on the requested resource',
        );
    }
  }

  #list(of: Resource, namespace: string | undefined, query: URLSearchParams) {
    const items = this.#store.all(of, namespace).filter(object => isSelected(object, query));
    const metadata = { resourceVersion: this.#store.version };
    return { kind: `${of.kind}List`, apiVersion: apiVersionOf(of), metadata, items };
  }

  async #watch(
    of: Resource,
    namespace: string | undefined,
    query: URLSearchParams,
    response: ServerResponse,
  ): Promise<void> {
    await this.#store.catchUp();
    const prefix = prefixOf(of, namespace);
    const write = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`);
    const tell = (event: WatchEvent) => {
      if (!event.key.startsWith(prefix)) return;
      const is = event.type !== 'DELETED' && isSelected(event.object, query);
      const was = event.before !== undefined && isSelected(event.before, query);
      // An object that leaves or enters what is selected is deleted or added, to this watcher.
      if (is) write(was ? 'MODIFIED' : 'ADDED', event.object);
      else if (was) write('DELETED', event.object);
    };
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    const from = Number(query.get('resourceVersion') ?? 0);
    const missed = from === 0 ? [] : this.#store.since(from);
    if (missed === undefined) {
      write('ERROR', gone());
      response.end();
      return;
    }
    if (from === 0)
      for (const object of this.#store.all(of, namespace))
        if (isSelected(object, query)) write('ADDED', object);
    for (const event of missed) tell(event);
    const stop = this.#store.onEvent(tell);
    const seconds = Number(query.get('timeoutSeconds') ?? 1800);
    const timer = setTimeout(() => response.end(), seconds * 1000);
    response.once('close', () => {
      stop();
      clearTimeout(timer);
    });
  }

  async #health(url: URL, response: ServerResponse): Promise<void> {
    const [, kind = '', only] = url.pathname.split('/');
    const checks = [
      'ping',
      'log',
      'etcd',
      'informer-sync',
      'poststarthook/start-apiserver-admission-initializer',
      'shutdown',
    ];
    const failed = new Set(control().failedChecks);
    await this.#store.raft.barrier().catch(() => failed.add('etcd'));
    const asked =
      only === undefined ? checks : checks.filter(check => check === url.pathname.slice(kind.length + 2));
    if (asked.length === 0) throw noSuchPath();
    const isGood = !asked.some(check => failed.has(check));
    const lines = asked.map(check =>
      failed.has(check) ? `[-]${check} failed: reason withheld` : `[+]${check} ok`,
    );
    const isVerbose = url.searchParams.has('verbose');
    const text = isGood
      ? isVerbose
        ? `${lines.join('\n')}\n${kind} check passed\n`
        : 'ok'
      : `${lines.join('\n')}\n${kind} check failed\n`;
    response.writeHead(isGood ? 200 : 500, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(text);
  }
}

export function sendJson(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('the object provided is unrecognized: it is not JSON');
  }
}

/** Only the status by way of the status, all else otherwise. */
function withParts(before: KubeObject, after: KubeObject, subresource: string): KubeObject {
  if (subresource === 'status') return { ...before, status: after.status ?? {} };
  const status = before.status ?? (after.status as Fields | undefined);
  return { ...after, ...(status === undefined ? {} : { status }) };
}

function isSelected(object: KubeObject, query: URLSearchParams): boolean {
  return (
    matchesLabels(object.metadata.labels, query.get('labelSelector') ?? '') &&
    matchesFields(object, query.get('fieldSelector') ?? '')
  );
}

function targetOf(pathname: string): Target | undefined {
  const parts = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const isCore = parts[0] === 'api' && parts[1] === 'v1';
  if (!isCore && (parts[0] !== 'apis' || parts.length < 4)) return undefined;
  const [group = '', version = ''] = isCore ? ['', 'v1'] : parts.slice(1, 3);
  let rest = parts.slice(isCore ? 2 : 3);
  let namespace: string | undefined;
  if (rest[0] === 'namespaces' && rest.length > 2) {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [plural, name = '', subresource = ''] = rest;
  const of = resources.find(
    each => each.group === group && each.version === version && each.plural === plural,
  );
  return of && { of, namespace, name, subresource };
}

function discoveryOf(pathname: string): unknown {
  const groups = [...new Set(resources.map(each => each.group))].filter(group => group !== '');
  const versionsOf = (group: string) =>
    [...new Set(resources.filter(each => each.group === group).map(each => each.version))].map(version => ({
      groupVersion: `${group}/${version}`,
      version,
    }));
  if (pathname === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (pathname === '/apis')
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groups.map(name => ({
        name,
        versions: versionsOf(name),
        preferredVersion: versionsOf(name)[0],
      })),
    };
  const groupVersion = /^\/(?:api|apis\/([^/]+))\/([^/]+)$/.exec(pathname);
  if (groupVersion === null) return undefined;
  const found = resources.filter(
    ({ group, version }) => group === (groupVersion[1] ?? '') && version === groupVersion[2],
  );
  if (found.length === 0) return undefined;
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: pathname.replace(/^\/apis?\//, ''),
    resources: found.map(({ plural, kind, isNamespaced }) => ({
      name: plural,
      kind,
      namespaced: isNamespaced,
      verbs,
    })),
  };
}
