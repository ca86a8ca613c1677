// The objects of the cluster over the double's etcd: made, read, changed and deleted as an apiserver does it, with its checks of
// versions, finalizers and names, and with the changes told to watchers. Never speaks HTTP.
import { randomBytes, randomUUID } from 'node:crypto';
import { alreadyExists, conflict, internal, invalid, notFound } from './kube-status.ts';
import { watchEventsMax } from './limits.ts';
import { apiVersionOf, type KubeObject, keyOf, kubeTime, prefixOf, type Resource } from './objects.ts';
import type { Raft } from './raft.ts';
import { compareFailed, type Op, type Outcome, type Value } from './state.ts';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: string;
  readonly object: KubeObject;
  readonly before?: KubeObject;
  readonly index: number;
}

export class KubeStore {
  readonly raft: Raft;
  readonly #events: WatchEvent[] = [];
  readonly #listeners = new Set<(event: WatchEvent) => void>();
  #oldest: number;

  constructor(raft: Raft) {
    this.raft = raft;
    this.#oldest = raft.applied;
    raft.state.onChange(({ key, before, after, index }) => {
      if (!key.startsWith('/registry/')) return;
      const value = after ?? before;
      if (value === undefined) return;
      const object = objectOf(after === undefined ? { ...value, modified: index } : value);
      const type = after === undefined ? 'DELETED' : before === undefined ? 'ADDED' : 'MODIFIED';
      const event: WatchEvent = {
        ...{ key, object, index, type: type as WatchEvent['type'] },
        ...(before === undefined ? {} : { before: objectOf(before) }),
      };
      this.#events.push(event);
      if (this.#events.length > watchEventsMax) this.#oldest = this.#events.shift()?.index ?? this.#oldest;
      for (const listener of this.#listeners) listener(event);
    });
  }

  /** The version that a list is of. */
  get version(): string {
    return String(this.raft.applied);
  }

  /** Waits until reads see all that was decided. @throws StatusError when there is no majority */
  async catchUp(): Promise<void> {
    await this.raft.barrier().catch((thrown: Error) => {
      throw internal(thrown.message);
    });
  }

  /** What this server has applied; call {@link catchUp} before where it matters. */
  peek(of: Resource, namespace: string, name: string): KubeObject | undefined {
    const found = this.raft.state.values.get(keyOf(of, namespace, name));
    return found === undefined ? undefined : objectOf(found);
  }

  /** As {@link peek}, all of a kind. */
  all(of: Resource, namespace?: string): readonly KubeObject[] {
    const prefix = prefixOf(of, namespace);
    const found: KubeObject[] = [];
    for (const [key, value] of this.raft.state.values)
      if (key.startsWith(prefix)) found.push(objectOf(value));
    return found.sort((one, other) => nameOf(one).localeCompare(nameOf(other)));
  }

  async get(of: Resource, namespace: string, name: string): Promise<KubeObject> {
    await this.catchUp();
    const found = this.peek(of, namespace, name);
    if (found === undefined) throw notFound(of, name);
    return found;
  }

  async create(of: Resource, namespace: string, given: KubeObject): Promise<KubeObject> {
    const metadata = { ...given.metadata };
    if (!metadata.name && metadata.generateName)
      metadata.name = metadata.generateName + randomBytes(3).toString('hex').slice(0, 5);
    if (!metadata.name) throw invalid(of, '', 'name or generateName is required');
    const object: KubeObject = {
      ...given,
      apiVersion: apiVersionOf(of),
      kind: of.kind,
      metadata: {
        ...metadata,
        ...(of.isNamespaced ? { namespace } : {}),
        uid: randomUUID(),
        creationTimestamp: kubeTime(),
      },
    };
    delete object.metadata.resourceVersion;
    const key = keyOf(of, namespace, metadata.name);
    const outcome = await this.#decide({ kind: 'put', key, value: object, expect: 0 });
    if (!outcome.ok)
      throw outcome.error === compareFailed ? alreadyExists(of, metadata.name) : internal(outcome.error);
    return objectOf({ value: object, created: outcome.index, modified: outcome.index });
  }

  /**
   * Changes an object until nobody was faster. A `change` that returns undefined, or the same, writes nothing.
   * @param version the caller's, compared once: a stale one is a conflict
   */
  async update(
    of: Resource,
    namespace: string,
    name: string,
    change: (object: KubeObject) => KubeObject | undefined,
    version?: string,
  ): Promise<KubeObject> {
    const key = keyOf(of, namespace, name);
    await this.catchUp();
    for (;;) {
      const found = this.raft.state.values.get(key);
      if (found === undefined) throw notFound(of, name);
      if (version !== undefined && version !== '' && version !== String(found.modified))
        throw conflict(of, name);
      const before = objectOf(found);
      const after = change(structuredClone(before));
      if (after === undefined || JSON.stringify(after) === JSON.stringify(before)) return before;
      const { uid, creationTimestamp } = before.metadata;
      Object.assign(after.metadata, { uid, creationTimestamp, name });
      delete after.metadata.resourceVersion;
      const isLast =
        after.metadata.deletionTimestamp !== undefined && (after.metadata.finalizers ?? []).length === 0;
      const isGone = isLast && of.plural !== 'pods';
      const expect = found.modified;
      const op: Op = isGone ? { kind: 'delete', key, expect } : { kind: 'put', key, value: after, expect };
      const outcome = await this.#decide(op);
      if (outcome.ok) return objectOf({ value: after, created: found.created, modified: outcome.index });
      if (outcome.error !== compareFailed) throw internal(outcome.error);
    }
  }

  /** Deletes, or marks what has finalizers or time to end. @returns what was there */
  async delete(of: Resource, namespace: string, name: string, graceSeconds?: number): Promise<KubeObject> {
    await this.catchUp();
    const key = keyOf(of, namespace, name);
    for (;;) {
      const found = this.raft.state.values.get(key);
      if (found === undefined) throw notFound(of, name);
      const object = objectOf(found);
      const grace = graceSeconds ?? Number(object.spec?.terminationGracePeriodSeconds ?? 30);
      const ends = of.plural === 'pods' && grace > 0 && object.spec?.nodeName !== undefined;
      if (ends || (object.metadata.finalizers ?? []).length > 0)
        return await this.update(of, namespace, name, each => {
          each.metadata.deletionTimestamp ??= kubeTime();
          each.metadata.deletionGracePeriodSeconds ??= ends ? grace : 0;
          return each;
        });
      const outcome = await this.#decide({ kind: 'delete', key, expect: found.modified });
      if (outcome.ok) return object;
      if (outcome.error !== compareFailed) throw internal(outcome.error);
    }
  }

  /** Takes an object away whatever holds it; for what ends pods. */
  async purge(of: Resource, namespace: string, name: string): Promise<void> {
    await this.#decide({ kind: 'delete', key: keyOf(of, namespace, name) });
  }

  /** Events after a version. @returns undefined when they are not kept any more */
  since(version: number): readonly WatchEvent[] | undefined {
    if (version < this.#oldest) return undefined;
    return this.#events.filter(event => event.index > version);
  }

  onEvent(listener: (event: WatchEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #decide(op: Op): Promise<Outcome> {
    return await this.raft.propose(op).catch((thrown: Error) => {
      throw internal(thrown.message);
    });
  }
}

function objectOf({ value, modified }: Value): KubeObject {
  const object = value as KubeObject;
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(modified) } };
}

function nameOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
