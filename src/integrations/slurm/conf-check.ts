// Whether SLURM can read a configuration, found out before a daemon has to: by a client of SLURM that reads it and asks nobody.
// What a daemon finds wrong later, such as a plugin that is not there, is not seen here.
import type { Host } from '../host.ts';
import { commandTimeoutMs } from '../limits.ts';
import { oneLine } from '../service-error.ts';
import { files } from './names.ts';

/** A configuration that was found not to work, and why; not tried again until another one is wanted. */
export class ConfRefusal {
  #text = '';
  #why = '';

  /** The configuration; empty for none. */
  get text(): string {
    return this.#text;
  }
  /** Why, for people. */
  get why(): string {
    return this.#why;
  }

  take(text: string, why: string): void {
    this.#text = text;
    this.#why = why;
  }

  /** What is in use is what is wanted. */
  end(): void {
    this.take('', '');
  }
}

/** SLURM's words on what is wrong with `text`; empty when it can be read, or there is no SLURM to ask. */
export async function faultIn(host: Host, text: string): Promise<string> {
  await host.writeFile(files.checkedConf, text, { mode: 0o600 });
  try {
    const asked = [`SLURM_CONF=${files.checkedConf}`, 'scontrol', 'show', 'hostnames', 'x'];
    const { exitCode, stdout, stderr } = await host.run('env', asked, { timeoutMs: commandTimeoutMs });
    if (exitCode === 0 || exitCode === 127) return '';
    const words = `${stderr}${stdout}`
      .split('\n')
      .filter(line => line !== '' && !line.includes('Unable to process configuration'));
    return oneLine(
      words.map(line => line.replace(/^scontrol: (error|fatal): (_parse_next_key: )?/, '')).join('; '),
    );
  } finally {
    await host.removeFile(files.checkedConf);
  }
}

/** Whether SLURM can read `text`; what it cannot is remembered. */
export async function canRead(host: Host, text: string, refusal: ConfRefusal): Promise<boolean> {
  const fault = await faultIn(host, text);
  if (fault !== '') refusal.take(text, fault);
  return fault === '';
}
