// Walks the chain from power-on to a working member in order, and stops at the first link that is broken: what comes after it
// needs it. Looks only, and needs no agent to run.

import { AdminError } from '../../api/admin-client.ts';
import { peerPort } from '../limits.ts';
import { addressOf } from '../view.ts';
import {
  type AgentLooks,
  agentFinding,
  leaderFinding,
  peersFinding,
  portFinding,
  saidOr,
  serviceFinding,
} from './cluster-checks.ts';
import type { Finding } from './finding.ts';
import { kubernetesFinding } from './kubernetes-checks.ts';
import {
  addressFinding,
  clockFinding,
  dnsFinding,
  keyFinding,
  linkFinding,
  loginFinding,
  type MachineLooks,
  tailnetStage,
  tailscaledFinding,
} from './machine-checks.ts';

/** Each finding as it is made; the last one is broken, or the whole chain holds. */
export async function* diagnose(looks: MachineLooks, agent: AgentLooks): AsyncGenerator<Finding> {
  for await (const finding of walk(looks, agent)) {
    yield finding;
    if (finding.state === 'broken') return;
  }
}

async function* walk(looks: MachineLooks, agent: AgentLooks): AsyncGenerator<Finding> {
  yield await clockFinding(looks);
  yield await linkFinding(looks);
  const stage = await tailnetStage(looks);
  yield await dnsFinding(looks, stage);
  yield tailscaledFinding(stage);
  yield loginFinding(stage);
  yield addressFinding(looks, stage);
  yield await keyFinding(looks);
  const status = await saidOr(agent.status());
  // Whoever has its port keeps the agent from starting, and is to be named first. One that hangs has it itself.
  if (status instanceof AdminError && status.reason === 'no-agent')
    yield await portFinding(
      looks.host,
      stage?.addresses[0] && !looks.bindIsSet ? addressOf(stage.addresses[0], peerPort) : looks.bind,
      status,
    );
  yield agentFinding(status);
  if (status instanceof AdminError) return;
  yield await portFinding(looks.host, looks.bind, status);
  const said = await saidOr(agent.members());
  if (said instanceof AdminError) {
    yield agentFinding(said);
    return;
  }
  const { members } = said;
  yield peersFinding(status, members);
  yield await leaderFinding(agent);
  const own = members.find(({ id }) => id === status.id);
  for (const service of ['munge', 'slurm'] as const) yield serviceFinding(service, own);
  yield await kubernetesFinding(looks.host, own);
}
