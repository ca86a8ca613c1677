// What is wrong, or will be, with this node's place in the tailnet: one table, each with the mend. Pure.
import type { EnrolmentVerdict } from './enrolment.ts';
import { keyExpiryErrorDays, keyExpiryNoticeDays, keyExpiryWarningDays, peersNamedMax } from './limits.ts';
import type { Tailnet, TailnetSelf } from './tailnet.ts';

export type WarningCode =
  | 'key-expired'
  | 'key-expires'
  | 'untagged'
  | 'ephemeral'
  | 'cloned-state'
  | 'relay-only'
  | 'tailscaled-health';

export interface TailnetWarning {
  readonly code: WarningCode;
  /** `notice`: to be known; `warning`: will be an error; `error`: the node is or will soon be cut off. */
  readonly severity: 'notice' | 'warning' | 'error';
  /** One line: what is so, of which thing. */
  readonly text: string;
  /** One line: what to do. */
  readonly mend: string;
}

export interface WarningInputs {
  readonly tailnet: Tailnet;
  /** That members must have. */
  readonly tag: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly enrolment: EnrolmentVerdict;
}

/** Those that hold now, the worst first. */
export function tailnetWarnings({ tailnet, tag, nowMs, enrolment }: WarningInputs): TailnetWarning[] {
  const { self } = tailnet;
  const warnings = [
    ...enrolmentWarnings(enrolment),
    ...(self ? [...keyWarnings(self, nowMs), ...tagWarnings(self, tag)] : []),
    ...relayWarnings(tailnet),
    ...tailnet.health.map(healthWarning),
  ];
  return warnings.sort((a, b) => rank[b.severity] - rank[a.severity]);
}

const rank = { notice: 0, warning: 1, error: 2 } as const;
const dayMs = 24 * 3600_000;

function keyWarnings({ keyExpiresAtMs, isExpired, name }: TailnetSelf, nowMs: number): TailnetWarning[] {
  const leftDays = keyExpiresAtMs === undefined ? Number.POSITIVE_INFINITY : (keyExpiresAtMs - nowMs) / dayMs;
  const mend =
    'give the node a tag ("tailscale-auth" does that: keys of tagged nodes do not expire), or disable key expiry for it in the admin console before that day';
  if (isExpired || leftDays <= 0)
    return [
      {
        code: 'key-expired',
        severity: 'error',
        text: `the key of ${name} in the tailnet has expired: no peer reaches it by the tailnet`,
        mend: 'run "tailscale-auth" on this machine, from its console if need be; disabling the expiry now does not help',
      },
    ];
  if (leftDays > keyExpiryNoticeDays) return [];
  const severity =
    leftDays <= keyExpiryErrorDays ? 'error' : leftDays <= keyExpiryWarningDays ? 'warning' : 'notice';
  const day = new Date(nowMs + leftDays * dayMs).toISOString().slice(0, 10);
  return [
    { code: 'key-expires', severity, text: `the key of ${name} in the tailnet expires on ${day}`, mend },
  ];
}

function tagWarnings({ tags, name }: TailnetSelf, tag: string): TailnetWarning[] {
  if (tags.includes(tag)) return [];
  const has = tags.length === 0 ? 'belongs to a user and has no tag' : `has ${tags.join(', ')}`;
  return [
    {
      code: 'untagged',
      severity: 'error',
      text: `${name} ${has}: without ${tag} the other members do not find it`,
      mend: `put TAILSCALE_TAGS=${tag} and a key or an OAuth client that may give it into /etc/clusteros/tailscale.env and run "tailscale-auth"`,
    },
  ];
}

function enrolmentWarnings(verdict: EnrolmentVerdict): TailnetWarning[] {
  if (verdict === 'cloned')
    return [
      {
        code: 'cloned-state',
        severity: 'error',
        text: "tailscaled's state was made on another machine: the two are one node and take its address from each other",
        mend: 'on the copy: systemctl stop tailscaled, rm /var/lib/tailscale/tailscaled.state, systemctl start tailscaled tailscale-auth; never "tailscale logout", which ends the original too',
      },
    ];
  if (verdict === 'renewed')
    return [
      {
        code: 'ephemeral',
        severity: 'warning',
        text: 'this machine is another node of the tailnet than when it was enrolled: it was removed there, or its key was for ephemeral nodes',
        mend: 'enrol it with a key that is not ephemeral (an OAuth client in /etc/clusteros/tailscale.env gives such keys), and remove the former node in the admin console',
      },
    ];
  return [];
}

function relayWarnings({ peers }: Tailnet): TailnetWarning[] {
  const relayed = peers.flatMap(({ name, path }) =>
    path.kind === 'relay' ? [`${name} (${path.region})`] : [],
  );
  if (relayed.length === 0) return [];
  const more = relayed.length > peersNamedMax ? ` and ${relayed.length - peersNamedMax} more` : '';
  return [
    {
      code: 'relay-only',
      severity: 'notice',
      text: `no direct path, only a relay, to ${relayed.slice(0, peersNamedMax).join(', ')}${more}: slower, and with a low limit`,
      mend: 'let UDP port 41641 out and in at both ends; "tailscale netcheck" and "tailscale ping NAME" say what is in the way',
    },
  ];
}

function healthWarning(text: string): TailnetWarning {
  return {
    code: 'tailscaled-health',
    severity: 'warning',
    text: `tailscaled says: ${text.replace(/\s+/g, ' ')}`,
    mend: 'see "tailscale status" and "journalctl -u tailscaled -n 50"',
  };
}
