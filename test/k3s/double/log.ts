// The lines of k3s: logrus' text format on stderr, and klog's for what a kubelet says. One line a write, so that a kill never
// leaves half of one.
import { writeSync } from 'node:fs';

export type Level = 'debug' | 'info' | 'warning' | 'error' | 'fatal';

export function log(level: Level, text: string): void {
  const time = new Date().toISOString().replace(/\.\d+/, '');
  write(`time="${time}" level=${level} msg=${JSON.stringify(text)}\n`);
}

export const info = (text: string): void => log('info', text);
export const warn = (text: string): void => log('warning', text);
export const error = (text: string): void => log('error', text);

/** Says why and ends the process as logrus' Fatal does. */
export function fatal(text: string): never {
  log('fatal', text);
  process.exit(1);
}

/** A line as klog writes it. @param where as "kubelet_node_status.go:548" */
export function klog(severity: 'I' | 'W' | 'E', where: string, text: string): void {
  const now = new Date().toISOString();
  const stamp = `${now.slice(5, 7)}${now.slice(8, 10)} ${now.slice(11, 23)}000`;
  write(`${severity}${stamp} ${String(process.pid).padStart(7)} ${where}] ${text}\n`);
}

function write(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // Nobody reads any more: a pipe that is full or gone must not end a server.
  }
}

/** The message of whatever was thrown. */
export function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
