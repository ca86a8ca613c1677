// The real door to Kubernetes: @kubernetes/client-node with what k3s has written for this machine's administrator, and etcd's own
// list of its members. Loaded only where a server runs: the client takes 80 MB and 0.4 s (facts: node).
import { readFile } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import type {
  ApiException,
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  V1Node,
  V1Pod,
} from '@kubernetes/client-node';
import { oneLine, ServiceError } from '../service-error.ts';
import type { EtcdMember, Kube, KubeNode, KubePod, NodeChange } from './kube.ts';
import { apiTimeoutMs, nodesMax } from './limits.ts';
import { files, folders } from './names.ts';

/** Where k3s has put what opens its doors, and where etcd is behind the second. */
export interface KubePlaces {
  readonly kubeconfig: string;
  readonly etcdTls: string;
  readonly etcd: string;
}

const ofThisMachine: KubePlaces = {
  kubeconfig: files.kubeconfig,
  etcdTls: `${folders.data}/server/tls/etcd`,
  etcd: 'https://127.0.0.1:2379',
};

/** Opens it. @throws ServiceError `api-unreachable` while k3s has written nothing yet */
export async function openKube(places = ofThisMachine): Promise<Kube> {
  const client = await import('@kubernetes/client-node');
  const config = new client.KubeConfig();
  try {
    config.loadFromFile(places.kubeconfig);
  } catch (error) {
    throw failure('reading its own credentials', error);
  }
  const core = config.makeApiClient(client.CoreV1Api);
  const coordination = config.makeApiClient(client.CoordinationV1Api);
  const merge = client.setHeaderOptions('Content-Type', client.PatchStrategy.MergePatch);
  return kubeOf({ config, core, coordination, merge, places });
}

interface Clients {
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  readonly coordination: CoordinationV1Api;
  readonly merge: Parameters<CoreV1Api['patchNode']>[1];
  readonly places: KubePlaces;
}

function kubeOf({ config, core, coordination, merge, places }: Clients): Kube {
  const leases = async () => {
    const { items } = await coordination.listNamespacedLease({
      namespace: 'kube-node-lease',
      limit: nodesMax,
    });
    return new Map(items.map(({ metadata, spec }) => [metadata?.name ?? '', spec?.renewTime]));
  };
  return {
    readyz: () =>
      called('asking whether it is ready', async () => {
        const options: RequestOptions = {};
        await config.applyToHTTPSOptions(options);
        const { status, text } = await asked(`${config.getCurrentCluster()?.server}/readyz?verbose`, options);
        if (status === 200) return '';
        const failing = text.split('\n').filter(line => line.startsWith('[-]'));
        return oneLine(failing.join(', ') || `it answers ${status}`);
      }),
    nodes: () =>
      called('listing its nodes', async () => {
        const [{ items }, renewed] = await Promise.all([core.listNode({ limit: nodesMax }), leases()]);
        return items.map(node => nodeFrom(node, renewed.get(node.metadata?.name ?? '')));
      }),
    node: name =>
      called(`reading the node ${name}`, async () => {
        const node = await unlessMissing(() => core.readNode({ name }));
        if (!node) return undefined;
        const lease = await unlessMissing(() =>
          coordination.readNamespacedLease({ name, namespace: 'kube-node-lease' }),
        );
        return nodeFrom(node, lease?.spec?.renewTime);
      }),
    podsOn: node =>
      called(`listing the pods on ${node}`, async () => {
        const { items } = await core.listPodForAllNamespaces({ fieldSelector: `spec.nodeName=${node}` });
        return items.map(podFrom);
      }),
    evict: pod =>
      called(`evicting ${pod.namespace}/${pod.name}`, async () => {
        const { name, namespace } = pod;
        const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
        try {
          await core.createNamespacedPodEviction({ name, namespace, body });
          return true;
        } catch (error) {
          if (codeOf(error) === 404) return true;
          if (codeOf(error) === 429) return false;
          throw error;
        }
      }),
    deletePod: ({ name, namespace }) =>
      called(`ending ${namespace}/${name}`, async () => {
        await unlessMissing(() => core.deleteNamespacedPod({ name, namespace }));
      }),
    changeNode: (name, change) =>
      called(`changing the node ${name}`, async () => {
        await core.patchNode({ name, body: patchOf(change) }, merge);
      }),
    deleteNode: name =>
      called(`deleting the node ${name}`, async () => {
        await unlessMissing(() => core.deleteNode({ name }));
      }),
    deleteNodePassword: node =>
      called(`deleting what k3s knows ${node} by`, async () => {
        const name = `${node}.node-password.k3s`;
        await unlessMissing(() => core.deleteNamespacedSecret({ name, namespace: 'kube-system' }));
      }),
    etcdMembers: () => called('asking etcd for its members', () => etcdMembers(places)),
    removeEtcdMember: id =>
      called(`taking the member ${id} out of etcd`, async () => {
        await unlessMissing(() => askEtcd(places, 'member/remove', { ID: id }));
      }),
  };
}

/** As a majority has them: without that word each member answers from what it knows alone. */
async function etcdMembers(places: KubePlaces): Promise<readonly EtcdMember[]> {
  const { members = [] } = (await askEtcd(places, 'member/list', { linearizable: true })) as {
    readonly members?: readonly {
      readonly ID?: unknown;
      readonly name?: string;
      readonly isLearner?: boolean;
    }[];
  };
  return members.map(({ ID: id, name = '', isLearner = false }) => {
    if (typeof id !== 'string' || !/^\d{1,20}$/.test(id)) throw new Error(`no id of a member: ${id}`);
    return { id, name, isLearner };
  });
}

/** Asks etcd on this machine by its gateway for JSON (etcd.io, api_grpc_gateway), which writes numbers of 64 bits as texts, and wants them so. */
async function askEtcd({ etcd, etcdTls }: KubePlaces, what: string, body: object): Promise<unknown> {
  const [ca, cert, key] = await Promise.all(
    ['server-ca.crt', 'client.crt', 'client.key'].map(name => readFile(`${etcdTls}/${name}`)),
  );
  const options = { method: 'POST', ca, cert, key } as RequestOptions;
  const { status, text } = await asked(`${etcd}/v3/cluster/${what}`, options, JSON.stringify(body));
  if (status !== 200) throw new EtcdAnswer(status, text);
  return JSON.parse(text);
}

/** etcd says no: told as an answer of the API is, whose body has a message too. */
class EtcdAnswer extends Error {
  readonly code: number;
  readonly body: string;

  constructor(code: number, body: string) {
    super(`etcd answers ${code}`);
    this.code = code;
    this.body = body;
  }
}

function asked(
  url: string,
  options: RequestOptions,
  body = '',
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ...options, timeout: apiTimeoutMs }, response => {
      const pieces: Buffer[] = [];
      response.on('data', piece => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') }),
      );
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${apiTimeoutMs} ms`)));
    call.on('error', reject);
    call.end(body);
  });
}

function patchOf({ unschedulable, labels, annotations, taints }: NodeChange): object {
  const spec = {
    ...(unschedulable === undefined ? {} : { unschedulable }),
    ...(taints === undefined ? {} : { taints }),
  };
  return { metadata: { ...(labels && { labels }), ...(annotations && { annotations }) }, spec };
}

function nodeFrom({ metadata, spec, status }: V1Node, renewedAt: Date | undefined): KubeNode {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  // A kubelet whose clock is ahead has a lease of the future; that it is silent a server says by its own.
  const silentMs =
    ready?.status === 'Unknown' && ready.lastTransitionTime ? sinceMs(ready.lastTransitionTime) : 0;
  return {
    name: metadata?.name ?? '',
    labels: metadata?.labels ?? {},
    annotations: metadata?.annotations ?? {},
    taints: (spec?.taints ?? []).map(({ key, value = '', effect }) => ({ key, value, effect })),
    unschedulable: spec?.unschedulable === true,
    ready: ready?.status === 'True',
    why: ready?.status === 'True' ? '' : oneLine(ready?.message ?? ready?.reason ?? 'it has not said yet'),
    leaseAgeMs: renewedAt === undefined ? undefined : Math.max(0, sinceMs(renewedAt), silentMs),
    version: status?.nodeInfo?.kubeletVersion ?? '',
    addresses: (status?.addresses ?? []).map(({ address }) => address),
  };
}

const sinceMs = (at: Date) => Date.now() - new Date(at).getTime();

function podFrom({ metadata, status }: V1Pod): KubePod {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  const isMirror = metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  const hasEnded = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const isBound = isMirror || owner?.kind === 'DaemonSet' || owner?.kind === 'Node';
  const kind = hasEnded ? 'ended' : isBound ? 'bound' : owner ? 'movable' : 'bare';
  return {
    ...{ namespace: metadata?.namespace ?? '', name: metadata?.name ?? '', uid: metadata?.uid ?? '' },
    ...{ kind, leaving: metadata?.deletionTimestamp !== undefined },
  };
}

async function called<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    limit = setTimeout(() => reject(new Error(`no answer within ${apiTimeoutMs} ms`)), apiTimeoutMs);
  });
  try {
    return await Promise.race([act(), late]);
  } catch (error) {
    throw failure(what, error);
  } finally {
    clearTimeout(limit);
  }
}

async function unlessMissing<Result>(act: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await act();
  } catch (error) {
    if (codeOf(error) === 404) return undefined;
    throw error;
  }
}

/** Of an answer of the API; undefined when there was none. */
function codeOf(error: unknown): number | undefined {
  const { code } = error as Partial<ApiException<unknown>>;
  return typeof code === 'number' ? code : undefined;
}

/** Of an error without an answer: its own message, and those below it, where it says no more than "fetch failed". */
function wordsOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  return [error, cause]
    .map(each => (each instanceof Error ? each.message : ''))
    .filter(Boolean)
    .join(': ');
}

/** What the API has said: the message of its Status, without what is around it. */
function answerOf({ code, body }: Pick<ApiException<unknown>, 'code' | 'body'>): string {
  const said = typeof body === 'string' ? statusIn(body) : body;
  const { message } = (said ?? {}) as { readonly message?: unknown };
  if (typeof message === 'string' && message !== '') return message;
  return `it answers ${code} (${STATUS_CODES[code] ?? 'unknown'})${typeof said === 'string' && said !== '' ? `: ${said}` : ''}`;
}

function statusIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function failure(what: string, error: unknown): ServiceError {
  const code = codeOf(error);
  const said = code === undefined ? wordsOf(error) : answerOf(error as ApiException<unknown>);
  const refused = code !== undefined && code < 500 && code !== 429;
  return new ServiceError(
    refused ? 'api-refused' : 'api-unreachable',
    false,
    `${what} failed: ${oneLine(said)}`,
    true,
  );
}
