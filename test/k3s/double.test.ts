// The contract of k3s, kept by its double.
import { k3sSuite } from './contract.suite.ts';
import { LoopbackMachines } from './machines.ts';

k3sSuite('the double', async () => {
  const machines = new LoopbackMachines();
  return {
    runsAgents: true,
    add: async name => machines.add(name),
    end: async () => await machines.end(),
  };
});
