// What the package "clusteros-machine" holds: what makes a whole machine ClusterOS's at its next boot. A package of its own, since it
// takes the network over: beside an administrator's own settings its file for netplan would win, and a server would lose its address.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ContentOptions, maintainer, presetText, unitsOf } from './clusteros.ts';
import type { Package } from './deb.ts';
import { debianChangelog } from './pages.ts';

export function clusterosMachine({ root, version, epoch }: ContentOptions): Package {
  const read = (name: string) => readFileSync(join(root, 'deploy', name), 'utf8');
  const units = unitsOf(root);
  const additions = readdirSync(join(root, 'deploy/systemd')).filter(name => name.endsWith('.service.d'));
  const documents = '/usr/share/doc/clusteros-machine';
  const script = (name: string) =>
    read(`package/files/clusteros-machine.${name}`).replaceAll('@UNITS@', units.join(' '));
  return {
    ...{ name: 'clusteros-machine', version, architecture: 'all' },
    fields: {
      ...{ Maintainer: maintainer, Section: 'admin', Priority: 'optional' },
      Depends: `clusteros (>= ${version}), iw, netplan.io, openssh-server, systemd-resolved, systemd-timesyncd | time-daemon, wireless-regdb, wpasupplicant`,
      Recommends: 'munge, slurm-wlm',
      Suggests: 'tailscale',
    },
    summary: 'gives a whole machine to ClusterOS, from its next boot on',
    description: [
      'Every cable gets its address by DHCP, WiFi is as /etc/clusteros/wifi.env has\n it, the machine signs itself in to its tailnet and joins its cluster.',
      'For machines that are nothing else, such as those of the image: it takes the\n network over, and enables the units of the package clusteros. On a machine\n with a network of its own install clusteros alone.',
    ],
    entries: [
      {
        path: '/etc/netplan/50-clusteros-wired.yaml',
        text: read('netplan/50-clusteros-wired.yaml'),
        // netplan warns of a file that others can read, whatever is in it.
        ...{ mode: 0o600, isSetting: true },
      },
      ...additions.flatMap(folder =>
        readdirSync(join(root, 'deploy/systemd', folder)).map(name => ({
          path: `/usr/lib/systemd/system/${folder}/${name}`,
          text: read(`systemd/${folder}/${name}`),
        })),
      ),
      {
        path: '/usr/lib/systemd/system-preset/50-clusteros-machine.preset',
        text: presetText('enable', units),
      },
      {
        path: '/usr/share/lintian/overrides/clusteros-machine',
        text: read('package/files/clusteros-machine.lintian-overrides'),
      },
      { path: `${documents}/copyright`, text: read('package/files/copyright') },
      {
        path: `${documents}/changelog.gz`,
        text: debianChangelog('clusteros-machine', version, maintainer, epoch),
      },
    ],
    scripts: { postinst: script('postinst'), prerm: script('prerm') },
  };
}
