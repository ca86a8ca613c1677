// Takes a lab apart, whoever's it is: its own process when it stops, its janitor when that process died, the next lab
// when both did. Every step may find its work done by another. Finds processes by the lab's own network namespaces.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { labsFolder, releaseMountPoints } from './mount-points.ts';
import { deleteNamespace, namespaceNames } from './network.ts';
import {
  identityOf,
  isRunning,
  type ProcessIdentity,
  processesInNetworks,
  sendSignal,
  untilGone,
} from './processes.ts';

/** What a lab's folder tells others. */
export interface LabRecord {
  readonly owner: ProcessIdentity;
  /** Left running on purpose: neither the janitor nor a sweep takes it apart. */
  readonly isKept: boolean;
}

const labName = /^clab-(\d+)-\d+$/;
const namespaceName = /^(clab-(\d+)-\d+)-[a-z]+$/;

/** The folder of a lab, by the lab's name. */
export function folderOf(lab: string): string {
  return `${labsFolder}/${lab}`;
}

/** Makes the folder. @throws Error when it is there already, also as somebody's link */
export function createFolder(lab: string, record: LabRecord): void {
  mkdirSync(folderOf(lab), { mode: 0o700 });
  writeRecord(lab, record);
}

/** Replaces the record as a whole. */
export function writeRecord(lab: string, record: LabRecord): void {
  const file = `${folderOf(lab)}/lab.json`;
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}

/** The record of a lab; undefined when there is none or no whole one. */
export function readRecord(lab: string): LabRecord | undefined {
  try {
    return JSON.parse(readFileSync(`${folderOf(lab)}/lab.json`, 'utf8')) as LabRecord;
  } catch {
    return undefined;
  }
}

/** The names of all labs on this machine that have a folder. */
export function labNames(): string[] {
  return readdirSync(labsFolder).filter(name => labName.test(name));
}

/** Ends all its processes, then removes its network namespaces, the mount points it made and its folder. */
export async function removeLab(lab: string): Promise<void> {
  const isOfLab = (name: string) => namespaceName.exec(name)?.[1] === lab;
  const names = (await namespaceNames()).filter(isOfLab);
  const inodes = new Set(names.flatMap(inodeOf));
  for (;;) {
    const processes = processesInNetworks(inodes);
    if (processes.length === 0) break;
    for (const each of processes) sendSignal(each, 'SIGKILL');
    await untilGone(processes);
  }
  for (const name of names)
    await deleteNamespace(name).catch(async (error: unknown) => {
      if ((await namespaceNames()).includes(name)) throw error;
    });
  if (!labNames().includes(lab)) return;
  await releaseMountPoints(folderOf(lab));
  rmSync(folderOf(lab), { recursive: true, force: true });
}

/** Takes apart every lab whose owner is dead and that was not left running on purpose. @returns their names */
export async function sweepLabs(): Promise<string[]> {
  const ofNamespaces = (await namespaceNames()).flatMap(name => namespaceName.exec(name)?.[1] ?? []);
  const orphans = [...new Set([...labNames(), ...ofNamespaces])].filter(isOrphan);
  for (const lab of orphans) await removeLab(lab);
  return orphans;
}

function isOrphan(lab: string): boolean {
  const record = readRecord(lab);
  if (record !== undefined) return !record.isKept && !isRunning(record.owner);
  return identityOf(Number(labName.exec(lab)?.[1])) === undefined;
}

function inodeOf(namespace: string): number[] {
  try {
    return [statSync(`/run/netns/${namespace}`).ino];
  } catch {
    return [];
  }
}
