// What is done with what was found on the partition: installed, told, wiped, or left with the reason. Pure. Nothing is wiped that is not on
// the machine's disk, and nothing is taken that its reader would refuse.
import { clusterKeyTrouble } from './cluster-key.ts';
import {
  contentTrouble,
  type HandedName,
  handedNames,
  problemsFile,
  sorted,
  takenFile,
  targets,
  textFrom,
} from './files.ts';
import { nameLengthMax, takenLinesMax, unknownNamesMax } from './limits.ts';
import { missingKeys, sshKeysFrom } from './ssh-keys.ts';
import type { Trouble } from './trouble.ts';

export interface HandedFacts {
  /** All names on the partition. */
  readonly names: readonly string[];
  /** Of those that are read, by their names; undefined for what is no file, or cannot be read. */
  readonly contents: ReadonlyMap<string, Uint8Array | undefined>;
  /** What the machine has where a file would go; empty when it has none. */
  readonly present: ReadonlyMap<HandedName, string>;
  /** The agent's word on node.yaml; undefined when nothing is wrong with it, or there is none. */
  readonly nodeYaml: Trouble | undefined;
  /** What the partition tells now; empty when it tells nothing. */
  readonly taken: string;
  readonly problems: string;
  readonly nowMs: number;
}

export type HandedStep =
  /** Durably, for its owner alone. */
  | { readonly kind: 'install'; readonly path: string; readonly text: string }
  /** Overwrites the content in place, then takes the name away. */
  | { readonly kind: 'wipe'; readonly names: readonly string[] }
  /** Overwrites what nothing is in: editors leave copies there. */
  | { readonly kind: 'wipe-free-space' }
  /** A page on the partition; an empty one is taken away. */
  | { readonly kind: 'tell'; readonly file: string; readonly text: string };

export interface HandedPlan {
  /** In order: what is wiped has been installed by then. */
  readonly steps: readonly HandedStep[];
  /** A line for each file that is taken. */
  readonly taken: readonly string[];
  /** Files that stay, by the names that they have there. */
  readonly refused: readonly (Trouble & { readonly name: string })[];
  /** Without use here. */
  readonly unknown: readonly string[];
}

export function handedPlan(facts: HandedFacts): HandedPlan {
  const { found, leftovers, unknown } = sorted(facts.names);
  const installs: HandedStep[] = [];
  const taken: string[] = [];
  const wiped = [...leftovers];
  const refused: (Trouble & { name: string })[] = [];
  for (const kind of handedNames) {
    const names = found.get(kind) ?? [];
    const [name] = names;
    if (name === undefined) continue;
    const verdict = names.length > 1 ? twins(names) : verdictOn(kind, name, facts);
    if ('why' in verdict) {
      for (const each of names) refused.push({ name: each, ...verdict });
      continue;
    }
    const { text } = verdict;
    if (text !== undefined) installs.push({ kind: 'install', path: targets[kind], text });
    taken.push(`${name}: ${text === undefined ? 'was there already, as' : 'is now'} ${targets[kind]}`);
    wiped.push(name);
  }
  const steps: HandedStep[] = [...installs];
  if (wiped.length > 0) steps.push({ kind: 'wipe', names: wiped }, { kind: 'wipe-free-space' });
  if (taken.length > 0)
    steps.push({ kind: 'tell', file: takenFile, text: takenText(facts.taken, taken, facts.nowMs) });
  const problems = problemsText(refused, unknown);
  // A partition on which nothing has changed is not written to.
  if (problems !== facts.problems) steps.push({ kind: 'tell', file: problemsFile, text: problems });
  return { steps, taken, refused, unknown };
}

function twins(names: readonly string[]): Trouble {
  return { why: `is there ${names.length} times (${names.join(', ')})`, mend: 'leave one of them' };
}

/** The text that is to be installed, undefined where it is there; else why it is not taken. */
function verdictOn(
  kind: HandedName,
  name: string,
  { contents, present, nodeYaml }: HandedFacts,
): { readonly text: string | undefined } | Trouble {
  const bytes = contents.get(name);
  if (bytes === undefined) return { why: 'cannot be read', mend: 'it has to be a file' };
  const text = textFrom(bytes);
  if (typeof text !== 'string') return text;
  const trouble = kind === 'node.yaml' ? nodeYaml : contentTrouble(kind, text);
  if (trouble !== undefined) return trouble;
  const now = present.get(kind) ?? '';
  switch (kind) {
    case 'cluster.key':
      if (now.trim() === text.trim()) return { text: undefined };
      // What is no key keeps nobody out of anything.
      if (clusterKeyTrouble(now) === undefined)
        return {
          why: `is another cluster's: this machine has a key, ${targets[kind]}`,
          mend: `delete it here; or, to move the machine to the other cluster: run "clusterctl member remove" for it where it is, then take away ${targets[kind]} and /var/lib/clusteros on it, and start it anew`,
        };
      return { text: `${text.trim()}\n` };
    case 'authorized_keys': {
      const keys = sshKeysFrom(text);
      const more = 'why' in keys ? [] : missingKeys(keys, now);
      if (more.length === 0) return { text: undefined };
      return { text: `${now === '' || now.endsWith('\n') ? now : `${now}\n`}${more.join('\n')}\n` };
    }
    case 'tailscale.env':
    case 'wifi.env':
    case 'node.yaml':
      return { text: now === text ? undefined : text };
  }
}

/** Windows' Notepad of old shows no other ends of lines. */
const page = (lines: readonly string[]) => lines.map(line => `${line}\r\n`).join('');

function takenText(former: string, taken: readonly string[], nowMs: number): string {
  const when = `${new Date(nowMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const lines = former.split(/\r?\n/).filter(line => /^\d{4}-/.test(line));
  const all = [...lines, ...taken.map(line => `${when}  ${line}`)].slice(-takenLinesMax);
  return page([
    'The machine has taken these files to its own disk, and deleted them here (times are by its clock at boot, which may be wrong):',
    '',
    ...all,
  ]);
}

function problemsText(refused: HandedPlan['refused'], unknown: readonly string[]): string {
  if (refused.length === 0 && unknown.length === 0) return '';
  const lines = refused.flatMap(({ name, why, mend }) => [
    `${shown(name)}: ${shown(why, 400)}`,
    ...(mend === '' ? [] : [`  what helps: ${mend}`]),
    '',
  ]);
  const others = unknown.slice(0, unknownNamesMax).map(name => `  ${shown(name)}`);
  const more = unknown.length - others.length;
  return page([
    ...(refused.length === 0 ? [] : ['These files were not taken, and are still here:', '', ...lines]),
    ...(unknown.length === 0
      ? []
      : [
          `These have no use here and were left as they are; the machine looks for ${handedNames.join(', ')}:`,
          ...others,
          ...(more > 0 ? [`  and ${more} more`] : []),
        ]),
  ]);
}

/** A name from the partition as a line may hold it: for a console, which obeys control characters. */
export function shown(text: string, lengthMax = nameLengthMax): string {
  return text.replace(/\p{C}/gu, '?').slice(0, lengthMax);
}

/** What a step does, in a line. */
export function stepText(step: HandedStep): string {
  switch (step.kind) {
    case 'install':
      return `write ${step.path}`;
    case 'wipe':
      return `overwrite and delete on the partition: ${step.names.map(name => shown(name)).join(', ')}`;
    case 'wipe-free-space':
      return 'overwrite the free space of the partition';
    case 'tell':
      return step.text === '' ? `delete ${step.file}` : `write ${step.file}`;
  }
}
