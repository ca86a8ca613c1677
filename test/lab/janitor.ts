// Started by each lab, in a session of its own. Waits for the lab's process to end, however it ends, and then takes
// apart what is left, unless it is to be kept. Never touches another lab.
import { readRecord, removeLab } from './leftovers.ts';

const lab = process.argv[2] ?? '';
process.stdin.resume();
process.stdin.once('end', async () => {
  if (readRecord(lab)?.isKept !== true) await removeLab(lab);
});
