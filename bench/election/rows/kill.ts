// Row "kill": SIGKILL of the leader at a random phase, then its restart from its disk.
import { trials } from '../trials.ts';
import type { Row } from './row.ts';

export const kill: Row = {
  name: 'kill',
  about: 'kill -9 of the leader until the others know a new one, and until a write',
  measure: stage =>
    trials(stage, {
      what: 'kill -9 of the leader',
      goals: { known: '≤ 0.4 s (worst ≤ 1.5 s)', written: '' },
      strike: (trio, leader) => trio.end(leader, 'SIGKILL'),
      async mend(trio, { child, seat }) {
        await child.exited;
        await trio.start(seat);
      },
    }),
};
