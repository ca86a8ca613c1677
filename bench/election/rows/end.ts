// Row "end": SIGTERM of the leader, as a service manager ends it; both programs then hand over first. The client that
// writes talks to one of the others at random, the heir or not.
import { milliseconds } from '../../testbed/samples.ts';
import { trials } from '../trials.ts';
import type { Row } from './row.ts';

export const end: Row = {
  name: 'end',
  about: 'SIGTERM of the leader until the others know a new one, and until a write',
  measure: stage =>
    trials(stage, {
      what: 'SIGTERM of the leader',
      unit: milliseconds,
      alsoQuiet: true,
      goals: { known: '', written: '≤ 10 ms' },
      strike: (trio, leader) => trio.end(leader, 'SIGTERM'),
      async mend(trio, { child, seat }) {
        await child.exited;
        await trio.start(seat);
      },
    }),
};
