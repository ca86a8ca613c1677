// The rest of the chain, as the agent of this machine says it over its own socket. Looks only.
import { AdminError } from '../../api/admin-client.ts';
import type { LeaderReply__Output } from '../../api/gen/clusteros/v1/LeaderReply.ts';
import type { Member__Output } from '../../api/gen/clusteros/v1/Member.ts';
import type { StatusReply__Output } from '../../api/gen/clusteros/v1/StatusReply.ts';
import type { Host } from '../../integrations/host.ts';
import { doctorKnockTimeoutMs } from '../limits.ts';
import { hostOf, portOf } from '../view.ts';
import { type Finding, findingsOf, type StageName } from './finding.ts';

/** What is asked of the agent; each rejects with AdminError. */
export interface AgentLooks {
  status(): Promise<StatusReply__Output>;
  members(): Promise<{ readonly members: readonly Member__Output[] }>;
  leader(): Promise<LeaderReply__Output>;
}

/** What the agent says; why it does not. */
export async function saidOr<Said>(asked: Promise<Said>): Promise<Said | AdminError> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AdminError) return error;
    throw error;
  }
}

export function agentFinding(status: StatusReply__Output | AdminError): Finding {
  const { ok, broken } = findingsOf('agent');
  if (status instanceof AdminError) {
    if (status.reason === 'denied') return broken('the agent does not answer us', 'run this as root');
    const log = '"journalctl -u node-agent -n 30" says more';
    if (status.reason === 'no-agent')
      return broken(`no agent answers (${status.detail})`, `run "systemctl start node-agent"; ${log}`);
    return broken(
      `the agent is there and does not answer (${status.detail})`,
      `run "systemctl restart node-agent" if it stays so; ${log}`,
    );
  }
  return ok(`${status.name} runs, version ${status.version}`);
}

/** Where the agent listens others can knock; where none runs nobody else has its place. */
export async function portFinding(
  host: Host,
  bind: string,
  status: StatusReply__Output | AdminError,
): Promise<Finding> {
  const { ok, broken } = findingsOf('port');
  const address = status instanceof AdminError ? bind : status.address;
  const accepts = await host.accepts(hostOf(address), portOf(address), doctorKnockTimeoutMs);
  if (status instanceof AdminError)
    return accepts
      ? broken(
          `another program listens at ${address}, where the agent shall`,
          `end it: "ss -ltnp sport = :${portOf(address)}" names it`,
        )
      : ok(`${address} is free`);
  return accepts
    ? ok(`the agent listens at ${address}`)
    : broken(
        `nothing takes connections at ${address}, where the agent says that it listens`,
        'see "nft list ruleset" for a firewall; "systemctl restart node-agent" if there is none',
      );
}

export function peersFinding(
  { id, waitingFor }: StatusReply__Output,
  members: readonly Member__Output[],
): Finding {
  const { ok, note, broken } = findingsOf('peers');
  const others = members.filter(each => each.id !== id && each.state !== 'left');
  const alive = others.filter(({ state }) => state === 'alive' || state === 'degraded');
  const lost = others.filter(each => !alive.includes(each)).map(({ name }) => name);
  const mend = `look at ${lost.slice(0, 3).join(', ')}: is it on, does "tailscale ping ${lost[0]}" answer, does the tailnet's policy let tcp:7443 through?`;
  if (others.length === 0)
    return waitingFor === ''
      ? note('this machine is alone in its cluster so far')
      : broken(
          `no member is found: ${waitingFor}`,
          'start another machine with the same cluster key and tag',
        );
  if (alive.length === 0) return broken(`none of ${others.length} others is reached`, mend);
  return lost.length === 0
    ? ok(`all ${others.length} others are reached`)
    : note(`${lost.join(', ')} not reached, ${alive.length} others are`, mend);
}

export async function leaderFinding(agent: AgentLooks): Promise<Finding> {
  const { ok, broken } = findingsOf('leader');
  const leader = await saidOr(agent.leader());
  return leader instanceof AdminError
    ? broken(
        leader.detail,
        'bring voters back ("clusterctl voters"); if a majority is gone for good, "node-agent recover --from-this-node"',
      )
    : ok(`${leader.name}, term ${leader.term}`);
}

/** What the node reports of a service; munge is the first step of SLURM's, and has a stage of its own. */
export function serviceFinding(stage: StageName, own: Member__Output | undefined): Finding {
  const { ok, note, skipped, broken } = findingsOf(stage);
  const service = stage === 'munge' ? 'slurm' : stage;
  const reports = (own?.services ?? []).filter(each => each.service === service);
  if (reports.length === 0) return skipped(`this node has no part in ${service}`);
  const absent = reports.find(({ state }) => state === 'absent');
  if (absent) return skipped(absent.detail);
  const inStage = reports.filter(({ step }) => (step === 'munge') === (stage === 'munge'));
  const failing = inStage.find(({ state }) => state === 'failing');
  if (failing) {
    const at = failing.detail.lastIndexOf(': ');
    const [text, mend] =
      at < 0
        ? [failing.detail, `"clusterctl service show ${service}" and "clusterctl operations" say more`]
        : [failing.detail.slice(0, at), failing.detail.slice(at + 2)];
    return broken(`${failing.role}: ${text} (${failing.reason})`, mend);
  }
  const starting = inStage.find(({ state }) => state === 'starting');
  if (starting) return note(`${starting.role}: ${starting.detail || 'starting'}`);
  const warned = inStage.find(({ reason }) => reason !== '');
  if (warned && stage !== 'munge') return note(`${warned.role}: ${warned.detail}`);
  return ok(
    stage === 'munge' ? 'it answers' : reports.map(({ role, state }) => `${role} ${state}`).join(', '),
  );
}
