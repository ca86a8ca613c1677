// What wifi-setup is told: /etc/clusteros/wifi.env, networks that this machine may join. Pure. Errors name the line and the setting,
// never a value. There is no network unless somebody names one.
import { BootError, exitCode } from './ending.ts';
import { type EnvLine, envLinesFrom } from './env-file.ts';
import { wifiNetworksMax } from './limits.ts';

export type WifiAuth =
  | { readonly kind: 'open' }
  /** A passphrase, or 64 hexadecimal digits. */
  | { readonly kind: 'wpa2' | 'wpa3'; readonly key: string }
  | {
      readonly kind: 'enterprise';
      readonly method: 'peap' | 'ttls' | 'tls';
      readonly identity: string;
      readonly anonymousIdentity: string | undefined;
      readonly password: string | undefined;
      readonly caCert: string;
      readonly clientCert: string | undefined;
      readonly clientKey: string | undefined;
      readonly clientKeyPassword: string | undefined;
      /** How the password goes through the tunnel; undefined for `tls`, which has none. */
      readonly phase2: string | undefined;
    };

export interface WifiNetwork {
  readonly ssid: string;
  /** It does not tell its name: asked for by name, which tells it to everybody near. */
  readonly isHidden: boolean;
  readonly auth: WifiAuth;
}

export interface WifiSettings {
  /** ISO 3166, two letters; empty: what all countries allow. */
  readonly country: string;
  readonly networks: readonly WifiNetwork[];
}

/** Undefined when nothing is wrong with a value. */
type Check = (value: string) => string | undefined;

const isPrintable = (value: string) => /^[\x20-\x7e]*$/.test(value);
const oneOf =
  (...words: readonly string[]): Check =>
  value =>
    words.includes(value.toLowerCase()) ? undefined : `is none of ${words.join(', ')}`;
const text: Check = value =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  /[\x00-\x1f\x7f]/.test(value) || value.length > 253 ? 'holds a control character, or too many' : undefined;
const secret: Check = value =>
  isPrintable(value) && value.length <= 128
    ? undefined
    : 'holds a character that no password has, or too many';
const file: Check = value =>
  /^\/[\x21-\x7e]+$/.test(value) ? undefined : 'is no absolute path without blanks';

/** What a network may have, each with its check. */
const checks = {
  SSID: value =>
    text(value) ?? (new TextEncoder().encode(value).length <= 32 ? undefined : 'is longer than 32 bytes'),
  KEY: value =>
    (isPrintable(value) && value.length >= 8 && value.length <= 63) || /^[0-9a-fA-F]{64}$/.test(value)
      ? undefined
      : 'is neither a passphrase of 8 to 63 ASCII characters nor 64 hexadecimal digits',
  SECURITY: oneOf('wpa2', 'wpa3', 'open', 'enterprise'),
  HIDDEN: oneOf('true', 'false'),
  EAP: oneOf('peap', 'ttls', 'tls'),
  PHASE2: oneOf('mschapv2', 'pap', 'chap', 'mschap', 'gtc', 'md5'),
  IDENTITY: text,
  ANONYMOUS_IDENTITY: text,
  PASSWORD: secret,
  CA_CERT: file,
  CLIENT_CERT: file,
  CLIENT_KEY: file,
  CLIENT_KEY_PASSWORD: secret,
} as const satisfies Record<string, Check>;
type Field = keyof typeof checks;

/** In these every printable character is part of the value. */
const literal: ReadonlySet<string> = new Set([
  ...['SSID', 'KEY', 'IDENTITY', 'ANONYMOUS_IDENTITY', 'PASSWORD', 'CLIENT_KEY_PASSWORD'],
]);
/** Only an enterprise network has them. */
const ofEnterprise: readonly Field[] = [
  ...(['EAP', 'PHASE2', 'IDENTITY', 'ANONYMOUS_IDENTITY', 'PASSWORD'] as const),
  ...(['CA_CERT', 'CLIENT_CERT', 'CLIENT_KEY', 'CLIENT_KEY_PASSWORD'] as const),
];

/** Which setting of which network; undefined for what is no setting. The first network has no number. */
function placeOf(name: string): { readonly field: Field; readonly number: number } | undefined {
  const [, field = '', digits] = /^WIFI_(.+?)(?:_(\d+))?$/.exec(name) ?? [];
  if (!Object.hasOwn(checks, field)) return undefined;
  const number = digits === undefined ? 1 : Number(digits);
  const isNumbered =
    digits === undefined || (String(number) === digits && number >= 2 && number <= wifiNetworksMax);
  return isNumbered ? { field: field as Field, number } : undefined;
}

/** @throws BootError with the line, the setting and the mend */
export function wifiSettingsFrom(source: string, content: string): WifiSettings {
  const lines = envLinesFrom<string>(content, source, {
    isName: (name): name is string => name === 'WIFI_COUNTRY' || placeOf(name) !== undefined,
    names: `WIFI_COUNTRY and, for each network, ${Object.keys(checks)
      .map(field => `WIFI_${field}`)
      .join(', ')}; those of the second network end in _2, up to _${wifiNetworksMax}`,
    isLiteral: name => literal.has(placeOf(name)?.field ?? ''),
  });
  const networks = new Map<number, NetworkLines>();
  let country = '';
  for (const [name, { value, line }] of lines) {
    if (value === '') continue;
    const place = placeOf(name);
    const wrong = place ? checks[place.field](value) : wrongCountry(value);
    if (wrong !== undefined) throw refusal(source, line, `${name} ${wrong}`, `mend ${name} there`);
    if (!place) country = value;
    else {
      const network = networks.get(place.number) ?? new NetworkLines(source, place.number);
      network.lines.set(place.field, { value, line });
      networks.set(place.number, network);
    }
  }
  const found = [...networks].sort(([a], [b]) => a - b).map(([, each]) => each.network());
  const numbers = [...networks.keys()].sort((a, b) => a - b);
  for (const [at, { ssid }] of found.entries()) {
    const twin = networks.get(numbers[at] ?? 0);
    if (found.findIndex(each => each.ssid === ssid) !== at)
      throw refusal(
        source,
        twin?.line('SSID') ?? 0,
        `${twin?.name('SSID')} names a network that is there already`,
        'leave one of them',
      );
  }
  return { country, networks: found };
}

/** Everything in them that nobody may read. */
export function secretsOf({ networks }: WifiSettings): string[] {
  return networks.flatMap(({ auth }) => {
    if (auth.kind === 'open') return [];
    if (auth.kind !== 'enterprise') return [auth.key];
    return [auth.password, auth.clientKeyPassword].flatMap(each => (each === undefined ? [] : [each]));
  });
}

/** The lines of one network. */
class NetworkLines {
  readonly lines = new Map<Field, EnvLine>();
  readonly #source: string;
  readonly #number: number;

  constructor(source: string, number: number) {
    this.#source = source;
    this.#number = number;
  }

  name(field: Field): string {
    return this.#number === 1 ? `WIFI_${field}` : `WIFI_${field}_${this.#number}`;
  }
  line(field: Field): number {
    return this.lines.get(field)?.line ?? 0;
  }

  /** @throws BootError when they do not go together */
  network(): WifiNetwork {
    const ssid = this.#value('SSID');
    const [first = 'SSID'] = this.lines.keys();
    if (ssid === undefined)
      throw this.#refusal(
        first,
        `${this.name(first)} without ${this.name('SSID')}`,
        `set ${this.name('SSID')} too`,
      );
    return { ssid, isHidden: this.#value('HIDDEN')?.toLowerCase() === 'true', auth: this.#auth() };
  }

  #auth(): WifiAuth {
    const security =
      this.#value('SECURITY')?.toLowerCase() ?? (this.lines.has('IDENTITY') ? 'enterprise' : 'wpa2');
    if (security === 'enterprise') {
      this.#refuse(
        ['KEY'],
        'is not of an enterprise network',
        `take it out; the password is ${this.name('PASSWORD')}`,
      );
      return this.#enterprise();
    }
    this.#refuse(
      ofEnterprise,
      `is of an enterprise network only`,
      `set ${this.name('SECURITY')}=enterprise, or take it out`,
    );
    if (security === 'open') {
      this.#refuse(
        ['KEY'],
        'is set, and the network is open',
        `take it out, or set ${this.name('SECURITY')}=wpa2`,
      );
      return { kind: 'open' };
    }
    const key = this.#needed('KEY', `or ${this.name('SECURITY')}=open for a network without a key`);
    return { kind: security === 'wpa3' ? 'wpa3' : 'wpa2', key };
  }

  #enterprise(): WifiAuth {
    const method = (this.#value('EAP')?.toLowerCase() ?? 'peap') as 'peap' | 'ttls' | 'tls';
    const isTls = method === 'tls';
    const forbidden: readonly Field[] = isTls
      ? ['PASSWORD', 'PHASE2']
      : ['CLIENT_CERT', 'CLIENT_KEY', 'CLIENT_KEY_PASSWORD'];
    this.#refuse(forbidden, `means nothing with ${this.name('EAP')}=${method}`, 'take it out');
    return {
      ...{ kind: 'enterprise', method, identity: this.#needed('IDENTITY') },
      anonymousIdentity: this.#value('ANONYMOUS_IDENTITY'),
      password: isTls ? undefined : this.#needed('PASSWORD'),
      // Without it the password would be given to whoever calls a network by this name.
      caCert: this.#needed(
        'CA_CERT',
        'the certificate of the authority that the network shows; without it anybody with a network of this name gets the password',
      ),
      clientCert: isTls ? this.#needed('CLIENT_CERT') : undefined,
      clientKey: isTls ? this.#needed('CLIENT_KEY') : undefined,
      clientKeyPassword: this.#value('CLIENT_KEY_PASSWORD'),
      phase2: isTls ? undefined : (this.#value('PHASE2') ?? 'mschapv2').toUpperCase(),
    };
  }

  #value(field: Field): string | undefined {
    return this.lines.get(field)?.value;
  }

  #needed(field: Field, why = ''): string {
    const value = this.#value(field);
    if (value !== undefined) return value;
    const mend = `set ${this.name(field)}${why === '' ? '' : `, ${why}`}`;
    throw this.#refusal('SSID', `${this.name('SSID')} without ${this.name(field)}`, mend);
  }

  #refuse(fields: readonly Field[], what: string, mend: string): void {
    for (const field of fields)
      if (this.lines.has(field)) throw this.#refusal(field, `${this.name(field)} ${what}`, mend);
  }

  #refusal(field: Field, what: string, mend: string): BootError {
    return refusal(this.#source, this.line(field), what, mend);
  }
}

function refusal(source: string, line: number, what: string, mend: string): BootError {
  return new BootError(exitCode.usage, `${source}, line ${line}: ${what}`, mend);
}

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
/** Regions of Unicode's that are no country, and no regulatory domain. */
const noCountries = new Set(['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ']);

function wrongCountry(value: string): string | undefined {
  if (!/^[A-Z]{2}$/.test(value)) return 'is no country in two capital letters, such as DE (ISO 3166)';
  // Former and common names, UK above all, are known and mean another.
  const [canonical] = Intl.getCanonicalLocales(`und-${value}`);
  const isKnown = regions.of(value) !== undefined && !noCountries.has(value);
  if (canonical !== `und-${value}`) return `is written ${canonical?.slice(-2)} (ISO 3166)`;
  return isKnown ? undefined : 'is no country (ISO 3166)';
}
