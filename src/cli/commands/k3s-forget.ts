// `clusterctl k3s forget`: no server is left that Kubernetes could be made anew of. Says which datastores answer all the same, asks, and has it
// decided that the members begin from nothing.
import { confirm } from '../confirm.ts';
import { exitCode } from '../exit.ts';
import { type Request, withAgent } from '../request.ts';
import { hint, note } from '../shell.ts';
import { datastores } from './k3s-recover.ts';

const what =
  'All that Kubernetes has stored is given up, and its members found another one from nothing: every pod ends, and whoever has a kubeconfig needs another. What is left on each machine is kept there, in /var/lib/rancher/k3s.before-*. A server that cannot be reached now ends its own when it comes back.';

export async function k3sForget(
  request: Request,
  { dryRun, yes }: { readonly dryRun: boolean; readonly yes: boolean },
): Promise<number> {
  const { shell } = request;
  return withAgent(request, async (client, answered) => {
    const { members } = await client.members();
    for (const { member } of await datastores(shell, client, members))
      hint(shell, `clusterctl k3s recover --on ${member}`);
    if (dryRun) {
      shell.stdout.write(`${what}\n`);
      note(shell, 'Nothing was changed.');
      return exitCode.done;
    }
    answered();
    await confirm(shell, what, 'forget', yes);
    await client.forgetService('k3s');
    shell.stdout.write('Kubernetes is forgotten; its members begin from nothing.\n');
    hint(shell, 'clusterctl service show k3s');
    return exitCode.done;
  });
}
