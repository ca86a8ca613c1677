// Does the steps of an installation: the only file from which a disk is erased. Runs in namespaces of its own (namespace.ts), so that whatever
// ends it, nothing stays mounted and nothing goes on.
import { statfs } from 'node:fs/promises';
import { textOf } from '../../integrations/file-text.ts';
import type { Host } from '../../integrations/host.ts';
import { bootLoader, menu } from './boot-loader.ts';
import { copyFilters, fstabText } from './copied.ts';
import { TargetDisk } from './disk.ts';
import type { Installation } from './installation.ts';
import type { Journal } from './journal.ts';
import { copyTimeoutMs, progressMs, progressPercentStep } from './limits.ts';
import type { Rehearsal } from './look.ts';
import { type InstallStep, type MachineFacts, stepText } from './plan.ts';
import { verify } from './verify.ts';

/** Erases the disk and installs on it. @throws BootError naming the step; then everything is unmounted */
export async function install(
  host: Host,
  journal: Journal,
  path: string,
  machine: MachineFacts,
  steps: readonly InstallStep[],
  rehearsal: Rehearsal | undefined,
): Promise<void> {
  const disk = new TargetDisk(host, journal, path);
  const from = rehearsal?.source ?? '/';
  const nodeYaml = (await textOf(host, `${from}/etc/clusteros/node.yaml`)) ?? '';
  const work: Installation = {
    ...{ host, journal, disk, machine, from, filters: copyFilters(nodeYaml), startedAtMs: Date.now() },
  };
  try {
    for (const [index, step] of steps.entries()) {
      const title = stepText(step, path);
      journal.begin(step.kind, `[${index + 1}/${steps.length}] ${title}`);
      const atMs = performance.now();
      await takeStep(work, step);
      journal.note(`done after ${((performance.now() - atMs) / 1000).toFixed(1)} s`);
    }
  } catch (error) {
    journal.note(`failed: ${(error as Error).message}`);
    // A disk that is full, or fails.
    const isOfSystem = (error as NodeJS.ErrnoException).syscall !== undefined;
    throw isOfSystem ? journal.failure((error as Error).message) : error;
  } finally {
    await disk.leave();
  }
}

async function takeStep(work: Installation, step: InstallStep): Promise<void> {
  const { disk } = work;
  switch (step.kind) {
    case 'partition':
      return await disk.partition(step.wipes);
    case 'format':
      return await disk.format();
    case 'copy':
      await disk.mount(['--bind', work.from], disk.source);
      await disk.mountRoot('rw');
      return await copy(work);
    case 'settings':
      return await settings(work);
    case 'boot-efi':
    case 'boot-bios':
      return await bootLoader(work, step);
    case 'menu':
      return await menu(work);
    case 'verify':
      await disk.unmountAll();
      return await verify(work);
    case 'finish':
      await disk.mountRoot('rw');
      work.journal.note('all done');
      await disk.unmountAll();
      return await disk.finish();
  }
}

async function copy({ journal, disk, machine, filters }: Installation): Promise<void> {
  const stop = showProgress(disk.target, machine.usedBytes, line => journal.note(line));
  const args = [
    ...['-aHAX', '--numeric-ids', '--one-file-system'],
    ...filters.map(filter => `--filter=${filter}`),
    ...[`${disk.source}/`, `${disk.target}/`],
  ];
  const { exitCode: code, stderr } = await journal.run('rsync', args, copyTimeoutMs).finally(stop);
  // 24: files that have gone meanwhile, as they do on a system that runs.
  if (code !== 0 && code !== 24)
    throw journal.failure(`rsync ended with ${code}: ${stderr.trim().split('\n').slice(-2).join(' / ')}`);
  await journal.must('sync', ['--file-system', disk.target]);
}

/** By the room that the copy takes. Returns what ends it. */
function showProgress(target: string, ofBytes: number, note: (line: string) => void): () => void {
  const isSeen = process.stderr.isTTY === true;
  let told = 0;
  let hasLine = false;
  const timer = setInterval(async () => {
    const size = await statfs(target).catch(() => undefined);
    if (size === undefined) return;
    const done = (size.blocks - size.bfree) * size.bsize;
    const percent = Math.min(99, Math.floor((done / Math.max(1, ofBytes)) * 100));
    if (isSeen) {
      process.stderr.write(`\r      ${percent} %  `);
      hasLine = true;
    }
    if (percent < told + progressPercentStep) return;
    told = percent - (percent % progressPercentStep);
    note(`${percent} %`);
    if (!isSeen) console.error(`      ${percent} %`);
  }, progressMs);
  return () => {
    clearInterval(timer);
    if (hasLine) process.stderr.write('\r              \r');
  };
}

async function settings({ host, disk, from }: Installation): Promise<void> {
  const former = (await textOf(host, `${from}/etc/fstab`)) ?? '';
  const inTarget = (path: string) => `${disk.target}${path}`;
  await host.ensureFolder(inTarget('/etc'), { mode: 0o755 });
  const fstab = fstabText(await disk.fileSystems(), former);
  await host.writeFile(inTarget('/etc/fstab'), fstab, { mode: 0o644 });
  // Empty, not missing and not "uninitialized": then systemd makes one up, and asks nobody anything.
  await host.writeFile(inTarget('/etc/machine-id'), '', { mode: 0o444 });
  for (const folder of ['/proc', '/sys', '/dev', '/run', '/boot/efi', '/mnt', '/media'])
    await host.ensureFolder(inTarget(folder), { mode: 0o755 });
  for (const folder of ['/tmp', '/var/tmp']) await host.ensureFolder(inTarget(folder), { mode: 0o1777 });
}
