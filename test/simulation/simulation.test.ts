// The scenarios with the seeds of the test suite. Those about Kubernetes have a file of their own, which runs beside this one.
import { k3sScenarios } from './k3s-scenarios.ts';
import { scenarios } from './scenarios.ts';
import { seedSuite } from './seed-suite.ts';

seedSuite(scenarios.filter(each => !k3sScenarios.includes(each)));
