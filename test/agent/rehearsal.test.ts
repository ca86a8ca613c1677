// The changes of leader that an agent plays through by itself come about, and an agent that does not answer is told of.
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { rehearsedHandOvers, rehearsedQuestions } from '../../src/agent/limits.ts';
import { rehearse } from '../../src/agent/rehearsal.ts';
import { v1 } from '../../src/api/proto.ts';

test('every change of leader that is rehearsed comes about, and the agent is asked as clusterctl asks it', async t => {
  const socket = join(tmpdir(), `rehearsal-${process.pid}.sock`);
  let asked = 0;
  const server = new Server();
  const Status = (_call: unknown, answer: sendUnaryData<object>) => {
    asked += 1;
    answer(null, {});
  };
  server.addService({ Status: v1.AdminService.service.Status }, { Status });
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), error =>
      error ? reject(error) : resolve(),
    ),
  );
  t.after(() => server.forceShutdown());
  let turns = 0;
  const later = () => {
    turns += 1;
    return nextTurn();
  };
  assert.equal(await rehearse(later, socket), rehearsedHandOvers);
  assert.equal(asked, rehearsedQuestions);
  assert.ok(turns >= 10, `others get their turn in between: ${turns} times`);
});

test('a rehearsal with an agent that does not answer says so', async () => {
  await assert.rejects(rehearse(nextTurn, '/nowhere/agent.sock'), /no-agent/);
});
