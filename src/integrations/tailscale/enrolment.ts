// Which machine a node of the tailnet was enrolled on. tailscaled's state is a file: copied with a disk, two machines are one node
// and take turns at its address, which nobody notices but by looking at the machine. Never holds a key.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Host } from '../host.ts';

export const enrolmentFile = '/var/lib/clusteros/tailnet.json';

const shape = z.object({ machine: z.string(), stableId: z.string() });
/** Written when this machine was enrolled. */
export type Enrolment = z.infer<typeof shape>;

/** Firmware and device tree, the first that says something. */
const serialFiles = [
  '/sys/class/dmi/id/product_uuid',
  '/sys/firmware/devicetree/base/serial-number',
] as const;

/** What makers write who write nothing. */
const meaningless = /^(0+|f+|03000200040005000006000700080009)$/;

/** What tells this machine from its clones, as a hash: undefined where the hardware has no number of its own. */
export async function machineIdentity(host: Host): Promise<string | undefined> {
  for (const file of serialFiles) {
    const bytes = await host.readFile(file).catch(() => undefined);
    const serial = new TextDecoder()
      .decode(bytes)
      .toLowerCase()
      .replace(/[^0-9a-z]/g, '');
    if (serial.length >= 8 && !meaningless.test(serial))
      return createHash('sha256').update(`clusteros machine ${serial}`).digest('hex').slice(0, 32);
  }
  return undefined;
}

/** What was written at the enrolment; undefined when nothing was, or nothing that can be read. */
export async function readEnrolment(
  host: Host,
  file: string = enrolmentFile,
): Promise<Enrolment | undefined> {
  try {
    const bytes = await host.readFile(file);
    return bytes && shape.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}

/** Writes it down, durably. The folder is made when it is not there. */
export async function writeEnrolment(
  host: Host,
  enrolment: Enrolment,
  file: string = enrolmentFile,
): Promise<void> {
  const folder = file.slice(0, file.lastIndexOf('/'));
  if ((await host.listFolder(folder)).length === 0) await host.ensureFolder(folder, { mode: 0o700 });
  await host.writeFile(file, `${JSON.stringify(enrolment)}\n`, { mode: 0o600 });
}

/** What the record says of the node that this machine is now. */
export type EnrolmentVerdict =
  /** Nothing was written, or the hardware has no number: nothing can be said. */
  | 'unknown'
  | 'same'
  /** The state was made on another machine. */
  | 'cloned'
  /** The same machine, and another node than at its enrolment. */
  | 'renewed';

/** @param stableId of the node that this machine is in its tailnet now; undefined when it is none */
export function enrolmentVerdict(
  enrolment: Enrolment | undefined,
  machine: string | undefined,
  stableId: string | undefined,
): EnrolmentVerdict {
  if (!enrolment || machine === undefined) return 'unknown';
  // A clone that was given a state of its own since is a node of its own.
  if (enrolment.machine !== machine)
    return stableId === undefined || stableId === enrolment.stableId ? 'cloned' : 'unknown';
  return stableId === undefined || stableId === enrolment.stableId ? 'same' : 'renewed';
}
