// Files of slurmctld's state folder, as SLURM 22.05 writes them.

/** The first bytes of a job_state. */
export function jobStateBytes(nextId: number): Uint8Array {
  const bytes = Buffer.alloc(39);
  bytes.writeUInt32BE(17, 0);
  bytes.write('PROTOCOL_VERSION\0', 4, 'latin1');
  bytes.writeUInt16BE(0x2600, 21);
  bytes.writeUInt32BE(nextId, 31);
  return bytes;
}

/** The `environment` of a job. */
export function environmentBytes(texts: readonly string[]): Uint8Array {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(texts.length);
  return Buffer.concat([count, Buffer.from(texts.map(text => `${text}\0`).join(''), 'latin1')]);
}
