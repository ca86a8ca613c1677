// Real tailscaled, tailscale and headscale, compiled from their pinned sources into build/tailnet and kept there.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { goProgram, tailscaleSource } from '../../deploy/image/tailscale.ts';
import { missingForLab } from '../lab/requirements.ts';
import { buildTimeoutMs } from './limits.ts';

const folder = fileURLToPath(new URL('../../build/tailnet/', import.meta.url));

/** What tests have no use for and takes long to compile (tailscale.com/feature/featuretags). */
const omitted = [
  'acme appconnectors aws bird captiveportal capture clientupdate cloud completion completion_scripts conn25 desktop_sessions',
  'doctor drive flashappliance gro identityfederation kube netstack networkmanager outboundproxy portlist qrcodes relayserver',
  'serve ssh synology systray taildrop tap tpm useproxy wakeonlan webbrowser webclient',
].flatMap(line => line.split(' '));

interface Source {
  readonly module: string;
  readonly version: string;
  /** The version of Go that its go.mod asks for. */
  readonly go: string;
  /** Paths of the commands below the module. */
  readonly commands: readonly string[];
  /** Paths of files below the module that its packages ship, too. */
  readonly files: readonly string[];
  readonly flags: readonly string[];
}

const sources: readonly Source[] = [
  {
    ...{ module: tailscaleSource.module, version: `v${tailscaleSource.version}`, go: tailscaleSource.go },
    commands: ['cmd/tailscale', 'cmd/tailscaled'],
    files: ['cmd/tailscaled/tailscaled.service', 'cmd/tailscaled/tailscaled.defaults'],
    flags: [`-tags=${omitted.map(name => `ts_omit_${name}`).join(',')}`],
  },
  {
    // It takes clients of the ten releases before it, and newer ones.
    module: 'github.com/juanfont/headscale',
    version: 'v0.29.2',
    go: '1.26.4',
    commands: ['cmd/headscale'],
    files: [],
    flags: [],
  },
];

/** The folder with `tailscale`, `tailscaled` and `headscale`, and what Tailscale's package has beside them. */
export const toolsFolder = join(folder, 'bin');

/** Why there can be no real tailnet here; undefined when there can. Compiles nothing. */
export function missingForTailnet(): string | undefined {
  const lab = missingForLab();
  if (lab !== undefined) return lab;
  if (!existsSync('/dev/net/tun')) return 'needs /dev/net/tun';
  if (!sources.every(isBuilt) && goProgram() === undefined)
    return 'needs Go to compile tailscaled and headscale with';
  return undefined;
}

/** Compiles what is not there in its version. Minutes without, at once with what an earlier run has left. @throws Error with Go's words */
export function buildTools(): void {
  for (const source of sources) if (!isBuilt(source)) build(source);
}

function isBuilt(source: Source): boolean {
  try {
    return readFileSync(stampOf(source), 'utf8') === JSON.stringify(source);
  } catch {
    return false;
  }
}

const stampOf = ({ module }: Source) => join(folder, `${module.replaceAll('/', '_')}.json`);

/**
 * By a module of our own that requires the source: `go install MODULE@VERSION` also asks for the list of all its versions,
 * which not every module proxy has.
 */
function build(source: Source): void {
  const { module, version, go, commands, files, flags } = source;
  const program = goProgram();
  if (program === undefined) throw new Error('there is no Go');
  const wrapper = join(folder, 'module');
  rmSync(wrapper, { recursive: true, force: true });
  mkdirSync(wrapper, { recursive: true });
  mkdirSync(toolsFolder, { recursive: true });
  writeFileSync(
    join(wrapper, 'go.mod'),
    `module clusteros.invalid/tools\n\ngo ${go}\n\nrequire ${module} ${version}\n`,
  );
  const fresh = join(folder, 'fresh');
  const paths = commands.map(command => `${module}/${command}`);
  // Two compilers at once: the machine has others to serve.
  const args = ['install', '-mod=mod', '-p=2', '-ldflags=-s -w', ...flags, ...paths];
  const { status, stderr, error } = spawnSync(program, args, {
    cwd: wrapper,
    env: { ...process.env, GOBIN: fresh, GOFLAGS: '', CGO_ENABLED: '0' },
    encoding: 'utf8',
    timeout: buildTimeoutMs,
  });
  if (status !== 0)
    throw new Error(
      `${module}@${version} cannot be compiled: ${error?.message ?? ''}\n${stderr.slice(-3000)}`,
    );
  for (const command of commands) {
    const name = command.split('/').at(-1) ?? '';
    renameSync(join(fresh, name), join(toolsFolder, name));
  }
  if (files.length > 0) {
    const list = ['list', '-mod=mod', '-m', '-f', '{{.Dir}}', module];
    const { stdout } = spawnSync(program, list, { cwd: wrapper, encoding: 'utf8' });
    for (const file of files)
      writeFileSync(join(toolsFolder, file.split('/').at(-1) ?? ''), readFileSync(join(stdout.trim(), file)));
  }
  rmSync(wrapper, { recursive: true, force: true });
  writeFileSync(stampOf(source), JSON.stringify(source));
}
