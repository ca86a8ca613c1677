// `clusterctl service rotate-key`: a new key for a service, on all its members, while it runs.
import type { RotateKeyReply__Output } from '../../api/gen/clusteros/v1/RotateKeyReply.ts';
import { confirm } from '../confirm.ts';
import { exitCode } from '../exit.ts';
import { printValue } from '../output.ts';
import { type Request, withAgent } from '../request.ts';
import { note } from '../shell.ts';

/** Replaces the key of `service`, and prints who uses the new one. Unhealthy when a member that can be reached does not. */
export async function rotateKey(
  request: Request,
  service: string,
  { yes, dryRun }: { readonly yes: boolean; readonly dryRun: boolean },
): Promise<number> {
  const { shell, format } = request;
  return withAgent(request, async (client, answered) => {
    const before = await client.rotateKey(service, true);
    answered();
    if (dryRun) {
      await print(request, before, [
        'would get a new key',
        'would get a new key',
        'would get it when it is back',
      ]);
      note(shell, 'Nothing was changed.');
      return exitCode.done;
    }
    const members = before.using.length + before.awaited.length;
    await confirm(
      shell,
      `${before.key} is replaced on ${members} members. Jobs go on; commands may fail for a moment.`,
      'rotate',
      yes,
    );
    const after = await client.rotateKey(service, false);
    await print(request, after, [
      'has the new key',
      'does not use it yet',
      'cannot be reached: gets it when it is back',
    ]);
    if (after.awaited.length === 0) return exitCode.done;
    if (format === 'table')
      note(shell, `hint: "clusterctl service show ${service}" says how ${after.awaited.join(', ')} fare`);
    return exitCode.unhealthy;
  });
}

async function print(
  { shell, format }: Request,
  { key, using, awaited, away }: RotateKeyReply__Output,
  words: readonly [string, string, string],
): Promise<void> {
  if (format !== 'table') {
    await printValue(shell, format === 'yaml' ? 'yaml' : 'json', { key, using, awaited, away });
    return;
  }
  for (const [index, names] of [using, awaited, away].entries())
    for (const name of names) shell.stdout.write(`${name} ${words[index]}\n`);
}
