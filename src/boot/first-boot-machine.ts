// The first boot on a machine: looks at what there is, and takes the steps of the plan. Never deletes: what is of another machine is
// put aside in the folder where it lay, so that it is on the same file system and can be put back.
import type { Host } from '../integrations/host.ts';
import {
  enrolmentFile,
  machineIdentity,
  readEnrolment,
  writeEnrolment,
} from '../integrations/tailscale/enrolment.ts';
import { BootError, exitCode } from './ending.ts';
import type { FirstBootFacts, FirstBootPlan, NodeFolder, Step } from './first-boot-plan.ts';
import { hostsWith, isDefaultName, isHostName, physicalCards } from './host-name.ts';
import { firstBootCommandTimeoutMs, sshKeysTimeoutMs, udevSettleS } from './limits.ts';
import { machineRecordFile, readMachineRecord, writeMachineRecord } from './machine-record.ts';
import { nodeSettings } from './node-settings.ts';
import { defaultSettingsFile, settingsFrom } from './settings.ts';

/** What is of one node alone. The agent makes its identity anew, tailscaled its state, sshd's keys are made here. */
const nodeFolders: readonly { readonly folder: string; readonly isOfNode: (name: string) => boolean }[] = [
  // The clock is of no node, and the record is replaced when all else is done.
  { folder: '/var/lib/clusteros', isOfNode: name => name !== 'machine.json' && name !== 'clock' },
  { folder: '/var/lib/tailscale', isOfNode: () => true },
  { folder: '/etc/ssh', isOfNode: name => name.startsWith('ssh_host_') },
  // systemd would take the machine-id from here again.
  { folder: '/var/lib/dbus', isOfNode: name => name === 'machine-id' },
  // A copied server would be a second member of the same etcd.
  { folder: '/var/lib/rancher/k3s', isOfNode: name => name === 'server' },
  { folder: '/etc/rancher/node', isOfNode: () => true },
];
const asidePrefix = 'former-';

/** Looks. `say` hears of settings that are of no use here. */
export async function firstBootFacts(host: Host, say: (line: string) => void): Promise<FirstBootFacts> {
  const { name: wishedName, dataDir } = await wishes(host, say);
  const folders = nodeFolders.some(({ folder }) => folder === dataDir)
    ? nodeFolders
    : [{ folder: dataDir, isOfNode: () => true }, ...nodeFolders];
  const found: NodeFolder[] = [];
  for (const { folder, isOfNode } of folders) {
    const names = await host.listFolder(folder);
    found.push({ folder, entries: names.filter(name => isOfNode(name) && !name.startsWith(asidePrefix)) });
  }
  const hostName = (await text(host, '/etc/hostname')).split('\n')[0]?.trim() ?? '';
  const record = await readMachineRecord(host, machineRecordFile);
  // Only who has no name, or a given one, is named by its cards; they may still be on their way.
  if (isDefaultName(hostName) || record?.givenName === hostName)
    await host.run('udevadm', ['settle', `--timeout=${udevSettleS}`], {
      timeoutMs: udevSettleS * 1000 + firstBootCommandTimeoutMs,
    });
  const ssh = await host.listFolder('/etc/ssh');
  const machineId = (await text(host, '/etc/machine-id')).trim();
  return {
    machine: await machineIdentity(host),
    record,
    enrolledOn: (await readEnrolment(host))?.machine,
    machineId: machineId === 'uninitialized' ? '' : machineId,
    nodeFolders: found,
    hasSshKeys: ssh.includes('sshd_config') ? ssh.some(name => /^ssh_host_.*_key$/.test(name)) : undefined,
    ...{ hostName, wishedName, cards: await physicalCards(host) },
  };
}

/** Host name and data folder by the settings of node-agent, else the name for the tailnet. */
async function wishes(
  host: Host,
  say: (line: string) => void,
): Promise<{ readonly name: string; readonly dataDir: string }> {
  const { dataDir, ...settings } = await nodeSettings(host, say);
  let { name } = settings;
  if (name === '')
    try {
      name =
        settingsFrom(await text(host, defaultSettingsFile), defaultSettingsFile).get('TAILSCALE_HOSTNAME') ??
        '';
    } catch (error) {
      if (!(error instanceof BootError)) throw error;
      say(`${error.message}; it is passed over here`);
    }
  if (name !== '' && !isHostName(name)) {
    say(`"${name}" of the settings is no host name: at most 63 letters, digits and dashes`);
    name = '';
  }
  return { name, dataDir };
}

/** The folder that takes what is put aside: when, and from which machine. */
export function asideName(nowMs: number, { record, enrolledOn }: FirstBootFacts): string {
  const when = new Date(nowMs).toISOString().slice(0, 19).replace(/[-:T]/g, '');
  return `${asidePrefix}${when}-${(record?.machine ?? enrolledOn ?? 'unknown').slice(0, 8)}`;
}

/** Nobody may use what is about to be put aside. @throws BootError naming who does */
export async function refuseWhileInUse(host: Host, { steps }: FirstBootPlan): Promise<void> {
  if (!steps.some(({ kind }) => kind === 'move-aside')) return;
  for (const unit of ['tailscaled', 'node-agent', 'k3s']) {
    const { exitCode: code } = await host.run('systemctl', ['is-active', '--quiet', unit], {
      timeoutMs: firstBootCommandTimeoutMs,
    });
    if (code === 0)
      throw new BootError(
        exitCode.failed,
        `this disk was in another machine, and ${unit} runs with what it had there`,
        'run "systemctl stop node-agent tailscaled k3s; first-boot", then start the machine anew',
      );
  }
}

/** Takes one step. @throws BootError */
export async function takeStep(
  host: Host,
  step: Step,
  aside: string,
  say: (line: string) => void,
): Promise<void> {
  switch (step.kind) {
    case 'move-aside': {
      await host.ensureFolder(`${step.folder}/${aside}`, { mode: 0o700 });
      for (const name of step.entries)
        await host.rename(`${step.folder}/${name}`, `${step.folder}/${aside}/${name}`);
      return;
    }
    case 'machine-id':
      return await makeMachineId(host, step.isAnew);
    case 'ssh-keys': {
      const { exitCode: code, stderr } = await host.run('ssh-keygen', ['-A'], {
        timeoutMs: sshKeysTimeoutMs,
      });
      if (code !== 0)
        throw new BootError(
          exitCode.failed,
          `ssh-keygen made no host keys: ${stderr.trim().split('\n').at(-1)}`,
          'see whether the disk is full ("df /etc")',
        );
      return;
    }
    case 'host-name':
      return await setHostName(host, step.name, step.former, say);
    case 'adopt-enrolment': {
      const known = await readEnrolment(host);
      if (known) await writeEnrolment(host, { ...known, machine: step.machine }, enrolmentFile);
      return;
    }
    case 'record':
      return await writeMachineRecord(host, step.record, machineRecordFile);
  }
}

async function makeMachineId(host: Host, isAnew: boolean): Promise<void> {
  if (!isAnew) {
    await host.run('systemd-machine-id-setup', [], { timeoutMs: firstBootCommandTimeoutMs });
    if (/^[0-9a-f]{32}$/.test((await text(host, '/etc/machine-id')).trim())) return;
  }
  // systemd would take the same again where it takes it from the hypervisor or from D-Bus; the kernel's is by chance.
  const id = (await text(host, '/proc/sys/kernel/random/uuid')).replace(/[^0-9a-f]/g, '');
  if (id.length !== 32) throw new BootError(exitCode.failed, 'the kernel gives no random number', '');
  await host.writeFile('/etc/machine-id', `${id}\n`, { mode: 0o444 });
}

async function setHostName(
  host: Host,
  name: string,
  former: string,
  say: (line: string) => void,
): Promise<void> {
  const hosts = await text(host, '/etc/hosts');
  const mended = hostsWith(hosts, former, name);
  // Before the name: a boot that is cut off between them is done again.
  if (mended !== hosts) await host.writeFile('/etc/hosts', mended, { mode: 0o644 });
  await host.writeFile('/etc/hostname', `${name}\n`, { mode: 0o644 });
  const { exitCode: code } = await host.run('hostname', [name], { timeoutMs: firstBootCommandTimeoutMs });
  if (code !== 0) say(`the name ${name} holds from the next boot on`);
}

async function text(host: Host, path: string): Promise<string> {
  return new TextDecoder().decode(await host.readFile(path));
}
