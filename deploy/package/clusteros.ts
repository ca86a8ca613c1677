// What the package "clusteros" holds: the programs and their units. It changes nothing about the machine that it is installed on, and
// starts nothing: that is the operator's word, or that of "clusteros-machine".
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Entry, Package } from './deb.ts';
import { debianChangelog, manualPage, type Page } from './pages.ts';
import { addonName } from './program/native-addon.ts';
import { run } from './tools.ts';

export const maintainer = 'ClusterOS maintainers <maintainers@clusteros.invalid>';

export interface ContentOptions {
  /** The checkout. */
  readonly root: string;
  readonly version: string;
  readonly epoch: number;
}

export interface ProgramParts {
  readonly architecture: string;
  readonly executable: string;
  readonly addon: string;
  /** Node's and those of all that is bundled. */
  readonly notices: string;
}

const pages: readonly Page[] = [
  { name: 'clusterctl', section: 1 },
  ...[
    ...['node-agent', 'tailscale-auth', 'wait-for-tailscale', 'wait-for-time', 'first-boot', 'wifi-setup'],
    ...['cluster-os-install', 'handed-settings'],
  ].map(name => ({ name, section: 8 }) as const),
];

const completions = [
  ['bash', '/usr/share/bash-completion/completions/clusterctl'],
  ['zsh', '/usr/share/zsh/vendor-completions/_clusterctl'],
  ['fish', '/usr/share/fish/vendor_completions.d/clusterctl.fish'],
] as const;

/** Without folders: what goes into the one of systemd's own units changes this machine. */
export function unitsOf(root: string): readonly string[] {
  return readdirSync(join(root, 'deploy/systemd'))
    .filter(name => name.endsWith('.service'))
    .sort();
}

export function presetText(word: 'enable' | 'disable', units: readonly string[]): string {
  return units.map(unit => `${word} ${unit}\n`).join('');
}

export function clusteros(options: ContentOptions, parts: ProgramParts): Package {
  const { root, version } = options;
  const file = (name: string) => readFileSync(join(root, 'deploy/package/files', name), 'utf8');
  const units = unitsOf(root);
  const script = (name: string) => file(name).replaceAll('@UNITS@', units.join(' '));
  return {
    ...{ name: 'clusteros', version, architecture: parts.architecture },
    fields: {
      ...{ Maintainer: maintainer, Section: 'admin', Priority: 'optional' },
      // What the executable is linked with; libatomic1 is no essential package. Then what the agent runs.
      Depends:
        'libatomic1, libc6 (>= 2.28), libgcc-s1 (>= 4.2), libstdc++6 (>= 5.2), init-system-helpers (>= 1.54), iproute2, nftables, systemd (>= 247)',
      Recommends: 'munge, slurm-wlm, systemd-timesyncd | time-daemon',
      Suggests:
        'clusteros-machine, iw, mariadb-server, netplan.io, slurmdbd, tailscale, wireless-regdb, wpasupplicant',
    },
    summary: 'turns the machines of one tailnet into a SLURM cluster by itself',
    description: [
      'The machines find each other, elect a leader, and the leader joins them to\n SLURM, whatever dies, moves or is re-imaged. This package has the daemon,\n node-agent, its command, clusterctl, and what brings a machine into its\n tailnet at boot.',
      'Nothing is started or enabled by its installation, and the network of the\n machine stays as it is. The package clusteros-machine gives a whole machine to\n ClusterOS.',
    ],
    entries: [
      ...programs(parts),
      ...units.map(unit => ({
        path: `/usr/lib/systemd/system/${unit}`,
        text: readFileSync(join(root, 'deploy/systemd', unit), 'utf8'),
      })),
      ...globSync('*.rules', { cwd: join(root, 'deploy/udev') }).map(name => ({
        path: `/usr/lib/udev/rules.d/${name}`,
        text: readFileSync(join(root, 'deploy/udev', name), 'utf8'),
      })),
      {
        path: '/usr/lib/systemd/system-preset/90-clusteros.preset',
        text: `${file('90-clusteros.preset')}${presetText('disable', units)}`,
      },
      // As ConfigurationDirectoryMode= of the agent's unit has it: keys are in there.
      { path: '/etc/clusteros', folderMode: 0o750 },
      { path: '/etc/clusteros/node.yaml', text: file('node.yaml'), isSetting: true },
      ...documents(options, parts.notices),
      ...completions.map(([shell, path]) => ({
        path,
        text: run(join(root, 'bin/clusterctl'), ['completion', shell]),
      })),
      { path: '/usr/share/lintian/overrides/clusteros', text: file('lintian-overrides') },
    ],
    scripts: { postinst: script('postinst'), prerm: script('prerm'), postrm: script('postrm') },
  };
}

function programs({ executable, addon }: ProgramParts): Entry[] {
  return [
    { path: '/usr/lib/clusteros/clusteros', copy: executable, mode: 0o755 },
    { path: `/usr/lib/clusteros/${addonName}`, copy: addon },
    ...pages.map(({ name }) => ({ path: `/usr/bin/${name}`, link: '../lib/clusteros/clusteros' })),
  ];
}

function documents({ root, version, epoch }: ContentOptions, notices: string): Entry[] {
  const folder = '/usr/share/doc/clusteros';
  const text = (name: string) => readFileSync(join(root, name), 'utf8');
  const zipped = (name: string) => gzipSync(text(name), { level: 9 });
  return [
    { path: `${folder}/copyright`, text: text('deploy/package/files/copyright') },
    { path: `${folder}/third-party-licences.gz`, text: gzipSync(notices, { level: 9 }) },
    { path: `${folder}/changelog.gz`, text: debianChangelog('clusteros', version, maintainer, epoch) },
    { path: `${folder}/CHANGELOG.md.gz`, text: zipped('CHANGELOG.md') },
    // The units name it, so it stays readable as it is.
    { path: `${folder}/operations.md`, text: text('docs/operations.md') },
    { path: `${folder}/failure-modes.md`, text: text('docs/failure-modes.md') },
    { path: `${folder}/SECURITY.md`, text: text('SECURITY.md') },
    ...['tailscale.env', 'wifi.env'].map(name => ({
      path: `${folder}/examples/${name}`,
      text: text(`deploy/package/files/${name.replace('.env', '.example.env')}`),
    })),
    ...pages.map(page => ({
      path: `/usr/share/man/man${page.section}/${page.name}.${page.section}.gz`,
      text: manualPage(join(root, 'bin', page.name), page, version, epoch),
    })),
  ];
}
