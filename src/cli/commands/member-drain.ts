// `clusterctl member drain` and `member resume`: no new work for a member, and a wait until what runs there has ended.
import type { Member__Output } from '../../api/gen/clusteros/v1/Member.ts';
import { spanText } from '../duration.ts';
import { CliError, exitCode } from '../exit.ts';
import { printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note } from '../shell.ts';

export interface DrainFlags {
  readonly reason: string;
  /** How long what runs may go on; undefined for as long as it takes. */
  readonly deadlineMs: number | undefined;
  /** Then, or at once without a deadline, it is started anew elsewhere. */
  readonly requeue: boolean;
  readonly wait: boolean;
  readonly dryRun: boolean;
}

/** Has a member drained, and waits until nothing runs there. Times out at a deadline that does not move what runs. */
export async function memberDrain(request: Request, member: string, flags: DrainFlags): Promise<number> {
  const { shell, format } = request;
  const { reason, deadlineMs, requeue, wait } = flags;
  return withAgent(request, async (client, answered) => {
    const { members } = await client.members();
    const shown = members.find(({ name, id }) => name === member || id === member);
    if (!shown)
      throw new CliError(
        exitCode.notFound,
        `no member is called ${member}`,
        'run "clusterctl members -o name" for the names there are',
      );
    if (flags.dryRun) {
      const moved = deadlineMs === undefined ? 'at once' : `after ${spanText(deadlineMs)}`;
      const then = requeue
        ? `what runs there would be started anew elsewhere ${moved}`
        : 'what runs there would go on';
      shell.stdout.write(`${shown.name} would get no new work; ${then}. ${stillRuns(shown)}\n`);
      note(shell, 'Nothing was changed.');
      return exitCode.done;
    }
    const requeueAfterMs = requeue ? { requeueAfterMs: deadlineMs ?? 0 } : {};
    const { id, name } = await client.drainMember(shown.id, { reason, ...requeueAfterMs });
    answered();
    if (wait) {
      let ended: NodeJS.Timeout | undefined;
      const deadline = new Promise<'timed-out'>(resolve => {
        if (deadlineMs !== undefined && !requeue) ended = setTimeout(() => resolve('timed-out'), deadlineMs);
      });
      const changes = client.watchMembers();
      let said = '';
      try {
        for (;;) {
          const change = changes.next();
          // Of no interest any more when the deadline comes first.
          change.catch(() => {});
          const next = await Promise.race([change, deadline]);
          if (next === 'timed-out')
            throw new CliError(
              exitCode.timedOut,
              `${name} gets no new work, but after ${spanText(deadlineMs ?? 0)}: ${said}`,
              `wait on, or move it elsewhere: "clusterctl member drain ${name} --requeue"; "clusterctl member resume ${name}" takes it back`,
            );
          const all = next.done === true ? [] : next.value.members;
          const now = all.find(each => each.id === id);
          if (!now)
            throw new CliError(
              exitCode.notFound,
              `${name} is no member any more`,
              'see "clusterctl members"',
            );
          if (now.state === 'dead' || now.state === 'left') {
            note(
              shell,
              `${name} is ${now.state}: it says nothing of what runs there, and gets no work until it is resumed.`,
            );
            break;
          }
          const running = stillRuns(now) || notServed(now, all);
          if (running === '') break;
          if (running !== said) note(shell, `${name}: ${running}`);
          said = running;
        }
      } finally {
        clearTimeout(ended);
        // Waits for the answer that is awaited, which ends with the connection.
        changes.return(undefined).catch(() => {});
      }
    }
    if (format === 'table')
      shell.stdout.write(
        `${name} ${wait ? 'is drained' : 'gets no new work'}. "clusterctl member resume ${name}" takes it back.\n`,
      );
    else if (format === 'json' || format === 'yaml') await printValue(shell, format, { id, name });
    return exitCode.done;
  });
}

/** What still goes on at a member, for people; empty when it is drained. */
function stillRuns({ services }: Member__Output): string {
  const texts = services
    .filter(({ state, role }) => !['drained', 'released', 'absent'].includes(state) && role !== 'standby')
    .map(({ service, role, state, detail }) => {
      if (state === 'draining') return `${service} ${detail}`;
      return role === 'worker' ? `${service} takes work still` : `it is the ${service} ${role}`;
    });
  return texts.join('; ');
}

/** What the member has given away and nobody has begun yet, for people; empty when there is nothing of the kind. */
function notServed({ id, services }: Member__Output, all: readonly Member__Output[]): string {
  const given = services.filter(({ state }) => state === 'released');
  const unserved = given.filter(
    ({ service, role }) =>
      !all.some(
        other =>
          other.id !== id &&
          other.services.some(
            each => each.service === service && each.role === role && each.state === 'ready',
          ),
      ),
  );
  return unserved
    .map(({ service, role }) => `the ${service} ${role} does not serve elsewhere yet`)
    .join('; ');
}

/** Gives a member work again. */
export async function memberResume(request: Request, member: string): Promise<number> {
  const { shell, format } = request;
  const { id, name } = await withAgent(request, client => client.resumeMember(member));
  if (format === 'table') shell.stdout.write(`${name} gets work again.\n`);
  else if (format === 'json' || format === 'yaml') await printValue(shell, format, { id, name });
  return exitCode.done;
}
