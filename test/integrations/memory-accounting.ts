// MariaDB and slurmdbd of a machine in memory: the content of the database is one text, in a file of the machine.
import type { MemoryHost } from './memory-host.ts';

const content = '/var/lib/slurm/accounting/data/content';
const failed = (stderr: string) => ({ exitCode: 1, stderr });

/** Installs both. */
export function giveAccounting(host: MemoryHost): void {
  const { programs } = host;
  programs.set('mariadb-install-db', () => {
    host.put(content, '');
    return {};
  });
  programs.set('mariadbd', () => ({}));
  programs.set('start-stop-daemon', args => {
    host.startProcess('mariadbd', args[args.indexOf('--pidfile') + 1] ?? '');
    return {};
  });
  programs.set('mariadb', args => {
    if (!host.runs('mariadbd')) return failed("Can't connect to local server through socket");
    const statements = args.at(-1) ?? '';
    if (statements.startsWith('DROP')) host.put(content, '');
    const [, source] = /SOURCE (\S+);/.exec(statements) ?? [];
    if (source !== undefined) {
      // As the real one: without the option an error in the text is no error of the client.
      if (/^ERROR$/m.test(host.text(source)))
        return args.includes('--abort-source-on-error') ? failed('ERROR 1064') : {};
      host.put(content, host.text(source).replace(/-- Dump completed\n$/, ''));
    }
    return statements.startsWith('SHOW') ? { stdout: `Handler_write\t${host.text(content).length}\n` } : {};
  });
  programs.set('mariadb-dump', args => {
    const file = args.find(each => each.startsWith('--result-file='))?.slice('--result-file='.length) ?? '';
    host.put(file, `${host.text(content)}-- Dump completed\n`);
    return {};
  });
  programs.set('gzip', args => {
    const file = args.at(-1) ?? '';
    if (!args.includes('--decompress')) host.put(`${file}.gz`, `gzip ${host.text(file)}`);
    else if (!host.text(file).startsWith('gzip ')) return failed(`gzip: ${file}: not in gzip format`);
    else host.put(file.slice(0, -3), host.text(file).slice(5));
    host.files.delete(file);
    return {};
  });
  programs.set('tail', args => ({
    stdout:
      host
        .text(args.at(-1) ?? '')
        .trimEnd()
        .split('\n')
        .at(-1) ?? '',
  }));
  programs.set('rm', args => {
    for (const path of host.files.keys()) if (path.startsWith(`${args.at(-1)}/`)) host.files.delete(path);
    return {};
  });
  programs.set('slurmdbd', () => ({}));
  const env = programs.get('env');
  programs.set('env', (args, on, input) => {
    if (args.at(-1) !== 'slurmdbd') return env?.(args, on, input) ?? {};
    if (!host.runs('mariadbd'))
      return failed('fatal: The database must be up when starting the database daemon');
    host.startProcess('slurmdbd', '/run/slurmdbd.pid');
    return {};
  });
}

/** What the accounts of a machine say. */
export function accountsOf(host: MemoryHost): string {
  return host.text(content);
}

/** A job is recorded. */
export function record(host: MemoryHost, job: string): void {
  host.put(content, `${accountsOf(host)}${job}\n`);
}
