// `clusterctl k3s kubeconfig`: a new credential for kubectl, to standard output or into the file that kubectl reads.
import { spanText } from '../duration.ts';
import { exitCode } from '../exit.ts';
import { kubeconfigPath, mergeKubeconfig, readKubeconfig } from '../kubeconfig-file.ts';
import { type Request, withAgent } from '../request.ts';
import { hint, note } from '../shell.ts';

/** Prints a kubeconfig, or merges it into the file that kubectl reads. */
export async function k3sKubeconfig(
  request: Request,
  { lifeMs, merge, member }: { readonly lifeMs: number; readonly merge: boolean; readonly member: string },
): Promise<number> {
  const { shell } = request;
  // Before a credential is made that could be put nowhere.
  const file = merge ? await readKubeconfig(kubeconfigPath(shell.env)) : undefined;
  const { answer, member: by } = await withAgent(request, client =>
    client.callService('k3s', 'kubeconfig', { argument: String(lifeMs), member }),
  );
  const { kubeconfig } = JSON.parse(answer) as { readonly kubeconfig: string };
  const what = `An administrator of Kubernetes for ${spanText(lifeMs)}, made by ${by}`;
  if (!file) {
    shell.stdout.write(kubeconfig);
    note(shell, `${what}: whoever has this text is one.`);
    return exitCode.done;
  }
  const { context, replacesOther } = await mergeKubeconfig(file, kubeconfig);
  note(shell, `${what}, is in ${file.path} as context ${context}.`);
  if (replacesOther)
    note(shell, `Another cluster was called ${context} there; it is in ${file.path}.before still.`);
  hint(shell, `kubectl --context ${context} get nodes`);
  return exitCode.done;
}
