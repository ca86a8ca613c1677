// The command: measures three of ClusterOS's agents beside three of etcd, row by row, and prints one Markdown table on
// standard output. Whatever it started or made is gone when it ends, also on Ctrl-C.
import { type Measure, runBench } from '../testbed/bench.ts';
import { say } from '../testbed/progress.ts';
import { Report } from '../testbed/report.ts';
import { type CommandLine, parseCommandLine, usage } from './command-line.ts';
import { etcd } from './etcd.ts';
import { memberCount } from './limits.ts';
import { nodeAgent } from './node-agent.ts';
import { missingForBench } from './requirements.ts';
import { Stage } from './stage.ts';

process.exitCode = await runBench<CommandLine>({
  usage,
  parse: parseCommandLine,
  missing: missingForBench,
  run,
});

/** @returns whether every row could be measured */
async function run({ rows, runs, withEtcd, out }: CommandLine, measure: Measure): Promise<boolean> {
  const contenders = withEtcd ? [nodeAgent, etcd] : [nodeAgent];
  const report = await Report.begin(contenders, out);
  for (const row of rows) {
    report.table.beginRow();
    for (const contender of contenders) {
      const what = `${row.name} of ${contender.name}`;
      say(`${what}: ${row.about}`);
      const figures = await measure(what, leavings => row.measure(new Stage(contender, runs, leavings)));
      report.add(contender.name, memberCount, row.about, figures);
    }
  }
  return report.end();
}
