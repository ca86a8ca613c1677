// `clusterctl member remove`: takes a member out of the cluster for good.
import { confirm } from '../confirm.ts';
import { CliError, exitCode } from '../exit.ts';
import { printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note } from '../shell.ts';

/** Says what it would mean, asks, and has it decided. */
export async function memberRemove(
  request: Request,
  member: string,
  { force, dryRun, yes }: { readonly force: boolean; readonly dryRun: boolean; readonly yes: boolean },
): Promise<number> {
  const { shell, format } = request;
  return withAgent(request, async (client, answered) => {
    const { members } = await client.members();
    const shown = members.find(({ name, id }) => name === member || id === member);
    if (!shown)
      throw new CliError(
        exitCode.notFound,
        `no member is called ${member}`,
        'run "clusterctl members -o name" for the names there are',
      );
    const { name, state, role, id, services } = shown;
    const roles = services.map(({ service, role: part }) => `${service} ${part}`).join(', ');
    const part =
      role === 'voter' || role === 'leader'
        ? 'It votes: a stand-by takes its place, or there will be fewer voters. '
        : '';
    const running = roles === '' ? '' : `It runs ${roles}. `;
    const what = `${name} (${id}, ${state}) would be removed for good. ${part}${running}`.trimEnd();
    if (dryRun) {
      shell.stdout.write(`${what}\n`);
      note(shell, 'Nothing was changed.');
      return exitCode.done;
    }
    answered();
    await confirm(shell, what, name, yes);
    const removed = await client.removeMember(id, force);
    if (format === 'table') shell.stdout.write(`${removed.name} (${removed.id}) is removed.\n`);
    if (format === 'json' || format === 'yaml')
      await printValue(shell, format, { id: removed.id, name: removed.name });
    return exitCode.done;
  });
}
