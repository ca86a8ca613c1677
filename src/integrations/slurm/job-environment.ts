// The `environment` file in a job's folder: a number of 32 bits, then texts NAME=value, each with a zero byte behind it. Pure. Values
// may be secrets of users: they go nowhere but into the file that sbatch reads.
import { requestVariable, restoreMark } from './job-submit.ts';

/** The variables, bytes as they are (latin1); undefined when the file is not whole. Little-endian, as the machines of this project. */
export function environmentFrom(bytes: Uint8Array): ReadonlyMap<string, string> | undefined {
  if (bytes.byteLength < 4) return undefined;
  const count = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  const texts = Buffer.from(bytes.subarray(4)).toString('latin1').split('\0');
  if (texts.length <= count) return undefined;
  return new Map(
    texts.slice(0, count).map(text => {
      const at = text.indexOf('=');
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/**
 * What `sbatch --export-file` is to read. What sbatch says of itself in the environment it says anew, of root and of this machine:
 * job_submit.lua puts those variables back as they were.
 */
export function exportFileText(environment: ReadonlyMap<string, string>): Uint8Array {
  const kept = [...environment].filter(([name]) => name !== requestVariable && name !== '');
  const own = kept.filter(([name, value]) => name.startsWith('SLURM_') && !value.includes('\n'));
  const restored = `${restoreMark.trimEnd()}${own.map(([name, value]) => `\n${name}=${value}`).join('')}`;
  const all = [...kept, [requestVariable, restored]];
  return Buffer.from(all.map(([name, value]) => `${name}=${value}\0`).join(''), 'latin1');
}
