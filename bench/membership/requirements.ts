// What this machine lacks for the bench, each with its mend. Looks only; installs nothing.
import { missingPrograms } from '../testbed/requirements.ts';

/** One line for each thing that is missing; none when the bench can run. */
export function missingForBench({ withSerf }: { readonly withSerf: boolean }): string[] {
  return missingPrograms({ nft: 'nftables', openssl: 'openssl', ...(withSerf ? { serf: 'serf' } : {}) });
}
