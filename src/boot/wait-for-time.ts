// `wait-for-time`: holds the boot up until the clock can be right, for a while. Sets the clock when told so, and forward only.
import { Command } from 'commander';
import { realHost } from '../integrations/host.ts';
import { defaultClockFile } from './clock.ts';
import { exitCode, runProgram, timeoutMsFrom } from './ending.ts';
import { timeTimeoutMsDefault } from './limits.ts';
import { saveTime, throughTimeGate } from './time-gate.ts';
import { version } from './version.ts';

const program = new Command('wait-for-time')
  .description(
    'Returns when the clock can be right: a time server was heard, or the clock of the hardware has the time and it was never later on this disk. After the timeout the boot goes on all the same, with a warning.',
  )
  .option('--set', 'put a clock that is behind forward to the latest time that this disk knows of')
  .option('--save', 'write down how late it is, and end: for when the machine goes down')
  .option('--timeout <DURATION>', 'such as 30s or 2m', `${timeTimeoutMsDefault / 1000}s`)
  .option('--clock-file <FILE>', 'where it is written down how late it was', defaultClockFile)
  .version(version, '-V, --version', 'print the version of this program')
  .exitOverride()
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
Exit codes: 0 go on (a warning says when the clock is wrong), 1 failed, 2 usage, 4 not permitted to write the file.`,
  );

async function main(): Promise<number> {
  program.parse();
  const flags = program.opts<{ set?: boolean; save?: boolean; timeout: string; clockFile: string }>();
  const { clockFile, set = false, save = false } = flags;
  const host = realHost();
  if (save) {
    await saveTime(host, Date.now(), clockFile);
    return exitCode.done;
  }
  const line = await throughTimeGate({
    ...{ host, clockFile, sets: set, timeoutMs: timeoutMsFrom(flags.timeout) },
    ownFiles: [import.meta.filename, process.execPath],
    wallMs: () => Date.now(),
    steadyMs: () => performance.now(),
    say: text => console.error(text),
  });
  console.log(line);
  if (set) await saveTime(host, Date.now(), clockFile);
  return exitCode.done;
}

await runProgram(main);
