// What a machine must have to build packages and to try them in a tree of their own. Looks only; installs nothing.
import { architectures, ownArchitecture } from '../../deploy/package/architectures.ts';
import { isInstalled, isRoot, missingNamespaces } from '../lab/requirements.ts';

const programs: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap',
  'dpkg-deb': 'dpkg',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  ip: 'iproute2',
};

/** Why no package can be built and tried here, in a few words; undefined when one can. The reason of a skipped test. */
export function missingForPackage(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (!isRoot()) return 'needs root';
  for (const [program, name] of Object.entries(programs))
    if (!isInstalled(program)) return `needs ${program} (package ${name})`;
  const missing = missingNamespaces();
  return missingForBuild(ownArchitecture()) ?? (missing && `needs namespaces (${missing})`);
}

/** Of a build for one kind of machine alone. */
export function missingForBuild(architecture: string): string | undefined {
  const { binutils } = architectures[architecture] ?? {};
  return binutils && !isInstalled(`${binutils.prefix}strip`)
    ? `needs ${binutils.prefix}strip (package ${binutils.package})`
    : undefined;
}
