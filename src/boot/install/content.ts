// What is on a disk before it is erased, from its own table and signatures. Pure.
import { BootError, exitCode } from '../ending.ts';

/** The name that the root's partition has until all is done: such a disk holds nothing that anybody would miss. */
export const unfinishedName = 'clusteros-new';
export const finishedName = 'root';

export type Content =
  | { readonly kind: 'blank' }
  /** This program was at work, and did not come to its end. */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'something'; readonly what: string };

export interface TableEntry {
  readonly startBytes: number;
  readonly sizeBytes: number;
  readonly name: string;
}

export interface Table {
  /** gpt, dos and so on. */
  readonly scheme: string;
  readonly entries: readonly TableEntry[];
}

/** What `blkid --probe --output export` says; empty when it finds nothing. */
export interface Signature {
  readonly type: string;
  readonly label: string;
}

/** partx(8) tells sectors of so many bytes, whatever the disk has. */
const partxSectorBytes = 512;

export const partxColumns = 'START,SECTORS,NAME,SCHEME';

/** What `partx --pairs --output` with `partxColumns` says, which reads the table itself; undefined when there is no partition. */
export function tableFrom(text: string): Table | undefined {
  const rows = text
    .split('\n')
    .map(
      line =>
        new Map([...line.matchAll(/([A-Z]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value])),
    )
    .filter(row => row.has('START'));
  if (rows.length === 0) return undefined;
  const entries = rows.map(row => ({
    startBytes: Number(row.get('START')) * partxSectorBytes,
    sizeBytes: Number(row.get('SECTORS')) * partxSectorBytes,
    name: row.get('NAME') ?? '',
  }));
  return { scheme: rows[0]?.get('SCHEME') ?? '', entries };
}

export function signatureFrom(text: string): Signature {
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  return { type: value('TYPE') || value('PTTYPE'), label: value('LABEL').replace(/\\(.)/g, '$1') };
}

/**
 * @param whole the signature of the disk itself
 * @param parts those of the table's entries, in their order
 * @param isZeros whether the places that were looked at have nothing; asked only where there is neither table nor signature
 */
export function contentOf(
  table: Table | undefined,
  whole: Signature,
  parts: readonly Signature[],
  isZeros: boolean,
): Content {
  if (table === undefined && whole.type === '')
    return isZeros
      ? { kind: 'blank' }
      : { kind: 'something', what: 'data without a partition table or a file system that is known here' };
  if (table === undefined) return { kind: 'something', what: described(whole) };
  const names = table.entries.map(({ name }) => name);
  if (names.length === 3 && names[2] === unfinishedName) return { kind: 'unfinished' };
  const inside = parts.map(described).filter(text => text !== '');
  const count = `${table.entries.length} partition${table.entries.length === 1 ? '' : 's'}`;
  const more = inside.length === 0 ? '' : `: ${inside.join(', ')}`;
  return { kind: 'something', what: `${table.scheme} with ${count}${more}` };
}

function described({ type, label }: Signature): string {
  return label === '' ? type : `${type} "${label}"`;
}

/** How an operator names a disk. */
export type Wish =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'serial'; readonly serial: string }
  | { readonly kind: 'by-id'; readonly id: string }
  | { readonly kind: 'auto' };

/** @throws BootError for none, and for more than one */
export function wishFrom(path: string | undefined, disk: string | undefined, isAuto: boolean): Wish {
  const given = [path, disk, isAuto ? 'auto' : undefined].filter(each => each !== undefined);
  if (given.length !== 1)
    throw new BootError(
      exitCode.usage,
      given.length === 0 ? 'no disk is named' : 'more than one disk is named',
      'say /dev/X, --disk serial:NUMBER, --disk by-id:NAME or --auto: one of them',
    );
  if (isAuto) return { kind: 'auto' };
  if (path !== undefined) {
    if (!path.startsWith('/dev/'))
      throw new BootError(exitCode.usage, `"${path}" is no device`, 'say /dev/X, as lsblk names it');
    return { kind: 'path', path };
  }
  const [, kind, value = ''] = /^(serial|by-id):(.+)$/.exec(disk ?? '') ?? [];
  if (kind === 'serial') return { kind, serial: value };
  if (kind === 'by-id' && !value.includes('/')) return { kind, id: value };
  throw new BootError(
    exitCode.usage,
    `--disk "${disk}" names no disk`,
    'say --disk serial:NUMBER, or --disk by-id:NAME with a name of /dev/disk/by-id',
  );
}

/** Names that stay with the disk, whatever is plugged in beside it. */
export function isLasting(wish: Wish): boolean {
  return wish.kind === 'serial' || wish.kind === 'by-id';
}
