// What this machine lacks for a bench, each with its mend. Looks only; installs nothing.
import { isInstalled, missingForLab } from '../../test/lab/requirements.ts';

/** One line for each thing that is missing: namespaces, or one of these programs. @param programs each with its package */
export function missingPrograms(programs: Readonly<Record<string, string>>): string[] {
  const lab = missingForLab();
  const missing = Object.entries(programs).filter(([program]) => !isInstalled(program));
  return [
    ...(lab === undefined ? [] : [lab]),
    ...missing.map(([program, name]) => `needs ${program}: run "apt-get install ${name}"`),
  ];
}
