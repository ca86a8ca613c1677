// The Node that a package is made of: the one that this checkout runs on, or for other machines the same version from npm, whose
// content is known beforehand. Without its symbols, which are a fifth of it and of no use on a node.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './architectures.ts';
import { BuildError, run } from './tools.ts';

export interface Runtime {
  /** The program, without symbols. */
  readonly program: string;
  readonly licence: string;
}

/** @param root the checkout @param work where it may keep what it has fetched */
export function runtimeFor(architecture: Architecture, root: string, work: string): Runtime {
  const name = `node-linux-${architecture.node}`;
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/node/package.json'), 'utf8')) as {
    version: string;
  };
  const installed = join(root, 'node_modules/node/node_modules', name);
  const isInstalled = existsSync(join(installed, 'bin/node')) && versionOf(installed) === version;
  const home = join(work, `${name}-${version}`);
  const source = isInstalled ? installed : join(home, 'package');
  if (!existsSync(source)) fetchNode(`${name}@${version}`, architecture.nodeIntegrity, home);
  const program = join(home, 'node-stripped');
  if (!existsSync(program)) {
    mkdirSync(home, { recursive: true });
    run(`${architecture.binutils.prefix}strip`, ['-o', `${program}.new`, join(source, 'bin/node')]);
    renameSync(`${program}.new`, program);
  }
  return { program, licence: readFileSync(join(source, 'LICENSE'), 'utf8') };
}

function versionOf(folder: string): unknown {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: string }).version;
}

/** @throws BuildError where npm brings something else than it did when its version was written down */
function fetchNode(what: string, integrity: string, home: string): void {
  const unpacked = `${home}.new`;
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  const [{ filename = '' } = {}] = JSON.parse(
    run('npm', ['pack', what, '--json', '--loglevel=error', '--pack-destination', unpacked]),
  ) as { filename?: string }[];
  const archive = join(unpacked, filename);
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== integrity)
    throw new BuildError(
      `npm's ${what} is ${found}, not ${integrity}\nhint: after a change of Node's version write the new one into deploy/package/architectures.ts`,
    );
  run('tar', [
    '-xzf',
    archive,
    '-C',
    unpacked,
    'package/LICENSE',
    'package/bin/node',
    'package/package.json',
  ]);
  rmSync(archive);
  cpSync(unpacked, home, { recursive: true });
  rmSync(unpacked, { recursive: true });
}
