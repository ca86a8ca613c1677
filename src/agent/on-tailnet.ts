// An agent on its tailnet: it listens where the tailnet has it, seeks members where the tailnet has devices of ours, and says which
// device it is. Keeps trying; decides nothing about members.
import type { Stage } from '../integrations/tailscale/stage.ts';
import type { TailnetWarning } from '../integrations/tailscale/warnings.ts';
import type { Agent } from './agent.ts';
import { moveRetryMs } from './limits.ts';
import { withDevice } from './member-devices.ts';
import { StartError } from './start-error.ts';
import type { TailnetLink, TailnetListener } from './tailnet-link.ts';
import { addressOf } from './view.ts';

/**
 * Has `agent` follow what `link` tells, until that is closed.
 * @param follows whether it goes where the tailnet has this machine; false when an operator has said where it listens
 */
export function followTailnet(
  link: TailnetLink,
  agent: Agent,
  {
    follows,
    port,
    setTimer,
  }: {
    readonly follows: boolean;
    readonly port: number;
    readonly setTimer: (delayMs: number, run: () => void) => () => void;
  },
): void {
  let wanted = '';
  // One move after the other: the last one that is wanted is the one that holds.
  let moving: Promise<void> = Promise.resolve();
  const move = (ip: string) => {
    moving = moving.then(async () => {
      if (ip !== wanted) return;
      const address = addressOf(ip, port);
      try {
        await agent.relocate(address);
      } catch (error) {
        if (!(error instanceof StartError)) throw error;
        agent.tellOfNetwork('tailnet.warned', error.message, 'error', { code: 'cannot-listen', address });
        setTimer(moveRetryMs, () => move(ip));
      }
    });
  };
  const told = new Set<string>();
  const listener: TailnetListener = {
    stage({ name, text, mend }: Stage) {
      const level = name === 'ready' ? 'info' : 'warn';
      agent.tellOfNetwork('tailnet.changed', mend === '' ? text : `${text}: ${mend}`, level, { stage: name });
    },
    address(ip) {
      wanted = ip;
      if (follows) move(ip);
    },
    device(stableId) {
      const former = agent.record(agent.options.id)?.capabilities ?? [];
      agent.describe({ capabilities: withDevice(former, stableId) });
    },
    peers: addresses => agent.seek(addresses),
    warnings(warnings) {
      const texts = warnings.map(warningText);
      for (const text of told) if (!texts.includes(text)) told.delete(text);
      for (const [at, { code, severity }] of warnings.entries()) {
        const text = texts[at] ?? '';
        if (told.has(text)) continue;
        told.add(text);
        const level = severity === 'error' ? 'error' : severity === 'warning' ? 'warn' : 'info';
        agent.tellOfNetwork('tailnet.warned', text, level, { code });
      }
    },
  };
  link.listen(listener);
}

function warningText({ text, mend }: TailnetWarning): string {
  return `${text}: ${mend}`;
}
