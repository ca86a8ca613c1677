// The command: measures ClusterOS's agents beside Serf's, row by row, and prints one Markdown table on standard output.
// Whatever it started or made is gone when it ends, also on Ctrl-C. Never touches what it did not make.
import { type Measure, runBench } from '../testbed/bench.ts';
import { say } from '../testbed/progress.ts';
import { Report } from '../testbed/report.ts';
import { type CommandLine, parseCommandLine, usage } from './command-line.ts';
import { nodeAgent } from './node-agent.ts';
import { missingForBench } from './requirements.ts';
import { serf } from './serf.ts';
import { Stage } from './stage.ts';

process.exitCode = await runBench<CommandLine>({
  usage,
  parse: parseCommandLine,
  missing: missingForBench,
  run,
});

/** @returns whether every row could be measured */
async function run({ rows, sizes, runs, withSerf, out }: CommandLine, measure: Measure): Promise<boolean> {
  const contenders = withSerf ? [nodeAgent, serf] : [nodeAgent];
  const report = await Report.begin(contenders, out);
  for (const row of rows) {
    report.table.beginRow();
    for (const size of row.sizesOf(sizes))
      for (const contender of contenders) {
        const what = `${row.name} with ${size} of ${contender.name}`;
        say(`${what}: ${row.about}`);
        const figures = await measure(what, leavings =>
          row.measure(new Stage(contender, size, runs, leavings)),
        );
        report.add(contender.name, size, row.about, figures);
      }
  }
  return report.end();
}
