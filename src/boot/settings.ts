// What tailscale-auth is told: /etc/clusteros/tailscale.env, or credentials that systemd hands over. Read as text and never by a
// shell: a file that came from elsewhere must not run anything. Errors name the line and the setting, never a value.
import { join } from 'node:path';
import { BootError, exitCode } from './ending.ts';
import { envLinesFrom, readPrivateFile } from './env-file.ts';
import { credentialLengthMax } from './limits.ts';

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
 * The settings of a file.
 * @param source names it in an error
 * @throws BootError with the line, the name and the mend
 */
export function settingsFrom(text: string, source: string): Map<Name, string> {
  const found = new Map<Name, string>();
  for (const [name, { value }] of envLinesFrom(text, source, { isName, names: names.join(', ') })) {
    check(name, value, source);
    found.set(name, value);
  }
  return found;
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
  // Not --env-file: node takes that for itself, wherever it stands, and would hand the secrets to every program that is started.
  const flag = '--settings';
  const found = new Map<string, string>();
  const sources: string[] = [];
  const take = async (path: string, isAsked: boolean) => {
    const text = await readPrivateFile(path, { isAsked, flag });
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
      const value = (await readPrivateFile(path, { isAsked: false, flag }))?.trim();
      if (value === undefined) continue;
      check(name, value, path);
      found.set(name, value);
      sources.push(path);
    }
  return signInSettings(found, sources.join(', ') || defaultSettingsFile);
}
