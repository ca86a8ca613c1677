// `k3s certificate check`: what is in the certificates of this machine and when they end; other subcommands are not there.
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseWords, tableOf } from './arguments.ts';
import { certificateRenewDays } from './limits.ts';
import { fatal } from './log.ts';
import { agentPaths, defaultDataDir, serverPaths } from './paths.ts';

export async function run(argv: readonly string[]): Promise<number> {
  if (argv[0] !== 'check') fatal(`Error: No help topic for '${argv[0]}'`);
  const args = parseWords(argv.slice(1), ['debug']);
  const dataDir = args.text('data-dir', 'd') ?? (process.env.K3S_DATA_DIR || defaultDataDir);
  const { tls, etcdTls } = serverPaths(dataDir);
  const folders = [tls, etcdTls, agentPaths(dataDir).agent].filter(folder => existsSync(folder));
  const rows: string[][] = [];
  for (const folder of folders)
    for (const name of readdirSync(folder)
      .filter(each => each.endsWith('.crt'))
      .sort()) {
      const file = join(folder, name);
      for (const [, pem = ''] of readFileSync(file, 'utf8').matchAll(
        /(-----BEGIN CERT[\s\S]+?-----END CERTIFICATE-----)/g,
      )) {
        const certificate = new X509Certificate(pem);
        const subject = /CN=(.*)/.exec(certificate.subject)?.[1] ?? '';
        const use = certificate.ca
          ? 'CertSign'
          : (certificate.keyUsage ?? []).map(oid => uses[oid] ?? oid).join(',');
        const leftMs = Date.parse(certificate.validTo) - Date.now();
        const status = leftMs < 0 ? 'EXPIRED' : leftMs < certificateRenewDays * 86_400_000 ? 'WARNING' : 'OK';
        const time = new Date(certificate.validTo)
          .toISOString()
          .replace('T', ' ')
          .replace(/:\d\d\.\d+Z/, '');
        const residual = residualText(leftMs);
        rows.push([basename(file), subject, use, `${time} UTC`, residual, status]);
      }
    }
  const headings = ['FILENAME', 'SUBJECT', 'USAGES', 'EXPIRES', 'RESIDUAL TIME', 'STATUS'];
  if (args.text('output', 'o') === 'table') {
    process.stdout.write(tableOf([headings, headings.map(each => '-'.repeat(each.length)), ...rows], 2));
    return 0;
  }
  for (const [file, subject, , expires, , status] of rows)
    process.stderr.write(
      `time="${new Date().toISOString()}" level=info msg="${file}: certificate ${subject} is ${status}, valid until ${expires}"\n`,
    );
  return 0;
}

const uses: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'ServerAuth',
  '1.3.6.1.5.5.7.3.2': 'ClientAuth',
};

/** As Kubernetes says a time that is left: years and days. */
function residualText(ms: number): string {
  const days = Math.floor(ms / 86_400_000);
  const years = Math.floor(days / 365);
  return years > 0 ? `${years}y${days % 365 === 0 ? '' : ` ${days % 365}d`}`.replace(' ', '') : `${days}d`;
}
