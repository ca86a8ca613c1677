// What the cluster remembers of jobs that were lost with a machine: each once, the last word on it, and no more than it can hold.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyCommand, type ClusterState, unborn } from '../../src/election/cluster-state.ts';
import { operatorCommandFrom } from '../../src/election/command.ts';
import { recoveredJobsMax } from '../../src/election/limits.ts';

const job = (formerId: number, id = formerId + 10_000) => ({
  formerId,
  id,
  user: 'ann',
  name: 'x',
  note: '',
});
const told = (state: ClusterState, jobs: ReturnType<typeof job>[], service = 'slurm') =>
  applyCommand(state, { kind: 'recovered-jobs', service, jobs, atMs: 5 }, 9).state;

test('the last word on a job counts, and jobs of another service are others', () => {
  const state = told(told(told(unborn, [job(1, 0), job(2)]), [job(1)]), [job(1)], 'other');
  assert.deepEqual(
    state.recoveredJobs.map(({ service, formerId, id }) => [service, formerId, id]),
    [
      ['slurm', 2, 10_002],
      ['slurm', 1, 10_001],
      ['other', 1, 10_001],
    ],
  );
});

test('the oldest go first', () => {
  let state: ClusterState = unborn;
  for (let id = 1; id <= recoveredJobsMax + 2; id++) state = told(state, [job(id)]);
  assert.equal(state.recoveredJobs.length, recoveredJobsMax);
  assert.equal(state.recoveredJobs[0]?.formerId, 3);
});

test('a member may have them decided, in the right shape and not too many at once', () => {
  const bytes = (jobs: unknown) =>
    Buffer.from(JSON.stringify({ kind: 'recovered-jobs', service: 'slurm', jobs, atMs: 1 }));
  assert.ok(operatorCommandFrom(bytes([job(1)])));
  assert.equal(operatorCommandFrom(bytes([{ ...job(1), id: 'x' }])), undefined);
  assert.equal(
    operatorCommandFrom(bytes(Array.from({ length: recoveredJobsMax + 1 }, () => job(1)))),
    undefined,
  );
});
