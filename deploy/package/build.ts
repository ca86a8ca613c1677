// `make package`: packages of Debian in dist/, from this checkout. Settings are in the environment: ARCH=amd64|arm64, VERSION=1.2.3
// (package.json's unless set), RELEASE=1 (smaller, and a minute longer), SOURCE_DATE_EPOCH (the date of the commit unless set),
// OUT=FOLDER (dist unless set).
import { fileURLToPath } from 'node:url';
import { buildPackages } from './packages.ts';
import { packageSettings } from './settings.ts';
import { Steps } from './steps.ts';
import { updateSums } from './sums.ts';
import { endWithBuildError } from './tools.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

await endWithBuildError(async () => {
  const settings = packageSettings(root, process.env);
  const { version, architecture, out } = settings;
  console.log(`clusteros ${version} for ${architecture.debian}`);
  const steps = new Steps();
  const files = await buildPackages(settings, steps);
  await steps.step('SHA256SUMS', () => updateSums(out, files));
  console.log(`in ${out}; install with "apt-get install ${files[0]}"`);
});
