// The kubelet of a node: registers its Node once, then renews its lease and its status as long as it lives. A Node that is deleted
// under it stays deleted, and the log says so again and again (kubernetes#92769). Speaks to the API with the node's certificate.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { Agent } from 'node:https';
import { cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { control, tuning } from './control.ts';
import { klog, textOf } from './log.ts';
import { type Condition, conditionOf, type KubeObject, kubeTime, type Taint } from './objects.ts';
import type { agentPaths } from './paths.ts';
import { loopback } from './paths.ts';
import { send } from './request.ts';
import { version } from './version.ts';

export interface KubeletOptions {
  readonly nodeName: string;
  readonly address: string;
  readonly labels: readonly string[];
  readonly taints: readonly string[];
  readonly apiUrl: string;
  readonly paths: ReturnType<typeof agentPaths>;
  readonly hasHealthPort: boolean;
}

export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #agent: Agent;
  #health: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;

  constructor(options: KubeletOptions) {
    this.#options = options;
    const read = (file: string) => readFileSync(file, 'utf8');
    const { serverCa, clientCert, clientKey } = options.paths;
    const credentials = { ca: read(serverCa), cert: read(clientCert), key: read(clientKey) };
    this.#agent = new Agent({ keepAlive: true, maxSockets: 2, ...credentials });
  }

  /** Registers, however long it takes, and goes on from there. @returns the Node */
  async start(): Promise<KubeObject> {
    if (this.#options.hasHealthPort) await this.#listen();
    const node = await this.#register();
    await this.#pass();
    this.#timer = setInterval(() => void this.#pass(), tuning().leaseMs);
    return node;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#health?.close();
    this.#agent.destroy();
  }

  /** Changes the own Node by a merge patch. */
  async patchNode(patch: unknown): Promise<void> {
    await this.#call('PATCH', `/api/v1/nodes/${this.#options.nodeName}`, patch);
  }

  async #register(): Promise<KubeObject> {
    const { nodeName } = this.#options;
    for (;;) {
      klog('I', 'kubelet_node_status.go:75', `"Attempting to register node" node="${nodeName}"`);
      try {
        const made = await this.#call('POST', '/api/v1/nodes', this.#newNode());
        if (made.status === 201) {
          klog('I', 'kubelet_node_status.go:78', `"Successfully registered node" node="${nodeName}"`);
          return made.body as KubeObject;
        }
        if (made.status === 409) {
          klog('I', 'kubelet_node_status.go:124', `"Node was previously registered" node="${nodeName}"`);
          return await this.#refresh();
        }
        throw new Error(String((made.body as { message?: string }).message));
      } catch (thrown) {
        const text = `"Unable to register node with API server" err=${JSON.stringify(textOf(thrown))} node="${nodeName}"`;
        klog('E', 'kubelet_node_status.go:107', text);
        await sleep(tuning().connectRetryMs);
      }
    }
  }

  /** A Node that was there keeps its taints and labels; k3s adds the labels of the configuration at each start. */
  async #refresh(): Promise<KubeObject> {
    const { labels, annotations } = this.#newNode().metadata;
    const path = `/api/v1/nodes/${this.#options.nodeName}`;
    const { status, body } = await this.#call('PATCH', path, { metadata: { labels, annotations } });
    if (status !== 200) throw new Error(String((body as { message?: string }).message));
    return body as KubeObject;
  }

  async #pass(): Promise<void> {
    if (this.#isBusy || control().kubeletStopped) return;
    this.#isBusy = true;
    const { nodeName } = this.#options;
    try {
      await this.#renewLease();
      const { status, body } = await this.#call('GET', `/api/v1/nodes/${nodeName}`);
      if (status === 404) {
        const err = JSON.stringify(`error getting node "${nodeName}": nodes "${nodeName}" not found`);
        klog('E', 'kubelet_node_status.go:549', `"Error updating node status, will retry" err=${err}`);
        klog(
          'E',
          'kubelet.go:3227',
          `"Error getting the current node from lister" err=${JSON.stringify(`node "${nodeName}" not found`)}`,
        );
      } else if (status === 200) await this.#postStatus(body as KubeObject);
    } catch (thrown) {
      klog('E', 'controller.go:195', `"Failed to update lease" err=${JSON.stringify(textOf(thrown))}`);
    }
    this.#isBusy = false;
  }

  async #renewLease(): Promise<void> {
    const { nodeName } = this.#options;
    const folder = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    const spec = {
      holderIdentity: nodeName,
      leaseDurationSeconds: 40,
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    };
    const { status } = await this.#call('PATCH', `${folder}/${nodeName}`, { spec });
    if (status === 404) await this.#call('POST', folder, { metadata: { name: nodeName }, spec });
  }

  async #postStatus(node: KubeObject): Promise<void> {
    const wanted = this.#status();
    const isReady = conditionOf(node, 'Ready')?.status === 'True';
    const isSame = JSON.stringify(node.status?.addresses) === JSON.stringify(wanted.addresses);
    if (!isReady || !isSame)
      await this.#call('PATCH', `/api/v1/nodes/${this.#options.nodeName}/status`, { status: wanted });
  }

  #newNode(): KubeObject {
    const { nodeName, address, labels, taints } = this.#options;
    const arch = process.arch === 'x64' ? 'amd64' : process.arch;
    const given = Object.fromEntries(
      labels.map(label => [label.split('=')[0] ?? '', label.split('=').slice(1).join('=')]),
    );
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: nodeName,
        labels: {
          'beta.kubernetes.io/arch': arch,
          'beta.kubernetes.io/instance-type': 'k3s',
          'beta.kubernetes.io/os': 'linux',
          'kubernetes.io/arch': arch,
          'kubernetes.io/hostname': nodeName,
          'kubernetes.io/os': 'linux',
          'node.kubernetes.io/instance-type': 'k3s',
          ...given,
        },
        annotations: {
          'alpha.kubernetes.io/provided-node-ip': address,
          'flannel.alpha.coreos.com/public-ip': address,
          'k3s.io/hostname': nodeName,
          'k3s.io/internal-ip': address,
          'node.alpha.kubernetes.io/ttl': '0',
        },
      },
      spec: {
        providerID: `k3s://${nodeName}`,
        taints: [...taints.map(taintOf), { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }],
      },
      status: { ...this.#status(), conditions: [notReady()] },
    };
  }

  #status() {
    const { nodeName, address } = this.#options;
    const now = kubeTime();
    const condition = (type: string, status: string, reason: string, message: string): Condition => ({
      ...{ type, status, reason, message },
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    });
    const memory = `${Math.floor(totalmem() / 1024)}Ki`;
    const amounts = { cpu: String(cpus().length), memory, pods: '110' };
    return {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: nodeName },
      ],
      conditions: [
        condition(
          'MemoryPressure',
          'False',
          'KubeletHasSufficientMemory',
          'kubelet has sufficient memory available',
        ),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      capacity: amounts,
      allocatable: amounts,
      nodeInfo: {
        kubeletVersion: version(),
        containerRuntimeVersion: 'containerd://2.1.5-k3s1',
        operatingSystem: 'linux',
        architecture: process.arch === 'x64' ? 'amd64' : process.arch,
        osImage: 'Debian GNU/Linux 12 (bookworm)',
      },
    };
  }

  async #call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const answer = await send(`${this.#options.apiUrl}${path}`, {
      method,
      agent: this.#agent,
      // The agent has the authority; given again so that the server is checked.
      ca: readFileSync(this.#options.paths.serverCa, 'utf8'),
      headers: {
        'content-type': method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: JSON.parse(answer.body) };
  }

  async #listen(): Promise<void> {
    this.#health = createServer((_, response) => void response.end('ok'));
    await new Promise<void>(resolve => {
      this.#health?.once('error', () => resolve()); // Another kubelet has the port: tests on one loopback.
      this.#health?.listen(10248, loopback, resolve);
    });
  }
}

function notReady(): Condition {
  const message =
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized';
  return {
    type: 'Ready',
    status: 'False',
    reason: 'KubeletNotReady',
    message,
    lastTransitionTime: kubeTime(),
  };
}

/** "key=value:Effect" or "key:Effect". */
function taintOf(text: string): Taint {
  const [left = '', effect = ''] = text.split(':');
  const [key = '', value] = left.split('=');
  return { key, ...(value === undefined ? {} : { value }), effect };
}
