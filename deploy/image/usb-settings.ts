// What `make usb` is told, by the environment, and the files that go onto the stick's partition. They are checked here as the machine would
// check them: whoever builds is there to mend them, and nobody may be there at the first boot.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadConfig } from '../../src/agent/config.ts';
import {
  contentTrouble,
  type HandedName,
  handedNames,
  secretNames,
  sorted,
  textFrom,
} from '../../src/boot/handed/files.ts';
import type { Trouble } from '../../src/boot/handed/trouble.ts';
import { BuildError } from '../package/tools.ts';
import { clusterKeyFrom } from './settings.ts';
import type { SettingsFile } from './settings-partition.ts';

export interface UsbSettings {
  /** Where `make image` has put its disk, and the stick's goes. */
  readonly out: string;
  readonly files: readonly SettingsFile[];
  /** Names of those that nobody else may read. */
  readonly secrets: readonly string[];
}

/** @param root the checkout @throws BuildError naming the file, what is wrong and never what is in it */
export async function usbSettings(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<UsbSettings> {
  const { OUT, SETTINGS, WITH_KEY, KEY } = environment;
  const files = new Map<HandedName, string>();
  if (SETTINGS) for (const [name, text] of await filesOf(resolve(root, SETTINGS))) files.set(name, text);
  if (WITH_KEY === '1') {
    const text = readFileSync(clusterKeyFrom(resolve(root, KEY || 'cluster.key')), 'utf8');
    const other = files.get('cluster.key');
    if (other !== undefined && other.trim() !== text.trim())
      throw new BuildError(
        `SETTINGS=${SETTINGS} has another cluster.key than WITH_KEY=1\nhint: leave one of them`,
      );
    files.set('cluster.key', text);
  }
  return {
    out: resolve(root, OUT || 'dist'),
    files: [...files].map(([name, text]) => ({ name, text })),
    secrets: [...files.keys()].filter(name => secretNames.has(name)),
  };
}

async function filesOf(folder: string): Promise<Map<HandedName, string>> {
  const { found, unknown } = sorted(namesIn(folder));
  const [stranger] = unknown;
  if (stranger !== undefined)
    throw new BuildError(
      `SETTINGS: ${join(folder, stranger)} has no use on a stick\nhint: these have: ${handedNames.join(', ')}`,
    );
  const files = new Map<HandedName, string>();
  for (const [kind, names] of found) {
    const [name = ''] = names;
    if (names.length > 1)
      throw new BuildError(`SETTINGS: ${names.join(' and ')} are the same\nhint: leave one of them`);
    const text = textFrom(readFileSync(join(folder, name)));
    const trouble =
      typeof text !== 'string'
        ? text
        : kind === 'node.yaml'
          ? await agentTrouble(text)
          : contentTrouble(kind, text);
    if (typeof text !== 'string' || trouble !== undefined)
      throw new BuildError(`SETTINGS: ${join(folder, name)}: ${trouble?.why}\nhint: ${trouble?.mend}`);
    files.set(kind, text);
  }
  if (files.size === 0)
    throw new BuildError(`SETTINGS: ${folder} has none of ${handedNames.join(', ')}\nhint: put one there`);
  return files;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map(name => (statSync(join(folder, name)).isDirectory() ? `${name}/` : name));
  } catch (error) {
    throw new BuildError(
      `SETTINGS: ${folder} cannot be read (${(error as NodeJS.ErrnoException).code})\nhint: it is a folder with files such as tailscale.env`,
    );
  }
}

/** By the agent's own reader: here is no machine with an agent to ask. */
async function agentTrouble(text: string): Promise<Trouble | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'clusteros-usb-'));
  const file = join(folder, 'node.yaml');
  try {
    writeFileSync(file, text, { mode: 0o600 });
    await loadConfig({ file, environment: {}, flags: [] });
    return undefined;
  } catch (error) {
    return {
      why: (error as Error).message.replaceAll(file, 'it'),
      mend: '"node-agent info" shows the settings',
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
