// What a copy of a state folder consists of: each file's path, size, rights and content's hash. One that comes
// from a disk or a peer is checked here before anything is done with it.
import { copyBytesMax, copyDepthMax, copyFileBytesMax, copyFilesMax, copyPathBytesMax } from '../limits.ts';
import { inPieces } from './pieces.ts';

export interface StateFile {
  /** Relative to the folder, with `/` between its parts. */
  readonly path: string;
  readonly bytes: number;
  /** Permission bits. */
  readonly mode: number;
  /** Of the content, in lower-case hexadecimal. */
  readonly sha256: string;
}

/** Which state of the folder: the holder's fencing token, then the number that the holder gave it. */
export interface CopyName {
  readonly token: number;
  /** Grows under one token, also when the holder's agent starts anew; not in steps of one. */
  readonly generation: number;
}

export interface Manifest extends CopyName {
  /** When the holder looked, by its wall clock; for people. */
  readonly atMs: number;
  /** By path. */
  readonly files: ReadonlyMap<string, StateFile>;
}

/** A manifest, or one file of it, that must not be used. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

/** Total order: a later grant's state is newer than any earlier one's. */
export function isNewer(a: CopyName, b: CopyName | undefined): boolean {
  return b === undefined || a.token > b.token || (a.token === b.token && a.generation > b.generation);
}

/** @throws ManifestError when the numbers of a copy's name are none */
export function checkName({ token, generation }: CopyName): void {
  for (const value of [token, generation])
    if (!Number.isSafeInteger(value) || value < 0) throw new ManifestError(`${value} names no copy`);
}

/** @throws ManifestError when the file must not be written where it says, or cannot be as it says */
export function checkFile({ path, bytes, mode, sha256 }: StateFile): void {
  const wrong = wrongInPath(path);
  if (wrong !== undefined) throw new ManifestError(`the path ${JSON.stringify(path.slice(0, 100))} ${wrong}`);
  if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > copyFileBytesMax)
    throw new ManifestError(`${path} would have ${bytes} bytes`);
  if (!Number.isSafeInteger(mode) || mode < 0 || mode > 0o777)
    throw new ManifestError(`${path} would have the mode ${mode}`);
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new ManifestError(`${path} has no hash`);
}

function wrongInPath(path: string): string | undefined {
  if (path === '' || Buffer.byteLength(path) > copyPathBytesMax) return 'has a wrong length';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that are refused
  if (/[\0-\x1f\x7f]/.test(path)) return 'holds a control character';
  const parts = path.split('/');
  if (parts.length > copyDepthMax + 1) return 'is too deep';
  if (parts.some(part => part === '' || part === '.' || part === '..')) return 'leads elsewhere';
  if (parts.some(part => Buffer.byteLength(part) > 255)) return 'has a part that is too long';
  return undefined;
}

/** Checks what only the whole can show; each file must have been checked. Rejects with ManifestError. */
export async function checkWhole({ files }: Pick<Manifest, 'files'>): Promise<void> {
  if (files.size > copyFilesMax) throw new ManifestError(`${files.size} files are more than ${copyFilesMax}`);
  let bytes = 0;
  await inPieces(files.values(), file => {
    bytes += file.bytes;
    for (let end = file.path.indexOf('/'); end >= 0; end = file.path.indexOf('/', end + 1)) {
      const folder = file.path.slice(0, end);
      if (files.has(folder)) throw new ManifestError(`${folder} would be a file and a folder`);
    }
  });
  if (bytes > copyBytesMax) throw new ManifestError(`${bytes} bytes are more than ${copyBytesMax}`);
}
