// The test command of the README: every tier this machine can carry, then the counts. `--tier NAME` runs one tier,
// further words are files. Exit code 0 only when nothing failed and something ran.
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { diskImage, makeImage, missingForDisk } from './disk/image.ts';
import { buildTools, missingForTailnet } from './tailnet/tools.ts';

const root = new URL('..', import.meta.url).pathname;
process.chdir(root);

/** Tiers in the order in which they run: cheap ones first, so that a slip is told soon. */
const tiers = {
  unit: 'test/{tidy,membership,election,agent,integrations,boot,cli,contract,deploy,scenarios}/**/*.test.ts',
  simulation: 'test/simulation/**/*.test.ts',
  k3s: 'test/k3s/**/*.test.ts',
  package: 'test/package/**/*.test.ts',
  lab: 'test/lab/**/*.test.ts',
  tailnet: 'test/tailnet/**/*.test.ts',
  image: 'test/image/**/*.test.ts',
  disk: 'test/disk/**/*.test.ts',
} as const;

const { values, positionals } = parseArgs({ options: { tier: { type: 'string' } }, allowPositionals: true });

let passed = 0;
let failed = 0;
const skipped: string[] = [];

function count(name: string, ok: boolean): void {
  console.log(`${ok ? '✔' : '✖'} ${name}`);
  if (ok) passed += 1;
  else failed += 1;
}

function command(name: string, program: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) console.log(`${stdout}${stderr}`);
  count(name, status === 0);
}

function staticChecks(): void {
  console.log('\n== static');
  const bin = join(root, 'node_modules/.bin');
  command('formatted and linted (biome)', join(bin, 'biome'), ['check', '--error-on-warnings']);
  command('types hold (tsc)', join(bin, 'tsc'), []);
  const fresh = mkdtempSync(join(tmpdir(), 'clusteros-gen-'));
  const gen = JSON.parse(
    spawnSync('npm', ['pkg', 'get', 'scripts.gen'], { encoding: 'utf8' }).stdout,
  ) as string;
  spawnSync('sh', ['-c', gen.replace('--outDir=src/api/gen', `--outDir=${fresh}`)], {
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  });
  command('generated types are those of proto/ (npm run gen)', 'diff', ['-r', fresh, 'src/api/gen']);
  rmSync(fresh, { recursive: true });
}

/** Compiles what the tailnet's tests run, outside the limit of their files; where that cannot be, each of them skips and says why. */
function prepareTailnet(): void {
  if (missingForTailnet() !== undefined) return;
  console.log('\n== tailscaled and headscale, from source where they are not there yet (some minutes, once)');
  const at = Date.now();
  try {
    buildTools();
    count(`tailscaled and headscale are there after ${Math.round((Date.now() - at) / 1000)} s`, true);
  } catch (error) {
    console.log((error as Error).message);
    count('tailscaled and headscale can be compiled', false);
  }
}

/** Makes the image that the last tier starts, outside the limit of its files; where that cannot be, each of them skips and says why. */
function prepareDisk(): void {
  if (missingForDisk() !== undefined) return;
  console.log('\n== the image, for the tests that start it (a minute; some more, once)');
  const at = Date.now();
  // Also where it fails: the tests then miss it, and do not try again.
  process.env.CLUSTEROS_TEST_DISK = diskImage;
  try {
    makeImage();
    count(`the image is there after ${Math.round((Date.now() - at) / 1000)} s`, true);
  } catch (error) {
    console.log((error as Error).message);
    count('the image can be made', false);
  }
}

/** What one file of tests may take: the longest, an emulated machine that is installed and then boots four times, takes 10 minutes on two slow cores of its own. */
const fileLimitMs = 2_700_000;
/** How long a file has to end after it was told to. */
const fileGraceMs = 30_000;

/**
 * Kills files that did not end when they were told to: a test that loops without an end never reads SIGTERM, and would hold up everything
 * behind it. Returns what ends the watch.
 */
function killStuckFiles(): () => void {
  const seenAt = new Map<number, number>();
  const timer = setInterval(() => {
    for (const task of readdirSync('/proc/self/task')) {
      const children = readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean);
      for (const child of children.map(Number)) {
        const since = seenAt.get(child) ?? Date.now();
        seenAt.set(child, since);
        if (Date.now() - since > fileLimitMs + fileGraceMs) process.kill(child, 'SIGKILL');
      }
    }
  }, 5000);
  return () => clearInterval(timer);
}

async function runFiles(name: string, files: string[], concurrency: number): Promise<void> {
  console.log(`\n== ${name}`);
  if (files.length === 0) return;
  const events = run({ files, concurrency, timeout: fileLimitMs });
  const endWatch = killStuckFiles();
  events.on('test:pass', ({ name: title, skip, details }) => {
    if (details.type === 'suite') return;
    if (skip === undefined) passed += 1;
    else skipped.push(`${title}${typeof skip === 'string' ? `: ${skip}` : ''}`);
  });
  events.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') failed += 1;
  });
  await new Promise<void>((resolve, reject) => {
    const printed = events.compose(spec);
    printed.pipe(process.stdout, { end: false });
    printed.on('end', resolve);
    printed.on('error', reject);
  }).finally(endWatch);
}

/** Machines that boot several times by emulation, some ten minutes each: a full run leaves them to `make test-image` and `make test-disk`. */
const slowMachines = [
  'test/image/boot-chain.test.ts',
  'test/image/wifi.test.ts',
  'test/image/wifi-wpa3.test.ts',
  ...globSync('test/disk/**/*.test.ts'),
];

/** Those of a tier that are to run. */
function dueOf(tier: string, files: string[]): string[] {
  if (values.tier !== undefined) return files;
  return files.filter(file => {
    if (!slowMachines.includes(file)) return true;
    skipped.push(`${file}: takes some ten minutes of emulation; "make test-${tier}" runs it`);
    return false;
  });
}

const startedAt = Date.now();
if (positionals.length > 0) await runFiles('files', positionals, 1);
else {
  if (values.tier === undefined || values.tier === 'static') staticChecks();
  for (const [tier, pattern] of Object.entries(tiers)) {
    if (values.tier !== undefined && values.tier !== tier) continue;
    if (tier === 'tailnet') prepareTailnet();
    const due = dueOf(tier, globSync(pattern).sort());
    if (tier === 'disk' && due.length > 0) prepareDisk();
    // Hosts of a lab, virtual machines and builds share two cores with their tests; one file at a time keeps their clocks honest.
    await runFiles(tier, due, ['package', 'lab', 'tailnet', 'image', 'disk'].includes(tier) ? 1 : 2);
  }
}

console.log(`\nin ${Math.round((Date.now() - startedAt) / 1000)} s`);
for (const each of skipped) console.log(`skipped: ${each}`);
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
