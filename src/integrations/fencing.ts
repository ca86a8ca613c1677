// Fencing tokens on this machine: the newest order obeyed for each role, on the disk before its first effect. A leader
// that slept, or an agent that was restored, cannot bring back an older order.
import type { Grant } from './cluster-view.ts';
import type { Host } from './host.ts';
import { ServiceError } from './service-error.ts';
import { Turn } from './turn.ts';

export interface Fence {
  /** Remembers the token of `grant`, durably, when it is the newest of its role. @throws ServiceError `stale-token` for an older one */
  admit(host: Host, grant: Grant): Promise<void>;
}

/** A fence whose memory is `file`, in a folder that exists. */
export function fenceIn(file: string): Fence {
  const turn = new Turn();
  return {
    // Several roles are brought about side by side, and all are in the one file.
    admit: (host, grant) => turn.run(() => admitNext(host, file, grant)),
  };
}

async function admitNext(host: Host, file: string, { service, role, token }: Grant): Promise<void> {
  const tokens = await read(host, file);
  const key = `${service}/${role}`;
  const newest = tokens[key] ?? 0;
  if (token < newest) {
    const detail = `the order to be ${service} ${role} carries token ${token}, but this node has obeyed ${newest}: it is refused`;
    throw new ServiceError('stale-token', true, detail);
  }
  if (token > newest)
    await host.writeFile(file, `${JSON.stringify({ ...tokens, [key]: token })}\n`, { mode: 0o600 });
}

async function read(host: Host, file: string): Promise<Readonly<Record<string, number>>> {
  const bytes = await host.readFile(file);
  if (bytes === undefined) return {};
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const good =
      typeof value === 'object' && value !== null && Object.values(value).every(Number.isSafeInteger);
    if (good) return value as Record<string, number>;
  } catch {
    // Said below, with the mend.
  }
  const mend = 'see which roles this node plays ("clusterctl operations"), then remove the file';
  throw new ServiceError(
    'fencing-damaged',
    true,
    `${file}, which keeps older orders out, is damaged: ${mend}`,
  );
}
