// What a disk has to do to be this machine and no other: its identities made once, those of another machine put aside. Pure.
import { type Card, isDefaultName, ruleName } from './host-name.ts';
import type { MachineRecord } from './machine-record.ts';

/** A folder with what is of one node of a cluster, and the names in it now. */
export interface NodeFolder {
  readonly folder: string;
  readonly entries: readonly string[];
}

/** What was found. */
export interface FirstBootFacts {
  /** Undefined where the hardware has no number of its own: then no copy is told from its original. */
  readonly machine: string | undefined;
  readonly record: MachineRecord | undefined;
  /** On which machine it was enrolled in its tailnet; undefined when it was not. */
  readonly enrolledOn: string | undefined;
  /** Empty when there is none yet. */
  readonly machineId: string;
  /** Node identity, tailscaled's state, SSH host keys and the like, as far as they are there. */
  readonly nodeFolders: readonly NodeFolder[];
  /** Undefined where there is no SSH server. */
  readonly hasSshKeys: boolean | undefined;
  readonly hostName: string;
  /** By the settings; empty when they name none. */
  readonly wishedName: string;
  readonly cards: readonly Card[];
}

export type Step =
  | { readonly kind: 'move-aside'; readonly folder: string; readonly entries: readonly string[] }
  | { readonly kind: 'machine-id'; readonly isAnew: boolean }
  | { readonly kind: 'ssh-keys' }
  | { readonly kind: 'host-name'; readonly name: string; readonly former: string }
  /** The tailnet's record is to name this machine. */
  | { readonly kind: 'adopt-enrolment'; readonly machine: string }
  | {
      readonly kind: 'record';
      readonly record: MachineRecord;
      /** Of the machine in which the disk was before. */
      readonly isFormer: boolean;
    };

export interface FirstBootPlan {
  /** The disk was in another machine before. */
  readonly isElsewhere: boolean;
  /** In order; the record is the last, so that a boot that is cut off is done again. */
  readonly steps: readonly Step[];
}

/** @param adopts the operator's word that this is the same node on other hardware */
export function firstBootPlan(
  facts: FirstBootFacts,
  { adopts }: { readonly adopts: boolean },
): FirstBootPlan {
  const { machine, record, enrolledOn, machineId, hostName } = facts;
  const formerly = record?.machine ?? enrolledOn;
  const isOther = machine !== undefined && formerly !== undefined && formerly !== machine;
  const isElsewhere = isOther && !adopts;
  const steps: Step[] = [];
  // What tells the copy is put aside with the rest: a boot that is cut off after that has to know it, too.
  if (isElsewhere && !record) steps.push({ kind: 'record', record: { machine: formerly }, isFormer: true });
  if (isElsewhere)
    for (const { folder, entries } of facts.nodeFolders)
      if (entries.length > 0) steps.push({ kind: 'move-aside', folder, entries });
  if (machineId === '' || isElsewhere) steps.push({ kind: 'machine-id', isAnew: machineId !== '' });
  if (facts.hasSshKeys === false || (facts.hasSshKeys && isElsewhere)) steps.push({ kind: 'ssh-keys' });
  const name = newName(facts, isElsewhere);
  if (name !== undefined) steps.push({ kind: 'host-name', name: name.name, former: hostName });
  if (isOther && adopts && enrolledOn !== undefined && enrolledOn !== machine)
    steps.push({ kind: 'adopt-enrolment', machine });
  const finalName = name?.name ?? hostName;
  // By what it is, not by who has just set it: a boot that was cut off may have. A card that was changed since is no other name.
  const isGiven =
    name?.isGiven ??
    (finalName === ruleName(facts.cards, machine ?? '') || (!isElsewhere && record?.givenName === hostName));
  const givenName = isGiven ? finalName : undefined;
  if (machine !== undefined && (record?.machine !== machine || record.givenName !== givenName))
    steps.push({
      kind: 'record',
      record: { machine, ...(givenName === undefined ? {} : { givenName }) },
      isFormer: false,
    });
  return { isElsewhere, steps };
}

/** A name for a machine that has none of its own; what an operator has named keeps its name, also on a copy. */
function newName(
  { hostName, wishedName, cards, machine, record }: FirstBootFacts,
  isElsewhere: boolean,
): { readonly name: string; readonly isGiven: boolean } | undefined {
  const isGivenElsewhere = isElsewhere && record?.givenName === hostName;
  if (!isDefaultName(hostName) && !isGivenElsewhere) return undefined;
  if (wishedName !== '') return wishedName === hostName ? undefined : { name: wishedName, isGiven: false };
  const name = ruleName(cards, machine ?? '');
  return name === undefined || name === hostName ? undefined : { name, isGiven: true };
}

/** What it does, in a line. @param aside the name of the folder that takes what is put aside */
export function stepText(step: Step, aside: string): string {
  switch (step.kind) {
    case 'move-aside':
      return `put aside, into ${step.folder}/${aside}: ${step.entries.join(', ')}`;
    case 'machine-id':
      return step.isAnew
        ? 'a new /etc/machine-id; what runs already has the former one until the next boot'
        : 'an /etc/machine-id';
    case 'ssh-keys':
      return 'new SSH host keys';
    case 'host-name':
      return `host name ${step.name}${step.former === '' ? '' : ` instead of ${step.former}`}`;
    case 'adopt-enrolment':
      return 'the enrolment in the tailnet is taken for that of this machine';
    case 'record':
      return step.isFormer
        ? 'it is written down from which machine this disk comes'
        : 'it is written down which machine this disk belongs to';
  }
}
