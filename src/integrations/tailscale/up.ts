// The command `tailscale up`: its arguments, and what its refusals mean. Pure. Never `--reset`: what an operator has set stays.
// Texts: cmd/tailscale/cli/up.go and health/warnings.go of tailscale.com v1.102.3; control servers' words as Tailscale's issues
// quote them, and of headscale v0.29.2.

export interface UpRequest {
  /** Holds the key; absent when the machine is known to the tailnet already. */
  readonly keyFile?: string;
  /** Tags to ask for: none takes back what was asked for before, undefined leaves it as it is. */
  readonly tags: readonly string[] | undefined;
  /** The machine's own when empty. */
  readonly hostname: string;
  /** Tailscale's when empty. */
  readonly loginServer: string;
  /** The machine is on the tailnet and signs in anew all the same. */
  readonly isRenewal: boolean;
  /** Flags that an operator has set before and that must be said again, from {@link settingsToKeep}. */
  readonly kept?: readonly string[];
  /** Seconds that the command waits for the tailnet. */
  readonly timeoutS: number;
}

/** The arguments of `tailscale`, without a secret. */
export function upArguments(request: UpRequest): string[] {
  const { keyFile, tags, hostname, loginServer, isRenewal, kept = [], timeoutS } = request;
  return [
    'up',
    ...(keyFile === undefined ? [] : [`--auth-key=file:${keyFile}`]),
    // MagicDNS in resolv.conf ends up in every pod, and breaks names there (tailscale#1003, #6651).
    '--accept-dns=false',
    ...(tags === undefined ? [] : [`--advertise-tags=${tags.join(',')}`]),
    ...(hostname === '' ? [] : [`--hostname=${hostname}`]),
    ...(loginServer === '' ? [] : [`--login-server=${loginServer}`]),
    // Whoever runs this over the tailnet's own ssh loses that connection for a moment, and wants it.
    ...(isRenewal ? ['--force-reauth', '--accept-risk=lose-ssh'] : []),
    `--timeout=${timeoutS}s`,
    ...kept,
  ];
}

/**
 * The settings that `tailscale up` wants to have said again, from its refusal ("requires mentioning all non-default flags");
 * undefined when it refused something else.
 * @param said the arguments it was given: of these it repeats what it was given
 */
export function settingsToKeep(refusal: string, said: readonly string[]): string[] | undefined {
  const [, line] =
    /requires mentioning all\s+non-default flags[\s\S]*?\n\s*tailscale up ([^\n]*)/.exec(refusal) ?? [];
  if (line === undefined) return undefined;
  const names = new Set(said.map(nameOf));
  return wordsOf(line).filter(word => word.startsWith('--') && !names.has(nameOf(word)));
}

const nameOf = (flag: string) => flag.replace(/^--/, '').split('=')[0] ?? '';

/** The words of a line as a shell would have them; tailscale quotes as Go's shellquote does, in single quotes. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, single, double, escaped, plain, blank] of line.matchAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(\s+)/g,
  )) {
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + (single ?? double?.replace(/\\(.)/g, '$1') ?? escaped ?? plain ?? '');
  }
  if (word !== undefined) words.push(word);
  return words;
}

export type SignInRefusal = 'key-expired' | 'key-used' | 'key-unknown' | 'tag-not-owned' | 'needs-approval';

/** Why the control server does not let the machine in. */
export interface Refusal {
  readonly reason: SignInRefusal;
  readonly mend: string;
}

const refusals: readonly [RegExp, Refusal][] = [
  [
    /requested tags.*(invalid|not permitted|not owned)|tags? .*(not permitted|invalid)|invalid or not permitted/i,
    {
      reason: 'tag-not-owned',
      mend: "use a key that was made for these tags, or let its owner own them in tagOwners of the tailnet's policy",
    },
  ],
  [
    /(auth ?key|key|pre-?auth.*key)[^.]*\bexpired/i,
    { reason: 'key-expired', mend: 'make a new key and put it into TAILSCALE_AUTHKEY' },
  ],
  [
    /already (been )?used|single-use|has been used/i,
    {
      reason: 'key-used',
      mend: 'make a new key and put it into TAILSCALE_AUTHKEY: this one was for one machine only',
    },
  ],
  [
    /(invalid|unknown|revoked)[^.]*\bkey|\bkey\b[^.]*(not (found|valid|exist)|does not exist|invalid|revoked)|unable to validate/i,
    {
      reason: 'key-unknown',
      mend: 'see whether TAILSCALE_AUTHKEY is whole and of this tailnet (TAILSCALE_LOGIN_SERVER), or make a new key',
    },
  ],
];

/** What the words of `tailscale up`, or of tailscaled's health, mean; undefined when they may pass. */
export function refusalIn(words: string): Refusal | undefined {
  return refusals.find(([pattern]) => pattern.test(words))?.[1];
}

/** What the last try to sign in met with, from the `Health` of a status; empty when it does not say. */
export function lastLoginError(health: readonly string[]): string {
  for (const line of health) {
    const [, error] = /last login error was: (.*)/s.exec(line) ?? [];
    if (error !== undefined) return error;
  }
  return '';
}
