// The agent's log: pino JSON lines on stdout, one for each event. Never a secret: only events are logged, and their
// fields are chosen where they are made.
import { type Logger, pino } from 'pino';
import type { ClusterEvent } from './events.ts';

/** A logger; every line carries the node's name as `node`. */
export function openLog(node: string): Logger {
  return pino({
    base: { node },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
    redact: { paths: ['key', 'token.key', 'authkey', 'secret', 'clusterKey'], censor: '[redacted]' },
  });
}

/** Writes an event as one line. */
export function logEvent(log: Logger, { event, level, member, message, fields }: ClusterEvent): void {
  log[level]({ event, ...(member === '' ? {} : { member }), ...fields }, message);
}
