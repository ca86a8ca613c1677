// What this machine lacks for the bench, each with its mend. Looks only; installs nothing.
import { missingPrograms } from '../testbed/requirements.ts';

/** One line for each thing that is missing; none when the bench can run. */
export function missingForBench({ withEtcd }: { readonly withEtcd: boolean }): string[] {
  return missingPrograms({ strace: 'strace', ...(withEtcd ? { etcd: 'etcd-server' } : {}) });
}
