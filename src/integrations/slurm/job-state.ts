// The head of slurmctld's job_state file: which job id it would have given next when it wrote the file. Pure. Reads nothing
// else of it, and never guesses: a file that it does not know has no answer.
import { jobIdMax } from '../limits.ts';

const mark = 'PROTOCOL_VERSION';
/** What 22.05 writes (SLURM_22_05_PROTOCOL_VERSION, 38 << 8). Of other versions it was not seen what comes after. */
const versionKnown = 0x2600;

/**
 * The id after the last one that had been given, 0 when none had been; undefined when these are not the first bytes of a file of SLURM 22.05.
 * All numbers are big-endian: the length of the mark, the mark and a zero byte, 16 bits of version, 64 bits of time, 32 bits of id.
 */
export function nextJobIdIn(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const markEnd = 4 + mark.length + 1;
  if (bytes.byteLength < markEnd + 14) return undefined;
  if (view.getUint32(0) !== mark.length + 1) return undefined;
  if (new TextDecoder('latin1').decode(bytes.subarray(4, markEnd)) !== `${mark}\0`) return undefined;
  if (view.getUint16(markEnd) !== versionKnown) return undefined;
  const id = view.getUint32(markEnd + 10);
  return id <= jobIdMax ? id : undefined;
}
