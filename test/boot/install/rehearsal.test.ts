// cluster-os-install on a loop device, from a small system in a folder: really partitioned, formatted, copied and looked at, all but the boot
// loaders; what it refuses; and that a run which is killed at any step is followed by one that succeeds.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
} from 'node:fs';
import { test } from 'node:test';
import { canary, LoopDisk, missingForLoop } from './loop-disk.ts';

const missing = missingForLoop();
const options = missing === undefined ? {} : { skip: missing };

function onDisk(title: string, work: (disk: LoopDisk) => Promise<void>, sizeMib?: number): void {
  test(title, options, async () => {
    const disk = new LoopDisk(sizeMib);
    try {
      await work(disk);
    } finally {
      disk.remove();
    }
  });
}

const modeOf = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);
const tableOf = (disk: LoopDisk) => execFileSync('sgdisk', ['--print', disk.path], { encoding: 'utf8' });
const mountsOf = (disk: LoopDisk) =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(line => line.includes(disk.path) || line.includes('cluster-os-install'));

/** Is a whole system that nobody has used before. */
function assertInstalled(disk: LoopDisk): void {
  assert.match(
    tableOf(disk),
    /^ +1 .*1024\.0 KiB +EF02 +bios-boot\n +2 .*512\.0 MiB +EF00 +esp\n +3 .* 8304 +root$/m,
  );
  disk.look(root => {
    const uuid = (part: string) =>
      execFileSync('blkid', ['-p', '-s', 'UUID', '-o', 'value', part], { encoding: 'utf8' }).trim();
    const fstab = readFileSync(`${root}/etc/fstab`, 'utf8');
    assert.ok(fstab.includes(`UUID=${uuid(disk.root)} / ext4`), fstab);
    assert.ok(fstab.includes(`UUID=${uuid(`${disk.path}p2`)} /boot/efi vfat`), fstab);
    assert.equal(readFileSync(`${root}/etc/machine-id`, 'utf8'), '');
    for (const identity of ['etc/ssh', 'var/lib/clusteros', 'var/lib/tailscale'])
      assert.deepEqual(readdirSync(`${root}/${identity}`), [], identity);
    assert.equal(existsSync(`${root}/var/lib/systemd/random-seed`), false);
    assert.equal(readFileSync(`${root}/etc/clusteros/cluster.key`, 'utf8'), canary);
    assert.equal(modeOf(`${root}/etc/clusteros/cluster.key`), '600');
    assert.equal(modeOf(`${root}/etc/clusteros/tailscale.env`), '600');
    assert.equal(modeOf(`${root}/etc/clusteros`), '750');
    assert.equal(modeOf(`${root}/root/.ssh/authorized_keys`), '600');
    assert.equal(modeOf(`${root}/usr/bin/tool`), '4755');
    assert.equal(modeOf(`${root}/tmp`), '1777');
    assert.equal(lstatSync(`${root}/usr/bin/same-tool`).ino, lstatSync(`${root}/usr/bin/tool`).ino);
    assert.equal(readlinkSync(`${root}/usr/bin/link`), 'tool');
    assert.deepEqual(
      [lstatSync(`${root}/var/log/munge`).uid, readdirSync(`${root}/var/log/munge`)],
      [1234, []],
    );
    assert.deepEqual(readFileSync(`${root}/usr/bin/node`), readFileSync(`${disk.source}/usr/bin/node`));
    const log = readFileSync(`${root}/var/log/cluster-os-install.log`, 'utf8');
    assert.match(log, /\$ rsync .*\n[\s\S]*files compared by their content[\s\S]*all done/);
    assert.equal(log.includes(canary), false, 'the log has a secret');
    assert.equal(modeOf(`${root}/var/log/cluster-os-install.log`), '600');
  });
  assert.equal(spawnSync('e2fsck', ['-f', '-n', disk.root]).status, 0);
}

onDisk('a blank disk becomes this system without its identities', async disk => {
  const { exitCode, output } = await disk.run([disk.path, '--yes']);
  assert.equal(exitCode, 0, output);
  assert.match(output, /\[1\/6\] erase .*\n(.*\n)*\[6\/6\] .*\n.*is finished: take the stick out/);
  assert.equal(output.includes(canary), false, 'the output has a secret');
  assert.deepEqual(mountsOf(disk), []);
  assertInstalled(disk);
  // Now there is something on it that somebody would miss.
  const again = await disk.run([disk.path, '--yes']);
  assert.equal(again.exitCode, 2);
  assert.match(
    again.output,
    /--yes is not enough: there is something on it \(gpt with 3 partitions: vfat "ESP", ext4 "clusteros"\)/,
  );
  assertInstalled(disk);
});

onDisk('killed at any step, and run again, it comes to its end, and nothing stays mounted', async disk => {
  for (const step of [1, 2, 3, 4, 5, 6]) {
    const killed = await disk.endAt(`[${step}/6]`, 'SIGKILL');
    assert.equal(killed.exitCode, null, killed.output);
    assert.deepEqual(mountsOf(disk), [], `step ${step}`);
  }
  const { exitCode, output } = await disk.run(['--auto', '--yes']);
  assert.equal(exitCode, 0, output);
  assert.match(output, /on it now, and lost then: an installation that did not come to its end/);
  assertInstalled(disk);
});

onDisk('told to end, it says at which step, and the next run begins anew', async disk => {
  const ended = await disk.endAt('[3/6]', 'SIGTERM');
  assert.equal(ended.exitCode, 143, ended.output);
  assert.match(ended.output, /error: ended by SIGTERM at step "copy"\nhint: the disk is unfinished/);
  assert.deepEqual(mountsOf(disk), []);
  assert.equal((await disk.run([disk.path, '--yes'])).exitCode, 0);
  assertInstalled(disk);
});

onDisk('a step that fails is named, and the disk is left unmounted', async disk => {
  mkdirSync(`${disk.source}/etc/fstab`);
  const failed = await disk.run([disk.path, '--yes']);
  assert.equal(failed.exitCode, 1, failed.output);
  assert.match(failed.output, /error: step "settings": EISDIR/);
  assert.match(failed.output, /hint: the disk is unfinished/);
  assert.deepEqual(mountsOf(disk), []);
  rmdirSync(`${disk.source}/etc/fstab`);
  assert.equal((await disk.run([disk.path, '--yes'])).exitCode, 0);
  assertInstalled(disk);
});

onDisk('two at once do not work on one disk', async disk => {
  const first = disk.start([disk.path, '--yes'], true);
  await new Promise<void>(resolve => first.whenSaid('[1/6]', resolve));
  const second = await disk.run([disk.path, '--yes']);
  assert.equal(second.exitCode, 4, second.output);
  assert.match(second.output, /another cluster-os-install is at work|is in use|mounted/);
  assert.equal((await first.ended).exitCode, 0);
  assertInstalled(disk);
});

onDisk('--dry-run and --check-only change nothing', async disk => {
  const dry = await disk.run([disk.path, '--dry-run', '--yes']);
  assert.equal(dry.exitCode, 0, dry.output);
  assert.match(dry.output, /on it now, and lost then: blank\n/);
  assert.match(dry.output, /1\. erase /);
  const check = await disk.run([disk.path, '--check-only', '--yes']);
  assert.equal(check.exitCode, 0, check.output);
  assert.match(check.output, /nothing speaks against it/);
  // Nothing was ever written to its file.
  assert.equal(disk.writtenBlocks, 0);
});

onDisk('it refuses what is in use, what is no disk, and what nobody has agreed to', async disk => {
  const refused = async (args: readonly string[], code: number, words: RegExp, rehearses = true) => {
    const { exitCode, output } = await disk.run(args, { rehearses });
    assert.equal(exitCode, code, output);
    assert.match(output, words);
  };
  // Outside a rehearsal a loop device is none, whatever else is missing here.
  await refused([disk.path, '--check-only'], 4, /is no disk \(loop\)/, false);
  await refused([disk.path], 2, /nobody is there to be asked/);
  await refused(
    ['--disk', 'serial:none-such', '--yes'],
    4,
    /no disk has the serial number none-such\nhint: these are there/,
  );
  await refused(['/dev/none-such', '--yes'], 4, /is no block device/);
  await refused([], 2, /no disk is named/);

  const holder = openSync(disk.path, constants.O_RDONLY | constants.O_EXCL);
  await refused([disk.path, '--yes'], 4, /in use by something that cannot be seen/);
  closeSync(holder);

  execFileSync('sgdisk', ['--clear', '--new=1:0:+64M', '--new=2:0:+64M', disk.path]);
  execFileSync('partx', ['--update', disk.path]);
  await refused([`${disk.path}p1`, '--yes'], 4, /is a partition of \/dev\/loop|is not the loop device/);
  await refused(
    [disk.path, '--yes'],
    2,
    /--yes is not enough: there is something on it \(gpt with 2 partitions\)/,
  );
  execFileSync('mkswap', [`${disk.path}p1`]);
  execFileSync('mke2fs', ['-q', `${disk.path}p2`]);
  execFileSync('swapon', [`${disk.path}p1`]);
  try {
    await refused([disk.path, '--yes'], 4, /p1 is in use as swap\nhint: run "swapoff/);
  } finally {
    execFileSync('swapoff', [`${disk.path}p1`]);
  }
  const elsewhere = disk.mountSecond();
  try {
    await refused([disk.path, '--yes'], 4, /p2 is mounted on .*\nhint: run "umount/);
  } finally {
    execFileSync('umount', [elsewhere]);
  }
  assert.match(tableOf(disk), /^ +2 .*64\.0 MiB/m);
});

onDisk('at a terminal it asks: y for a blank disk, the name of one with something on it', async disk => {
  const no = disk.answer('n');
  assert.equal(no.exitCode, 1, no.output);
  assert.match(
    no.output,
    /on it now, and lost then: blank\n[\s\S]*Go on\? \[y\/N\] [\s\S]*error: nothing was changed/,
  );
  assert.equal(disk.writtenBlocks, 0);
  execFileSync('mke2fs', ['-q', '-F', '-L', 'photos', disk.path]);
  const yes = disk.answer('yes');
  assert.equal(yes.exitCode, 1, yes.output);
  assert.match(
    yes.output,
    /lost then: ext2 "photos"\n[\s\S]*type the name of the disk \(loop\d+\): [\s\S]*nothing was changed/,
  );
  const named = disk.answer(disk.path);
  assert.equal(named.exitCode, 0, named.output);
  assertInstalled(disk);
});

onDisk('data without a table is not called blank', async disk => {
  execFileSync('dd', ['if=/dev/urandom', `of=${disk.path}`, 'bs=1M', 'count=64', 'seek=1024', 'status=none']);
  const { exitCode, output } = await disk.run(['--auto', '--yes']);
  assert.equal(exitCode, 4, output);
  assert.match(output, /is not blank \(data without a partition table/);
});

onDisk(
  'a disk that is too small is refused with both sizes',
  async disk => {
    const { exitCode, output } = await disk.run([disk.path, '--yes']);
    assert.equal(exitCode, 4);
    assert.match(output, /has 1\.0 GiB, and 1\.\d GiB are needed/);
  },
  1024,
);
