// The tree that the distribution alone makes, as an archive: bootstrapped by mmdebstrap, which needs no root, and kept for some days, since it takes
// minutes and downloads 300 MB. Nothing of ClusterOS is in it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../package/tools.ts';
import { baseDaysMax, programTimeoutMs } from './limits.ts';
import { imagePackages, sourcesOf } from './packages.ts';
import type { ImageSettings } from './settings.ts';

// Manual pages and languages are a tenth of it; our own documents stay, and licences.
const leftOut = [
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-include=/usr/share/doc/clusteros*',
  'path-exclude=/usr/share/man/*',
  'path-include=/usr/share/man/man[18]/*',
  'path-exclude=/usr/share/locale/*',
  'path-exclude=/usr/share/i18n/*',
  'path-exclude=/usr/share/lintian/*',
];

export function distributionBase(settings: ImageSettings, kept: string): string {
  const { suite, mirror, securityMirror: security, hasFirmware, isFresh, distribution, keyring } = settings;
  const argv = [
    ...['--variant=apt', '--format=tar'],
    ...leftOut.map(each => `--dpkgopt=${each}`),
    `--include=${imagePackages({ hasFirmware, distribution }).join(',')}`,
    suite,
  ];
  const sources = sourcesOf(suite, { mirror, security, hasFirmware, distribution, keyring });
  const key = createHash('sha256')
    .update(JSON.stringify([argv, sources]))
    .digest('hex')
    .slice(0, 12);
  const archive = join(kept, `${distribution}-${key}.tar`);
  if (!isFresh && existsSync(archive) && ageDays(archive) < baseDaysMax) return archive;
  mkdirSync(kept, { recursive: true });
  for (const name of readdirSync(kept))
    if (/^(debian|ubuntu)-.*\.tar$/.test(name) && ageDays(join(kept, name)) > baseDaysMax)
      rmSync(join(kept, name));
  const unfinished = `${archive}.${process.pid}`;
  run('mmdebstrap', [...argv, unfinished, '-'], { input: sources, timeoutMs: programTimeoutMs });
  renameSync(unfinished, archive);
  return archive;
}

const ageDays = (file: string) => (Date.now() - statSync(file).mtimeMs) / 86_400_000;
