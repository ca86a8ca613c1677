// The contract of k3s, asked of k3s itself: on hosts of a lab, where the machine has a `k3s` that is not our double, and we are root.
import { spawnSync } from 'node:child_process';
import { Lab } from '../lab/lab.ts';
import { isInstalled, missingForLab } from '../lab/requirements.ts';
import { k3sSuite } from './contract.suite.ts';
import { labMachine } from './lab-machines.ts';
import { realPatienceMs } from './limits.ts';

/** Machines that the suite asks for, one after the other. */
const hostsMax = 6;

function missingForK3s(): string | undefined {
  if (!isInstalled('k3s')) return 'needs k3s (a release of github.com/k3s-io/k3s in /usr/local/bin)';
  const { stdout } = spawnSync('k3s', ['--version'], { encoding: 'utf8' });
  if (stdout.includes('d0b1e000')) return 'needs k3s, and what is here is its double';
  return missingForLab();
}

k3sSuite(
  'k3s',
  async () => {
    const lab = await Lab.start({ hosts: hostsMax });
    let used = 0;
    return {
      // A host of a lab has no control groups, which containers need: servers run without their agents.
      runsAgents: false,
      async add() {
        const host = lab.hosts[used];
        if (host === undefined) throw new Error(`the suite needs more than ${hostsMax} machines`);
        used += 1;
        return labMachine(host, { patience: realPatienceMs });
      },
      end: async () => await lab.stop(),
    };
  },
  missingForK3s(),
);
