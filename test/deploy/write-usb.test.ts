// deploy/image/write-usb on a loop device: what it writes is there and was read back, and what it refuses is untouched.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { LoopDisk, missingForLoop } from '../boot/install/loop-disk.ts';

const missing = missingForLoop();
const options = missing === undefined ? {} : { skip: missing };
const program = new URL('../../deploy/image/write-usb', import.meta.url).pathname;
const content = randomBytes(9 * 2 ** 20 + 512);

function onDisk(title: string, work: (disk: LoopDisk, image: string) => Promise<void>): void {
  test(title, options, async () => {
    const disk = new LoopDisk(64);
    try {
      const image = `${disk.source}/image.raw.gz`;
      const stored = gzipSync(content);
      writeFileSync(image, stored);
      const sum = createHash('sha256').update(stored).digest('hex');
      writeFileSync(`${disk.source}/SHA256SUMS`, `${sum}  image.raw.gz\n`);
      await work(disk, image);
    } finally {
      disk.remove();
    }
  });
}

function startOf(path: string): Buffer {
  const file = openSync(path, 'r');
  const bytes = Buffer.alloc(content.length);
  readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  return bytes;
}

onDisk('an image is written, read back, and is what it was', async (disk, image) => {
  const { exitCode, output } = await disk.run([disk.path, '--image', image, '--yes'], { program });
  assert.equal(exitCode, 0, output);
  assert.match(output, /checking: 100 %.*\n.*image\.raw\.gz: 9\.4 MB, as SHA256SUMS says\n/);
  assert.match(output, /writing: 100 % .*\nreading back: 100 % .*\n.*holds the image, as it was read back/);
  assert.ok(startOf(disk.path).equals(content));
});

onDisk(
  'nothing is written that is damaged, not as listed, too large, or not agreed to',
  async (disk, image) => {
    const refused = async (code: number, words: RegExp, more: readonly string[] = ['--yes']) => {
      const { exitCode, output } = await disk.run([disk.path, '--image', image, ...more], { program });
      assert.equal(exitCode, code, output);
      assert.match(output, words);
      assert.equal(disk.writtenBlocks, 0, 'something was written');
    };
    await refused(2, /nobody is there to be asked/, []);
    const dry = await disk.run([disk.path, '--image', image, '--dry-run'], { program });
    assert.match(dry.output, /on it now, and lost then: blank/);
    const whole = readFileSync(image);
    writeFileSync(image, whole.subarray(0, 1_000_000));
    await refused(1, /is damaged/);
    writeFileSync(image, gzipSync(Buffer.alloc(1024)));
    await refused(1, /is not what SHA256SUMS beside it says/);
    writeFileSync(`${disk.source}/SHA256SUMS`, '');
    writeFileSync(image, gzipSync(Buffer.alloc(65 * 2 ** 20)));
    await refused(4, /the image has 68\.2 MB, and the stick 67\.1 MB/);
  },
);

onDisk('a stick in use is refused, whatever is said', async (disk, image) => {
  const holder = openSync(disk.path, constants.O_RDONLY | constants.O_EXCL);
  const { exitCode, output } = await disk.run([disk.path, '--image', image, '--yes-really'], { program });
  closeSync(holder);
  assert.equal(exitCode, 4, output);
  assert.match(output, /in use by something/);
});

onDisk('a loop device is no stick outside a rehearsal', async (disk, image) => {
  const { exitCode, output } = await disk.run([disk.path, '--image', image, '--yes-really'], {
    ...{ program, rehearses: false },
  });
  assert.equal(exitCode, 4, output);
  assert.match(output, /is no disk \(loop\)/);
  assert.equal(disk.writtenBlocks, 0);
});
