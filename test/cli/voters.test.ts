// `clusterctl voters`, `member promote`, `member demote` and `leader transfer`: who decides, and an operator's word on it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { clusterctl } from './clusterctl.ts';
import { fakeAgent } from './fake-agent.ts';
import { soundLab } from './lab.ts';

test('who votes is shown with the reason for each', async () => {
  await using agent = await fakeAgent(soundLab());
  const { stdout, stderr, code } = await clusterctl('voters', agent);
  assert.equal(
    stdout,
    `NAME    ROLE     WISH    WHY
atlas   leader   -       one of the 3 chosen
borea   voter    -       one of the 3 chosen
ceres   voter    always  an operator wants it to vote
dione   learner  -       up to date, takes the place of a voter
`,
  );
  assert.deepEqual([stderr, code], ['', 0]);
  const listed = JSON.parse((await clusterctl('voters -o json', agent)).stdout);
  assert.deepEqual(listed[2].wish, 'always');
});

test('a member is promoted, demoted, and left to the leader again', async () => {
  await using agent = await fakeAgent(soundLab());
  const wishOf = async (args: string) => {
    const { stdout, code } = await clusterctl(`${args} -o json`, agent);
    assert.equal(code, 0);
    return JSON.parse(stdout)[3].wish;
  };
  assert.equal(await wishOf('member promote dione'), 'always');
  assert.equal(await wishOf('member demote dione'), 'never');
  assert.equal(await wishOf('member demote dione --auto'), '');
  assert.equal((await clusterctl('member promote nobody', agent)).code, 5);
});

test('how many shall vote is 1, 3 or 5, and a lack of nodes is told', async () => {
  await using agent = await fakeAgent(soundLab());
  const { stderr, code } = await clusterctl('voters --count 5', agent);
  assert.deepEqual(
    [stderr, code],
    ['3 of 5 voters; more come with more nodes, each one step after another.\n', 0],
  );
  assert.equal(agent.lab.voting.wanted, 5);
  const even = await clusterctl('voters --count 4', agent);
  assert.equal(even.code, 2);
  assert.match(even.stderr, /^error: --count 4 is not 1, 3 or 5\nhint: an even number/);
});

test('leadership is handed over, to a voter only', async () => {
  const lab = soundLab();
  await using agent = await fakeAgent(lab);
  for (const member of lab.members.members) if (member.name === 'ceres') member.role = 'learner';
  const { stdout, code } = await clusterctl('leader transfer borea -o json', agent);
  assert.deepEqual([JSON.parse(stdout).name, code], ['borea', 0]);
  const observer = await clusterctl('leader transfer ceres', agent);
  assert.deepEqual([observer.code, observer.stderr.split('\n')[0]], [2, 'error: ceres is no voter']);
  assert.equal((await clusterctl('leader transfer nobody', agent)).code, 5);
  assert.equal((await clusterctl('leader transfer borea atlas', agent)).code, 2);
});
