// What the programs of the boot take from the agent's own settings, /etc/clusteros/node.yaml. The agent judges them: what is wrong there is
// passed over here.
import { parse } from 'yaml';
import { textOf } from '../integrations/file-text.ts';
import type { Host } from '../integrations/host.ts';

export const nodeSettingsFile = '/etc/clusteros/node.yaml';

export interface NodeSettings {
  /** Empty when none is said. */
  readonly name: string;
  readonly dataDir: string;
  /** False where the machine is to have no tailnet: nobody signs in to one, or waits for it. */
  readonly hasTailnet: boolean;
}

/** @param say hears that the file is none of settings */
export async function nodeSettings(
  host: Host,
  say: (line: string) => void,
  file: string = nodeSettingsFile,
): Promise<NodeSettings> {
  let settings: unknown;
  try {
    settings = parse((await textOf(host, file)) ?? '');
  } catch {
    say(`${file} is no YAML and is passed over: "node-agent info" says what is wrong with it`);
  }
  const { name, dataDir, integrations } = fieldsOf(settings);
  return {
    name: typeof name === 'string' ? name : '',
    dataDir: typeof dataDir === 'string' ? dataDir : '/var/lib/clusteros',
    hasTailnet: fieldsOf(fieldsOf(integrations).tailscale).enabled !== false,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
