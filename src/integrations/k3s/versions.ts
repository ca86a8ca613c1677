// Versions of k3s, `v1.34.9+k3s1`: which may run together, and which know how to live on a tailnet.
import { flannelMendedIn } from './limits.ts';

export interface Version {
  readonly minor: number;
  readonly patch: number;
}

/** What a member says of its k3s; undefined when it says nothing that can be read. */
export function versionOf({
  capabilities,
}: {
  readonly capabilities: readonly string[];
}): Version | undefined {
  return versionFrom(capabilities.find(each => each.startsWith('k3s='))?.slice(4) ?? '');
}

export function versionFrom(text: string): Version | undefined {
  const [, minor, patch] = /^v1\.(\d+)\.(\d+)(\D|$)/.exec(text) ?? [];
  return minor === undefined || patch === undefined
    ? undefined
    : { minor: Number(minor), patch: Number(patch) };
}

/** Negative when `a` is older. */
export function compareVersions(a: Version, b: Version): number {
  return a.minor - b.minor || a.patch - b.patch;
}

/**
 * Why a kubelet of version `own` may not join a server of version `server`; empty when it may. It may be up to three minor versions
 * older, and never newer (kubernetes.io, version skew policy).
 */
export function skewOf(own: Version | undefined, server: Version | undefined): string {
  if (!own || !server) return '';
  const text = (version: Version) => `v1.${version.minor}.${version.patch}`;
  if (own.minor > server.minor)
    return `its k3s ${text(own)} is newer than that of the servers, ${text(server)}`;
  if (own.minor < server.minor - 3)
    return `its k3s ${text(own)} is more than three minor versions older than ${text(server)} of the servers`;
  return '';
}

/** Whether this flannel loses its interface for good when tailscaled restarts. */
export function losesFlannel(version: Version | undefined): boolean {
  if (!version) return false;
  const mended = flannelMendedIn[`1.${version.minor}`];
  return mended === undefined ? version.minor < 33 : version.patch < mended;
}
