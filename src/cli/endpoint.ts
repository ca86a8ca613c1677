// Where the agent is asked: a unix socket on this machine. Must never accept an address that would be spoken to in the clear.
import { CliError, exitCode } from './exit.ts';
import { socketPathBytesMax } from './limits.ts';

/** The socket of an agent that systemd runs. */
export const endpointDefault = 'unix:/run/clusteros/agent.sock';

/** `text` when it is `unix:PATH`. @throws CliError (usage) with the mend otherwise */
export function endpointFrom(text: string): string {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    const bytes = Buffer.byteLength(path);
    if (bytes === 0) throw new CliError(exitCode.usage, `endpoint "${text}" names no socket`, shape);
    if (bytes > socketPathBytesMax) {
      throw new CliError(
        exitCode.usage,
        `endpoint "${text}" is too long: the path of a socket holds ${socketPathBytesMax} bytes, this one has ${bytes}`,
        'make a shorter symbolic link to its folder and name the socket through that',
      );
    }
    return text;
  }
  if (text.includes('/')) {
    throw new CliError(exitCode.usage, `endpoint "${text}" lacks its kind`, `did you mean "unix:${text}"?`);
  }
  const [, host] = /^(.+):\d+$/.exec(text) ?? [];
  if (host !== undefined) {
    throw new CliError(
      exitCode.usage,
      `endpoint "${text}": remote administration is not built yet`,
      `run clusterctl on that machine: ssh root@${host.replace(/^\[|\]$/g, '')} clusterctl status`,
    );
  }
  throw new CliError(exitCode.usage, `endpoint "${text}" is neither unix:PATH nor HOST:PORT`, shape);
}

const shape = `the agent of this machine is at ${endpointDefault}, which is also the default`;
