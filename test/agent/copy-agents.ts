// Agents as far as state copies go, for tests: a real transport on loopback, real files, no membership.
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { authorityOf } from '../../src/agent/certificates.ts';
import type { PeerAddress } from '../../src/agent/grpc/peer-calls.ts';
import { GrpcPeerTransport } from '../../src/agent/grpc/peer-transport.ts';
import { GrpcStateLink } from '../../src/agent/grpc/state-link.ts';
import type { StateAnswers } from '../../src/agent/grpc/state-service.ts';
import { identityFrom } from '../../src/agent/identity.ts';
import { MemberDevices } from '../../src/agent/member-devices.ts';
import { openGate } from '../../src/agent/peer-gate.ts';
import { recordSealOf } from '../../src/agent/record-seal.ts';
import { StateCopies } from '../../src/agent/state-copies.ts';
import { rules } from '../integrations/state-folder.ts';
import { freePort } from './free-port.ts';

const hash = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());
const names = { service: 'slurm', role: 'controller' };

export function setTimer(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}

export interface CopyAgent extends PeerAddress {
  readonly copies: StateCopies;
  /** The state folder; exists. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** An open transport of the agent `number`; answers about copies with `answersFrom`. */
export async function openTransport(
  number: number,
  answersFrom: (transport: GrpcPeerTransport) => Promise<StateAnswers>,
  listenOn?: number,
): Promise<PeerAddress & { readonly transport: GrpcPeerTransport }> {
  const identity = identityFrom(hash(`side ${number}`));
  const port = listenOn ?? (await freePort());
  const transport = new GrpcPeerTransport({
    ...{
      identity,
      authority: await authorityOf(hash('key')),
      host: '127.0.0.1',
      port,
      gate: openGate,
      devices: new MemberDevices(recordSealOf(identity)),
    },
    ...{ nowMs: () => performance.now(), wallMs: () => Date.now() },
  });
  transport.serveState(await answersFrom(transport));
  const address = `127.0.0.1:${port}`;
  await transport.open({ epoch: 1, boot: `${number}`, name: `side-${number}`, address }, () => {});
  return { id: identity.id, address, transport };
}

/** Starts agent `number` with its files below `parent`, where an earlier run may have left some. */
export async function startAgent(
  t: TestContext,
  parent: string,
  number: number,
  options: { readonly port?: number; readonly admits?: (id: string) => boolean } = {},
): Promise<CopyAgent> {
  const folder = join(parent, `${number}`, 'slurmctld');
  await mkdir(folder, { recursive: true });
  const opened: StateCopies[] = [];
  const { id, address, transport } = await openTransport(
    number,
    async own => {
      const copies = await StateCopies.open({
        ...{ ...names, rules, setTimer, folder: join(parent, `${number}`, 'copy') },
        ...{
          nowMs: () => performance.now(),
          wallMs: () => Date.now(),
          admits: options.admits ?? (() => true),
        },
        link: peer => new GrpcStateLink(own, peer, { ...names, setTimer }),
      });
      opened.push(copies);
      return copies;
    },
    options.port,
  );
  const [copies] = opened;
  if (!copies) throw new Error('the copies were not opened');
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    copies.close();
    await transport.close();
  };
  t.after(stop);
  return { id, address, copies, folder, stop };
}

export const portOf = ({ address }: PeerAddress) => Number(address.split(':').at(-1));
