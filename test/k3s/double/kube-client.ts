// A client of the Kubernetes API with a kubeconfig, for the commands of the double: `k3s kubectl` and `k3s token`.
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { StatusError } from './kube-status.ts';
import { adminKubeconfig } from './paths.ts';
import { type Answer, send } from './request.ts';

interface Kubeconfig {
  readonly clusters?: readonly { readonly cluster: Record<string, string> }[];
  readonly users?: readonly { readonly user: Record<string, string> }[];
}

export class KubeClient {
  readonly url: string;
  readonly ca: string;
  readonly #cert: string;
  readonly #key: string;

  /** @param file as `--kubeconfig`; else $KUBECONFIG; else that of k3s @throws Error as kubectl does */
  constructor(file = process.env.KUBECONFIG || adminKubeconfig) {
    if (!existsSync(file)) throw new Error(`stat ${file}: no such file or directory`);
    const config = parse(readFileSync(file, 'utf8')) as Kubeconfig;
    const cluster = config.clusters?.[0]?.cluster ?? {};
    const user = config.users?.[0]?.user ?? {};
    const data = (from: Record<string, string>, name: string) => {
      const inline = from[`${name}-data`];
      if (inline !== undefined) return Buffer.from(inline, 'base64').toString();
      return from[name] === undefined ? '' : readFileSync(from[name], 'utf8');
    };
    this.url = cluster.server ?? '';
    this.ca = data(cluster, 'certificate-authority');
    this.#cert = data(user, 'client-certificate');
    this.#key = data(user, 'client-key');
  }

  /** @throws Error when nobody answers */
  async raw(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> {
    return await send(`${this.url}${path}`, {
      method,
      ca: this.ca,
      cert: this.#cert,
      key: this.#key,
      headers: { 'content-type': contentType, accept: 'application/json' },
      timeoutMs: 30_000,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** @throws StatusError with the server's words */
  async call<T>(method: string, path: string, body?: unknown, contentType?: string): Promise<T> {
    const answer = await this.raw(method, path, body, contentType);
    if (answer.status < 300) return JSON.parse(answer.body) as T;
    let told: { message?: string; reason?: string } = {};
    try {
      told = JSON.parse(answer.body) as typeof told;
    } catch {
      told = { message: answer.body };
    }
    throw new StatusError(answer.status, told.reason ?? '', told.message ?? '');
  }
}
