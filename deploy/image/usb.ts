// `make usb`: the disk of `make image` as a stick, dist/cluster-os-usb.img, with what SETTINGS=FOLDER and WITH_KEY=1 name on its partition for
// people. Makes the disk where there is none, and does not make it again: a stick takes seconds.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Steps, sizeOf } from '../package/steps.ts';
import { updateSums } from '../package/sums.ts';
import { BuildError, endWithBuildError, requirePrograms, run } from '../package/tools.ts';
import { workFolder } from '../package/work-folder.ts';
import { imageName, usbName } from './layout.ts';
import { programTimeoutMs } from './limits.ts';
import { putSettings } from './settings-partition.ts';
import { type UsbSettings, usbSettings } from './usb-settings.ts';
import { warn } from './warning.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

await endWithBuildError(async () => {
  // Before minutes of building: they may be wrong.
  const settings = await usbSettings(root, process.env);
  const { out, files, secrets } = settings;
  if (secrets.length > 0) saySecrets(secrets);
  const packed = join(out, `${imageName}.raw.gz`);
  const raw = join(out, `${imageName}.raw`);
  requirePrograms({ mcopy: 'mtools', ...(existsSync(raw) ? {} : { pigz: 'pigz' }) });
  if (!existsSync(raw) && !existsSync(packed)) makeImage();
  const work = workFolder(join(root, 'build/cluster-os-image'));
  const steps = new Steps();
  const stick = join(work, usbName);
  try {
    await steps.step(
      usbName,
      () => makeStick(existsSync(raw) ? raw : packed, stick, settings),
      () =>
        `${sizeOf(stick)}${files.length === 0 ? '' : `, with ${files.map(({ name }) => name).join(', ')}`}`,
    );
    mkdirSync(out, { recursive: true });
    run('mv', ['--force', '--target-directory', out, stick], { timeoutMs: programTimeoutMs });
  } finally {
    // A stick that was not finished may have a key on it.
    rmSync(work, { recursive: true });
  }
  await steps.step('SHA256SUMS', () => updateSums(out, [join(out, usbName)]));
  console.log(`in ${out}: ${usbName}; "deploy/image/write-usb /dev/sdX" writes it to a stick`);
  if (secrets.length > 0) saySecrets(secrets);
});

/** Without the key: it goes to the partition that is wiped when it was read, not into the system. */
function makeImage(): void {
  const env = { ...process.env, WITH_KEY: '', FORMATS: process.env.FORMATS || 'raw' };
  const { status } = spawnSync(process.execPath, [join(root, 'deploy/image/build.ts')], {
    env,
    stdio: 'inherit',
  });
  if (status !== 0)
    throw new BuildError(`there is no image to make a stick of: "make image" ended with ${status}`);
}

function makeStick(image: string, stick: string, { files, secrets }: UsbSettings): void {
  const options = { timeoutMs: programTimeoutMs };
  if (image.endsWith('.gz'))
    run('sh', ['-c', 'umask 077; exec pigz --decompress --stdout -- "$0" > "$1"', image, stick], options);
  else run('cp', ['--sparse=always', '--reflink=auto', '--', image, stick], options);
  // The image may have the key inside, too.
  const isPrivate = secrets.length > 0 || (statSync(image).mode & 0o077) === 0;
  chmodSync(stick, isPrivate ? 0o600 : 0o644);
  putSettings(stick, files);
}

function saySecrets(names: readonly string[]): void {
  warn([
    `${usbName} has ${names.join(', ')} on it, readable on any computer until a machine has started`,
    'from the stick. Whoever has the file or the stick has them. Never publish it.',
  ]);
}
