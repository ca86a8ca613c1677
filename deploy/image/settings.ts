// What `make image` is told, all by the environment.
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type PackageSettings, packageSettings } from '../package/settings.ts';
import { BuildError } from '../package/tools.ts';

export interface ImageSettings {
  readonly packages: PackageSettings;
  readonly suite: string;
  readonly mirror: string;
  readonly securityMirror: string;
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

export const debianMirror = 'http://deb.debian.org/debian';
export const debianSecurity = 'http://deb.debian.org/debian-security';

/** @throws BuildError naming what is wrong */
export function imageSettings(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
): ImageSettings {
  const {
    ARCH,
    SUITE,
    MIRROR,
    SECURITY_MIRROR,
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
  const out = resolve(root, environment.OUT || 'dist');
  const file = (name: string, value: string) => readable(name, resolve(root, value));
  return {
    // The packages themselves stay beside the image.
    packages: packageSettings(root, { ...environment, ARCH: 'amd64' }),
    suite: wordFrom('SUITE', SUITE || 'bookworm', /^[a-z]+$/),
    mirror: wordFrom('MIRROR', MIRROR || debianMirror, /^https?:\/\/\S+$/),
    securityMirror: wordFrom('SECURITY_MIRROR', SECURITY_MIRROR || debianSecurity, /^https?:\/\/\S+$/),
    hasFirmware: FIRMWARE !== '0',
    isFresh: FRESH === '1',
    clusterKey: WITH_KEY === '1' ? clusterKeyFrom(resolve(root, KEY || 'cluster.key')) : undefined,
    authorizedKeys: AUTHORIZED_KEYS ? file('AUTHORIZED_KEYS', AUTHORIZED_KEYS) : undefined,
    tailscale: TAILSCALE ? file('TAILSCALE', TAILSCALE) : undefined,
    formats: formatsFrom(FORMATS || formats.join(',')),
    out,
  };
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
