// Who has the role of the controller, as one host's agent sees it.
import { clusterctl } from './agent-host.ts';
import type { Host } from './host.ts';
import { type WaitOptions, waitFor } from './wait-for.ts';

interface Row {
  readonly name: string;
  readonly state: string;
  readonly services: readonly { readonly role: string; readonly state: string }[];
}

export interface ControllerOptions extends Partial<Omit<WaitOptions, 'what'>> {
  /** Somebody else than this one. */
  readonly except?: string;
}

/**
 * Waits for a controller that is alive and ready, and gives its name. It is never asked for in passing: a controller that follows a
 * change (one member less, another port) is for a moment not ready, and what a dead one said last still stands beside its name.
 */
export function controllerSeenBy(on: Host, { except, ...options }: ControllerOptions = {}): Promise<string> {
  const look = async () =>
    ((await clusterctl(on, ['members'])) as Row[]).find(
      ({ name, state, services }) =>
        name !== except &&
        state === 'alive' &&
        services.some(each => each.role === 'controller' && each.state === 'ready'),
    )?.name;
  const what = except === undefined ? 'a controller' : `another controller than ${except}`;
  return waitFor(look, { timeoutMs: 20_000, what, ...options });
}
