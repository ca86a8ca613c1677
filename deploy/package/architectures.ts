// The machines that a package is built for, and where their Node comes from.
export interface Architecture {
  /** As Debian calls it. */
  readonly debian: string;
  /** As Node calls it, in `process.arch` and in the package of npm that holds it. */
  readonly node: string;
  /** Of Node's package of this version, as npm has it (`npm view node-linux-ARCH@VERSION dist.integrity`); moves with package.json. */
  readonly nodeIntegrity: string;
  /** Before `strip`, and the package of Debian that has it. */
  readonly binutils: { readonly prefix: string; readonly package: string };
  /** Of classic-level, for glibc. */
  readonly addon: string;
}

export const architectures: Readonly<Record<string, Architecture>> = {
  amd64: {
    debian: 'amd64',
    node: 'x64',
    nodeIntegrity:
      'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
    binutils: { prefix: 'x86_64-linux-gnu-', package: 'binutils-x86-64-linux-gnu' },
    addon: 'linux-x64/classic-level.node',
  },
  arm64: {
    debian: 'arm64',
    node: 'arm64',
    nodeIntegrity:
      'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
    binutils: { prefix: 'aarch64-linux-gnu-', package: 'binutils-aarch64-linux-gnu' },
    addon: 'linux-arm64/classic-level.armv8.node',
  },
};

/** The one of this machine. @throws Error on another kind of machine */
export function ownArchitecture(): string {
  const own = Object.values(architectures).find(({ node }) => node === process.arch);
  if (own === undefined) throw new Error(`no package is built for machines like this one (${process.arch})`);
  return own.debian;
}
