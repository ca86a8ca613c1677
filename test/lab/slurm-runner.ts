// One pass of the SLURM integration on the machine it is started on: a cluster view as JSON on standard input, one JSON
// line for each progress report, and a last one with the reports. For tests in a lab: it changes the machine.
import { mkdirSync, readFileSync } from 'node:fs';
import type { ClusterView } from '../../src/integrations/cluster-view.ts';
import type { Copies } from '../../src/integrations/copies.ts';
import { realHost } from '../../src/integrations/host.ts';
import { retryWithBackoff } from '../../src/integrations/reconciler.ts';
import { slurmIntegration } from '../../src/integrations/slurm/slurm.ts';
import { inOnePass } from '../integrations/one-pass.ts';

const { secrets, ...view } = JSON.parse(readFileSync(0, 'utf8')) as Omit<
  ClusterView,
  'secret' | 'secretNames' | 'secretId' | 'tenure'
> & {
  readonly secrets: Readonly<Record<string, string>>;
};
const secret = (name: string) => {
  const base64 = secrets[name];
  return base64 === undefined ? undefined : new Uint8Array(Buffer.from(base64, 'base64'));
};
mkdirSync('/var/lib/clusteros', { recursive: true });
/** One machine by itself: nobody copies from it, and its tenure does not end. */
const copies: Copies = {
  recover: async () => {},
  hold: async () => {},
  release: async () => {},
  follow: () => {},
  newest: () => undefined,
  newestFrom: async () => ({ copy: undefined, missed: [] }),
  materialise: async () => {},
};
const tenure = {
  leftMs: () => 60_000,
  stands: () => true,
  knownForMs: () => 60_000,
  hasReleased: () => false,
};
const slurm = inOnePass(
  slurmIntegration({
    ...{ fencingFile: '/var/lib/clusteros/fencing.json', takenFile: '/var/lib/clusteros/slurm-taken' },
    ...{ retry: retryWithBackoff, copies, remember: async () => true },
    counterparts: { ask: async () => undefined },
  }),
);
const startedAt = performance.now();
const reports = await slurm.pass(
  realHost(),
  {
    ...view,
    secretNames: Object.keys(secrets),
    secret,
    secretId: name => secrets[name]?.slice(0, 8) ?? '',
    tenure,
  },
  progress => console.log(JSON.stringify({ progress })),
);
console.log(JSON.stringify({ reports, ms: Math.round(performance.now() - startedAt) }));
