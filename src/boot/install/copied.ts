// What of the running system goes to the disk: everything but what would make two machines one, and what is of the stick alone. Credentials
// and settings go along with their rights. Pure.
import { parse } from 'yaml';

/** Filters of rsync, the first that fits holds; anchored at the root. */
export function copyFilters(nodeYaml: string): readonly string[] {
  const dataFolder = dataFolderOf(nodeYaml);
  return [
    // Identities: the disk becomes a node of its own at its first boot.
    ...leaveOut([
      ...['/etc/machine-id', '/var/lib/dbus/machine-id', '/etc/hostid', '/etc/ssh/ssh_host_*'],
      ...['/var/lib/clusteros/*', '/var/lib/tailscale/*'],
      // What first-boot has put aside holds keys.
      ...['/etc/ssh/former-*', '/var/lib/dbus/former-*'],
      ...(dataFolder === undefined ? [] : [`${dataFolder}/*`]),
      ...[
        '/var/lib/systemd/random-seed',
        '/var/lib/systemd/credential.secret',
        '/var/lib/urandom/random-seed',
      ],
    ]),
    // State of services that the agent makes anew, with its keys.
    ...leaveOut([
      ...['/etc/munge/munge.key', '/var/lib/munge/munge.seed', '/var/lib/slurm/*', '/var/spool/slurm*/*'],
      ...['/etc/slurm/slurm.conf', '/etc/slurm/slurmdbd.conf', '/etc/slurm/clusteros-*'],
    ]),
    // Images for machines without a way out lie beside the state.
    '+ /var/lib/rancher/k3s/agent/images/***',
    '+ /var/lib/rancher/k3s/agent/',
    ...leaveOut([
      ...['/var/lib/rancher/k3s/agent/*', '/var/lib/rancher/k3s/server', '/var/lib/rancher/k3s/data/*'],
      '/var/lib/rancher/k3s.before-*',
      ...[
        '/etc/rancher/node/*',
        '/etc/rancher/k3s/k3s.yaml',
        '/etc/rancher/k3s/config.yaml.d/10-clusteros.yaml',
      ],
      ...['/var/lib/kubelet/*', '/var/lib/cni/*', '/run/k3s/*'],
    ]),
    // Of this boot, this stick, or whoever sat at it.
    ...leaveOut([
      ...[
        '/proc/*',
        '/sys/*',
        '/dev/*',
        '/run/*',
        '/tmp/*',
        '/var/tmp/*',
        '/mnt/*',
        '/media/*',
        '/lost+found',
      ],
      ...['/etc/fstab', '/boot/efi/*', '/swapfile', '/swap.img', '/var/lib/cloud/*', '/var/lib/dhcp/*'],
      ...['/etc/initramfs-tools/conf.d/resume', '/etc/udev/rules.d/70-persistent-net.rules'],
      ...['/root/.*_history', '/home/*/.*_history', '/var/cache/apt/archives/*.deb', '/var/crash/*'],
    ]),
    // Folders of logs have owners, and their daemons do not make them.
    '- /var/log/journal/*',
    '+ /var/log/**/',
    '- /var/log/**',
  ];
}

const leaveOut = (paths: readonly string[]) => paths.map(path => `- ${path}`);

/** The data folder of the agent, where an operator has put it elsewhere. */
function dataFolderOf(nodeYaml: string): string | undefined {
  try {
    const settings: unknown = parse(nodeYaml);
    const folder = (settings as { dataDir?: unknown } | null)?.dataDir;
    // A name with a pattern in it would leave out more.
    if (typeof folder === 'string' && /^\/[^*?[\]]+[^/*?[\]]$/.test(folder)) return folder;
  } catch {
    // The agent says what is wrong with it.
  }
  return undefined;
}

/** Folders with keys: their files must have the rights that they have here. */
export const keptFolders = ['/etc/clusteros', '/root/.ssh'] as const;

/** What must not be on the disk: globs below its root. */
export const identityGlobs = [
  ...['etc/ssh/ssh_host_*', 'var/lib/dbus/machine-id', 'var/lib/clusteros/*', 'var/lib/tailscale/*'],
  ...[
    'var/lib/systemd/random-seed',
    'etc/munge/munge.key',
    'var/lib/rancher/k3s/server',
    'etc/rancher/node/*',
  ],
] as const;

/** What a machine does not start without: compared always. @see comparedFilesMax for the others */
export const vitalGlobs = [
  'boot/vmlinuz-*',
  'boot/initrd.img-*',
  'etc/passwd',
  'usr/lib/systemd/systemd',
] as const;

export interface FileSystems {
  readonly rootUuid: string;
  readonly espUuid: string;
}

/** fstab(5) of the disk. What the former one has of the network or of memory stays; its disks are not this machine's. */
export function fstabText({ rootUuid, espUuid }: FileSystems, former: string): string {
  const kept = former.split('\n').filter(line => {
    const [source = '', point = '', type = ''] = line.trim().split(/\s+/);
    const isDisk = /^(\/dev\/|UUID=|LABEL=|PARTUUID=|PARTLABEL=|ID=|\/)/.test(source) || type === 'swap';
    return source !== '' && !source.startsWith('#') && !isDisk && !['/', '/boot/efi'].includes(point);
  });
  return [
    '# Written by cluster-os-install.',
    `UUID=${rootUuid} / ext4 errors=remount-ro 0 1`,
    // A machine that was started by BIOS goes on without it.
    `UUID=${espUuid} /boot/efi vfat umask=0077,nofail 0 2`,
    ...kept,
    '',
  ].join('\n');
}

/** Of the two file systems in an fstab. @throws Error when it names one of them otherwise */
export function fileSystemsOf(fstab: string): FileSystems {
  const uuidOf = (point: string) => {
    const [, uuid] = new RegExp(`^UUID=(\\S+) ${point} `, 'm').exec(fstab) ?? [];
    if (uuid === undefined) throw new Error(`fstab does not name ${point} by its UUID`);
    return uuid;
  };
  return { rootUuid: uuidOf('/'), espUuid: uuidOf('/boot/efi') };
}
