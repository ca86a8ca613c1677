// k3s does not start on a clock that was never set.
import { control } from './control.ts';
import { fatal } from './log.ts';

/** Before it a clock was never set. */
const floorMs = Date.parse('1980-01-01T00:00:00Z');

/** Ends the process as k3s does when the clock, or what the control file says of it, is before 1980. */
export function mustHaveTime(): void {
  const now = control().now ?? new Date().toISOString();
  if (Date.parse(now) >= floorMs) return;
  const [date, time = ''] = now.replace(/(\.\d+)?Z$/, '').split('T');
  fatal(`Error: server time isn't set properly: ${date} ${time}.292512 +0000 UTC m=+0.101`);
}
