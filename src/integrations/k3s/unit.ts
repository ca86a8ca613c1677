// k3s as a service of this machine. With systemd it is a unit of ours, or an operator's own with a drop-in of ours; without, a process
// that outlives the agent. It is never waited for by systemd: a start with a bad token would wait for ever (k3s, install.sh:
// Type=notify, TimeoutStartSec=0). Nobody but the agent starts it again: what ended it decides whether that is of use.
import { textOf } from '../file-text.ts';
import type { Host, Outcome } from '../host.ts';
import { ServiceError } from '../service-error.ts';
import { hasSystemd } from '../systemd.ts';
import {
  appearPollMs,
  appearTimeoutMs,
  commandTimeoutMs,
  stopPollMs,
  stopTimeoutMs,
  wordLines,
} from './limits.ts';

export type Kind = 'server' | 'agent';

const unitOf = (kind: Kind) => (kind === 'server' ? 'k3s' : 'k3s-agent');
const mark = '# Written by ClusterOS.';
const pidFile = (kind: Kind) => `/run/clusteros/k3s-${kind}.pid`;
const logFile = (kind: Kind) => `/var/log/clusteros/k3s-${kind}.log`;
const processName = (kind: Kind) => `k3s-${kind}`;
/** It is there while the agent wants k3s to run: a unit that somebody has enabled is started by nobody else at boot, before or without the agent. */
const leaveFile = (kind: Kind) => `/run/clusteros/k3s-${kind}.may-start`;
const unitFolders = ['/etc/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system'];

/** Whether k3s runs as `kind` here, however it was started. */
export async function isRunning(host: Host, kind: Kind): Promise<boolean> {
  if (!(await hasSystemd(host)))
    return (await host.runningPid(pidFile(kind), processName(kind))) !== undefined;
  const { ActiveState = '' } = await shown(host, kind);
  return ['active', 'activating', 'reloading', 'deactivating'].includes(ActiveState);
}

/** What the k3s that was last started has said, the newest last; empty when nothing is known. */
export async function lastWords(host: Host, kind: Kind): Promise<string> {
  if (!(await hasSystemd(host))) {
    const text = await textOf(host, logFile(kind));
    return (text ?? '').trimEnd().split('\n').slice(-wordLines).join('\n');
  }
  const { InvocationID = '' } = await shown(host, kind);
  if (InvocationID === '') return '';
  const asked = [`_SYSTEMD_INVOCATION_ID=${InvocationID}`, `--lines=${wordLines}`, '--output=cat'];
  const { stdout } = await host.run('journalctl', [...asked, '--quiet', '--no-pager'], {
    timeoutMs: commandTimeoutMs,
  });
  return stdout;
}

async function shown(host: Host, kind: Kind): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await host.run(
    'systemctl',
    ['show', `${unitOf(kind)}.service`, '--property=ActiveState,InvocationID,MainPID'],
    { timeoutMs: commandTimeoutMs },
  );
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** Has k3s start, and waits only until it is there. @throws ServiceError when it cannot even be started */
export async function startK3s(host: Host, kind: Kind): Promise<void> {
  if (await isRunning(host, kind)) return;
  const program = await host.which('k3s');
  if (program === undefined) throw missingK3s();
  if (await hasSystemd(host)) await startUnit(host, kind, program);
  else await startProcess(host, kind, program);
}

async function startUnit(host: Host, kind: Kind, program: string): Promise<void> {
  const changed = await ensureUnit(host, kind, program);
  if (changed) await commanded(host, 'systemctl', ['daemon-reload']);
  await host.ensureFolder('/run/clusteros', { mode: 0o755 });
  await host.writeFile(leaveFile(kind), '', { mode: 0o644 });
  // A unit that has failed before counts its starts.
  await host.run('systemctl', ['reset-failed', `${unitOf(kind)}.service`], { timeoutMs: commandTimeoutMs });
  await commanded(host, 'systemctl', ['start', '--no-block', `${unitOf(kind)}.service`]);
}

/** The unit, where nobody has made one, and in any case our drop-in. Resolves with whether anything was written. */
async function ensureUnit(host: Host, kind: Kind, program: string): Promise<boolean> {
  const name = `${unitOf(kind)}.service`;
  const own = `/etc/systemd/system/${name}`;
  let changed = false;
  const write = async (path: string, text: string) => {
    if ((await textOf(host, path)) === text) return;
    await host.writeFile(path, text, { mode: 0o644 });
    changed = true;
  };
  const found = await Promise.all(unitFolders.map(folder => textOf(host, `${folder}/${name}`)));
  const others = found.some(each => each && !each.startsWith(mark));
  if (!others) await write(own, unitText(kind, program));
  await host.ensureFolder(`${own}.d`, { mode: 0o755 });
  await write(`${own}.d/10-clusteros.conf`, dropInText(kind));
  return changed;
}

const dropInText = (kind: Kind) => `${mark}
[Unit]
# Without the agent's settings k3s would found a cluster of its own.
ConditionPathExists=${leaveFile(kind)}
After=network-online.target wait-for-tailscale.service
[Service]
# The agent starts it again, once that is of use: a bad token is none.
Restart=no
`;

/** As k3s's own installer has it, but for what the drop-in says. */
function unitText(kind: Kind, program: string): string {
  return `${mark}
[Unit]
Description=Kubernetes (k3s ${kind}), kept by ClusterOS
Documentation=https://docs.k3s.io
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
# Containers go on while k3s is started anew.
KillMode=process
Delegate=yes
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=${program} ${kind}
`;
}

async function startProcess(host: Host, kind: Kind, program: string): Promise<void> {
  await host.ensureFolder('/run/clusteros', { mode: 0o755 });
  await host.ensureFolder('/var/log/clusteros', { mode: 0o750 });
  // What it says from now on is of this start.
  await host.rename(logFile(kind), `${logFile(kind)}.before`);
  await commanded(host, 'start-stop-daemon', [
    ...['--start', '--background', '--make-pidfile', '--pidfile', pidFile(kind)],
    ...['--output', logFile(kind), '--startas', program, '--', kind],
  ]);
  for (let waitedMs = 0; waitedMs < appearTimeoutMs; waitedMs += appearPollMs) {
    if (await isRunning(host, kind)) return;
    await host.pause(appearPollMs);
  }
}

/** Ends k3s, and with `containers` all that it runs. Resolves once it has ended. @throws ServiceError when it does not */
export async function stopK3s(
  host: Host,
  kind: Kind,
  { containers }: { readonly containers: boolean },
): Promise<void> {
  if (await hasSystemd(host)) {
    await host.removeFile(leaveFile(kind));
    await host.run('systemctl', ['stop', '--no-block', `${unitOf(kind)}.service`], {
      timeoutMs: commandTimeoutMs,
    });
  } else {
    const pid = await host.runningPid(pidFile(kind), processName(kind));
    if (pid !== undefined) await host.signal(pid, 'SIGTERM');
  }
  for (let waitedMs = 0; await isRunning(host, kind); waitedMs += stopPollMs) {
    if (waitedMs >= stopTimeoutMs)
      throw new ServiceError(
        'k3s-does-not-end',
        false,
        `k3s ${kind} does not end: is its disk hanging?`,
        true,
      );
    await host.pause(stopPollMs);
  }
  if (!containers) return;
  // Containers have a slice of their own, which goes on without what watches them (kubernetes.io, cgroup v2).
  if (await hasSystemd(host))
    for (const each of [`${unitOf(kind)}.service`, 'kubepods.slice'])
      await host.run('systemctl', ['kill', '--kill-who=all', '--signal=SIGKILL', each], {
        timeoutMs: commandTimeoutMs,
      });
  const killAll = await host.which('k3s-killall.sh');
  if (killAll !== undefined) await runFreely(host, 'killall', [killAll], stopTimeoutMs);
}

/** Runs a program to its end without what the agent's own unit forbids it, such as to unmount; never two of one `name` at once. */
export async function runFreely(
  host: Host,
  name: string,
  [program = '', ...args]: readonly string[],
  timeoutMs: number,
): Promise<Outcome> {
  if (!(await hasSystemd(host))) return host.run(program, args, { timeoutMs });
  const unit = ['--quiet', '--collect', '--wait', '--pipe', `--unit=clusteros-k3s-${name}`];
  const path = program.startsWith('/') ? program : ((await host.which(program)) ?? program);
  return host.run('systemd-run', [...unit, '--', path, ...args], { timeoutMs });
}

/** Takes away what ClusterOS has written for systemd. */
export async function forgetUnit(host: Host, kind: Kind): Promise<void> {
  const own = `/etc/systemd/system/${unitOf(kind)}.service`;
  if ((await textOf(host, own))?.startsWith(mark)) await host.removeFile(own);
  await host.removeFile(`${own}.d/10-clusteros.conf`);
  if (await hasSystemd(host)) await host.run('systemctl', ['daemon-reload'], { timeoutMs: commandTimeoutMs });
}

export function missingK3s(): ServiceError {
  return new ServiceError(
    'k3s-missing',
    true,
    'k3s is not installed: put its binary into /usr/local/bin (github.com/k3s-io/k3s/releases), then "systemctl restart node-agent"',
  );
}

async function commanded(host: Host, program: string, args: readonly string[]): Promise<void> {
  const { exitCode, stderr, stdout } = await host.run(program, args, { timeoutMs: commandTimeoutMs });
  if (exitCode === 0) return;
  const said = `${stderr}${stdout}`.trim();
  throw new ServiceError('unexpected', false, `${program} ${args[0] ?? ''} failed: ${said}`);
}
