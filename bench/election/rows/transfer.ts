// Row "transfer": the leader is asked, over a connection that is open, to hand over to one of the others. The client that
// writes talks to that one, as etcd's and ours do once they know.
import { milliseconds, single } from '../../testbed/samples.ts';
import { trials } from '../trials.ts';
import type { Row } from './row.ts';

export const transfer: Row = {
  name: 'transfer',
  about: 'a planned transfer until the others know the new leader, and until a write',
  measure: stage =>
    trials(stage, {
      what: 'planned transfer',
      unit: milliseconds,
      alsoQuiet: true,
      goals: { known: '', written: '≤ 10 ms' },
      strike(trio, leader, heir) {
        const atMs = performance.now();
        const answered = (how: string) => () =>
          stage.say(`the request was ${how} after ${single(performance.now() - atMs, milliseconds)}`);
        trio
          .connectionTo(leader)
          .transfer(heir.knownAs ?? '')
          .then(answered('answered'), answered('refused'));
        return atMs;
      },
      mend: async () => {},
    }),
};
