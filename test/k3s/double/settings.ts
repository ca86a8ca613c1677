// What `k3s server` or `k3s agent` was told: config.yaml, its drop-ins, the command line and the environment, joined as k3s'
// configfilearg and urfave/cli join them. Never reads anything but those files.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { aliases, environmentOf, type FlagKind, flagsOf, onByDefault } from './flags.ts';
import { fatal, info, warn } from './log.ts';
import { configFile, defaultDataDir } from './paths.ts';

export class Settings {
  readonly command: 'server' | 'agent';
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(command: 'server' | 'agent', values: ReadonlyMap<string, readonly string[]>) {
    this.command = command;
    this.#values = values;
  }

  /** The last word on a flag; undefined when it was not set, or set to nothing. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1) || undefined;
  }

  /** All that was said, with commas taken apart as k3s does. */
  list(name: string): readonly string[] {
    return (this.#values.get(name) ?? []).flatMap(value => value.split(',')).filter(Boolean);
  }

  /** Each as it was said: arguments of components have commas of their own. */
  each(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  isOn(name: string): boolean {
    const said = this.#values.get(name)?.at(-1);
    return said === undefined ? onByDefault.has(name) : ['', 'true', 't', '1'].includes(said.toLowerCase());
  }

  get dataDir(): string {
    return this.text('data-dir') ?? defaultDataDir;
  }
}

/** Reads all sources. Ends the process, as k3s does, on a flag that does not exist. */
export function readSettings(command: 'server' | 'agent', argv: readonly string[]): Settings {
  const flags = flagsOf[command];
  const own = parseArguments(argv, flags);
  const file = process.env.K3S_CONFIG_FILE || own.get('config')?.at(-1) || configFile;
  const values = new Map<string, string[]>();
  // k3s puts the file's values before those of the command line: texts are beaten, lists are added to.
  for (const [name, said] of readConfig(file)) {
    const known = aliases[name] ?? name;
    if (!flags.has(known)) warn(`Unknown flag --${name} found in config.yaml, skipping\n`);
    else values.set(known, [...said]);
  }
  for (const [name, said] of own) values.set(name, [...(values.get(name) ?? []), ...said]);
  for (const [name, variable] of Object.entries(environmentOf)) {
    const said = process.env[variable];
    if (flags.has(name) && !values.has(name) && said) values.set(name, [said]);
  }
  return new Settings(command, values);
}

function parseArguments(
  argv: readonly string[],
  flags: ReadonlyMap<string, FlagKind>,
): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (let at = 0; at < argv.length; at += 1) {
    const match = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(argv[at] ?? '');
    if (match === null) break; // urfave takes the rest for arguments, which these commands ignore
    const name = aliases[match[1] ?? ''] ?? match[1] ?? '';
    const kind = flags.get(name);
    if (kind === undefined) {
      const text = `flag provided but not defined: -${match[1]}`;
      process.stdout.write(`Incorrect Usage: ${text}\n\n`);
      fatal(`Error: ${text}`);
    }
    let said = match[2];
    if (said === undefined) {
      if (kind === 'switch') said = 'true';
      else {
        at += 1;
        said = argv[at];
        if (said === undefined) fatal(`Error: flag needs an argument: -${match[1]}`);
      }
    }
    values.set(name, [...(values.get(name) ?? []), said]);
  }
  return values;
}

/** The file and its drop-ins in the order of their names: the last wins, "key+" adds. */
function readConfig(file: string): Map<string, readonly string[]> {
  const folder = `${file}.d`;
  const dropIns = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter(entry => !entry.isDirectory() && /\.ya?ml$/i.test(entry.name))
        .map(entry => `${folder}/${entry.name}`)
        .sort()
    : [];
  const values = new Map<string, readonly string[]>();
  for (const each of existsSync(file) ? [file, ...dropIns] : dropIns) {
    let read: unknown;
    try {
      read = parse(readFileSync(each, 'utf8'));
    } catch (thrown) {
      fatal(`Error: failed to parse config file ${each}: ${(thrown as Error).message}`);
    }
    if (read === null || read === undefined) continue;
    if (typeof read !== 'object' || Array.isArray(read))
      fatal(`Error: yaml: unmarshal errors:\n  line 1: cannot unmarshal into yaml.MapSlice`);
    for (const [key, value] of Object.entries(read)) {
      const name = key.replace(/\+$/, '');
      const said = (Array.isArray(value) ? value : [value]).map(item => (item === null ? '' : String(item)));
      const before = key.endsWith('+') ? values.get(name) : undefined;
      values.set(name, [...(before ?? []), ...said]);
    }
  }
  return values;
}

/** A secret given by value or by file; k3s waits for a file that is not there or is empty. */
export async function secretOf(settings: Settings, name: string): Promise<string | undefined> {
  const file = settings.text(`${name}-file`);
  if (file === undefined) return settings.text(name);
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
    if (text !== '') return text;
    info(`Waiting for ${file} to be available\n`);
    await sleep(2_000);
  }
}
