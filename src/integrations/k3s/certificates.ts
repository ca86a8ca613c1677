// Whether the certificates of k3s on this machine come to their end: k3s makes new ones when it starts within 120 days of it (docs.k3s.io,
// cli/certificate), and one that runs for a year without a start would stop working.
import type { Host } from '../host.ts';
import { certificateLookMs, k3sCommandTimeoutMs } from './limits.ts';

export class CertificateWatch {
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #trouble = '';

  /** What is wrong, for people, with the mend; empty when nothing is, or nothing can be told. Looks seldom. */
  async trouble(host: Host, unit: string, nowMs: number): Promise<string> {
    if (Math.abs(nowMs - this.#lookedAtMs) < certificateLookMs) return this.#trouble;
    this.#lookedAtMs = nowMs;
    const { exitCode, stdout } = await host.run('k3s', ['certificate', 'check', '--output', 'table'], {
      timeoutMs: k3sCommandTimeoutMs,
    });
    const ending = exitCode === 0 ? endingIn(stdout) : [];
    this.#trouble =
      ending.length === 0
        ? ''
        : `certificates of k3s here come to their end (${ending.join(', ')}): "systemctl restart ${unit}" makes new ones; pods go on`;
    return this.#trouble;
  }
}

/** Names of the files, each once; an authority's own certificate is not made anew by a start. Columns are two spaces or more apart. */
export function endingIn(table: string): readonly string[] {
  const names = table.split('\n').flatMap(line => {
    const [file = '', , uses = '', , , status = ''] = line.trim().split(/\s{2,}/);
    return (status === 'WARNING' || status === 'EXPIRED') && uses !== 'CertSign' ? [file] : [];
  });
  return [...new Set(names)];
}
