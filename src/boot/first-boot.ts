// `first-boot`: makes of a disk this machine, once: machine-id, SSH host keys, host name; and notices when the disk was in another
// machine before. Does nothing on every later boot. Never deletes.
import { Command } from 'commander';
import { realHost } from '../integrations/host.ts';
import { exitCode, runProgram } from './ending.ts';
import { asideName, firstBootFacts, refuseWhileInUse, takeStep } from './first-boot-machine.ts';
import { firstBootPlan, stepText } from './first-boot-plan.ts';
import { version } from './version.ts';

const program = new Command('first-boot')
  .description(
    'Makes of a disk this machine, once: machine-id, SSH host keys, a host name where it has none of its own. A disk that was in another machine before joins as a new node: what it was there is put aside.',
  )
  .option('--dry-run', 'say what would be done, and change nothing')
  .option('--adopt', 'this is the same node on other hardware: it stays what it is')
  .version(version, '-V, --version', 'print the version of this program')
  .exitOverride()
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
The host name is that of node.yaml ("name") or TAILSCALE_HOSTNAME of tailscale.env, else "node-" and the end of the address of the
first network card; only where it is still one of an image, such as "debian" or "localhost".

Exit codes: 0 done, or nothing to do   1 failed: starting it again may help   2 usage   4 not permitted`,
  );

async function main(): Promise<number> {
  program.parse();
  const { dryRun = false, adopt = false } = program.opts<{ dryRun?: boolean; adopt?: boolean }>();
  const host = realHost();
  const say = (line: string) => console.error(line);
  const facts = await firstBootFacts(host, say);
  const plan = firstBootPlan(facts, { adopts: adopt });
  const aside = asideName(Date.now(), facts);
  if (facts.machine === undefined)
    say('this hardware has no number of its own: a copy of this disk will not be told from it');
  if (plan.isElsewhere)
    say(
      'this disk was in another machine before: it becomes a new node (if it is the same node on other hardware, put back what is put aside, and run "first-boot --adopt")',
    );
  if (plan.steps.length === 0)
    console.log(
      facts.machine === undefined
        ? `nothing to do on ${facts.hostName}`
        : `nothing to do: this disk belongs to this machine, ${facts.hostName}`,
    );
  if (!dryRun) await refuseWhileInUse(host, plan);
  for (const step of plan.steps) {
    if (!dryRun) await takeStep(host, step, aside, say);
    console.log(`${dryRun ? 'would do: ' : ''}${stepText(step, aside)}`);
  }
  return exitCode.done;
}

await runProgram(main);
