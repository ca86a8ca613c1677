// An ext4 file system with the content of a folder, in a sparse file. Mounts nothing.
import { build } from './build.ts';
import { diskBuildTimeoutMs } from './limits.ts';

export interface DiskContent {
  /** The folder; owners and modes are kept. */
  readonly tree: string;
  /** What the file system seems to have. */
  readonly sizeMib: number;
  readonly label?: string;
}

export async function makeDisk(file: string, { tree, sizeMib, label = '' }: DiskContent): Promise<void> {
  const argv = ['mke2fs', '-q', '-F', '-t', 'ext4', '-L', label, '-d', tree, file, `${sizeMib}M`];
  await build(argv, diskBuildTimeoutMs);
}
