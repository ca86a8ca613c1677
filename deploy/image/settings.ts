// What `make image` is told, all by the environment.
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type PackageSettings, packageSettings } from '../package/settings.ts';
import { BuildError } from '../package/tools.ts';
import { type DistributionName, distributions, isDistribution } from './distributions.ts';

export interface ImageSettings {
  readonly packages: PackageSettings;
  readonly distribution: DistributionName;
  readonly suite: string;
  readonly mirror: string;
  readonly securityMirror: string;
  /** Whose signatures vouch for the packages; undefined: those that this machine trusts. */
  readonly keyring: string | undefined;
  readonly hasFirmware: boolean;
  /** A new tree, even where a young one is there. */
  readonly isFresh: boolean;
  /** Of the cluster; it is in the image then. */
  readonly clusterKey: string | undefined;
  /** Public keys that may log in as root; undefined: nobody, until cloud-init or the tailnet says otherwise. */
  readonly authorizedKeys: string | undefined;
  /** A package of Debian with tailscale; undefined: compiled from its source. */
  readonly tailscale: string | undefined;
  readonly formats: readonly Format[];
  readonly out: string;
}

export const formats = ['raw', 'qcow2', 'raw.gz'] as const;
export type Format = (typeof formats)[number];

/** @throws BuildError naming what is wrong */
export function imageSettings(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
): ImageSettings {
  const {
    ARCH,
    DISTRIBUTION,
    SUITE,
    MIRROR,
    SECURITY_MIRROR,
    KEYRING,
    FIRMWARE,
    FRESH,
    WITH_KEY,
    KEY,
    AUTHORIZED_KEYS,
    TAILSCALE,
    FORMATS,
  } = environment;
  if (ARCH && ARCH !== 'amd64')
    throw new BuildError(`ARCH=${ARCH}: the image is for amd64 only; "make package" builds for arm64, too`);
  const distribution = distributionFrom(DISTRIBUTION || 'debian');
  const known = distributions[distribution];
  const keyring = KEYRING || known.keyring;
  const out = resolve(root, environment.OUT || 'dist');
  const file = (name: string, value: string) => readable(name, resolve(root, value));
  return {
    // The packages themselves stay beside the image.
    packages: packageSettings(root, { ...environment, ARCH: 'amd64' }),
    distribution,
    suite: wordFrom('SUITE', SUITE || known.suite, /^[a-z]+$/),
    mirror: wordFrom('MIRROR', MIRROR || known.mirror, /^https?:\/\/\S+$/),
    securityMirror: wordFrom('SECURITY_MIRROR', SECURITY_MIRROR || known.security, /^https?:\/\/\S+$/),
    keyring: keyring === undefined ? undefined : keyringFrom(file, keyring),
    hasFirmware: FIRMWARE !== '0',
    isFresh: FRESH === '1',
    clusterKey: WITH_KEY === '1' ? clusterKeyFrom(resolve(root, KEY || 'cluster.key')) : undefined,
    authorizedKeys: AUTHORIZED_KEYS ? file('AUTHORIZED_KEYS', AUTHORIZED_KEYS) : undefined,
    tailscale: TAILSCALE ? file('TAILSCALE', TAILSCALE) : undefined,
    formats: formatsFrom(FORMATS || formats.join(',')),
    out,
  };
}

function distributionFrom(text: string): DistributionName {
  if (isDistribution(text)) return text;
  throw new BuildError(`DISTRIBUTION=${text} is none of ${Object.keys(distributions).join(', ')}`);
}

/** Never without one: what no signature vouches for is not installed. */
function keyringFrom(file: (name: string, value: string) => string, path: string): string {
  if (/\s/.test(path)) throw new BuildError(`KEYRING=${path} has a blank in it, which apt does not read`);
  try {
    return file('KEYRING', path);
  } catch (error) {
    const mend =
      'it is in the package ubuntu-keyring of an Ubuntu; take it from there by a way that you trust';
    throw new BuildError(`${(error as Error).message}\nhint: ${mend}`);
  }
}

function formatsFrom(text: string): readonly Format[] {
  const words = text.split(',');
  const wrong = words.find(word => !formats.some(known => known === word));
  if (wrong !== undefined)
    throw new BuildError(`FORMATS=${text}: "${wrong}" is none of ${formats.join(',')}`);
  return formats.filter(known => words.includes(known));
}

function wordFrom(name: string, value: string, shape: RegExp): string {
  if (shape.test(value)) return value;
  throw new BuildError(`${name}=${value} is not what it should be: ${shape}`);
}

function readable(name: string, file: string): string {
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new BuildError(`${name}: ${file} cannot be read`);
  }
  return file;
}

/** The file itself. Agents refuse a key that others can read, and one of another size. @throws BuildError */
export function clusterKeyFrom(file: string): string {
  readable('KEY', file);
  if ((statSync(file).mode & 0o077) !== 0)
    throw new BuildError(`the cluster key ${file} is open to others\nhint: run "chmod 600 ${file}"`);
  const bytes = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64').length;
  if (bytes !== 32) throw new BuildError(`${file} is no cluster key\nhint: "make cluster-key" makes one`);
  return file;
}
