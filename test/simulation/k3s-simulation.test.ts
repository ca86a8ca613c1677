// The scenarios about Kubernetes with the seeds of the test suite.
import { k3sScenarios } from './k3s-scenarios.ts';
import { seedSuite } from './seed-suite.ts';

seedSuite(k3sScenarios);
