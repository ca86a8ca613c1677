// Row "stop": SIGSTOP of the leader, so nothing is reset and its kernel still acknowledges what comes; SIGCONT once the
// others have gone on.
import { trials } from '../trials.ts';
import type { Row } from './row.ts';

export const stop: Row = {
  name: 'stop',
  about: 'SIGSTOP of the leader until the others know a new one, and until a write',
  measure: stage =>
    trials(stage, {
      what: 'SIGSTOP of the leader',
      goals: { known: '≤ 1.3 s', written: '' },
      strike(_trio, { child }) {
        const atMs = performance.now();
        child.kill('SIGSTOP');
        return atMs;
      },
      mend: async (_trio, { child }) => void child.kill('SIGCONT'),
    }),
};
