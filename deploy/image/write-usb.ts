// `deploy/image/write-usb /dev/sdX`: puts the image on a stick, and reads it back. Refuses what is no stick by the same rules as
// cluster-os-install; the sum of the image is checked before anything is written.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { Command } from 'commander';
import { BootError, exitCode, runProgram } from '../../src/boot/ending.ts';
import { wishFrom } from '../../src/boot/install/content.ts';
import {
  disksOf,
  lookAtDisk,
  lookAtMachine,
  rehearsalFrom,
  rehearsalVariable,
} from '../../src/boot/install/look.ts';
import {
  chosenDisk,
  contentText,
  type DiskFacts,
  deviceText,
  diskRefusals,
} from '../../src/boot/install/plan.ts';
import { realHost } from '../../src/integrations/host.ts';
import { megabytes } from '../package/steps.ts';
import { imageName, usbName } from './layout.ts';
import { progressMs, stickBytesMax, writeBytes } from './limits.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const names = [usbName, `${imageName}.raw.gz`, `${imageName}.raw`];

interface Flags {
  readonly image?: string;
  readonly yes?: boolean;
  readonly yesReally?: boolean;
  readonly dryRun?: boolean;
}

const program = new Command('write-usb')
  .description(
    'Writes the image of "make usb" or "make image" to a stick, and reads it back. All that is on the stick is lost.',
  )
  .argument('<DEVICE>', 'the stick, such as /dev/sdX')
  .option(
    '--image <FILE>',
    `raw or raw.gz; unless said, the first that is in dist of ${names.join(', ')}, with its sum beside it in SHA256SUMS`,
  )
  .option('--dry-run', 'say what would be done, and change nothing')
  .option('--yes', 'do not ask')
  .option(
    '--yes-really',
    `also a disk that cannot be pulled, or has more than ${megabytes(stickBytesMax)}; never one that is in use`,
  )
  .exitOverride()
  .addHelpText(
    'after',
    '\nExit codes: 0 done, and read back   1 failed   2 usage   4 refused, with the reason',
  );

const host = realHost();

async function main(): Promise<number> {
  program.parse();
  const flags = program.opts<Flags>();
  const image = imageFrom(flags.image);
  const { machine, byId } = await lookAtMachine(host, rehearsalFrom(process.env[rehearsalVariable]));
  const all = await Promise.all(disksOf(machine).map(each => lookAtDisk(host, each)));
  const device = chosenDisk(wishFrom(program.args[0], undefined, false), all, machine, byId);
  const disk = await lookAtDisk(host, device);
  // The size that a compressed image has is known when it was read.
  const [refusal] = diskRefusals(disk, machine, 0);
  if (!machine.isRoot) throw new BootError(exitCode.refused, 'this needs root', 'run it with sudo');
  if (refusal) throw new BootError(exitCode.refused, refusal.why, refusal.mend);
  if (flags.yesReally !== true) refuseNoStick(disk);
  const plain = await readImage(image, device.sizeBytes);
  console.error(
    `${basename(image)}: ${megabytes(plain.bytes)}, ${plain.isListed ? 'as SHA256SUMS says' : 'no SHA256SUMS beside it'}`,
  );
  console.error(`to ${deviceText(device)}; on it now, and lost then: ${contentText(disk.content)}`);
  if (flags.dryRun) return exitCode.done;
  if (flags.yes !== true && flags.yesReally !== true) await agree();
  // Only to us: nobody mounts it meanwhile.
  const stick = await open(device.path, constants.O_RDWR | constants.O_EXCL);
  try {
    await write(image, stick, plain.bytes);
    await host.run('blockdev', ['--flushbufs', device.path], { timeoutMs: 60_000 });
    const found = await hashOf(stick, plain.bytes);
    if (found !== plain.sha256)
      throw new BootError(
        exitCode.failed,
        `${device.path} does not read back what was written`,
        'the stick is broken, or smaller than it says: take another one',
      );
  } finally {
    await stick.close();
  }
  console.log(`${device.path} holds the image, as it was read back; it can be pulled`);
  return exitCode.done;
}

function imageFrom(given: string | undefined): string {
  const found = given ?? names.map(name => join(dist, name)).find(existsSync);
  if (found !== undefined && existsSync(found)) return found;
  throw new BootError(
    exitCode.usage,
    `there is no ${given ?? join(dist, usbName)}`,
    'run "make usb", or name one with --image',
  );
}

function refuseNoStick({ device }: DiskFacts): void {
  const mend = 'say --yes-really if it is the one';
  if (device.type === 'disk' && !device.isRemovable)
    throw new BootError(exitCode.refused, `${device.path} cannot be pulled: it is no stick`, mend);
  if (device.sizeBytes > stickBytesMax)
    throw new BootError(
      exitCode.refused,
      `${device.path} has ${megabytes(device.sizeBytes)}: that is much for a stick`,
      mend,
    );
}

interface Plain {
  /** Of the image as it is on a disk. */
  readonly bytes: number;
  readonly sha256: string;
  readonly isListed: boolean;
}

/** Reads all of it once. @throws BootError where its sum is another, it is damaged, or the stick is too small */
async function readImage(image: string, roomBytes: number): Promise<Plain> {
  const stored = createHash('sha256');
  const plain = createHash('sha256');
  let bytes = 0;
  const total = statSync(image).size;
  let read = 0;
  const progress = showProgress('checking', () => read / total);
  try {
    const file = createReadStream(image, { highWaterMark: writeBytes });
    file.on('data', chunk => {
      stored.update(chunk);
      read += chunk.length;
    });
    const count = async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        plain.update(chunk);
        bytes += chunk.length;
      }
    };
    if (image.endsWith('.gz')) await pipeline(file, createGunzip({ chunkSize: writeBytes }), count);
    else await pipeline(file, count);
  } catch (error) {
    throw new BootError(
      exitCode.failed,
      `${image} is damaged: ${(error as Error).message}`,
      'make it, or copy it, anew',
    );
  } finally {
    progress();
  }
  const listed = sumOf(image);
  if (listed !== undefined && listed !== stored.digest('hex'))
    throw new BootError(
      exitCode.failed,
      `${image} is not what SHA256SUMS beside it says`,
      'make it, or copy it, anew',
    );
  if (bytes > roomBytes)
    throw new BootError(
      exitCode.refused,
      `the image has ${megabytes(bytes)}, and the stick ${megabytes(roomBytes)}`,
      'take a larger one',
    );
  return { bytes, sha256: plain.digest('hex'), isListed: listed !== undefined };
}

function sumOf(image: string): string | undefined {
  const list = join(dirname(image), 'SHA256SUMS');
  if (!existsSync(list)) return undefined;
  const lines = readFileSync(list, 'utf8').split('\n');
  return lines.map(line => line.split('  ')).find(([, name]) => name === basename(image))?.[0];
}

async function write(image: string, stick: FileHandle, bytes: number): Promise<void> {
  let done = 0;
  const progress = showProgress('writing', () => done / bytes);
  const put = async (chunks: AsyncIterable<Buffer>) => {
    let pendingBytes = 0;
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const { bytesWritten } = await stick.write(chunk, at, chunk.length - at, done);
        at += bytesWritten;
        done += bytesWritten;
      }
      // So that the progress is that of the stick, not of the memory before it.
      pendingBytes += chunk.length;
      if (pendingBytes >= writeBytes * 8) {
        await stick.datasync();
        pendingBytes = 0;
      }
    }
  };
  try {
    const file = createReadStream(image, { highWaterMark: writeBytes });
    if (image.endsWith('.gz')) await pipeline(file, createGunzip({ chunkSize: writeBytes }), put);
    else await pipeline(file, put);
    await stick.sync();
  } finally {
    progress();
  }
}

async function hashOf(stick: FileHandle, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(writeBytes);
  let at = 0;
  const progress = showProgress('reading back', () => at / bytes);
  try {
    while (at < bytes) {
      const { bytesRead } = await stick.read(buffer, 0, Math.min(buffer.length, bytes - at), at);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } finally {
    progress();
  }
  return hash.digest('hex');
}

/** Returns what ends it. */
function showProgress(what: string, share: () => number): () => void {
  const isSeen = process.stderr.isTTY === true;
  const startedAtMs = performance.now();
  const timer = setInterval(() => {
    if (isSeen) process.stderr.write(`\r${what}: ${Math.floor(share() * 100)} %  `);
  }, progressMs);
  return () => {
    clearInterval(timer);
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    console.error(`${isSeen ? '\r' : ''}${what}: ${Math.floor(share() * 100)} % after ${seconds} s`);
  };
}

async function agree(): Promise<void> {
  if (!process.stdin.isTTY)
    throw new BootError(
      exitCode.usage,
      'nobody is there to be asked',
      'say --yes, or --dry-run to see what it would do',
    );
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asked.question('Go on? [y/N] ');
  asked.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new BootError(exitCode.failed, 'nothing was changed', '');
}

await runProgram(main);
