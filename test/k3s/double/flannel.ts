// The trace that flannel leaves on a node: the file of its subnet, and with $K3S_DOUBLE_FLANNEL=1 the interface flannel.1, which as
// in reality goes when the interface below it goes, and does not come back before a restart (k3s#12436).
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { warn } from './log.ts';
import { runFolder } from './paths.ts';

const run = promisify(execFile);
const link = 'flannel.1';
const mayMakeInterfaces = process.env.K3S_DOUBLE_FLANNEL === '1';

export async function startFlannel(podCidr: string, below: string | undefined): Promise<void> {
  const folder = `${runFolder}/flannel`;
  mkdirSync(folder, { recursive: true });
  const subnet = podCidr.replace(/\.0\/(\d+)$/, '.1/$1');
  writeFileSync(
    `${folder}/subnet.env`,
    `FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_SUBNET=${subnet}\nFLANNEL_MTU=1230\nFLANNEL_IPMASQ=true\n`,
  );
  if (!mayMakeInterfaces) return;
  await dropFlannel();
  const vxlan = ['vxlan', 'id', '1', ...(below === undefined ? [] : ['dev', below]), 'dstport', '8472'];
  try {
    await run('ip', ['link', 'add', link, 'type', ...vxlan]);
  } catch {
    // A kernel without vxlan has a stand-in, which then does not go with the interface below it.
    await run('ip', ['link', 'add', link, 'type', 'dummy']).catch(() => warn(`cannot make ${link}`));
  }
  await run('ip', ['link', 'set', link, 'up']).catch(() => {});
}

export async function dropFlannel(): Promise<void> {
  if (mayMakeInterfaces) await run('ip', ['link', 'delete', link]).catch(() => {});
}
