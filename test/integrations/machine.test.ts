// What a machine says of itself: the usual ones, those with odd content, and the one that runs this test.
import assert from 'node:assert/strict';
import { arch, machine, release } from 'node:os';
import { test } from 'node:test';
import { type Host, realHost } from '../../src/integrations/host.ts';
import {
  gpuQueryTimeoutMs,
  machineCapabilitiesMax,
  machineCapabilityLengthMax,
  versionQueryTimeoutMs,
} from '../../src/integrations/limits.ts';
import { machineCapabilities } from '../../src/integrations/machine.ts';
import { slurmCapabilities } from '../../src/integrations/slurm/capabilities.ts';
import { MemoryHost, SlurmWorld } from './memory-host.ts';

const plain = ['arch=x86_64', 'cores=2', 'kernel=6.1.0-18-amd64', 'memory-mib=7946'];

/** A machine with two cores, and PCI devices as `address class vendor device`. */
function machineWith(...devices: readonly string[]): MemoryHost {
  const host = new SlurmWorld().addHost('atlas', '100.64.0.1');
  for (const program of ['slurmd', 'slurmctld', 'scontrol']) host.programs.delete(program);
  for (const each of devices) {
    const [address, ...ids] = each.split(' ');
    for (const [i, name] of ['class', 'vendor', 'device'].entries())
      host.put(`/sys/bus/pci/devices/${address}/${name}`, `0x${ids[i]}\n`);
  }
  return host;
}

/** Of what a machine says, the part on GPUs. */
const gpusOf = async (host: Host) =>
  (await machineCapabilities(host)).filter(each => each.startsWith('gpu')).sort();

const a100 = '0000:3b:00.0 030200 10de 20b0';
const secondA100 = '0000:af:00.0 030200 10de 20b0';
const mi210 = '0000:21:00.0 038000 1002 740f';

test('a machine without GPUs says its size, kernel and architecture, and nothing on GPUs', async () => {
  assert.deepEqual(await machineCapabilities(machineWith()), plain);
});

test('a machine that reaches the world by radio says so; by wire, too; of several ways the cheapest counts', async () => {
  const route = (device: string, metric: number) =>
    `${device}\t00000000\t0100A8C0\t0003\t0\t0\t${metric}\t00000000\t0\t0\t0`;
  const header = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
  const linkOf = async (...routes: readonly string[]) => {
    const host = machineWith();
    host.put('/proc/net/route', [header, ...routes, ''].join('\n'));
    host.put('/sys/class/net/wlp2s0/phy80211/index', '0\n');
    host.put('/sys/class/net/enp1s0/device/vendor', '0x8086\n');
    host.put('/sys/class/net/br0/bridge/stp_state', '0\n');
    return (await machineCapabilities(host)).filter(each => each.startsWith('link='));
  };
  assert.deepEqual(await linkOf(route('wlp2s0', 600)), ['link=wireless']);
  assert.deepEqual(await linkOf(route('wlp2s0', 600), route('enp1s0', 100)), ['link=wired']);
  assert.deepEqual(await linkOf(route('br0', 0)), [], 'what is behind a bridge is not known');
  assert.deepEqual(await linkOf(), []);
});

test('two NVIDIA cards have the name their driver gives, once, and their number', async () => {
  const host = machineWith(a100, secondA100);
  host.programs.set('nvidia-smi', () => ({ stdout: 'NVIDIA A100-SXM4-40GB\nNVIDIA A100-SXM4-40GB\n' }));
  assert.deepEqual(
    await machineCapabilities(host),
    [...plain, 'gpu=nvidia:NVIDIA A100-SXM4-40GB', 'gpus=2'].sort(),
  );
  assert.ok(host.commands.includes('nvidia-smi --query-gpu=name --format=csv,noheader'));
});

test('cards of two makers are counted together: one by its driver, the other by the bus', async () => {
  const host = machineWith(a100, mi210);
  host.programs.set('nvidia-smi', () => ({ stdout: 'NVIDIA A100-SXM4-40GB\n' }));
  assert.deepEqual(await gpusOf(host), ['gpu=amd:1002:740f', 'gpu=nvidia:NVIDIA A100-SXM4-40GB', 'gpus=2']);
});

test('an nvidia-smi that is missing, is cut off, fails or talks of trouble leaves the numbers of the bus', async () => {
  const trouble = [
    { exitCode: 127 },
    { exitCode: -1, stdout: 'NVIDIA A', stderr: 'nvidia-smi did not end within 5000 ms' },
    {
      exitCode: 9,
      stdout: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n",
    },
    { exitCode: 6, stdout: 'No devices were found\n' },
    { stdout: 'No devices were found\n' },
    { stdout: 'Unable to determine the device handle for GPU0000:3B:00.0: Unknown Error\n' },
    { stdout: '[GPU is lost]\n' },
    { stdout: '' },
    { stdout: '\0\u001b[31m\n\n\t\n' },
  ];
  for (const outcome of trouble) {
    const host = machineWith(a100, secondA100);
    host.programs.set('nvidia-smi', () => outcome);
    assert.deepEqual(await gpusOf(host), ['gpu=nvidia:10de:20b0', 'gpus=2'], JSON.stringify(outcome));
  }
});

test('every program has a deadline, and programs that hang do so at the same time', async () => {
  const asked = new Map<string, number>();
  const host = new Proxy(machineWith(a100), {
    get: (target, name) =>
      name === 'run'
        ? async (program: string, _args: readonly string[], { timeoutMs }: { timeoutMs: number }) => {
            asked.set(program, timeoutMs);
            // The real deadlines, a hundred times as fast.
            return realHost().run('sleep', ['60'], { timeoutMs: timeoutMs / 100 });
          }
        : (target[name as keyof MemoryHost] as () => unknown).bind(target),
  });
  const began = performance.now();
  assert.deepEqual(
    await machineCapabilities(host),
    [...plain.slice(1), 'gpu=nvidia:10de:20b0', 'gpus=1'].sort(),
  );
  const tookMs = performance.now() - began;
  assert.ok(tookMs < 2000, `it took ${tookMs} ms: somebody waited for the end of a program that hangs`);
  assert.deepEqual(Object.fromEntries([...asked].sort()), {
    k3s: versionQueryTimeoutMs,
    'nvidia-smi': gpuQueryTimeoutMs,
    // Not slurmctld and scontrol after it: three that hang would be slower than nvidia-smi.
    slurmd: versionQueryTimeoutMs,
    uname: versionQueryTimeoutMs,
  });
});

test('AMD and Intel cards are found on the bus; what only shows pictures is no GPU', async () => {
  assert.deepEqual(await gpusOf(machineWith(mi210, '0000:22:00.0 038000 1002 740f')), [
    'gpu=amd:1002:740f',
    'gpus=2',
  ]);
  const cards = [
    '0000:03:00.0 030000 8086 56a0', // Intel Arc A770
    '0000:05:00.0 120000 1002 74a1', // AMD Instinct MI300X, a "processing accelerator"
  ];
  const others = [
    '0000:00:02.0 030000 8086 3e9b', // Intel UHD 630, integrated
    '0000:00:02.1 038000 8086 2a43', // and the second function of an old one
    '0000:00:01.0 030000 1234 1111', // QEMU
    '0000:00:04.0 038000 1af4 1050', // virtio
    '0000:00:0f.0 030000 15ad 0405', // VMware
    '0000:07:00.0 030000 1a03 2000', // ASPEED, a remote console
    '0000:3b:00.1 040300 10de 1aef', // the sound of an NVIDIA card
    '0000:00:0b.0 120000 8086 7d1d', // an Intel NPU
    '0000:00:1f.6 020000 8086 15bb', // a network card
  ];
  assert.deepEqual(await gpusOf(machineWith(...cards, ...others)), [
    'gpu=amd:1002:74a1',
    'gpu=intel:8086:56a0',
    'gpus=2',
  ]);
  assert.deepEqual(await gpusOf(machineWith(...others)), []);
});

test('the versions of SLURM and k3s are told where the programs tell them', async () => {
  const versions = async (programs: Readonly<Record<string, string>>) => {
    const host = machineWith();
    for (const [name, stdout] of Object.entries(programs)) host.programs.set(name, () => ({ stdout }));
    return (await machineCapabilities(host)).filter(each => /^(slurm|k3s)=/.test(each));
  };
  assert.deepEqual(
    await versions({
      slurmd: 'slurm-wlm 22.05.8\n',
      k3s: 'k3s version v1.30.4+k3s1 (98262b5d)\ngo version go1.22.5\n',
    }),
    ['k3s=v1.30.4+k3s1', 'slurm=22.05.8'],
  );
  assert.deepEqual(await versions({ slurmctld: 'slurm 24.05.0-0rc1\n' }), ['slurm=24.05.0-0rc1']);
  assert.deepEqual(await versions({ slurmd: 'Usage: slurmd\n', scontrol: 'slurm 23.11.4\n' }), [
    'slurm=23.11.4',
  ]);
  assert.deepEqual(await versions({ slurmd: 'a wrapper', slurmctld: '', scontrol: '\0', k3s: 'v1' }), []);
});

test('asking starts no daemon, and SLURM keeps its own capabilities', async () => {
  const host = new SlurmWorld().addHost('atlas', '100.64.0.1');
  host.put('/etc/slurm/slurm.conf', 'SlurmctldHost=atlas(100.64.0.1)\n');
  assert.deepEqual(await machineCapabilities(host), [...plain, 'slurm=22.05.8']);
  assert.equal(host.processes.size, 0);
  assert.deepEqual(await slurmCapabilities(host), ['slurm-controller', 'tenure-fence', 'slurm-worker']);
});

test('odd content of a machine is left out or cleaned, and never fails', async () => {
  const host = machineWith('0000:01:00.0 nonsense 10de 20b0', '0000:02:00.0 030200 10de', mi210);
  host.put('/proc/cpuinfo', '\0\u00ff');
  host.put('/proc/meminfo', 'MemTotal: much kB\n');
  host.put('/proc/sys/kernel/osrelease', `6.1\u001b]0;x\u0007\u202e\n${'y'.repeat(500)}`);
  host.programs.set('uname', () => ({ exitCode: 1, stdout: 'x86_64\n' }));
  const said = await machineCapabilities(host);
  assert.deepEqual(said, [
    'gpu=amd:1002:740f',
    'gpus=1',
    `kernel=6.1]0;x${'y'.repeat(500)}`.slice(0, machineCapabilityLengthMax),
  ]);

  const refuse = () => {
    throw new Error('EACCES');
  };
  for (const each of [refuse, async () => refuse()]) {
    const closed: Host = Object.assign(new MemoryHost(), { run: each, readFile: each, listFolder: each });
    assert.deepEqual(await machineCapabilities(closed), []);
  }
});

test('two hundred devices fill the record no further than it goes, and keep the rest of it', async () => {
  const devices = Array.from(
    { length: 200 },
    (_, i) => `${(0x1000 + i).toString(16)}:01:00.0 030200 10de ${(0x2000 + i).toString(16)}`,
  );
  const full = await machineCapabilities(machineWith(...devices));
  assert.equal(full.length, machineCapabilitiesMax);
  assert.deepEqual(full, [...full].sort());
  for (const each of [...plain, 'gpus=200']) assert.ok(full.includes(each), `${each} is not in ${full}`);
  const alike = machineWith(...devices.map(each => each.replace(/ \w+$/, ' 20b0')));
  assert.deepEqual(await gpusOf(alike), ['gpu=nvidia:10de:20b0', 'gpus=200']);

  const wordy = machineWith();
  wordy.programs.set('nvidia-smi', () => ({ stdout: 'Card '.repeat(100_000) }));
  for (const each of await machineCapabilities(wordy))
    assert.ok(each.length <= machineCapabilityLengthMax, `${each.length} characters`);
});

test('this machine says what the system says of it', async () => {
  const said = new Map(
    (await machineCapabilities(realHost())).map(each => each.split('=') as [string, string]),
  );
  assert.ok(Number(said.get('cores')) > 0, `${arch()}: no cores in ${[...said]}`);
  assert.ok(Number(said.get('memory-mib')) > 0);
  assert.equal(said.get('arch'), machine());
  assert.equal(said.get('kernel'), release());
});
