// How far this machine is on its way into the tailnet, and what would bring it further. Pure.
import type { LocalApiError } from './local-api.ts';
import type { Status } from './shapes.ts';

export type StageName =
  | 'no-socket'
  | 'not-answering'
  | 'denied'
  | 'starting'
  | 'needs-login'
  | 'needs-approval'
  | 'stopped'
  | 'no-address'
  /** On the tailnet, and for the others no node of the cluster. */
  | 'untagged'
  | 'ready';

export interface Stage {
  readonly name: StageName;
  /** One line: what is so. */
  readonly text: string;
  /** One line: what to do; empty when it is a matter of time, or done. */
  readonly mend: string;
  /** Those of the tailnet that are on an interface here, IPv4 first; empty unless ready. */
  readonly addresses: readonly string[];
}

const stage = (name: StageName, text: string, mend: string, addresses: readonly string[] = []): Stage => ({
  ...{ name, text, mend, addresses },
});

/** The stage when tailscaled could not be asked. */
export function stageOfTrouble({ trouble, message }: LocalApiError): Stage {
  switch (trouble) {
    case 'no-socket':
      return stage(
        'no-socket',
        `tailscaled is not there: ${message}`,
        'install tailscale and run "systemctl enable --now tailscaled"; a socket elsewhere has to be named (--socket, integrations.tailscale.socket)',
      );
    case 'not-running':
    case 'ended':
      return stage(
        'not-answering',
        `tailscaled is not running: ${message}`,
        'see "systemctl status tailscaled" and "journalctl -u tailscaled -n 30"',
      );
    case 'denied':
      return stage('denied', `tailscaled does not answer us: ${message}`, 'run this as root');
    case 'slow':
    case 'failed':
      return stage(
        'not-answering',
        message,
        'see "journalctl -u tailscaled -n 30"; "systemctl restart tailscaled" if it hangs',
      );
    case 'garbage':
      return stage(
        'not-answering',
        message,
        'see which tailscaled that is ("tailscale version"): this version of ClusterOS knows 1.80 to 1.102',
      );
  }
}

/**
 * @param bound those of the status's addresses that are on an interface of this machine
 * @param tag that the machine must have; any will do when absent
 */
export function stageOf(status: Status, bound: ReadonlySet<string>, tag?: string): Stage {
  const journal = 'see "journalctl -u tailscaled -n 30"';
  switch (status.BackendState) {
    case 'NoState':
      return stage('starting', 'tailscaled has just started', '');
    case 'Starting':
      return stage(
        'starting',
        'tailscaled has no word from its control server yet',
        `see whether this machine has a network ("ip route", "tailscale netcheck"); ${journal}`,
      );
    case 'InUseOtherUser':
      return stage('needs-login', 'tailscaled serves another user of this machine', journal);
    case 'NeedsLogin':
      return stage(
        'needs-login',
        status.Self?.Expired
          ? 'the key of this node has expired: it has to sign in again (NeedsLogin)'
          : 'this machine is not signed in to a tailnet (NeedsLogin)',
        'run "tailscale-auth"; if it has run, "journalctl -u tailscale-auth -n 20" says why in vain',
      );
    case 'NeedsMachineAuth':
      return stage(
        'needs-approval',
        'this machine waits for its approval in the tailnet (NeedsMachineAuth)',
        'approve it in the admin console, or enrol it with a pre-authorised key',
      );
    case 'Stopped':
      return stage(
        'stopped',
        'tailscaled is signed in and switched off (Stopped: "tailscale down")',
        'run "tailscale-auth" or "tailscale up"',
      );
    case 'Running':
      return taggedStage(runningStage(status, bound), status, tag);
  }
}

function taggedStage(reached: Stage, { Self }: Status, tag: string | undefined): Stage {
  if (reached.name !== 'ready' || tag === undefined || Self?.Tags.includes(tag)) return reached;
  const tags = Self?.Tags.length ? `has ${Self.Tags.join(', ')}` : 'has no tag';
  return stage(
    'untagged',
    `this machine ${tags}: without ${tag} no member lets it in`,
    `put TAILSCALE_TAGS=${tag}, and a key or an OAuth client that may give it, into /etc/clusteros/tailscale.env and run "tailscale-auth --renew"`,
  );
}

function runningStage({ Self, TUN }: Status, bound: ReadonlySet<string>): Stage {
  const own = (Self?.TailscaleIPs ?? []).toSorted(
    (a, b) => Number(a.includes(':')) - Number(b.includes(':')),
  );
  const [first] = own;
  if (first === undefined)
    return stage('no-address', 'tailscaled runs and has no address yet', 'see "tailscale status"');
  // Peers are dialled by IPv4 where there is one, so that must be there; IPv6 may be off on this machine.
  if (bound.has(first))
    return stage(
      'ready',
      `on the tailnet as ${first}`,
      '',
      own.filter(address => bound.has(address)),
    );
  return stage(
    'no-address',
    `tailscaled runs, but its address ${first} is on no interface of this machine`,
    TUN
      ? 'see "ip address show tailscale0" and "journalctl -u tailscaled -n 30"'
      : 'take --tun=userspace-networking out of the flags of tailscaled (/etc/default/tailscaled): nothing can listen on the address then',
  );
}
