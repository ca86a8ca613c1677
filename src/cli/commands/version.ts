// `clusterctl version`: this program's and the agent's, and whether they suit each other.
import { AdminError } from '../../api/admin-client.ts';
import { clientVersion } from '../client-version.ts';
import { exitCode } from '../exit.ts';
import { printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note } from '../shell.ts';

export interface VersionFlags {
  /** Asks no agent. */
  readonly clientOnly: boolean;
}

interface Build {
  readonly version: string;
  readonly node: string;
  readonly protocol: number;
}

/** Prints both versions; with no agent to ask, prints the own one and fails as every other command would. */
export async function version(request: Request, { clientOnly }: VersionFlags): Promise<number> {
  const { shell, format, header } = request;
  const { protocolVersion } = await import('../../api/proto.ts');
  const client: Build = { version: clientVersion, node: process.version, protocol: protocolVersion };
  let agent: Build | null = null;
  let failure: AdminError | undefined;
  if (!clientOnly) {
    try {
      const { version, node, protocol } = await withAgent(request, admin => admin.version());
      agent = { version, node, protocol };
    } catch (error) {
      if (!(error instanceof AdminError)) throw error;
      failure = error;
    }
  }
  if (format === 'json' || format === 'yaml') await printValue(shell, format, { client, agent });
  else {
    const { Table } = await import('../table.ts');
    const table = new Table<readonly [string, Build]>(
      [
        { title: 'PROGRAM', cell: ([program]) => program },
        { title: 'VERSION', widthMin: 7, cell: ([, build]) => build.version },
        { title: 'NODE', widthMin: 8, cell: ([, build]) => build.node },
        { title: 'PROTOCOL', cell: ([, build]) => String(build.protocol) },
      ],
      { wide: false, header },
    );
    shell.stdout.write(
      table.text([['clusterctl', client], ...(agent ? [['node-agent', agent] as const] : [])]),
    );
  }
  if (failure) throw failure;
  if (agent) warnOfSkew(request, client, agent);
  return exitCode.done;
}

function warnOfSkew({ shell }: Request, client: Build, agent: Build): void {
  if (client.protocol !== agent.protocol)
    note(
      shell,
      `warning: the agent speaks protocol ${agent.protocol} and clusterctl ${client.protocol}: answers may lack fields; install the same version of both`,
    );
  else if (client.version !== agent.version)
    note(
      shell,
      `warning: the agent runs ${agent.version} and clusterctl is ${client.version}; after an upgrade run "systemctl restart node-agent"`,
    );
}
