// What goes wrong with SLURM, by the words of its programs: a reason code, whether it goes away by trying again, and the
// mend. Texts are those of SLURM 22.05 and munge 0.5.15. Words that nobody knows count as passing trouble.
import type { Outcome } from '../host.ts';
import { oneLine, ServiceError } from '../service-error.ts';

interface Reason {
  readonly code: string;
  readonly pattern: RegExp;
  readonly permanent: boolean;
  /** Its program has tried for seconds by itself. */
  readonly patient?: true;
  /** Of the controller: it may pass, but another node had better serve meanwhile. */
  readonly moves?: true;
  readonly mend: string;
}

const reasons: readonly Reason[] = [
  {
    code: 'munge-missing',
    pattern: /munge\.socket|Did you start munged|Munge encode failed/i,
    permanent: false,
    mend: 'munged does not answer; the next pass starts it',
  },
  {
    code: 'clock-skew',
    pattern: /Rewound credential|Expired credential/i,
    permanent: false,
    mend: 'the clocks of this node and the controller differ by minutes: set them by NTP ("timedatectl set-ntp true")',
  },
  {
    code: 'munge-key-rejected',
    pattern: /Invalid credential|authentication error|Zero Bytes were transmitted/i,
    permanent: false,
    mend: 'this node and the controller hold different munge keys, or their clocks differ: compare by "munge -n" here and "unmunge" there',
  },
  {
    code: 'wrong-cluster-name',
    pattern: /read ".*" from the state files|CLUSTER NAME MISMATCH/i,
    permanent: true,
    mend: 'the state folder belongs to a SLURM of another name: move /var/lib/slurm/slurmctld aside',
  },
  {
    code: 'wrong-host',
    pattern: /not a valid controller/i,
    permanent: true,
    mend: 'the host name has changed under slurmctld: restart the agent',
  },
  {
    code: 'port-in-use',
    pattern: /Address already in use/i,
    permanent: false,
    moves: true,
    mend: 'another program has SLURM\'s port (6817 or 6818): end it ("ss -ltnp")',
  },
  {
    code: 'version-mismatch',
    pattern: /Incompatible versions of client and server|invalid protocol version/i,
    permanent: true,
    mend: 'the SLURM of this node and that of the controller do not work together: "clusterctl members -o json" has both versions',
  },
  {
    code: 'controller-unreachable',
    pattern:
      /Unable to contact slurm controller|failed to fetch remote configs|Connection refused|Unable to establish/i,
    permanent: false,
    patient: true,
    mend: 'slurmctld does not answer: see "clusterctl operations" and /var/log/slurm/slurmctld.log on its node',
  },
];

/** The error that `words` of a program stand for; `what` names what was tried. */
export function errorFrom(what: string, words: string): ServiceError {
  const said = oneLine(words);
  const reason = reasons.find(({ pattern }) => pattern.test(words));
  if (!reason)
    return new ServiceError('unexpected', false, `${what} failed: ${said === '' ? 'without a word' : said}`);
  const detail = `${what} failed: ${reason.mend} (${said})`;
  return new ServiceError(reason.code, reason.permanent, detail, reason.patient);
}

/** What one of SLURM's clients has said. They ask on and on; cut off, they have not said yet that nobody answers. */
export function answerWords({ exitCode, stderr }: Pick<Outcome, 'exitCode' | 'stderr'>): string {
  return exitCode === -1 ? `Unable to contact slurm controller: ${stderr}` : stderr;
}

/** A program that is not installed. */
export function missingProgram(program: string, packageName: string): ServiceError {
  return new ServiceError(
    `${program}-missing`,
    true,
    `${program} is not installed: run "apt-get install ${packageName}"`,
  );
}

const permanentCodes = new Set([
  'stale-token',
  'fencing-damaged',
  'state-disk-full',
  ...reasons.flatMap(({ code, permanent }) => (permanent ? [code] : [])),
]);

/** Whether trying again is of no use, by the code in a report. */
export function isPermanent(code: string): boolean {
  return permanentCodes.has(code) || /^(munged|slurmctld|slurmd)-missing$/.test(code);
}

/** Whether a controller that fails so cannot serve, by the code in its report: the role is for another then. */
export function cannotServe(code: string): boolean {
  return isPermanent(code) || reasons.some(reason => reason.code === code && reason.moves);
}
