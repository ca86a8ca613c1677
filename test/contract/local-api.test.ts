// The twin of tailscaled passes what a real one passes (test/tailnet/tailnet.test.ts).
import { after } from 'node:test';
import { device, FakeTailscaled } from '../integrations/tailscale/fake-tailscaled.ts';
import { localApiSuite } from './local-api.suite.ts';

const fake = await FakeTailscaled.start();
after(() => fake.dispose());

localApiSuite('twin', async () => {
  fake.peers = [device('borea', 2, { Tags: ['tag:cluster'] })];
  return {
    socket: fake.socket,
    peer: async () => ({ stableId: 'n2CNTRL', address: '100.64.0.2' }),
    change: async () => fake.tell({ PeersChanged: [{ ID: 2 }] }),
  };
});
