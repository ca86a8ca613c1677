// Sealed secrets open only under the key they were sealed with, and a changed byte is noticed.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sealerFrom } from '../../src/agent/sealing.ts';

const secretBytes = (count: number) => new Uint8Array(randomBytes(count));

test('what is sealed opens again, and reads as nothing before', () => {
  const sealer = sealerFrom(secretBytes(32), secretBytes);
  const secret = new TextEncoder().encode('the munge key');
  const sealed = sealer.seal(secret);
  assert.deepEqual(sealer.open(sealed), secret);
  assert.ok(!Buffer.from(sealed, 'base64').includes('munge'));
  assert.notEqual(sealer.seal(secret), sealed, 'each sealing has a nonce of its own');
});

test('another cluster key, a flipped bit and a stump open nothing', () => {
  const sealer = sealerFrom(secretBytes(32), secretBytes);
  const sealed = sealer.seal(new Uint8Array([1, 2, 3]));
  assert.equal(sealerFrom(secretBytes(32), secretBytes).open(sealed), undefined);
  const bytes = Buffer.from(sealed, 'base64');
  bytes.writeUInt8(bytes.readUInt8(30) ^ 1, 30);
  assert.equal(sealer.open(bytes.toString('base64')), undefined);
  assert.equal(sealer.open('AAAA'), undefined);
});
