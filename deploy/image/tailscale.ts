// Tailscale as a package of Debian, compiled from its pinned source: Debian has none, and the sums of Go's modules are checked by a public
// log. It has the name and the files of Tailscale's own package, so a newer one of theirs takes its place.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, makeDeb } from '../package/deb.ts';
import { BuildError, run } from '../package/tools.ts';
import { programTimeoutMs } from './limits.ts';

/** The only place that names its version; the tests run the same. */
export const tailscaleSource = {
  module: 'tailscale.com',
  version: '1.102.3',
  /** That its go.mod asks for. */
  go: '1.26.6',
} as const;
const { module, version, go } = tailscaleSource;

/** Returns the package. @param kept where it stays for the next build @throws BuildError where it cannot be compiled */
export function tailscalePackage(kept: string, epoch: number): string {
  const folder = join(kept, `tailscale-${version}`);
  const deb = join(folder, `tailscale_${version}_amd64.deb`);
  if (existsSync(deb)) return deb;
  const work = join(folder, 'work');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  // By a module of our own: `go install MODULE@VERSION` also asks for the list of all its versions, which not every proxy has.
  writeFileSync(
    join(work, 'go.mod'),
    `module clusteros.invalid/image\n\ngo ${go}\n\nrequire ${module} v${version}\n`,
  );
  const bin = join(work, 'bin');
  const env = { GOBIN: bin, GOFLAGS: '', CGO_ENABLED: '0', GOARCH: 'amd64', GOOS: 'linux' };
  const compiler = goProgram();
  if (compiler === undefined)
    throw new BuildError(
      `the image needs tailscale, and compiles it with Go ${go}\nhint: install Go from https://go.dev/dl, or set TAILSCALE=FILE.deb, one of https://pkgs.tailscale.com/stable`,
    );
  const stamps = ['long', 'short'].map(each => `-X ${module}/version.${each}Stamp=${version}`);
  run(
    compiler,
    [
      ...['install', '-mod=mod', '-trimpath', '-p=2', `-ldflags=-s -w ${stamps.join(' ')}`],
      ...[`${module}/cmd/tailscale`, `${module}/cmd/tailscaled`],
    ],
    { cwd: work, env, timeoutMs: programTimeoutMs },
  );
  const source = run(compiler, ['list', '-mod=mod', '-m', '-f', '{{.Dir}}', module], {
    cwd: work,
    env,
  }).trim();
  makeDeb(packageOf(bin, source), { work: join(work, 'tree'), out: folder, epoch, compression: 'zstd' });
  rmSync(work, { recursive: true });
  return deb;
}

function packageOf(bin: string, source: string) {
  const text = (name: string) => readFileSync(join(source, name), 'utf8');
  const entries: Entry[] = [
    { path: '/usr/bin/tailscale', copy: join(bin, 'tailscale'), mode: 0o755 },
    { path: '/usr/sbin/tailscaled', copy: join(bin, 'tailscaled'), mode: 0o755 },
    { path: '/usr/lib/systemd/system/tailscaled.service', text: text('cmd/tailscaled/tailscaled.service') },
    { path: '/etc/default/tailscaled', text: text('cmd/tailscaled/tailscaled.defaults'), isSetting: true },
    { path: '/usr/share/doc/tailscale/copyright', text: text('LICENSE') },
  ];
  return {
    ...{ name: 'tailscale', version, architecture: 'amd64', entries, scripts: {} },
    fields: {
      ...{
        Maintainer: 'ClusterOS maintainers <maintainers@clusteros.invalid>',
        Section: 'net',
        Priority: 'optional',
      },
      Depends: 'iptables, iproute2',
    },
    summary: 'the tailnet client, compiled for an image of ClusterOS',
    description: ["From Tailscale's source; their own package of a later version replaces it."],
  };
}

/** The compiler of Go; undefined where there is none. */
export function goProgram(): string | undefined {
  return ['/usr/local/go/bin/go', '/usr/lib/go/bin/go', '/usr/bin/go'].find(existsSync);
}
