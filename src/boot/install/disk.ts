// The disk itself: its table, its file systems, what is mounted where. Programs' words are not believed: each result is looked at.
import { constants } from 'node:fs';
import { access, mkdir, rmdir } from 'node:fs/promises';
import type { Host } from '../../integrations/host.ts';
import { partitionPath } from './block-devices.ts';
import { finishedName, unfinishedName } from './content.ts';
import type { FileSystems } from './copied.ts';
import type { Journal } from './journal.ts';
import { biosBootMib, espMib, partitionsAppearMs, partitionsPollMs, udevTimeoutS } from './limits.ts';

const partitions = [
  { number: 1, size: `+${biosBootMib}M`, type: 'EF02', name: 'bios-boot' },
  { number: 2, size: `+${espMib}M`, type: 'EF00', name: 'esp' },
  { number: 3, size: '0', type: '8304', name: unfinishedName },
] as const;

export class TargetDisk {
  readonly path: string;
  readonly esp: string;
  readonly root: string;
  readonly #host: Host;
  readonly #journal: Journal;
  readonly #folder: string;
  /** Mount points, the newest last. */
  readonly #mounted: string[] = [];

  constructor(host: Host, journal: Journal, path: string) {
    this.#host = host;
    this.#journal = journal;
    this.path = path;
    this.esp = partitionPath(path, 2);
    this.root = partitionPath(path, 3);
    this.#folder = `/run/cluster-os-install-${path.replace(/^\/dev\//, '').replaceAll('/', '-')}`;
  }

  /** Where its root is mounted. */
  get target(): string {
    return `${this.#folder}/disk`;
  }

  /** Where the system that is copied is mounted, without what is mounted on it. */
  get source(): string {
    return `${this.#folder}/system`;
  }

  async partition(wipes: boolean): Promise<void> {
    const journal = this.#journal;
    // Volumes and pools have signatures also where no table reaches. Not on a blank disk: cut off here, it would not be blank any more.
    if (wipes) await journal.must('wipefs', ['--all', '--force', this.path]);
    const args = partitions.flatMap(({ number, size, type, name }) => [
      ...[`--new=${number}:0:${size}`, `--typecode=${number}:${type}`, `--change-name=${number}:${name}`],
    ]);
    const first = await journal.run('sgdisk', ['--clear', ...args, this.path]);
    if (first.exitCode !== 0 || !(await this.#hasTable(unfinishedName))) {
      // A damaged table of before is in the way.
      await journal.run('sgdisk', ['--zap-all', this.path]);
      await journal.run('sgdisk', ['--clear', ...args, this.path]);
    }
    if (!(await this.#hasTable(unfinishedName)))
      throw journal.failure(
        `${this.path} does not keep its partition table: is it write-protected, or broken?`,
      );
    await this.#appear();
  }

  /** Renames the root's partition: from now on the disk is one that is missed. */
  async finish(): Promise<void> {
    await this.#journal.must('sgdisk', [`--change-name=3:${finishedName}`, this.path]);
    if (!(await this.#hasTable(finishedName)))
      throw this.#journal.failure(`${this.path} does not keep its partition table`);
    await this.#appear();
  }

  /** sgdisk ends with 0 also when it has done nothing. */
  async #hasTable(rootName: string): Promise<boolean> {
    const { stdout } = await this.#journal.run('sgdisk', ['--print', this.path]);
    const isThere = partitions.every(({ number, type, name }) =>
      new RegExp(`^ +${number} .* ${type} +${number === 3 ? rootName : name}$`, 'm').test(stdout),
    );
    const verdict = await this.#journal.run('sgdisk', ['--verify', this.path]);
    return isThere && verdict.stdout.includes('No problems found');
  }

  async #appear(): Promise<void> {
    const journal = this.#journal;
    const udev = ['settle', `--timeout=${udevTimeoutS}`];
    if (await this.#host.which('udevadm')) await journal.run('udevadm', udev);
    // For a kernel that does not read this kind of table by itself, and for one that was too busy.
    await journal.run('partx', ['--update', this.path]);
    if (await this.#host.which('udevadm')) await journal.run('udevadm', udev);
    const deadlineMs = performance.now() + partitionsAppearMs;
    for (const { number } of partitions)
      while (!(await isThere(partitionPath(this.path, number)))) {
        if (performance.now() > deadlineMs)
          throw journal.failure(`${partitionPath(this.path, number)} does not appear`);
        await this.#host.pause(partitionsPollMs);
      }
  }

  async format(): Promise<void> {
    const journal = this.#journal;
    // What lay at these places before.
    for (const { number } of partitions)
      await journal.must('wipefs', ['--all', '--force', partitionPath(this.path, number)]);
    await journal.must('mkfs.vfat', ['-F', '32', '-n', 'ESP', this.esp]);
    await journal.must('mke2fs', ['-q', '-F', '-t', 'ext4', '-m', '1', '-L', 'clusteros', this.root]);
    const { rootUuid, espUuid } = await this.fileSystems();
    if (rootUuid === '' || espUuid === '') throw journal.failure('the new file systems have no UUIDs');
  }

  async fileSystems(): Promise<FileSystems> {
    const uuid = async (path: string) =>
      (await this.#journal.run('blkid', ['--probe', '-s', 'UUID', '-o', 'value', path])).stdout.trim();
    return { rootUuid: await uuid(this.root), espUuid: await uuid(this.esp) };
  }

  /** Mounts what mount(8) says. Folders are made; what is mounted is taken down by `unmountAll`. */
  async mount(args: readonly string[], point: string): Promise<void> {
    await mkdir(point, { recursive: true });
    await this.#journal.must('mount', [...args, point]);
    this.#mounted.push(point);
  }

  /** Mounts the new root. It takes the log while it can be written to. */
  async mountRoot(access: 'rw' | 'ro'): Promise<void> {
    await this.mount(['-t', 'ext4', '-o', access, this.root], this.target);
    if (access === 'rw') this.#journal.root = this.target;
  }

  /** @throws BootError when something stays mounted: then nothing of the disk may be believed */
  async unmountAll(): Promise<void> {
    this.#journal.keep();
    this.#journal.root = undefined;
    for (let point = this.#mounted.pop(); point !== undefined; point = this.#mounted.pop())
      await this.#journal.must('umount', ['--recursive', point]);
  }

  /** Takes down what there is, and says nothing: for the end of a run that has failed. The rest ends with the namespace. */
  async leave(): Promise<void> {
    await this.unmountAll().catch(() => {});
    for (const folder of [this.source, this.target, this.#folder]) await rmdir(folder).catch(() => {});
  }
}

async function isThere(path: string): Promise<boolean> {
  return await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
