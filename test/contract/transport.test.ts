// The transport suite, run on the gRPC transport over loopback and on the simulator's twin.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { authorityOf } from '../../src/agent/certificates.ts';
import { GrpcPeerTransport } from '../../src/agent/grpc/peer-transport.ts';
import { identityFrom } from '../../src/agent/identity.ts';
import { MemberDevices } from '../../src/agent/member-devices.ts';
import { openGate } from '../../src/agent/peer-gate.ts';
import { recordSealOf } from '../../src/agent/record-seal.ts';
import { freePort } from '../agent/free-port.ts';
import { VirtualNetwork } from '../simulation/network.ts';
import { randomFrom } from '../simulation/random.ts';
import { Timeline } from '../simulation/timeline.ts';
import { transportSuite } from './transport.suite.ts';

const hash = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());

transportSuite('gRPC over mTLS', () => ({
  async side(number, key) {
    const identity = identityFrom(hash(`side ${number}`));
    const port = await freePort();
    const transport = new GrpcPeerTransport({
      ...{
        identity,
        authority: await authorityOf(hash(key)),
        host: '127.0.0.1',
        port,
        gate: openGate,
        devices: new MemberDevices(recordSealOf(identity)),
      },
      ...{ nowMs: () => performance.now(), wallMs: () => Date.now() },
    });
    return { transport, id: identity.id, address: `127.0.0.1:${port}` };
  },
  async until(done, what) {
    const deadline = performance.now() + 10_000;
    while (!done()) {
      assert.ok(performance.now() < deadline, `not within 10 s: ${what}`);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  },
}));

transportSuite('the virtual network', () => {
  const timeline = new Timeline();
  const nothing = () => {};
  const after = (delayMs: number, run: () => void) => timeline.after(delayMs, run);
  const nowMs = () => timeline.nowMs;
  const network = new VirtualNetwork({
    nowMs,
    after,
    random: randomFrom(1),
    onSend: nothing,
    onDeliver: nothing,
  });
  return {
    async side(number, key, place = number) {
      const { id } = identityFrom(hash(`side ${number}`));
      return { transport: network.transport(id, key), id, address: `100.64.0.${place}:7443` };
    },
    async until(done, what) {
      const limitMs = timeline.nowMs + 60_000;
      while (!done()) assert.ok(timeline.next(limitMs), `not within a virtual minute: ${what}`);
    },
  };
});
