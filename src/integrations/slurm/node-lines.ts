// What scontrol says of nodes, a line for each: how it is read, and the mark that ClusterOS leaves there. Pure.

/** A node as slurmctld has it. */
export interface SlurmNode {
  readonly name: string;
  /** SLURM's words for its state, in small letters: the state, then flags such as `drain`. */
  readonly words: readonly string[];
  readonly reason: string;
  /** Id of the member it is of; empty when ClusterOS has not marked it. */
  readonly member: string;
  readonly features: readonly string[];
  /** Such as `gpu:nvidia:2`; empty for none. */
  readonly gres: string;
  readonly memoryMib: number;
  readonly address: string;
}

const memberMark = 'clusteros:';

/** What a node of the member `id` carries as its comment. */
export function commentOf(id: string): string {
  return `${memberMark}${id}`;
}

/** The nodes in the output of `scontrol --oneliner show nodes`; lines without a name are none. */
export function nodesFrom(text: string): SlurmNode[] {
  return text.split('\n').flatMap(line => {
    const name = /^NodeName=(\S+)/.exec(line)?.[1];
    if (name === undefined) return [];
    const words = (/\bState=(\S+)/.exec(line)?.[1] ?? '').toLowerCase().split('+');
    const reason = /\bReason=(.*?) \[[^\]]*@[^\]]*\]/.exec(line)?.[1] ?? '';
    const comment = /\bComment=(\S+)/.exec(line)?.[1] ?? '';
    const member = comment.startsWith(memberMark) ? comment.slice(memberMark.length) : '';
    const features = wordIn(line, 'AvailableFeatures')
      .split(',')
      .filter(each => each !== '');
    const memoryMib = Number(wordIn(line, 'RealMemory'));
    const what = { features, gres: wordIn(line, 'Gres'), memoryMib, address: wordIn(line, 'NodeAddr') };
    return [{ name, words, reason, member, ...what }];
  });
}

/** The value of a key in a line of scontrol; empty where SLURM says that there is none. */
export function wordIn(line: string, key: string): string {
  const word = new RegExp(`(?:^| )${key}=(\\S*)`).exec(line)?.[1] ?? '';
  return word === '(null)' ? '' : word;
}
