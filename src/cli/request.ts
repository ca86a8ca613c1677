// What every command is given, and the way to the agent that most of them go.
import { type AdminClient, openAdminClient } from '../api/admin-client.ts';
import { connectNoticeMs } from './limits.ts';
import type { OutputOptions } from './output.ts';
import { note, type Shell } from './shell.ts';

/** The flags that mean the same everywhere, checked. */
export interface Request extends OutputOptions {
  readonly shell: Shell;
  /** `unix:PATH` */
  readonly endpoint: string;
  readonly timeoutMs: number;
}

/**
 * Gives `use` a client of the agent and closes it afterwards. A person at a terminal who has to wait is told for whom.
 * @param use calls `answered` when it has its first answer and goes on, as a watch does
 */
export async function withAgent<Result>(
  { shell, endpoint, timeoutMs }: Request,
  use: (client: AdminClient, answered: () => void) => Promise<Result>,
): Promise<Result> {
  const client = await openAdminClient(endpoint, timeoutMs);
  const notice = setTimeout(() => {
    if (shell.stderr.isTTY === true) note(shell, `connecting to ${endpoint} ...`);
  }, connectNoticeMs);
  const answered = () => clearTimeout(notice);
  try {
    return await use(client, answered);
  } finally {
    answered();
    client.close();
  }
}
