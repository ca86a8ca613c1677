// `k3s agent`: an agent by itself, which ends only when it is told to, or when its settings cannot be right.
import { RunningAgent } from './agent.ts';
import { mustHaveTime } from './clock.ts';
import { controlBeside, passStart, watchControl } from './control.ts';
import { fatal, info, textOf } from './log.ts';
import { notifyReady } from './sd-notify.ts';
import { readSettings, secretOf } from './settings.ts';
import { versionWithCommit } from './version.ts';

export async function runAgent(argv: readonly string[]): Promise<void> {
  const settings = readSettings('agent', argv);
  controlBeside(settings.dataDir);
  mustHaveTime();
  const token = await secretOf(settings, 'token');
  const serverUrl = settings.text('server');
  if (token === undefined) fatal('Error: --token is required');
  if (serverUrl === undefined) fatal('Error: --server is required');
  info(`Starting k3s agent ${versionWithCommit()}`);
  await passStart();
  let agent: RunningAgent;
  try {
    agent = new RunningAgent({ settings, token, serverUrl, isInServer: false });
  } catch (thrown) {
    fatal(`Error: failed to get node name and addresses: ${textOf(thrown)}`);
  }
  watchControl(() => agent.obey());
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      agent.stop();
      process.exit(0);
    });
  await agent.prepare();
  await agent.run();
  info('k3s agent is up and running');
  notifyReady();
}
