// Why k3s does not come up, by its own words: a reason code, whether trying again is of use, and the mend. Texts are those of k3s
// 1.28 to 1.36 (facts: k3s, A5), matched loosely since they differ by version. Words that nobody knows count as passing trouble.
import { oneLine, ServiceError } from '../service-error.ts';
import { fatalLines } from './limits.ts';

export interface Failure {
  readonly code: string;
  readonly pattern: RegExp;
  /** Starting it again as it is does not help. */
  readonly permanent: boolean;
  readonly mend: string;
}

/** The more telling ones first: a line may fit several. */
const failures: readonly Failure[] = [
  {
    code: 'ca-mismatch',
    pattern: /token CA hash does not match the Cluster CA certificate hash/i,
    permanent: true,
    mend: 'the servers have other certificates than the cluster has noted: was k3s made anew there by hand?',
  },
  {
    code: 'token-malformed',
    pattern:
      /token must not be empty|invalid token CA hash length|invalid token format|failed to normalize token/i,
    permanent: true,
    mend: 'a token file of ClusterOS is damaged; the agent writes it anew at its next start ("systemctl restart node-agent")',
  },
  {
    code: 'datastore-other-token',
    pattern: /bootstrap data already found and encrypted with different token/i,
    permanent: true,
    mend: 'the datastore on this machine was made with another token: give the token of its snapshot, or move /var/lib/rancher/k3s/server/db aside',
  },
  {
    code: 'bootstrap-incomplete',
    pattern: /no bootstrap data found in datastore/i,
    permanent: true,
    mend: 'the first server was ended before it had stored what others join by: its datastore is set aside, and it begins again',
  },
  {
    code: 'stale-credentials',
    pattern: /newer than datastore and could cause a cluster outage/i,
    permanent: true,
    mend: 'files of a former server are in the way: move /var/lib/rancher/k3s/server/cred and tls aside',
  },
  {
    code: 'node-password-rejected',
    pattern: /Node password rejected/i,
    permanent: true,
    mend: 'a node of this name was here before: the keeper lets it in anew once the former one is gone',
  },
  {
    code: 'etcd-name-taken',
    pattern: /duplicate node name found/i,
    permanent: true,
    mend: 'a former server of this name is still a member of etcd: the keeper takes it out once it is gone',
  },
  {
    code: 'settings-differ',
    pattern: /critical configuration (value )?mismatch/i,
    permanent: true,
    mend: 'this server was set up unlike the others: see which files besides 10-clusteros.yaml are in /etc/rancher/k3s/config.yaml.d',
  },
  {
    code: 'etcd-member-removed',
    pattern: /has been (permanently )?removed from the cluster|data-dir used by this member must be removed/i,
    permanent: true,
    mend: 'it was taken out of etcd: its datastore is set aside and it joins anew when it is meant to be a server',
  },
  {
    code: 'address-changed',
    pattern: /this server is (a )?not a member of the etcd cluster/i,
    permanent: true,
    mend: 'its address has changed since it joined: the keeper takes the former one out, and it joins anew',
  },
  {
    code: 'clock-wrong',
    pattern: /server time isn't set properly|certificate has expired or is not yet valid/i,
    permanent: false,
    mend: 'the clock of this machine or of a server is wrong: set it by NTP ("timedatectl set-ntp true")',
  },
  {
    code: 'no-default-route',
    pattern: /no default routes found/i,
    permanent: false,
    mend: 'k3s wants a default route: without a way out give it one to a dummy interface (docs.k3s.io, airgap)',
  },
  {
    code: 'interface-missing',
    pattern: /unable to find interface/i,
    permanent: false,
    mend: 'the interface with the tailnet address is not there: see "clusterctl doctor"',
  },
  {
    code: 'unknown-setting',
    pattern: /flag provided but not defined|token is required|invalid flag use/i,
    permanent: true,
    mend: 'this k3s does not take what it was given: is it too old for this ClusterOS, or is there a file of somebody else in /etc/rancher/k3s/config.yaml.d?',
  },
  {
    code: 'token-refused',
    // Of k3s's own servers only: kubelet tells of registries that refuse an image, too.
    pattern: /\/(v1-k3s|cacerts)\S*: 40[13]|validate token\S* 40[13]|token is not authorized/i,
    permanent: true,
    mend: 'the servers do not take its token: it asks the keeper for another',
  },
  {
    code: 'etcd-busy',
    pattern: /too many learner members|etcdserver: unhealthy cluster/i,
    permanent: false,
    mend: 'another server is just joining',
  },
  {
    code: 'quorum-lost',
    pattern: /etcdserver: no leader|etcdserver: request timed out|context deadline exceeded.*etcd/i,
    permanent: false,
    mend: 'too few of the servers run for etcd to work: start the others, or see "clusterctl k3s recover"',
  },
  {
    code: 'server-starting',
    pattern: /503 Service Unavailable|runtime core not ready/i,
    permanent: false,
    mend: 'the server that it asks is just starting',
  },
  {
    code: 'node-object-gone',
    // Quotes within a message are escaped.
    pattern: /nodes? \\?"[^"\\]*\\?" not found/i,
    permanent: false,
    mend: 'its node was deleted from Kubernetes while it ran: it is started anew, which registers it again',
  },
  {
    code: 'port-in-use',
    pattern: /address already in use/i,
    permanent: false,
    mend: 'another program has one of its ports (6443, 2379, 2380, 10250): end it ("ss -ltnp")',
  },
  {
    code: 'server-unreachable',
    pattern:
      /failed to get CA certs|connection refused|i\/o timeout|connection reset by peer|no route to host/i,
    permanent: false,
    mend: 'no server answers: see "clusterctl service show k3s"',
  },
];

/**
 * What the words of one start come to: the last line that tells of a known failure; undefined for none. What k3s has ended by is in its last
 * lines: what it had to wait for long before is not why.
 */
export function failureIn(words: string): { readonly failure: Failure; readonly line: string } | undefined {
  const lines = words.split('\n');
  const ended = lines.findLastIndex(line => line.includes('level=fatal')) + 1;
  const telling = ended > 0 ? lines.slice(Math.max(0, ended - fatalLines), ended) : lines;
  for (const line of telling.reverse()) {
    const failure = failures.find(({ pattern }) => pattern.test(line));
    if (failure) return { failure, line: messageOf(line) };
  }
  return undefined;
}

/** The error of a k3s that has ended, or does not get on. @param words of this start only */
export function errorFrom(what: string, words: string): ServiceError {
  const found = failureIn(words);
  if (found) {
    const { failure, line } = found;
    return new ServiceError(failure.code, failure.permanent, `${what}: ${failure.mend} (${line})`, true);
  }
  const last = words
    .trim()
    .split('\n')
    .findLast(line => /level=(fatal|error)|^[EF]\d{4} /.test(line));
  const said = messageOf(last ?? words.trim().split('\n').at(-1) ?? '');
  return new ServiceError('unexpected', false, `${what}: ${said === '' ? 'without a word' : said}`, true);
}

/** Without time and level, so that the same trouble is the same report; and without anything that looks like a token. */
function messageOf(line: string): string {
  const message = /msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replace(/\\(.)/g, '$1') ?? line;
  return oneLine(
    message
      .replace(/K10[0-9a-f]{16,}::\S+/g, 'K10...')
      .replace(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '...')
      .replace(/^\S*\d\d:\d\d:\d\d\S*\s*/, '')
      .replace(/\b(after|in|for) \d+(\.\d+)?(ms|s|m)\b/g, '$1 some time'),
  ).slice(0, 200);
}

const permanentCodes = new Set([
  ...['stale-token', 'fencing-damaged', 'k3s-missing', 'foreign-k3s', 'version-skew', 'name-in-use'],
  ...failures.flatMap(({ code, permanent }) => (permanent ? [code] : [])),
]);

/** Whether trying again is of no use, by the code in a report. Those that the keeper mends are none. */
export function isPermanent(code: string): boolean {
  return permanentCodes.has(code) && !mendedByKeeper.has(code);
}

/** A new admission by the keeper puts these right. */
export const mendedByKeeper: ReadonlySet<string> = new Set([
  'token-refused',
  'node-password-rejected',
  'etcd-name-taken',
  'etcd-member-removed',
  'address-changed',
]);
