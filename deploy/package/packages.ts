// Builds both packages, from the sources to their files.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, noticesOf } from './bundle.ts';
import { clusteros } from './clusteros.ts';
import { clusterosMachine } from './clusteros-machine.ts';
import { makeDeb } from './deb.ts';
import { makeExecutable } from './executable.ts';
import { runtimeFor } from './runtime.ts';
import type { PackageSettings } from './settings.ts';
import { megabytes, type Steps, sizeOf } from './steps.ts';
import { requirePrograms } from './tools.ts';
import { workFolder } from './work-folder.ts';

/** Returns the files: clusteros, clusteros-machine. @throws BuildError where something is missing, or a step fails */
export async function buildPackages(settings: PackageSettings, steps: Steps): Promise<readonly string[]> {
  const { root, architecture, version, compression, out, epoch } = settings;
  requirePrograms({
    'dpkg-deb': 'dpkg',
    npm: 'npm',
    tar: 'tar',
    [`${architecture.binutils.prefix}strip`]: architecture.binutils.package,
  });
  const kept = join(root, 'build/package');
  const work = workFolder(kept);
  const runtime = await steps.step(
    `Node for ${architecture.debian}, without symbols`,
    () => runtimeFor(architecture, root, join(kept, 'runtime')),
    ({ program }) => sizeOf(program),
  );
  const addon = join(root, 'node_modules/classic-level/prebuilds', architecture.addon);
  const addonSha256 = createHash('sha256').update(readFileSync(addon)).digest('hex');
  const { code, packages } = await steps.step(
    'bundle',
    () => bundle({ root, version, addonSha256 }),
    made => `${megabytes(made.code.length)}, ${made.packages.length} packages of npm inside`,
  );
  const executable = await steps.step(
    'executable',
    () => makeExecutable({ architecture, runtime: runtime.program, code, work: join(work, 'executable') }),
    sizeOf,
  );
  const notices = `Node.js\n\n${runtime.licence}\n${noticesOf(root, packages)}`;
  const content = { root, version, epoch };
  const parts = { architecture: architecture.debian, executable, addon, notices };
  const debs = await steps.step('manual pages', () => [clusteros(content, parts), clusterosMachine(content)]);
  const files: string[] = [];
  for (const deb of debs)
    files.push(
      await steps.step(
        `${deb.name}_${deb.version}_${deb.architecture}.deb`,
        () => makeDeb(deb, { work: join(work, deb.name), out, epoch, compression }),
        sizeOf,
      ),
    );
  rmSync(work, { recursive: true });
  return files;
}
