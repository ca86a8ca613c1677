// The checksum that the election's core is given: it must touch nothing of Node itself.
import { crc32 } from 'node:zlib';

/** CRC-32 (IEEE 802.3), 8 hex digits. Finds damage, proves nothing. */
export function checksumOf(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
