// The version that the double says it is.
import { control } from './control.ts';

const commit = 'd0b1e000';

export function version(): string {
  return control().version ?? process.env.K3S_DOUBLE_VERSION ?? 'v1.34.9+k3s1';
}

export function versionText(): string {
  return `k3s version ${version()} (${commit})\ngo version go1.24.13\n`;
}

/** "v1.34.9+k3s1 (d0b1e000)" as the first line of the log has it. */
export function versionWithCommit(): string {
  return `${version()} (${commit})`;
}

export function versionInfo() {
  const [, major = '1', minor = '34'] = /^v(\d+)\.(\d+)/.exec(version()) ?? [];
  return {
    major,
    minor,
    gitVersion: version(),
    gitCommit: commit,
    gitTreeState: 'clean',
    buildDate: '2026-07-01T00:00:00Z',
    goVersion: 'go1.24.13',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}
