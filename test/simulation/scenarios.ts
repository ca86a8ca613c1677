// All scenarios. The invariants are checked all the while; `npm run sim` and the tests run the same ones.
import { changeScenarios } from './change-scenarios.ts';
import { diskScenarios } from './disk-scenarios.ts';
import { electionScenarios } from './election-scenarios.ts';
import { historyScenarios } from './history-scenarios.ts';
import { k3sScenarios } from './k3s-scenarios.ts';
import { membershipScenarios } from './membership-scenarios.ts';
import { operatorScenarios } from './operator-scenarios.ts';
import type { Scenario } from './scenario.ts';
import { swarmScenarios } from './swarm-scenarios.ts';
import { tenureScenarios } from './tenure-scenarios.ts';

export const scenarios: readonly Scenario[] = [
  ...electionScenarios,
  ...operatorScenarios,
  ...diskScenarios,
  ...changeScenarios,
  ...historyScenarios,
  ...tenureScenarios,
  ...k3sScenarios,
  ...membershipScenarios,
  ...swarmScenarios,
];
