// What this machine lacks for the bench, each with its mend. Looks only; installs nothing.
import { isInstalled, missingForLab } from '../../test/lab/requirements.ts';

const programs: Readonly<Record<string, string>> = { nft: 'nftables', openssl: 'openssl' };

/** One line for each thing that is missing; none when the bench can run. */
export function missingForBench({ withSerf }: { readonly withSerf: boolean }): string[] {
  const lab = missingForLab();
  const needed = withSerf ? { ...programs, serf: 'serf' } : programs;
  const packages = Object.entries(needed).filter(([program]) => !isInstalled(program));
  return [
    ...(lab === undefined ? [] : [lab]),
    ...packages.map(([program, name]) => `needs ${program}: run "apt-get install ${name}"`),
  ];
}
