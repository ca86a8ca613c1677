// What this machine is: size, kernel, GPUs, versions of what is installed; texts for its member record. Looks only.
// What cannot be read is left out: odd content of a machine never keeps its agent from starting.
import nacl from 'tweetnacl';
import type { Host } from './host.ts';
import {
  gpuQueryTimeoutMs,
  machineCapabilitiesMax,
  machineCapabilityLengthMax,
  pciDevicesMax,
  versionQueryTimeoutMs,
} from './limits.ts';

interface Gpu {
  readonly vendor: string;
  /** The driver's name for it, or `10de:20b0` as the PCI bus has it. */
  readonly model: string;
}

/** Such as `arch=x86_64`, `cores=8`, `gpu=nvidia:NVIDIA A100-SXM4-40GB`, `gpus=2`, `kernel=6.1.0-18-amd64`; sorted. */
export async function machineCapabilities(host: Host): Promise<string[]> {
  const [cpuinfo, meminfo, kernel, arch, machine, link, slurm, k3s, nvidia, pci] = await Promise.all([
    fileText(host, '/proc/cpuinfo'),
    fileText(host, '/proc/meminfo'),
    fileText(host, '/proc/sys/kernel/osrelease'),
    outputOf(host, 'uname', ['-m'], versionQueryTimeoutMs),
    machineNumber(host),
    linkKind(host),
    slurmVersion(host),
    outputOf(host, 'k3s', ['--version'], versionQueryTimeoutMs),
    gpusByDriver(host),
    gpusOnPci(host),
  ]);
  const gpus = nvidia.length > 0 ? [...nvidia, ...pci.filter(({ vendor }) => vendor !== 'nvidia')] : pci;
  const memoryKib = Number(/^MemTotal:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0);
  const facts: [string, string | number | undefined][] = [
    ['cores', cpuinfo.match(/^processor\s*:/gm)?.length],
    ['memory-mib', Math.floor(memoryKib / 1024)],
    ['arch', arch.stdout],
    ['kernel', kernel],
    ['machine', machine],
    ['link', link],
    ['gpus', gpus.length],
    ['slurm', slurm],
    ['k3s', /^k3s version (v\d\S*)/m.exec(k3s.stdout)?.[1]],
    ...gpus.map(({ vendor, model }): [string, string] => ['gpu', `${vendor}:${model}`]),
  ];
  const texts = facts.flatMap(([name, value]) => {
    const said = printable(String(value || ''));
    return said === '' ? [] : [`${name}=${said}`.slice(0, machineCapabilityLengthMax).trim()];
  });
  // Kinds of GPUs come last, so that a machine full of them keeps the rest.
  return [...new Set(texts)].slice(0, machineCapabilitiesMax).sort();
}

/** Tells this hardware from other hardware, also when its disk was made anew; nothing of the number itself can be told from it. */
async function machineNumber(host: Host): Promise<string | undefined> {
  for (const file of ['/sys/class/dmi/id/product_uuid', '/sys/firmware/devicetree/base/serial-number']) {
    const text = (await fileText(host, file)).replace(/\0/g, '').trim().toLowerCase();
    // Makers who number nothing write zeros, or ones, or what they have copied from elsewhere.
    if (text === '' || /^[0f-]*$/.test(text) || text === copiedNumber) continue;
    const bytes = new TextEncoder().encode(`clusteros machine ${text}`);
    return nacl.hash(bytes).toHex().slice(0, 16);
  }
  return undefined;
}

/** Of many cheap boards (systemd's list of them, src/libsystemd/sd-id128). */
const copiedNumber = '03000200-0400-0500-0006-000700080009';

/** How the machine reaches the rest of the world: by radio, or by wire. Nothing where that cannot be told. */
async function linkKind(host: Host): Promise<'wired' | 'wireless' | undefined> {
  const routes = (await fileText(host, '/proc/net/route')).split('\n').map(line => line.split(/\s+/));
  // Columns: interface, destination, gateway, flags, reference count, use, metric.
  const defaults = routes.filter(([, destination]) => destination === '00000000');
  const [best] = defaults.sort((a, b) => Number(a[6]) - Number(b[6]));
  const device = best?.[0] ?? '';
  if (!/^[\w.-]+$/.test(device)) return undefined;
  const facts = await unlessItFails(() => host.listFolder(`/sys/class/net/${device}`), []);
  if (facts.some(fact => fact === 'wireless' || fact === 'phy80211')) return 'wireless';
  return facts.includes('device') ? 'wired' : undefined;
}

/** `22.05.8` from `slurm-wlm 22.05.8`. One that hangs is not followed by others that would: together they would be slow. */
async function slurmVersion(host: Host): Promise<string | undefined> {
  for (const program of ['slurmd', 'slurmctld', 'scontrol']) {
    const { exitCode, stdout } = await outputOf(host, program, ['-V'], versionQueryTimeoutMs);
    const version = /^slurm\S* (\d+\.\S*)/m.exec(stdout)?.[1];
    if (version !== undefined || exitCode === -1) return version;
  }
  return undefined;
}

/** NVIDIA cards as their driver names them; none when it is not there, hangs, fails or answers with something else. */
async function gpusByDriver(host: Host): Promise<Gpu[]> {
  const query = ['--query-gpu=name', '--format=csv,noheader'];
  const { stdout } = await outputOf(host, 'nvidia-smi', query, gpuQueryTimeoutMs);
  const models = stdout.split('\n', pciDevicesMax).map(line => printable(line));
  // Trouble is told among the names, even with exit code 0: `[GPU is lost]`, `Unable to determine the device handle: ...`.
  const names = models.filter(
    model => /^[A-Za-z0-9][^:]*$/.test(model) && !/^(no devices|unable|failed|error|warning)\b/i.test(model),
  );
  return names.map(model => ({ vendor: 'nvidia', model }));
}

async function gpusOnPci(host: Host): Promise<Gpu[]> {
  const folder = '/sys/bus/pci/devices';
  const devices = await unlessItFails(() => host.listFolder(folder), []);
  const found: Gpu[] = [];
  // One after the other: thousands of virtual functions would otherwise be as many open files.
  for (const device of devices.slice(0, pciDevicesMax)) {
    const kind = await fileText(host, `${folder}/${device}/class`);
    if (!/^0x(0300|0302|0380|1200)/.test(kind)) continue;
    const [, vendorId = ''] = idPattern.exec(await fileText(host, `${folder}/${device}/vendor`)) ?? [];
    const [, deviceId] = idPattern.exec(await fileText(host, `${folder}/${device}/device`)) ?? [];
    const vendor = gpuVendors.get(vendorId);
    if (vendor === undefined || deviceId === undefined) continue;
    // AMD's largest (MI300) are "processing accelerators"; those of others are no GPUs.
    if (kind.startsWith('0x1200') && vendor !== 'amd') continue;
    // Intel's integrated adapter has this place in every machine.
    if (vendor === 'intel' && /:00:02\.\d$/.test(device)) continue;
    found.push({ vendor, model: `${vendorId}:${deviceId}` });
  }
  return found;
}

const idPattern = /^0x([0-9a-f]{4})$/;
/** Others show pictures: boards for remote consoles (1a03, 102b) and adapters of virtual machines (1234, 1af4, 15ad). */
const gpuVendors: ReadonlyMap<string, string> = new Map([
  ['10de', 'nvidia'],
  ['1002', 'amd'],
  ['8086', 'intel'],
]);

/** The content of a file, trimmed; empty when it cannot be read. */
async function fileText(host: Host, path: string): Promise<string> {
  const bytes = await unlessItFails(() => host.readFile(path), undefined);
  return new TextDecoder().decode(bytes).trim();
}

/** What a program printed, nothing when it did not succeed; never rejects. */
async function outputOf(
  host: Host,
  program: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<{ readonly exitCode: number; readonly stdout: string }> {
  const failed = { exitCode: -1, stdout: '' };
  const outcome = await unlessItFails(() => host.run(program, args, { timeoutMs }), failed);
  return outcome.exitCode === 0 ? outcome : { ...failed, exitCode: outcome.exitCode };
}

async function unlessItFails<T>(look: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await look();
  } catch {
    return otherwise;
  }
}

/** Printable ASCII only: the text is shown on the terminals of other machines. */
function printable(text: string): string {
  return text.replace(/[^ -~]/g, '').trim();
}
