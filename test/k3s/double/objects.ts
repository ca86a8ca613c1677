// The objects of Kubernetes that the double knows: their shape, where they live, and how they are found by selectors. Pure.

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export interface Metadata {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

export type Fields = Record<string, unknown>;

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec?: Fields;
  status?: Fields;
  [field: string]: unknown;
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
  readonly timeAdded?: string;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastHeartbeatTime?: string;
  readonly lastTransitionTime?: string;
}

export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
}

function resource(apiVersion: string, plural: string, kind: string, isNamespaced = true): Resource {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { group, version, plural, kind, isNamespaced };
}

export const nodes = resource('v1', 'nodes', 'Node', false);
export const pods = resource('v1', 'pods', 'Pod');
export const secrets = resource('v1', 'secrets', 'Secret');
export const events = resource('v1', 'events', 'Event');
export const leases = resource('coordination.k8s.io/v1', 'leases', 'Lease');
export const budgets = resource('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget');
export const snapshotFiles = resource('k3s.cattle.io/v1', 'etcdsnapshotfiles', 'ETCDSnapshotFile', false);
export const endpoints = resource('v1', 'endpoints', 'Endpoints');

/** All that can be asked for; those without a name above are kept and watched, and nothing acts on them. */
export const resources: readonly Resource[] = [
  ...[nodes, pods, secrets, events, leases, budgets, snapshotFiles, endpoints],
  resource('v1', 'namespaces', 'Namespace', false),
  resource('v1', 'configmaps', 'ConfigMap'),
  resource('v1', 'services', 'Service'),
  resource('v1', 'serviceaccounts', 'ServiceAccount'),
  resource('apps/v1', 'deployments', 'Deployment'),
  resource('apps/v1', 'daemonsets', 'DaemonSet'),
  resource('apps/v1', 'replicasets', 'ReplicaSet'),
  resource('apps/v1', 'statefulsets', 'StatefulSet'),
  resource('batch/v1', 'jobs', 'Job'),
  resource('k3s.cattle.io/v1', 'addons', 'Addon'),
];

export const apiVersionOf = ({ group, version }: Resource): string =>
  group === '' ? version : `${group}/${version}`;

/** The key of an object in the datastore, as the apiserver makes it. */
export function keyOf(of: Resource, namespace: string, name: string): string {
  return `${prefixOf(of, namespace)}${name}`;
}

/** The prefix of the keys of all objects, or of those of a namespace. */
export function prefixOf({ group, plural, isNamespaced }: Resource, namespace?: string): string {
  const folder = group === '' ? (plural === 'nodes' ? 'minions' : plural) : `${group}/${plural}`;
  return `/registry/${folder}/${isNamespaced && namespace !== undefined ? `${namespace}/` : ''}`;
}

/** Whether labels match a selector such as "a=b,c!=d,e in (f,g),h,!i". */
export function matchesLabels(labels: Readonly<Record<string, string>> = {}, selector: string): boolean {
  return selector
    .split(/,(?![^(]*\))/)
    .map(term => term.trim())
    .filter(Boolean)
    .every(term => {
      const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
      if (set !== null) {
        const values = (set[3] ?? '').split(',').map(value => value.trim());
        return values.includes(labels[set[1] ?? ''] ?? '\0') === (set[2] === 'in');
      }
      const equal = /^([^!=\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(term);
      if (equal !== null) return (labels[equal[1] ?? ''] === equal[3]) === (equal[2] !== '!=');
      return term.startsWith('!') ? !(term.slice(1) in labels) : term in labels;
    });
}

/** Whether an object matches "path=value,path!=value". */
export function matchesFields(object: KubeObject, selector: string): boolean {
  return selector
    .split(',')
    .filter(Boolean)
    .every(term => {
      const [, path = '', sign = '=', value = ''] = /^([^!=]+)(==|=|!=)(.*)$/.exec(term) ?? [];
      const found = path
        .split('.')
        .reduce<unknown>((at, field) => (at as Fields | undefined)?.[field], object);
      return (String(found ?? '') === value) === (sign !== '!=');
    });
}

/** Whether the selector of a budget or controller (matchLabels, matchExpressions) takes these labels. */
export function matchesSelector(
  labels: Readonly<Record<string, string>> = {},
  selector: Fields = {},
): boolean {
  const wanted = Object.entries((selector.matchLabels ?? {}) as Record<string, string>);
  const terms = (selector.matchExpressions ?? []) as readonly {
    key: string;
    operator: string;
    values?: string[];
  }[];
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    terms.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      return values.includes(value ?? '\0') === (operator === 'In');
    })
  );
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  return ((object.status?.conditions ?? []) as readonly Condition[]).find(each => each.type === type);
}

export function taintsOf(node: KubeObject): readonly Taint[] {
  return (node.spec?.taints ?? []) as readonly Taint[];
}

/** The time as Kubernetes writes it, in whole seconds. */
export function kubeTime(at = new Date()): string {
  return at.toISOString().replace(/\.\d+/, '');
}
