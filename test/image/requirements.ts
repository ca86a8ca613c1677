// What a machine must have to run virtual ones. Looks only; installs nothing.
import { accessSync, constants, readFileSync } from 'node:fs';
import { isInstalled, isRoot, missingNamespaces } from '../lab/requirements.ts';

const programs: Readonly<Record<string, string>> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  mmdebstrap: 'mmdebstrap',
  mke2fs: 'e2fsprogs',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  setpriv: 'util-linux',
  unshare: 'util-linux',
};

/** Why no virtual machine can be made and run here, in a few words; undefined when one can. The reason of a skipped test. */
export function missingForImage(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'needs Linux on x86-64';
  if (!isRoot()) return 'needs root';
  for (const [program, name] of Object.entries(programs))
    if (!isInstalled(program)) return `needs ${program} (package ${name})`;
  const missing = missingNamespaces();
  return missing && `needs namespaces (${missing})`;
}

/**
 * How QEMU runs the processors: by the real ones where they can, else by emulation. CLUSTEROS_TEST_ACCEL=kvm or =tcg decides instead.
 * That /dev/kvm opens says too little: there are hosts whose KVM boots no ordinary kernel, and their processors say so.
 */
export function acceleration(): readonly string[] {
  const wish = process.env.CLUSTEROS_TEST_ACCEL;
  const isReal = wish === undefined ? hasRealKvm() : wish === 'kvm';
  return isReal ? ['-accel', 'kvm', '-cpu', 'host'] : ['-accel', 'tcg,thread=multi', '-cpu', 'qemu64'];
}

function hasRealKvm(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return false;
  }
  return /^flags\s*:.*\b(svm|vmx)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
}
