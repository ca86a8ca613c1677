// Is the machine there? A bare TCP connection, closed at once: the kernel answers for a process that is stopped, refuses
// for one that is gone, and a machine that is off says nothing.
import { connect } from 'node:net';
import { knockTimeoutMs } from '../../membership/limits.ts';
import type { KnockOutcome } from '../../membership/prober.ts';
import { hostOf, portOf } from '../view.ts';

/** Resolves within `knockTimeoutMs`, never rejects. */
export function knock(address: string): Promise<KnockOutcome> {
  return new Promise(resolve => {
    const socket = connect({ host: hostOf(address), port: portOf(address) });
    const end = (outcome: KnockOutcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    // Where this process itself was late, the answer may be there unread: look once more before it counts as silence.
    const timer = setTimeout(() => setTimeout(() => end('silent'), 1), knockTimeoutMs);
    socket.once('connect', () => end('accepted'));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'refused' : 'silent'),
    );
  });
}
