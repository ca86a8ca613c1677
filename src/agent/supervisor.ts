// What this process tells the service manager that started it (sd_notify(3)): that it is ready, how it stands, and that its event loop
// turns. Node has no datagram sockets of the file system, so systemd-notify(1) carries it; the unit needs NotifyAccess=all.
import { execFile } from 'node:child_process';
import { notifyRetryMs, notifyTimeoutMs, watchdogShare } from './limits.ts';

export interface Supervisor {
  /** Others may start what waits for this. */
  ready(): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  close(): void;
}

/** Nobody started this process who would listen. */
const nobody: Supervisor = { ready: () => {}, status: () => {}, close: () => {} };

/** @param onTrouble told in words when systemd could not be told, once */
export function supervisorFrom(
  { NOTIFY_SOCKET, WATCHDOG_USEC }: Readonly<Record<string, string | undefined>>,
  onTrouble: (why: string) => void,
): Supervisor {
  if (!NOTIFY_SOCKET) return nobody;
  let isTroubled = false;
  let isClosed = false;
  /** @param again it matters that this one comes through */
  const tell = (word: string, again = false) => {
    execFile('systemd-notify', [word], { timeout: notifyTimeoutMs }, error => {
      if (error && !isTroubled) onTrouble(`systemd is not told how this service fares: ${error.message}`);
      isTroubled = error !== null;
      if (error && again && !isClosed) setTimeout(() => tell(word, true), notifyRetryMs).unref();
    });
  };
  const watchdogMs = Number(WATCHDOG_USEC ?? 0) / 1000;
  // A loop that is stuck sets no timer off; then systemd starts the service anew.
  const timer =
    watchdogMs > 0 ? setInterval(() => tell('WATCHDOG=1'), watchdogMs / watchdogShare).unref() : undefined;
  return {
    ready: () => tell('--ready', true),
    status: text => tell(`--status=${text}`),
    close: () => {
      isClosed = true;
      clearInterval(timer);
    },
  };
}
