// Who runs this machine.
import { textOf } from './file-text.ts';
import type { Host } from './host.ts';

/** True where systemd runs it. */
export async function hasSystemd(host: Host): Promise<boolean> {
  return (await textOf(host, '/proc/1/comm'))?.trim() === 'systemd';
}
