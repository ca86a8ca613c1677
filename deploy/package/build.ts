// `make package`: packages of Debian in dist/, from this checkout. Settings are in the environment: ARCH=amd64|arm64, VERSION=1.2.3
// (package.json's unless set), RELEASE=1 (smaller, and a minute longer), SOURCE_DATE_EPOCH (the date of the commit unless set),
// OUT=FOLDER (dist unless set).
import { createHash } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Architecture, architectures, ownArchitecture } from './architectures.ts';
import { bundle, noticesOf } from './bundle.ts';
import { clusteros } from './clusteros.ts';
import { clusterosMachine } from './clusteros-machine.ts';
import { makeDeb } from './deb.ts';
import { makeExecutable } from './executable.ts';
import { runtimeFor } from './runtime.ts';
import { megabytes, Steps } from './steps.ts';
import { BuildError, requirePrograms, run } from './tools.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function main(environment: Readonly<Record<string, string | undefined>>): Promise<void> {
  const architecture = architectureFrom(environment.ARCH || ownArchitecture());
  const version = versionFrom(environment.VERSION || manifestVersion());
  const compression = environment.RELEASE === '1' ? 'xz' : 'zstd';
  const out = resolve(root, environment.OUT || 'dist');
  requirePrograms({
    'dpkg-deb': 'dpkg',
    npm: 'npm',
    tar: 'tar',
    [`${architecture.binutils.prefix}strip`]: architecture.binutils.package,
  });
  const epoch = epochFrom(environment.SOURCE_DATE_EPOCH);
  const kept = join(root, 'build/package');
  sweep(kept);
  // Of its own: another build may run beside this one.
  const work = join(kept, `work-${process.pid}`);
  const steps = new Steps();
  const size = (file: string) => megabytes(statSync(file).size);

  console.log(`clusteros ${version} for ${architecture.debian}`);
  const runtime = await steps.step(
    'Node without symbols',
    () => runtimeFor(architecture, root, join(kept, 'runtime')),
    ({ program }) => size(program),
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
    () =>
      makeExecutable({ architecture, runtime: runtime.program, code, work: join(work, architecture.debian) }),
    size,
  );
  const notices = `Node.js\n\n${runtime.licence}\n${noticesOf(root, packages)}`;
  const content = { root, version, epoch };
  const parts = { architecture: architecture.debian, executable, addon, notices };
  const debs = await steps.step('manual pages', () => [clusteros(content, parts), clusterosMachine(content)]);
  for (const deb of debs)
    await steps.step(
      `${deb.name}_${deb.version}_${deb.architecture}.deb`,
      () => makeDeb(deb, { work: join(work, `${architecture.debian}-${deb.name}`), out, epoch, compression }),
      size,
    );
  await steps.step('SHA256SUMS', () => writeSums(out));
  rmSync(work, { recursive: true });
  console.log(
    `in ${out}; install with "apt-get install ${join(out, basename(`clusteros_${version}_${architecture.debian}.deb`))}"`,
  );
}

/** What builds left that were killed: each takes a third of a gigabyte. */
function sweep(kept: string): void {
  for (const path of globSync('work-*', { cwd: kept })) {
    const pid = path.slice('work-'.length);
    if (!existsSync(`/proc/${pid}`)) rmSync(join(kept, path), { recursive: true });
  }
}

function architectureFrom(name: string): Architecture {
  const found = Object.hasOwn(architectures, name) ? architectures[name] : undefined;
  if (found !== undefined) return found;
  throw new BuildError(`ARCH=${name} is none of ${Object.keys(architectures).join(', ')}`);
}

function manifestVersion(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

/** What dpkg orders and a file name holds. */
function versionFrom(text: string): string {
  if (/^\d[0-9A-Za-z.+~]*$/.test(text)) return text;
  throw new BuildError(`VERSION=${text} is no version of Debian: a digit, then digits, letters and . + ~`);
}

function epochFrom(text: string | undefined): number {
  if (text !== undefined && text !== '') {
    if (/^\d{1,10}$/.test(text)) return Number(text);
    throw new BuildError(`SOURCE_DATE_EPOCH=${text} is no number of seconds since 1970`);
  }
  try {
    return Number(run('git', ['-C', root, 'log', '-1', '--format=%ct']));
  } catch {
    throw new BuildError(
      'there is no commit to date the packages by\nhint: set SOURCE_DATE_EPOCH, in seconds since 1970',
    );
  }
}

function writeSums(out: string): void {
  const lines = readdirSync(out)
    .filter(name => name.endsWith('.deb'))
    .sort()
    .map(
      name =>
        `${createHash('sha256')
          .update(readFileSync(join(out, name)))
          .digest('hex')}  ${name}\n`,
    );
  writeFileSync(join(out, 'SHA256SUMS'), lines.join(''));
}

try {
  await main(process.env);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
