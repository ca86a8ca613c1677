// `handed-settings`: takes what somebody has put on the CLUSTEROS partition of this stick or disk, key and settings, to its places, and wipes it
// there. Runs at each boot before all that reads them, and does nothing where there is no such partition. Never says what is in a file.
import { Command } from 'commander';
import { realHost } from '../integrations/host.ts';
import { BootError, exitCode, runProgram } from './ending.ts';
import { handedNames, partitionLabel, problemsFile } from './handed/files.ts';
import { findPartition } from './handed/find.ts';
import { handedFacts, takeHandedStep, withPartition } from './handed/machine.ts';
import { partitionAt } from './handed/partition.ts';
import { handedPlan, shown, stepText } from './handed/plan.ts';
import { Secrets } from './secrets.ts';
import { version } from './version.ts';

const program = new Command('handed-settings')
  .description(
    `Takes files from the FAT partition ${partitionLabel} of the disk that the running system is on: ${handedNames.join(', ')}. Each is checked, installed for root only, and then overwritten and deleted there; one with a mistake stays, and ${problemsFile} beside it says why. Other disks are never looked at.`,
  )
  .option('--dry-run', 'say what would be done, and change nothing')
  .version(version, '-V, --version', 'print the version of this program')
  .exitOverride()
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
Exit codes: 0 done, or nothing to do   1 failed: starting it again may help   2 usage   4 not permitted, or a file was refused`,
  );

const secrets = new Secrets();
const host = realHost();
const say = (line: string) => console.error(secrets.hide(line));

async function main(): Promise<number> {
  program.parse();
  const { dryRun = false } = program.opts<{ dryRun?: boolean }>();
  if (process.getuid?.() !== 0) throw new BootError(exitCode.refused, 'this needs root', 'run it with sudo');
  const device = await findPartition(host);
  if (device === undefined) {
    console.log(`nothing to do: the disk of this system has no partition ${partitionLabel}`);
    return exitCode.done;
  }
  return await withPartition(host, device.path, (folder, writable) =>
    takeAll(folder, dryRun ? undefined : writable),
  );
}

/** @param writable undefined where nothing is to be changed */
async function takeAll(folder: string, writable: (() => Promise<void>) | undefined): Promise<number> {
  const partition = partitionAt(folder);
  const { steps, taken, refused, unknown } = handedPlan(await handedFacts(host, partition, Date.now()));
  for (const { name, why, mend } of refused) {
    say(`not taken: ${shown(name)}: ${why}`);
    if (mend !== '') say(`hint: ${mend}`);
  }
  if (unknown.length > 0) say(`of no use here: ${unknown.map(name => shown(name)).join(', ')}`);
  if (steps.length === 0) console.log(`nothing to take from ${partitionLabel}`);
  else await writable?.();
  for (const step of steps) {
    if (writable !== undefined) await takeHandedStep(host, partition, step);
    console.log(`${writable === undefined ? 'would do: ' : ''}${stepText(step)}`);
  }
  if (writable !== undefined) for (const line of taken) console.log(`taken: ${shown(line, 200)}`);
  return refused.length > 0 ? exitCode.refused : exitCode.done;
}

await runProgram(main, secrets.hide);
