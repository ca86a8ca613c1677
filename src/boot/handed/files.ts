// Which files people may hand to a machine on a FAT partition, by which names laptops call them, and what is wrong with one. Pure. No word of
// this holds a word of a file: what is wrong is told on a screen and on the stick.
import { BootError } from '../ending.ts';
import { settingsBytesMax } from '../limits.ts';
import { settingsFrom, signInSettings } from '../settings.ts';
import { wifiSettingsFrom } from '../wifi-settings.ts';
import { clusterKeyTrouble } from './cluster-key.ts';
import { sshKeysFrom } from './ssh-keys.ts';
import type { Trouble } from './trouble.ts';

/** Of the file system, by which it is known. */
export const partitionLabel = 'CLUSTEROS';

const folder = '/etc/clusteros';
/** What is handed over, and where it goes. */
export const targets = {
  'cluster.key': `${folder}/cluster.key`,
  'tailscale.env': `${folder}/tailscale.env`,
  'wifi.env': `${folder}/wifi.env`,
  authorized_keys: '/root/.ssh/authorized_keys',
  'node.yaml': `${folder}/node.yaml`,
} as const;
export type HandedName = keyof typeof targets;
export const handedNames = Object.keys(targets) as HandedName[];
/** Whoever reads one of these can do something with it. */
export const secretNames: ReadonlySet<HandedName> = new Set(['cluster.key', 'tailscale.env', 'wifi.env']);

/** Written by this program, and the page that comes with the image. */
export const takenFile = 'TAKEN.txt';
export const problemsFile = 'PROBLEMS.txt';
const ours = new Set(['readme.txt', takenFile.toLowerCase(), problemsFile.toLowerCase()]);
/** The name of what is being overwritten: a run that was cut off has left it, and it is safe on the machine. */
export const wipePrefix = 'clusteros-wipe-';
/** What macOS, Windows and Linux put on a stick by themselves. */
const debris =
  /^(\._.*|\.ds_store|\.fseventsd|\.spotlight-v100|\.trash.*|\.temporaryitems|\.documentrevisions-v100|\.apdisk|\.volumeicon\.icns|\.metadata_never_index|system volume information|\$recycle\.bin|recycler|desktop\.ini|thumbs\.db|autorun\.inf|indexervolumeguid|wpsettings\.dat|fsck\d{4}\.rec|lost\+found)$/;

export interface Sorted {
  /** What is called so on the partition; more than one name is for a person to settle. */
  readonly found: ReadonlyMap<HandedName, readonly string[]>;
  readonly leftovers: readonly string[];
  readonly unknown: readonly string[];
}

/** What the names on a partition are; one that ends in a slash is of a folder. */
export function sorted(names: readonly string[]): Sorted {
  const found = new Map<HandedName, string[]>();
  const leftovers: string[] = [];
  const unknown: string[] = [];
  for (const name of names) {
    const lower = name.toLowerCase();
    // Windows hides ".txt", and its Notepad adds it.
    const known = handedNames.find(each => lower === each || lower === `${each}.txt`);
    if (known !== undefined) found.set(known, [...(found.get(known) ?? []), name]);
    else if (lower.startsWith(wipePrefix)) leftovers.push(name);
    else if (!ours.has(lower) && !debris.test(lower.replace(/\/$/, ''))) unknown.push(name);
  }
  return { found, leftovers, unknown };
}

/** The text of a file as editors of all systems write it, with ends of lines as here; else why it is none. */
export function textFrom(bytes: Uint8Array): string | Trouble {
  if (bytes.length > settingsBytesMax)
    return {
      why: `has more than ${settingsBytesMax} bytes: that is no file of settings`,
      mend: 'look what it is',
    };
  // A stick that was pulled too early has names without content.
  if (bytes.every(byte => byte === 0))
    return {
      why: 'is empty',
      mend: 'write it again, and have your system eject the stick before you pull it',
    };
  const text = decoded(bytes);
  if (text === undefined || text.includes('\0'))
    return { why: 'is no text in UTF-8', mend: 'save it as plain text, in UTF-8' };
  const plain = text.replace(/\r\n?/g, '\n').trimEnd();
  return plain === '' ? { why: 'is empty', mend: 'write what belongs there, or delete it' } : `${plain}\n`;
}

/** By the mark at its beginning, which Windows writes; without one it is UTF-8. */
function decoded(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What is wrong with a file by what it says; undefined when nothing is. node.yaml is the agent's: see nodeYamlTrouble. */
export function contentTrouble(name: Exclude<HandedName, 'node.yaml'>, text: string): Trouble | undefined {
  switch (name) {
    case 'cluster.key': {
      const why = clusterKeyTrouble(text);
      return why === undefined
        ? undefined
        : { why, mend: 'copy the whole file from a member of the cluster, or from "make cluster-key"' };
    }
    case 'authorized_keys': {
      const keys = sshKeysFrom(text);
      return isTrouble(keys) ? keys : undefined;
    }
    case 'tailscale.env':
      return refusal(() => signInSettings(settingsFrom(text, name), name), name);
    case 'wifi.env':
      return refusal(() => wifiSettingsFrom(name, text), name);
  }
}

function isTrouble(value: readonly unknown[] | Trouble): value is Trouble {
  return 'why' in value;
}

/** What a parser of settings says, which names lines and settings and no value. */
function refusal(read: () => unknown, name: string): Trouble | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof BootError)) throw error;
    const { message, mend } = error;
    return { why: message.startsWith(name) ? message.slice(name.length).replace(/^,? /, '') : message, mend };
  }
}

/** What `node-agent info --config` has said of node.yaml, without the values that it repeats. */
export function nodeYamlTrouble(stderr: string): Trouble {
  const mend = '"node-agent info" shows the settings that there are';
  const [, line, column] = /is not YAML: .*at line (\d+), column (\d+)/.exec(stderr) ?? [];
  if (line !== undefined) return { why: `is not YAML (line ${line}, column ${column})`, mend };
  if (stderr.includes('is not YAML')) return { why: 'is not YAML', mend };
  // A name of letters is one of a setting, or a slip in it; anything else may be what nobody should read.
  const [, unknown] = /unknown setting ([A-Za-z.]{1,40}) in /.exec(stderr) ?? [];
  if (stderr.includes('unknown setting'))
    return { why: `has a setting that there is none${unknown === undefined ? '' : `: ${unknown}`}`, mend };
  const [, name] = /setting ([A-Za-z.]{1,40}) from /.exec(stderr) ?? [];
  if (name !== undefined) return { why: `has a value that ${name} cannot have`, mend };
  return { why: 'is refused by the agent', mend };
}
