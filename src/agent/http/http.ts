// What the agent serves over HTTP: /metrics for Prometheus, /healthz for whoever restarts it. Read-only, and without a
// password: never a secret, never the name of a member.
import type { Config } from '../config.ts';
import { StartError } from '../start-error.ts';
import { linePage, listenHttp, type Page } from './listener.ts';
import type { Measured } from './metrics.ts';

export interface Http {
  /** Answers from now on for this agent; until then both pages say 503. */
  serve(measured: Measured): void;
  close(): void;
}

/**
 * Listens as the settings `http.enabled` and `http.bind` say; undefined when nothing is served.
 * @param warn told why `auto` serves nothing
 * @throws StartError when it is switched on and the address cannot be had
 */
export async function openHttp(
  values: Pick<Config['values'], 'http.enabled' | 'http.bind'>,
  warn: (why: string) => void,
): Promise<Http | undefined> {
  const enabled = values['http.enabled'];
  if (enabled === false) return undefined;
  const starting = async () => linePage(503, 'starting');
  let metrics: () => Promise<Page> = starting;
  let health: () => Promise<Page> = starting;
  try {
    const { close } = await listenHttp(values['http.bind'], {
      '/metrics': () => metrics(),
      '/healthz': () => health(),
    });
    const { metricsOf } = await import('./metrics.ts');
    return {
      serve(measured) {
        const registry = metricsOf(measured);
        metrics = async () => ({
          ...{ status: 200, type: registry.contentType, body: await registry.metrics() },
        });
        health = async () => linePage(200, 'ok');
      },
      close,
    };
  } catch (error) {
    if (enabled === true || !(error instanceof StartError)) throw error;
    warn(error.message);
    return undefined;
  }
}
