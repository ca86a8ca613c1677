// The verbs of `clusterctl slurm`.
import type { Command } from 'commander';
import type { VerbTools } from './flags.ts';
import { timeoutMsDefault } from './limits.ts';
import { formats } from './output.ts';

/** Adds `slurm recovered`. */
export function addSlurmVerbs(program: Command, { withCommonFlags, requestFor, done }: VerbTools): void {
  const slurm = program.command('slurm').description('what SLURM itself does not tell');
  withCommonFlags(
    slurm
      .command('recovered')
      .description('jobs that were lost with the controller though sbatch had answered, and their new ids'),
    formats,
    timeoutMsDefault,
  ).action(async (_flags, command: Command) => {
    const request = requestFor(command, formats);
    const { recoveredJobs } = await import('./commands/recovered-jobs.ts');
    done(await recoveredJobs(request, 'slurm'));
  });
}
