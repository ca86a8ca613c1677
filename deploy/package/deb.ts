// A package of Debian from a list of its files, by dpkg-deb alone: no root, no fakeroot, and the same bytes from the same list.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  constants,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './tools.ts';

/** A file, a link or a folder of the package. Folders above it come by themselves, with mode 0755. */
export type Entry = { readonly path: string } & (
  | { readonly text: string | Uint8Array; readonly mode?: number; readonly isSetting?: boolean }
  | { readonly copy: string; readonly mode?: number; readonly isSetting?: boolean }
  | { readonly link: string }
  | { readonly folderMode: number }
);

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Further fields of the control file, in order. */
  readonly fields: Readonly<Record<string, string>>;
  /** One line, then paragraphs. */
  readonly summary: string;
  readonly description: readonly string[];
  readonly entries: readonly Entry[];
  readonly scripts: Readonly<Record<string, string>>;
}

export interface DebOptions {
  /** A folder of its own. */
  readonly work: string;
  /** Where the package goes. */
  readonly out: string;
  /** Seconds since 1970: the date of every file. */
  readonly epoch: number;
  readonly compression: 'zstd' | 'xz';
}

/** Returns the file. */
export function makeDeb(deb: Package, { work, out, epoch, compression }: DebOptions): string {
  rmSync(work, { recursive: true, force: true });
  makeFolder(work);
  for (const entry of deb.entries) put(work, entry);
  const sums = sumsOf(work, deb.entries);
  const control: Record<string, string> = {
    control: controlText(deb, kibibytesOf(work)),
    md5sums: sums,
    conffiles: deb.entries
      .filter(entry => 'isSetting' in entry && entry.isSetting)
      .map(({ path }) => `${path}\n`)
      .join(''),
  };
  for (const [name, text] of Object.entries({ ...control, ...deb.scripts })) {
    if (text === '') continue;
    put(work, { path: `/DEBIAN/${name}`, text, mode: name in deb.scripts ? 0o755 : 0o644 });
  }
  for (const path of [...readdirSync(work, { recursive: true, encoding: 'utf8' }), '.'])
    lutimesSync(join(work, path), epoch, epoch);
  mkdirSync(out, { recursive: true });
  const file = join(out, `${deb.name}_${deb.version}_${deb.architecture}.deb`);
  run('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', work, file], {
    env: { SOURCE_DATE_EPOCH: String(epoch) },
  });
  return file;
}

/** Writes it below `work`. */
export function put(work: string, entry: Entry): void {
  const target = join(work, entry.path);
  if ('folderMode' in entry) {
    makeFolder(target);
    chmodSync(target, entry.folderMode);
    return;
  }
  makeFolder(dirname(target));
  if ('link' in entry) symlinkSync(entry.link, target);
  else {
    if ('copy' in entry) copyFileSync(entry.copy, target, constants.COPYFILE_FICLONE);
    else writeFileSync(target, entry.text);
    chmodSync(target, entry.mode ?? 0o644);
  }
}

/** Whatever umask whoever builds has. */
function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let folder = path; folder.length >= first.length; folder = dirname(folder)) chmodSync(folder, 0o755);
}

/** What dpkg --verify compares with. Settings are the operator's, and dpkg keeps its own sums of them. */
function sumsOf(work: string, entries: readonly Entry[]): string {
  return entries
    .filter(entry => ('text' in entry || 'copy' in entry) && !entry.isSetting)
    .map(({ path }) => path)
    .sort()
    .map(
      path =>
        `${createHash('md5')
          .update(readFileSync(join(work, path)))
          .digest('hex')}  ${path.slice(1)}\n`,
    )
    .join('');
}

/** As dpkg-gencontrol counts: each file in whole KiB, everything else as one. */
function kibibytesOf(work: string): number {
  const entries = readdirSync(work, { recursive: true, withFileTypes: true });
  return entries
    .map(entry => (entry.isFile() ? Math.ceil(statSync(join(entry.parentPath, entry.name)).size / 1024) : 1))
    .reduce((sum, each) => sum + each, 0);
}

function controlText(
  { name, version, architecture, fields, summary, description }: Package,
  kib: number,
): string {
  const all = {
    ...{ Package: name, Version: version, Architecture: architecture, 'Installed-Size': String(kib) },
    ...fields,
    Description: [summary, ...description.flatMap((text, at) => (at === 0 ? [text] : ['.', text]))].join(
      '\n ',
    ),
  };
  return Object.entries(all)
    .map(([field, value]) => `${field}: ${value}\n`)
    .join('');
}
