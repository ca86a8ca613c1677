// The names that the program answers to, as busybox does: the commands of bin/. Each is loaded when it is called, so that one starts
// without what only another needs.
export const programs: Readonly<Record<string, () => Promise<unknown>>> = {
  'node-agent': () => import('../../../src/agent/main.ts'),
  clusterctl: () => import('../../../src/cli/main.ts'),
  'tailscale-auth': () => import('../../../src/boot/tailscale-auth.ts'),
  'wait-for-tailscale': () => import('../../../src/boot/wait-for-tailscale.ts'),
  'wait-for-time': () => import('../../../src/boot/wait-for-time.ts'),
  'first-boot': () => import('../../../src/boot/first-boot.ts'),
  'handed-settings': () => import('../../../src/boot/handed-settings.ts'),
  'wifi-setup': () => import('../../../src/boot/wifi-setup.ts'),
  'cluster-os-install': () => import('../../../src/boot/cluster-os-install.ts'),
};
