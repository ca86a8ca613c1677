// A machine in memory on which systemd runs k3s: `systemctl` and `journalctl` as far as ClusterOS asks them.
import type { MemoryK3s, MemoryMachine } from '../memory-k3s.ts';

const kindOf = (unit: string) => (unit.startsWith('k3s-agent') ? 'agent' : 'server');
const logOf = (kind: string) => `/var/log/clusteros/k3s-${kind}.log`;

const dropInOf = (unit: string) => `/etc/systemd/system/${unit}.d/10-clusteros.conf`;
const leave = (kind: string) => `/run/clusteros/k3s-${kind}.may-start`;

/** Resolves with every call of systemctl, in order. */
export function withK3sUnits(world: MemoryK3s, machine: MemoryMachine): string[] {
  const { host } = machine;
  const calls: string[] = [];
  let invocations = 0;
  host.put('/proc/1/comm', 'systemd\n');
  host.programs.delete('start-stop-daemon');
  host.programs.set('systemctl', args => {
    calls.push(args.join(' '));
    world.advance();
    const [verb = ''] = args;
    const kind = kindOf(args.find(each => each.endsWith('.service')) ?? '');
    const runs = machine.life?.kind === kind;
    switch (verb) {
      case 'show':
        return {
          stdout: `ActiveState=${runs ? 'active' : 'inactive'}\nInvocationID=${host.text(logOf(kind)) === '' && !runs ? '' : `${kind}-${invocations}`}\nMainPID=${machine.life?.pid ?? 0}\n`,
        };
      case 'start':
        if (
          host.text(dropInOf(args.at(-1) ?? '')).includes('ConditionPathExists=/run/') &&
          !host.files.has(leave(kind))
        )
          return {};
        if (
          host.text(`/etc/systemd/system/${args.at(-1)}`) === '' &&
          host.text(`/usr/lib/systemd/system/${args.at(-1)}`) === ''
        )
          return { exitCode: 5, stderr: `Failed to start ${args.at(-1)}: Unit not found.\n` };
        invocations += 1;
        host.put(logOf(kind), '');
        if (!runs) world.begin(machine, kind, `/run/${kind}.pid`);
        return {};
      case 'stop':
        if (runs && !machine.habits.hangs) world.kill(machine);
        return {};
      default:
        return {};
    }
  });
  host.programs.set('systemd-run', args => {
    calls.push(`systemd-run ${args.join(' ')}`);
    const [path = '', ...rest] = args.slice(args.indexOf('--') + 1);
    return host.programs.get(path.split('/').at(-1) ?? '')?.(rest, host, '') ?? { exitCode: 127 };
  });
  host.programs.set('journalctl', args => {
    world.advance();
    const invocation = args.find(each => each.startsWith('_SYSTEMD_INVOCATION_ID='))?.split('=')[1] ?? '';
    return { stdout: host.text(logOf(invocation.split('-')[0] ?? '')) };
  });
  return calls;
}
