// `node-agent recover --from-this-node`: makes a new cluster of what this node knows, when a majority of the voters is
// gone for good. Offline; copies the log first; the other nodes come over by themselves once nobody leads them.
import { randomBytes } from 'node:crypto';
import { cp, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { planRecovery, type RecoveryPlan } from '../../election/recovery.ts';
import type { Config } from '../config.ts';
import { openLogIn } from '../data-folder.ts';
import { peekIdentity } from '../identity.ts';
import { exitCode, StartError } from '../start-error.ts';

export interface RecoverFlags {
  readonly dryRun: boolean;
  readonly yes: boolean;
}

/** Recovers. @param say told each line for the operator */
export async function recover(
  { values }: Config,
  { dryRun, yes }: RecoverFlags,
  say: (line: string) => void,
): Promise<void> {
  const { dataDir } = values;
  const identity = await peekIdentity(dataDir);
  if (!identity)
    throw new StartError(
      `data folder ${dataDir} holds no node: name the right one with --data-dir`,
      exitCode.usage,
    );
  const planned = await planIn(dataDir, identity.id);
  for (const line of textOf(planned, identity.id)) say(line);
  if (dryRun) {
    say('Nothing was changed.');
    return;
  }
  await confirm(planned.state.clusterName, yes);
  const kept = await copyLog(dataDir);
  say(`The log as it was is in ${kept}.`);
  const log = await openLogIn(dataDir);
  try {
    await log.load();
    await log.save(planned.save);
  } finally {
    await log.close();
  }
  say(
    `Cluster ${planned.state.clusterName} is ${planned.state.clusterId} from now on. Start the agent of this node first;`,
  );
  say(
    'then start the others: once nobody leads them they give up the old cluster by themselves and join this one.',
  );
}

async function planIn(dataDir: string, id: string): Promise<RecoveryPlan> {
  const log = await openLogIn(dataDir);
  try {
    return planRecovery(await log.load(), id, randomBytes(16).toString('hex'), Date.now());
  } catch (error) {
    if (error instanceof StartError || (error as Error).name === 'LogStoreError') throw error;
    throw new StartError((error as Error).message, exitCode.usage);
  } finally {
    await log.close();
  }
}

function textOf({ state, undecided, lastIndex }: RecoveryPlan, id: string): string[] {
  const others = Object.values(state.nodes).filter(node => node.id !== id);
  const former = state.recoveries.at(-1)?.formerId ?? '';
  const running = state.operations.filter(({ outcome }) => outcome === 'running').length;
  const names = others
    .map(({ name }) => name)
    .sort()
    .join(', ');
  return [
    `Cluster ${state.clusterName} (${former}), as ${state.nodes[id]?.name ?? id} knows it:`,
    `  ${lastIndex} entries, ${undecided} of them not known to be decided; these are taken, too.`,
    `  ${Object.keys(state.nodes).length} nodes${names === '' ? '' : `: this one and ${names}`}.`,
    `  ${state.grants.length} grants, ${running} operations under way, ${Object.keys(state.secrets).length} secrets.`,
    'Recovering makes a new cluster of it, with this node as its only voter. What others decided and this node',
    'never heard of is lost. Do this only when a majority of the voters is gone for good, and on one node only.',
  ];
}

async function confirm(clusterName: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY)
    throw new StartError(
      'nothing was done, because nobody can be asked: add --yes, or look with --dry-run',
      exitCode.usage,
    );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Type the name of the cluster (${clusterName}) to go on: `);
  terminal.close();
  if (answer.trim() !== clusterName) throw new StartError('nothing was done');
}

/** Copies the log's folder beside it, durably. Returns where. */
async function copyLog(dataDir: string): Promise<string> {
  const kept = join(dataDir, `log.before-recovery-${new Date().toISOString().replace(/[:.]/g, '-')}`);
  try {
    await cp(join(dataDir, 'log'), kept, { recursive: true, errorOnExist: true, force: false });
    const folder = await open(dataDir, 'r');
    await folder.sync();
    await folder.close();
  } catch (error) {
    throw new StartError(
      `the log could not be copied to ${kept} (${(error as Error).message}): nothing was changed`,
    );
  }
  return kept;
}
