// ClusterOS's own agent as a contender: its lines as its log has them, its calls by the client that clusterctl uses, over
// the agent's unix socket. A write is an operator's word on the number of voters: an entry of the log, each time.
import { type AdminClient, openAdminClient } from '../../src/api/admin-client.ts';
import { adminSocketOf, agentArgv, agentVersion, fieldsOf, prepareAgents } from '../testbed/agent-process.ts';
import type { Connection, Contender } from './contender.ts';
import { memberCount } from './limits.ts';

export const nodeAgent: Contender = {
  name: 'node-agent',
  prepare: prepareAgents,
  argv: (seat, seats) =>
    agentArgv(
      seat,
      seats.filter(other => other !== seat).map(({ ip }) => ip),
    ),
  sighting(line) {
    const { event, member, term, node } = fieldsOf(line);
    if (event === 'agent.started') return { kind: 'known-as', name: String(node) };
    if (event !== 'leader.elected') return undefined;
    return { kind: 'led', leader: String(member), term: Number(term) };
  },
  async connect(seat, timeoutMs) {
    return connectionOf(await openAdminClient(`unix:${adminSocketOf(seat)}`, timeoutMs));
  },
  version: agentVersion,
};

function connectionOf(client: AdminClient): Connection {
  return {
    async status() {
      const { role, leader, voters, logIndex } = await client.status();
      const votes = role === 'leader' || role === 'voter';
      return {
        leads: role === 'leader',
        isSettled: votes && leader !== '' && voters === memberCount,
        lastIndex: logIndex,
      };
    },
    async write() {
      await client.changeVoting({ count: memberCount });
    },
    async transfer(target) {
      await client.transferLeader(target);
    },
    close: () => client.close(),
  };
}
