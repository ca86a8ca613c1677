// State folders for tests: written as SLURM writes its own, read back, and checked for being whole.
import { hash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { link, mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Manifest, StateFile } from '../../src/integrations/state-copy/manifest.ts';
import type { FolderRules } from '../../src/integrations/state-copy/scan.ts';

export const rules: FolderRules = {
  excluded: name => name.endsWith('.new') || name === 'heartbeat',
  formerSuffix: '.old',
};

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clusteros-state-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A version of a file that shows whether it is whole: the last line says how many there are. */
export function versionText(name: string, version: number): string {
  const lines = Array.from({ length: 50 + (version % 40) }, (_, i) => `${name} version ${version} line ${i}`);
  return `${lines.join('\n')}\nend of ${name} version ${version}, ${lines.length} lines\n`;
}

export function isWhole(name: string, text: string): boolean {
  const [, version] = /end of .* version (\d+), /.exec(text) ?? [];
  return version !== undefined && text === versionText(name, Number(version));
}

/** Replaces a file as slurmctld does (facts, section 4): for a moment it is not there. */
export async function dance(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, name);
  const quietly = (done: Promise<void>) => done.catch(() => {});
  await writeFile(`${path}.new`, text);
  await quietly(unlink(`${path}.old`));
  await quietly(link(path, `${path}.old`));
  await quietly(unlink(path));
  await link(`${path}.new`, path);
  await unlink(`${path}.new`);
}

/** A job's folder with its script and environment. */
export async function job(folder: string, id: number): Promise<void> {
  const place = join(folder, `hash.${id % 10}`, `job.${id}`);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'script'), versionText('script', id));
  await writeFile(join(place, 'environment'), versionText('environment', id % 7));
}

/** Each file's text below a folder, by path. */
export function contentsOf(folder: string): Record<string, string> {
  const contents: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    contents[path.slice(folder.length + 1)] = readFileSync(path, 'utf8');
  }
  return contents;
}

export const modeOf = (path: string) => statSync(path).mode & 0o777;

/** A manifest and the contents it names. */
export function manifestOf(
  token: number,
  generation: number,
  texts: Readonly<Record<string, string>>,
): { readonly manifest: Manifest; readonly contents: ReadonlyMap<string, Buffer> } {
  const files = new Map<string, StateFile>();
  const contents = new Map<string, Buffer>();
  for (const [path, text] of Object.entries(texts)) {
    const content = Buffer.from(text);
    const sha256 = hash('sha256', content);
    files.set(path, { path, bytes: content.length, mode: 0o600, sha256 });
    contents.set(sha256, content);
  }
  return { manifest: { token, generation, atMs: 1, files }, contents };
}
