// `clusterctl doctor`: the chain from power-on to a working member on the agent's machine, up to the first link that is broken.
import type { Finding__Output } from '../../api/gen/clusteros/v1/Finding.ts';
import { exitCode } from '../exit.ts';
import { type Noun, printList } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note } from '../shell.ts';

const findingNoun: Noun<Finding__Output> = {
  columns: [
    { title: 'STAGE', widthMin: 10, cell: ({ stage }) => stage },
    { title: 'STATE', widthMin: 7, cell: ({ state }) => state },
    { title: 'FOUND', cell: ({ text }) => text },
  ],
  json: ({ stage, state, text, mend }) => ({ stage, state, text, mend }),
  name: ({ stage }) => stage,
};

/** Prints what was found, and the mends. Unhealthy when a link is broken. */
export async function doctor(request: Request): Promise<number> {
  const { shell } = request;
  const rows: Finding__Output[] = [];
  const print = async () => {
    await printList(shell, request, findingNoun, rows);
    for (const { stage, mend } of rows) if (mend !== '') note(shell, `${stage}: ${mend}`);
  };
  try {
    await withAgent(request, async client => {
      for await (const finding of client.diagnose()) rows.push(finding);
    });
  } catch (error) {
    // What was found so far says what the rest waits for.
    if (rows.length > 0) await print();
    throw error;
  }
  await print();
  return rows.at(-1)?.state === 'broken' ? exitCode.unhealthy : exitCode.done;
}
