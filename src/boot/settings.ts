// What tailscale-auth is told: /etc/clusteros/tailscale.env, or credentials that systemd hands over. Read as text and never by a
// shell: a file that came from elsewhere must not run anything. Errors name the line and the setting, never a value.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BootError, exitCode } from './ending.ts';
import { credentialLengthMax, settingsBytesMax } from './limits.ts';

export const defaultSettingsFile = '/etc/clusteros/tailscale.env';
/** The name of that file among systemd's credentials. */
export const credentialName = 'tailscale.env';

export interface SignInSettings {
  /** Undefined unless id and secret are set. */
  readonly oauth: { readonly id: string; readonly secret: string } | undefined;
  /** A key that somebody made; undefined when there is none. */
  readonly authKey: string | undefined;
  /** `tag:cluster` unless set; none when set to nothing. */
  readonly tags: readonly string[];
  /** Empty: that of the machine. */
  readonly hostname: string;
  /** Empty: Tailscale's. */
  readonly loginServer: string;
  /** Where they came from, for people. */
  readonly source: string;
}

const credential = (value: string) =>
  /^[\x21-\x7e]+$/.test(value) && value.length <= credentialLengthMax
    ? undefined
    : 'holds a blank, a character that no key has, or too many';

/** The names there are, each with what is wrong with a value of it; undefined when nothing is. */
const checks = {
  TAILSCALE_OAUTH_CLIENT_ID: credential,
  TAILSCALE_OAUTH_CLIENT_SECRET: credential,
  TAILSCALE_AUTHKEY: value =>
    value.startsWith('tskey-client-')
      ? 'is the secret of an OAuth client: put it into TAILSCALE_OAUTH_CLIENT_SECRET, for as a key it would make the node ephemeral'
      : value.startsWith('tskey-api-')
        ? 'is an access token of the API, not an auth key'
        : credential(value),
  TAILSCALE_TAGS: value =>
    value.split(',').every(tag => /^tag:[a-zA-Z][a-zA-Z0-9-]*$/.test(tag.trim()))
      ? undefined
      : 'is no list of tags such as tag:cluster,tag:lab',
  TAILSCALE_HOSTNAME: value =>
    /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/.test(value)
      ? undefined
      : 'is no host name: at most 63 letters, digits and dashes',
  TAILSCALE_LOGIN_SERVER: value =>
    URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
      ? undefined
      : 'is no URL such as https://headscale.example.com',
} as const satisfies Record<string, (value: string) => string | undefined>;

type Name = keyof typeof checks;
const names = Object.keys(checks) as Name[];
const isName = (text: string): text is Name => Object.hasOwn(checks, text);
/** Set to nothing, these mean something; the others are then not set. */
const mayBeEmpty: ReadonlySet<string> = new Set(['TAILSCALE_TAGS']);

/**
 * The lines NAME=VALUE of a file: blank lines, lines that begin with #, and one pair of quotes round a value are all it knows.
 * @param source names it in an error
 * @throws BootError with the line, the name and the mend
 */
export function settingsFrom(text: string, source: string): Map<Name, string> {
  const found = new Map<Name, string>();
  const fail = (line: number, what: string, mend: string): never => {
    throw new BootError(exitCode.usage, `${source}, line ${line}: ${what}`, mend);
  };
  // A file from a stick may have been written on Windows.
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    const at = index + 1;
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', rest = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(line) ?? [];
    if (name === '')
      fail(
        at,
        line.startsWith('export ') ? 'begins with "export"' : 'is not NAME=VALUE',
        'this file is not read by a shell: write NAME=VALUE, without blanks round the "="',
      );
    if (!isName(name)) {
      fail(at, `${name} is no setting`, `the settings are ${names.join(', ')}`);
      continue;
    }
    if (found.has(name)) fail(at, `${name} is set a second time`, 'leave one of them');
    found.set(
      name,
      unquoted(rest, reason => fail(at, `${name} ${reason}`, `write ${name}=VALUE`)),
    );
  }
  for (const [name, value] of found) check(name, value, source);
  return found;
}

function unquoted(text: string, fail: (reason: string) => never): string {
  const [, , inner] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  const value = inner ?? text;
  if (/["'`\\]|\$[({A-Za-z]/.test(value))
    fail('holds a quote, a backslash or a "$", which mean nothing here');
  return value;
}

function check(name: Name, value: string, source: string): void {
  if (value === '') return;
  const wrong = checks[name](value);
  if (wrong !== undefined)
    throw new BootError(exitCode.usage, `${name} in ${source} ${wrong}`, `mend ${name} there`);
}

/** What the settings come to. @throws BootError when they do not go together */
export function signInSettings(found: ReadonlyMap<string, string>, source: string): SignInSettings {
  const value = (name: Name) => {
    const text = found.get(name);
    return text === '' && !mayBeEmpty.has(name) ? undefined : text;
  };
  const [id, secret] = [value('TAILSCALE_OAUTH_CLIENT_ID'), value('TAILSCALE_OAUTH_CLIENT_SECRET')];
  if ((id === undefined) !== (secret === undefined)) {
    const [there, missing] =
      id === undefined
        ? ['TAILSCALE_OAUTH_CLIENT_SECRET', 'TAILSCALE_OAUTH_CLIENT_ID']
        : ['TAILSCALE_OAUTH_CLIENT_ID', 'TAILSCALE_OAUTH_CLIENT_SECRET'];
    throw new BootError(
      exitCode.usage,
      `${source} has ${there} without ${missing}`,
      `set ${missing} too, or neither`,
    );
  }
  const tags = (value('TAILSCALE_TAGS') ?? 'tag:cluster')
    .split(',')
    .map(tag => tag.trim())
    .filter(tag => tag !== '');
  if (id !== undefined && tags.length === 0)
    throw new BootError(
      exitCode.usage,
      `${source} has an OAuth client and no tags`,
      'set TAILSCALE_TAGS: a node from an OAuth client belongs to its tags',
    );
  return {
    oauth: id === undefined || secret === undefined ? undefined : { id, secret },
    authKey: value('TAILSCALE_AUTHKEY'),
    tags: [...new Set(tags)].sort(),
    hostname: value('TAILSCALE_HOSTNAME') ?? '',
    loginServer: value('TAILSCALE_LOGIN_SERVER') ?? '',
    source,
  };
}

export interface SettingsPlaces {
  /** From the command line; undefined means systemd's credentials, else the default file, which may be missing. */
  readonly file: string | undefined;
  /** $CREDENTIALS_DIRECTORY, where systemd has put what LoadCredential= names. */
  readonly credentialsFolder: string | undefined;
}

/**
 * Reads them: the file, then each credential that has the name of a setting, such as one that was sealed for this machine.
 * @throws BootError naming the file and the mend; one that others can read is refused, as ssh does
 */
export async function readSettings({ file, credentialsFolder }: SettingsPlaces): Promise<SignInSettings> {
  const found = new Map<string, string>();
  const sources: string[] = [];
  const take = async (path: string, isAsked: boolean) => {
    const text = await readPrivate(path, isAsked);
    if (text === undefined) return false;
    for (const [name, value] of settingsFrom(text, path)) found.set(name, value);
    sources.push(path);
    return true;
  };
  const handedOver =
    file === undefined && credentialsFolder ? join(credentialsFolder, credentialName) : undefined;
  if (handedOver === undefined || !(await take(handedOver, false)))
    await take(file ?? defaultSettingsFile, file !== undefined);
  if (credentialsFolder)
    for (const name of names) {
      const path = join(credentialsFolder, name);
      const value = (await readPrivate(path, false))?.trim();
      if (value === undefined) continue;
      check(name, value, path);
      found.set(name, value);
      sources.push(path);
    }
  return signInSettings(found, sources.join(', ') || defaultSettingsFile);
}

async function readPrivate(path: string, isAsked: boolean): Promise<string | undefined> {
  try {
    const { mode, size } = await stat(path);
    if ((mode & 0o077) !== 0)
      throw new BootError(
        exitCode.usage,
        `${path} can be read by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`,
        `run "chmod 0600 ${path}"`,
      );
    if (size > settingsBytesMax)
      throw new BootError(
        exitCode.usage,
        `${path} has ${size} bytes: it is no file of settings`,
        'name another with --env-file',
      );
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof BootError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !isAsked) return undefined;
    const mend = code === 'EACCES' ? 'run this as root' : 'name another with --env-file';
    throw new BootError(
      code === 'EACCES' ? exitCode.refused : exitCode.usage,
      `${path} cannot be read (${code})`,
      mend,
    );
  }
}
