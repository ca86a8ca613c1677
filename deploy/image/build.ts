// `make image`: a disk with Debian, SLURM and ClusterOS on it, in dist/. Settings are in the environment, and in deploy/image/README.md.
import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPackages } from '../package/packages.ts';
import { Steps, sizeOf } from '../package/steps.ts';
import { updateSums } from '../package/sums.ts';
import { endWithBuildError, requirePrograms, run } from '../package/tools.ts';
import { workFolder } from '../package/work-folder.ts';
import { distributionBase } from './base.ts';
import { distributions } from './distributions.ts';
import type { InsideOptions } from './inside.ts';
import { imageName as name, usbName } from './layout.ts';
import { programTimeoutMs } from './limits.ts';
import { type Format, imageSettings } from './settings.ts';
import { tailscalePackage } from './tailscale.ts';
import { warn } from './warning.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

await endWithBuildError(async () => {
  const settings = imageSettings(root, process.env);
  const isRoot = process.getuid?.() === 0;
  requirePrograms({
    ...{ mmdebstrap: 'mmdebstrap', mke2fs: 'e2fsprogs', 'mkfs.vfat': 'dosfstools', mcopy: 'mtools' },
    ...{ sgdisk: 'gdisk', unshare: 'util-linux' },
    ...(settings.formats.includes('qcow2') ? { 'qemu-img': 'qemu-utils' } : {}),
    ...(settings.formats.includes('raw.gz') ? { pigz: 'pigz' } : {}),
    ...(isRoot ? {} : { newuidmap: 'uidmap' }),
  });
  if (settings.clusterKey !== undefined) sayKey(settings.clusterKey);
  const kept = join(root, 'build/cluster-os-image');
  const work = workFolder(kept);
  const steps = new Steps();
  const { out, packages, distribution, suite, hasFirmware, clusterKey, authorizedKeys } = settings;
  const debs = [
    ...(await buildPackages({ ...packages, out: join(work, 'packages') }, steps)),
    settings.tailscale ??
      (await steps.step('tailscale', () => tailscalePackage(kept, packages.epoch), sizeOf)),
  ];
  const base = await steps.step(
    `${distributions[distribution].name} ${suite}`,
    () => distributionBase(settings, kept),
    sizeOf,
  );
  const raw = join(work, `${name}.raw`);
  const manifest = join(work, `${name}.packages`);
  makeRaw(isRoot, {
    ...{
      root,
      distribution,
      suite,
      hasFirmware,
      clusterKey,
      authorizedKeys,
      base,
      debs,
      work,
      raw,
      manifest,
    },
    ...{ rootUuid: randomUUID(), espId: randomBytes(4).toString('hex').toUpperCase() },
    startedAtMs: steps.startedAtMs,
  });
  const made = [manifest];
  for (const format of settings.formats) {
    const file = join(work, `${name}.${format}`);
    if (format !== 'raw')
      await steps.step(
        basename(file),
        () => convert(raw, format),
        () => sizeOf(file),
      );
    made.push(file);
  }
  if (clusterKey !== undefined) for (const file of made) chmodSync(file, 0o600);
  mkdirSync(out, { recursive: true });
  // What is not made this time is of another build, and so is a stick.
  for (const old of globSync([`${name}.*`, usbName], { cwd: out })) rmSync(join(out, old));
  // Not a rename: it may be another disk.
  run('mv', ['--force', '--target-directory', out, ...made]);
  const files = made.map(file => join(out, basename(file)));
  await steps.step('SHA256SUMS', () => updateSums(out, files));
  rmSync(work, { recursive: true });
  console.log(
    `in ${out}: ${made.map(file => basename(file)).join(', ')}; "make usb" makes a stick of it (deploy/image/README.md)`,
  );
  if (settings.clusterKey !== undefined) sayKey(settings.clusterKey);
});

function sayKey(file: string): void {
  warn([
    `WITH_KEY=1: the cluster key ${file} is in this image. Whoever has the image, or a stick`,
    'with it, is a member of the cluster and reads its secrets. Never publish it.',
  ]);
}

/** In namespaces, in which mounts are nobody else's, and whoever builds is root. @throws BuildError */
function makeRaw(isRoot: boolean, options: InsideOptions): void {
  const user = isRoot ? [] : ['--map-auto', '--map-root-user'];
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
  const inside = join(root, 'deploy/image/inside.ts');
  const argv = [...user, ...namespaces, process.execPath, inside, JSON.stringify(options)];
  run('unshare', argv, { timeoutMs: programTimeoutMs, isShown: true });
}

function convert(raw: string, format: Exclude<Format, 'raw'>): void {
  const options = { timeoutMs: programTimeoutMs };
  if (format === 'raw.gz') run('pigz', ['--keep', '--no-name', raw], options);
  else
    run('qemu-img', ['convert', '-c', '-f', 'raw', '-O', format, raw, raw.replace(/raw$/, format)], options);
}
