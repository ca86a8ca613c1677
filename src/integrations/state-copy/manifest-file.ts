// The text in which a store keeps its manifest and where each content is. Ends with a hash over all of it, so that damage is
// found, and is written and read in pieces, because it may be long.
import { createHash } from 'node:crypto';
import {
  checkFile,
  checkName,
  checkWhole,
  type Manifest,
  ManifestError,
  type StateFile,
} from './manifest.ts';
import { inPieces, sha256Of } from './pieces.ts';

/** Where in the store's packs a content is. */
export interface Place {
  readonly pack: number;
  readonly offset: number;
  readonly bytes: number;
}

export interface StoredManifest {
  readonly manifest: Manifest;
  /** By hash. */
  readonly places: ReadonlyMap<string, Place>;
}

const format = 1;
const hashLength = 64;

export async function textOf({ manifest, places }: StoredManifest): Promise<readonly Buffer[]> {
  const { token, generation, atMs, files } = manifest;
  const lines: string[] = [JSON.stringify({ format, token, generation, atMs, files: files.size })];
  const pieces: Buffer[] = [];
  const whole = createHash('sha256');
  const flush = () => {
    const piece = Buffer.from(`${lines.join('\n')}\n`);
    lines.length = 0;
    whole.update(piece);
    pieces.push(piece);
  };
  await inPieces(files.values(), ({ path, bytes, mode, sha256 }) => {
    const place = places.get(sha256);
    if (!place) throw new Error(`there is no place for the content of ${path}`);
    lines.push(JSON.stringify([path, bytes, mode, sha256, place.pack, place.offset]));
    if (lines.length >= 1000) flush();
  });
  flush();
  return [...pieces, Buffer.from(`${whole.digest('hex')}\n`)];
}

/** @throws ManifestError when it is damaged, or not what this version writes */
export async function storedManifestFrom(text: Buffer): Promise<StoredManifest> {
  const end = text.length - hashLength - 1;
  const hash = end > 0 ? text.subarray(end, -1).toString('latin1') : '';
  if ((await sha256Of(text.subarray(0, Math.max(0, end)))) !== hash)
    throw new ManifestError('its checksum is wrong');
  let at = 0;
  const nextLine = () => {
    const to = text.indexOf(10, at);
    const line = text.toString('utf8', at, to);
    at = to + 1;
    return JSON.parse(line) as unknown;
  };
  const head = nextLine() as {
    format: number;
    files: number;
    token: number;
    generation: number;
    atMs: number;
  };
  if (head.format !== format) throw new ManifestError(`its format is ${head.format}, not ${format}`);
  checkName(head);
  const files = new Map<string, StateFile>();
  const places = new Map<string, Place>();
  await inPieces(Array.from({ length: head.files }), () => {
    const [path, bytes, mode, sha256, pack, offset] = nextLine() as [
      string,
      number,
      number,
      string,
      number,
      number,
    ];
    checkFile({ path, bytes, mode, sha256 });
    files.set(path, { path, bytes, mode, sha256 });
    places.set(sha256, { pack, offset, bytes });
  });
  await checkWhole({ files });
  const { token, generation, atMs } = head;
  return { manifest: { token, generation, atMs, files }, places };
}
