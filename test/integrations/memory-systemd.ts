// A machine in memory that systemd runs.
import type { MemoryHost } from './memory-host.ts';

/** A systemd that masks, and remembers whether slurm.conf was there by then. */
export function withSystemd(host: MemoryHost): string[] {
  const calls: string[] = [];
  host.put('/proc/1/comm', 'systemd\n');
  // What is started as a unit of its own is started all the same.
  host.programs.set('systemd-run', (args, on, input) => {
    const [program = '', ...rest] = args.slice(args.indexOf('--') + 1);
    return on.programs.get(program)?.(rest, on, input) ?? { exitCode: 1 };
  });
  host.programs.set('systemctl', ([verb = '', ...units]) => {
    calls.push(
      `${verb} ${units.join(' ')}, slurm.conf ${host.text('/etc/slurm/slurm.conf') === '' ? 'absent' : 'there'}`,
    );
    for (const unit of units) {
      if (verb === 'mask') host.put(`/etc/systemd/system/${unit}`, '');
      else host.files.delete(`/etc/systemd/system/${unit}`);
    }
    return {};
  });
  return calls;
}
