// `cluster-os-install`: puts the system that runs here, from a stick, on a disk of this machine that then starts without it. Looks first,
// refuses what may be missed, and asks. `--check-only` and `--dry-run` load nothing that could erase.
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { realHost } from '../integrations/host.ts';
import { BootError, exitCode, runProgram } from './ending.ts';
import { sizeText } from './install/block-devices.ts';
import { isLasting, type Wish, wishFrom } from './install/content.ts';
import { busyGraceMs } from './install/limits.ts';
import { disksOf, lookAtDisk, lookAtMachine, rehearsalFrom, rehearsalVariable } from './install/look.ts';
import { agreedInside, agreedOf, holdDisk, runInside } from './install/namespace.ts';
import {
  chosenDisk,
  consentFor,
  contentText,
  type DiskFacts,
  deviceText,
  diskRefusals,
  installSteps,
  isItsName,
  listText,
  type MachineFacts,
  machineRefusals,
  requiredBytes,
  stepText,
} from './install/plan.ts';
import { Secrets } from './secrets.ts';
import { version } from './version.ts';

interface Flags {
  readonly disk?: string;
  readonly auto?: boolean;
  readonly list?: boolean;
  readonly checkOnly?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const program = new Command('cluster-os-install')
  .description(
    'Installs the system that runs here, from a stick, to a disk of this machine: it then starts by EFI or BIOS without the stick. Settings and keys of /etc/clusteros go along, identities do not: the disk becomes a node of its own. All that is on the disk is erased.',
  )
  .argument('[DEVICE]', 'the disk, such as /dev/nvme0n1')
  .option(
    '--disk <NAME>',
    'the disk by what stays with it: serial:NUMBER, or by-id:NAME as in /dev/disk/by-id',
  )
  .option(
    '--auto',
    'the one blank disk that cannot be pulled, is large enough and is not the one this runs from; refuses where there is none or more than one',
  )
  .option('--list', 'the disks of this machine, and why each would be refused')
  .option('--check-only', 'say whether the disk would be taken, with all reasons against it')
  .option('--dry-run', 'say what would be done, and change nothing')
  .option('--yes', 'do not ask. A disk with something on it has to be named by --disk then')
  .version(version, '-V, --version', 'print the version of this program')
  .exitOverride()
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
Examples:
  cluster-os-install --list
  cluster-os-install /dev/nvme0n1                     asks, and says what would be lost
  cluster-os-install --auto --yes                     for racks without a console: only a disk that is blank
  cluster-os-install --disk serial:S4EWNX0R --yes     erases what is there

Exit codes: 0 done   1 failed: running it again begins anew   2 usage   4 refused, with the reason   130 interrupted`,
  );

const secrets = new Secrets();
const host = realHost();
const rehearsal = () => rehearsalFrom(process.env[rehearsalVariable]);

async function main(): Promise<number> {
  const agreed = agreedInside();
  if (agreed !== undefined) return await inside(agreed);
  program.parse();
  const flags = program.opts<Flags>();
  const { machine, byId } = await lookAtMachine(host, rehearsal());
  if (flags.list) {
    console.log(listText(await lookAtAll(machine), machine));
    return exitCode.done;
  }
  const wish = wishFrom(program.args[0], flags.disk, flags.auto === true);
  for (const refusal of machineRefusals(machine).slice(0, flags.checkOnly ? 0 : 1))
    throw new BootError(exitCode.refused, refusal.why, refusal.mend);
  const all = await lookAtAll(machine);
  const device = chosenDisk(wish, all, machine, byId);
  const disk = await lookAtDisk(host, device, busyGraceMs);
  const refusals = diskRefusals(disk, machine);
  if (flags.checkOnly) return check(disk, [...machineRefusals(machine), ...refusals]);
  if (refusals[0]) throw new BootError(exitCode.refused, refusals[0].why, refusals[0].mend);
  if (flags.dryRun) {
    console.log(planText(disk, machine));
    return exitCode.done;
  }
  const lock = await holdDisk(device);
  await agree(disk, machine, wish, flags.yes === true);
  try {
    return await runInside(host, agreedOf(device));
  } finally {
    lock.close();
  }
}

async function lookAtAll(machine: MachineFacts): Promise<readonly DiskFacts[]> {
  return await Promise.all(disksOf(machine).map(each => lookAtDisk(host, each)));
}

function check({ device, content }: DiskFacts, refusals: ReturnType<typeof diskRefusals>): number {
  console.log(`${deviceText(device)}: ${contentText(content)}`);
  for (const { why, mend } of refusals) console.log(`refused: ${why}\n  ${mend}`);
  if (refusals.length > 0) return exitCode.refused;
  console.log('nothing speaks against it');
  return exitCode.done;
}

function planText(disk: DiskFacts, machine: MachineFacts): string {
  const steps = installSteps(machine, disk.content);
  return [
    `disk: ${deviceText(disk.device)}`,
    `on it now, and lost then: ${contentText(disk.content)}`,
    `the system takes ${sizeText(machine.usedBytes)}; ${sizeText(requiredBytes(machine.usedBytes))} are needed at the least`,
    ...steps.map((step, index) => `${index + 1}. ${stepText(step, disk.device.path)}`),
  ].join('\n');
}

/** @throws BootError unless somebody who may has agreed */
async function agree(disk: DiskFacts, machine: MachineFacts, wish: Wish, saysYes: boolean): Promise<void> {
  const consent = consentFor(disk.content, wish, saysYes, machine.system.isKnown);
  console.error(planText(disk, machine));
  if (consent === 'none') return;
  if (!process.stdin.isTTY)
    throw new BootError(
      exitCode.usage,
      'nobody is there to be asked',
      consent === 'yes' || isLasting(wish)
        ? 'say --yes, or --dry-run to see what it would do'
        : 'name the disk by --disk serial:NUMBER or by-id:NAME, and say --yes',
    );
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  const { name, serial } = disk.device;
  const question =
    consent === 'yes'
      ? 'Go on? [y/N] '
      : `All of that will be lost. To go on, type the name of the disk (${name}${serial === '' ? '' : `) or its serial number (${serial}`}): `;
  const answer = await asked.question(question);
  asked.close();
  const agrees = consent === 'yes' ? /^y(es)?$/i.test(answer.trim()) : isItsName(answer, disk.device);
  if (!agrees) throw new BootError(exitCode.failed, 'nothing was changed', '');
}

/** The part that erases, in its namespaces. Looks again: what was true when the question was asked may not be any more. */
async function inside(agreed: ReturnType<typeof agreedOf>): Promise<number> {
  const { Journal } = await import('./install/journal.ts');
  const journal = new Journal(host, secrets.hide);
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)
    process.on(name, () => {
      console.error(
        `error: ended by ${name} at step "${journal.step}"\nhint: the disk is unfinished; run the same command again: it begins anew`,
      );
      journal.note(`ended by ${name}`);
      journal.keep();
      // What runs ends with this process, the first of its namespace, and so do its mounts.
      process.exit(code);
    });
  const { machine } = await lookAtMachine(host, rehearsal());
  const device = machine.devices.find(({ path }) => path === agreed.path);
  const isSame = device !== undefined && JSON.stringify(agreedOf(device)) === JSON.stringify(agreed);
  if (!isSame)
    throw new BootError(
      exitCode.refused,
      `${agreed.path} is another disk than a moment ago`,
      'look at "lsblk"',
    );
  const disk = await lookAtDisk(host, device, busyGraceMs);
  const [refusal] = [...machineRefusals(machine), ...diskRefusals(disk, machine)];
  if (refusal) throw new BootError(exitCode.refused, refusal.why, refusal.mend);
  const { install } = await import('./install/work.ts');
  const steps = installSteps(machine, disk.content);
  journal.note(`cluster-os-install ${version}, ${new Date().toISOString()}`);
  for (const line of planText(disk, machine).split('\n')) journal.note(line);
  await install(host, journal, device.path, machine, steps, rehearsal());
  console.log(doneText(device.path));
  return exitCode.done;
}

function doneText(path: string): string {
  return [
    `${path} is finished: take the stick out, and start this machine anew ("systemctl reboot").`,
    'It comes up as a node of its own: new machine-id, SSH host keys and node identity; it signs in to the tailnet with /etc/clusteros/tailscale.env',
    '(a single-use key that this stick has signed in with is spent: give the disk another one). "node-agent doctor" says what is missing then.',
    'The log is /var/log/cluster-os-install.log on the disk.',
  ].join('\n');
}

await runProgram(main, secrets.hide);
