// Emulated machines that boot several times take minutes each. A full run leaves out those files whose inputs are the very ones that they
// last passed with, by a hash that is kept in passed.json beside this file, and says so; `make test-image` runs them all, and notes it.
import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';

const record = 'test/image/passed.json';

/** What the machines of these files are made of. All other files of the tier run whenever the tier does. */
const chain = [
  'src/boot/**/*.ts',
  'src/integrations/{host,service-error,reconciler}.ts',
  'src/integrations/tailscale/**/*.ts',
  'src/agent/{tailnet*,on-tailnet,supervisor,peer-gate,member-devices}.ts',
  'src/agent/{doctor,commands}/**/*.ts',
  'deploy/{systemd,netplan,udev}/**/*',
  // How long is waited is no input, so no limits.ts.
  'test/image/{access-point,agent-service,bare-root,build,checkout-disk,control-server,ext4-disk}.ts',
  'test/image/{installed,janitor,machine-root,rack,shell,virtual-machine,boot-chain.test,wifi.test,wifi-wpa3.test}.ts',
  'test/tailnet/{tools,control-server}.ts',
];
const inputs: Readonly<Record<string, readonly string[]>> = {
  'test/image/boot-chain.test.ts': chain,
  'test/image/wifi.test.ts': chain,
  'test/image/wifi-wpa3.test.ts': chain,
};

/** Stands for what a file would run with; undefined for one that always runs. Other tests beside it are none of its inputs. */
function inputsHash(file: string): string | undefined {
  const patterns = inputs[file];
  if (!patterns) return undefined;
  const hash = createHash('sha256');
  const paths = patterns.flatMap(pattern => globSync(pattern, { withFileTypes: true }));
  const files = paths
    .filter(path => path.isFile())
    .map(path => relative('.', `${path.parentPath}/${path.name}`));
  for (const path of [...new Set(files)].sort()) {
    if (path.endsWith('.test.ts') && path !== file) continue;
    hash.update(`${path}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function passedWith(): Record<string, string> {
  return JSON.parse(readFileSync(record, 'utf8')) as Record<string, string>;
}

/** Whether a file has passed with exactly what is here. */
export function isUnchanged(file: string): boolean {
  const hash = inputsHash(file);
  return hash !== undefined && passedWith()[file] === hash;
}

/** Remembers that these files have passed. */
export function notePassed(files: readonly string[]): void {
  const passed = passedWith();
  for (const file of files) {
    const hash = inputsHash(file);
    if (hash !== undefined) passed[file] = hash;
  }
  writeFileSync(record, `${JSON.stringify(passed, null, 2)}\n`);
}
