// Waits until this machine is on its tailnet: looks at the stage it has reached, again and again. Changes nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalApi, LocalApiError } from '../integrations/tailscale/local-api.ts';
import { type Stage, stageOf, stageOfTrouble } from '../integrations/tailscale/stage.ts';
import { boundAddresses } from './bound-addresses.ts';
import { BootError, exitCode } from './ending.ts';
import { stagePollMs, stageReminderMs } from './limits.ts';

/** Where this machine stands now. */
export async function lookAtStage(api: LocalApi): Promise<Stage> {
  try {
    const status = await api.status({ peers: false });
    return stageOf(status, await boundAddresses(status.Self?.TailscaleIPs ?? []));
  } catch (error) {
    if (error instanceof LocalApiError) return stageOfTrouble(error);
    throw error;
  }
}

export interface Wait {
  readonly timeoutMs: number;
  /** Tells each stage when it is reached, and again from time to time. */
  readonly onStage: (stage: Stage) => void;
}

/** Resolves with the stage `ready`. @throws BootError with the last stage and its mend, when the time is over */
export async function waitUntilReady(api: LocalApi, { timeoutMs, onStage }: Wait): Promise<Stage> {
  const startedAtMs = performance.now();
  let told: { readonly name: string; readonly atMs: number } | undefined;
  for (;;) {
    const stage = await lookAtStage(api);
    if (stage.name === 'ready') return stage;
    // Time does not mend it.
    if (stage.name === 'denied') throw new BootError(exitCode.refused, stage.text, stage.mend);
    const nowMs = performance.now();
    if (told?.name !== stage.name || nowMs - told.atMs >= stageReminderMs) {
      told = { name: stage.name, atMs: nowMs };
      onStage(stage);
    }
    const leftMs = startedAtMs + timeoutMs - nowMs;
    if (leftMs <= 0) {
      const seconds = Math.round(timeoutMs / 100) / 10;
      throw new BootError(exitCode.timedOut, `after ${seconds} s ${stage.text}`, stage.mend);
    }
    await sleep(Math.min(stagePollMs, leftMs));
  }
}
