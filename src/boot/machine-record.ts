// Which machine a disk belongs to, written at its first boot. A disk that finds itself elsewhere was copied or moved. Holds no secret.
import { z } from 'zod';
import type { Host } from '../integrations/host.ts';

export const machineRecordFile = '/var/lib/clusteros/machine.json';

const shape = z.object({
  /** See `machineIdentity`. */
  machine: z.string(),
  /** The host name that the rule has given; absent where an operator has named the machine. */
  givenName: z.string().optional(),
});
export type MachineRecord = z.infer<typeof shape>;

/** Undefined when there is none, or none that can be read. */
export async function readMachineRecord(host: Host, file: string): Promise<MachineRecord | undefined> {
  try {
    const bytes = await host.readFile(file);
    return bytes && shape.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}

/** Writes it down, durably. */
export async function writeMachineRecord(host: Host, record: MachineRecord, file: string): Promise<void> {
  const folder = file.slice(0, file.lastIndexOf('/'));
  if ((await host.listFolder(folder)).length === 0) await host.ensureFolder(folder, { mode: 0o700 });
  await host.writeFile(file, `${JSON.stringify(record)}\n`, { mode: 0o600 });
}
