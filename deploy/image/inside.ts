// The part of `make image` that has to be root of something: of namespaces of its own, in which an ordinary user is root too. Its one
// argument says what to do, as JSON.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Steps, sizeOf } from '../package/steps.ts';
import { endWithBuildError } from '../package/tools.ts';
import { makeDisk, prepareBoot } from './disk.ts';
import {
  configure,
  installPackages,
  manifestOf,
  refuseIdentities,
  removeTree,
  type TreeOptions,
  unpackBase,
  withKernel,
} from './tree.ts';

export interface InsideOptions extends TreeOptions {
  readonly work: string;
  readonly raw: string;
  readonly manifest: string;
  /** Of the build, for its clock. */
  readonly startedAtMs: number;
}

await endWithBuildError(async () => {
  const options = JSON.parse(process.argv[2] ?? '') as InsideOptions;
  const { work, raw, startedAtMs, manifest } = options;
  const steps = new Steps(startedAtMs);
  const tree = join(work, 'tree');
  const disk = { ...options, tree };
  try {
    await steps.step('the tree', () => unpackBase(tree, options));
    const core = await steps.step('packages and settings', () =>
      withKernel(tree, () => {
        installPackages(tree, options);
        configure(tree, options);
        return prepareBoot(disk);
      }),
    );
    refuseIdentities(tree, options);
    await writeFile(manifest, manifestOf(tree));
    await steps.step(
      `${raw.replace(/.*\//, '')}`,
      () => makeDisk(disk, core),
      () => sizeOf(raw),
    );
  } finally {
    // Its owners are none of the user who builds: only here can it be removed.
    removeTree(tree);
  }
});
