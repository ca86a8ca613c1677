// The disk of `make image`, started by UEFI, from the place that is for removable media: no firmware has an entry for it.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Firmware } from './disk-machine.ts';
import { flash } from './flashed-machine.ts';
import { ensureImage, missingForUefi } from './image.ts';

const missing = missingForUefi();
const options = missing === undefined ? {} : { skip: missing };

before(() => {
  if (missing === undefined) ensureImage();
});

/** A machine for one test. @param secureBoot what the firmware says of it: 1 is on */
async function starts(firmware: Firmware, uuid: string, secureBoot: string): Promise<void> {
  const { machine, remove } = flash({ firmware, uuid });
  try {
    await machine.powerOn();
    const value = await machine.must('od -An -t u1 /sys/firmware/efi/efivars/SecureBoot-*');
    assert.equal(value.trim().split(/ +/).at(-1), secureBoot);
    assert.equal(await machine.must('systemctl is-active first-boot ssh'), 'active\nactive');
    assert.equal(await machine.must('findmnt -no FSTYPE /boot/efi'), 'vfat');
  } finally {
    await remove();
  }
}

test('it starts by UEFI', options, () => starts('uefi', 'a1f0c0de-1111-4222-8333-444455556667', '0'));

test('it starts where Secure Boot is on', options, () =>
  starts('secure-boot', 'a1f0c0de-1111-4222-8333-444455556668', '1'),
);
