// `clusterctl events`: what happened, in the order in which this node noticed it.
import type { Event__Output } from '../../api/gen/clusteros/v1/Event.ts';
import { exitCode } from '../exit.ts';
import { type Noun, printList, watchPrinter } from '../output.ts';
import { type Request, withAgent } from '../request.ts';

export interface EventsFlags {
  readonly watch: boolean;
  /** Only events younger than this; 0 for all that the agent keeps. */
  readonly sinceMs: number;
  /** Name of the member they are about; empty for all. */
  readonly member: string;
}

const eventNoun: Noun<Event__Output> = {
  columns: [
    // UTC, as in the log: the machines of a cluster need not share a time zone.
    { title: 'TIME', widthMin: 20, cell: ({ atMs }) => new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z') },
    { title: 'EVENT', widthMin: 18, cell: ({ event }) => event },
    { title: 'MEMBER', widthMin: 8, cell: ({ member }) => member },
    { title: 'MESSAGE', cell: ({ message }) => message },
    {
      title: 'FIELDS',
      wide: true,
      cell: ({ fields }) =>
        Object.entries(fields)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
    },
  ],
  json: ({ atMs, event, member, message, fields }) => ({
    ...{ at: new Date(atMs).toISOString(), event, member, message, fields },
  }),
  name: ({ event }) => event,
};

/** Prints the events that the flags choose, the oldest first. */
export async function events(request: Request, { watch, sinceMs, member }: EventsFlags): Promise<number> {
  const isWanted = (event: Event__Output) => member === '' || event.member === member;
  return withAgent(request, async (client, answered) => {
    if (watch) {
      const print = await watchPrinter(request.shell, request, eventNoun);
      // Nothing may happen for hours, so the first event is no sign of a connection.
      await client.version();
      answered();
      print([]);
      for await (const event of client.followEvents(sinceMs)) if (isWanted(event)) print([event]);
      return exitCode.done;
    }
    const rows: Event__Output[] = [];
    for await (const event of client.events(sinceMs)) if (isWanted(event)) rows.push(event);
    await printList(request.shell, request, eventNoun, rows);
    return exitCode.done;
  });
}
