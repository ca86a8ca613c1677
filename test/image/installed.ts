// What packages would put on a machine, written into the tree of a root disk before its first boot: ours, with its units enabled and
// its names in /usr/bin, and Tailscale's with the unit that it ships. Programs of ours are those of the checkout's disk.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolsFolder } from '../tailnet/tools.ts';
import { checkoutPath } from './checkout-disk.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const unitFolder = 'usr/lib/systemd/system';

export function writeInto(tree: string, path: string, content: string, mode = 0o644): void {
  const file = `${tree}/${path}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

/** As systemd does for WantedBy=multi-user.target. */
export function enable(tree: string, unit: string): void {
  const wants = `${tree}/etc/systemd/system/multi-user.target.wants`;
  mkdirSync(wants, { recursive: true });
  symlinkSync(`/${unitFolder}/${unit}`, `${wants}/${unit}`);
}

/** ClusterOS, as its package would; it has no settings then. */
export function installClusterOs(tree: string): void {
  mkdirSync(`${tree}/etc/clusteros`, { mode: 0o750 });
  const deploy = (path: string) => readFileSync(`${checkout}/deploy/${path}`, 'utf8');
  for (const name of readdirSync(`${checkout}/bin`))
    symlinkSync(`${checkoutPath}/bin/${name}`, `${tree}/usr/bin/${name}`);
  for (const name of readdirSync(`${checkout}/deploy/systemd`)) {
    if (name.endsWith('.service')) {
      writeInto(tree, `${unitFolder}/${name}`, deploy(`systemd/${name}`));
      enable(tree, name);
    }
    if (name.endsWith('.service.d'))
      for (const part of readdirSync(`${checkout}/deploy/systemd/${name}`))
        writeInto(tree, `etc/systemd/system/${name}/${part}`, deploy(`systemd/${name}/${part}`));
  }
  for (const name of readdirSync(`${checkout}/deploy/netplan`))
    writeInto(tree, `etc/netplan/${name}`, deploy(`netplan/${name}`), 0o600);
  const rules = `${checkout}/deploy/udev`;
  if (existsSync(rules))
    for (const name of readdirSync(rules).filter(each => each.endsWith('.rules')))
      writeInto(tree, `usr/lib/udev/rules.d/${name}`, deploy(`udev/${name}`));
}

/** tailscaled and tailscale, compiled by `buildTools`, and the unit and defaults of the same version. */
export function installTailscale(tree: string): void {
  for (const [name, folder] of [
    ['tailscale', 'usr/bin'],
    ['tailscaled', 'usr/sbin'],
  ] as const)
    copyFileSync(`${toolsFolder}/${name}`, `${tree}/${folder}/${name}`);
  writeInto(
    tree,
    `${unitFolder}/tailscaled.service`,
    readFileSync(`${toolsFolder}/tailscaled.service`, 'utf8'),
  );
  enable(tree, 'tailscaled.service');
  // The control server of a test has a relay without TLS, and nobody takes logs.
  const defaults = readFileSync(`${toolsFolder}/tailscaled.defaults`, 'utf8')
    .replace(/^FLAGS=.*$/m, 'FLAGS="--no-logs-no-support"')
    .concat('TS_DEBUG_USE_DERP_HTTP=1\n');
  writeInto(tree, 'etc/default/tailscaled', defaults);
}
