// The chain as far as it needs no agent: clock, network, tailnet, key. Looks only.
import type { Host } from '../../integrations/host.ts';
import { clockEarliestMs } from '../../integrations/limits.ts';
import { type LocalApi, LocalApiError } from '../../integrations/tailscale/local-api.ts';
import { type Stage, stageOf, stageOfTrouble } from '../../integrations/tailscale/stage.ts';
import { readClusterKey } from '../cluster-key.ts';
import { doctorCommandTimeoutMs } from '../limits.ts';
import { StartError } from '../start-error.ts';
import { hostOf } from '../view.ts';
import { type Finding, findingsOf } from './finding.ts';

export interface MachineLooks {
  readonly host: Host;
  readonly wallMs: () => number;
  /** IP addresses on this machine, by interface. */
  readonly interfaces: () => ReadonlyMap<string, readonly string[]>;
  /** Undefined where the agent lives on no tailnet. */
  readonly tailscaled: LocalApi | undefined;
  /** That members must have; undefined when any device may be one. */
  readonly tag: string | undefined;
  /** Where the agent listens by its settings, HOST:PORT. */
  readonly bind: string;
  /** An operator has said so. */
  readonly bindIsSet: boolean;
  readonly clusterKeyFile: string;
}

/** A machine whose clock is off trusts no certificate, and is not trusted. */
export async function clockFinding({ host, wallMs }: MachineLooks): Promise<Finding> {
  const { ok, note, broken } = findingsOf('clock');
  const now = new Date(wallMs()).toISOString().slice(0, 19).replace('T', ' ');
  const mend = 'run "timedatectl set-ntp true", or "date -s" where there is no network';
  if (wallMs() < clockEarliestMs)
    return broken(`the clock says ${now} UTC, before this program was made`, mend);
  const args = ['show', '--property=NTPSynchronized', '--value'];
  const { exitCode, stdout } = await host.run('timedatectl', args, { timeoutMs: doctorCommandTimeoutMs });
  if (exitCode !== 0) return ok(`${now} UTC; nobody here says whether it is synchronised`);
  return stdout.trim() === 'yes'
    ? ok(`${now} UTC, synchronised`)
    : note(`${now} UTC, not synchronised: minutes off would keep this node out of SLURM`, mend);
}

/** Some interface below the tailnet has an address. */
export async function linkFinding({
  host,
  interfaces,
  bind,
  tailscaled,
}: Pick<MachineLooks, 'host' | 'interfaces' | 'bind' | 'tailscaled'>): Promise<Finding> {
  const { ok, skipped, broken } = findingsOf('link');
  if (!tailscaled && isLoopback(hostOf(bind))) return skipped('the agent listens on this machine only');
  const ips = [...interfaces()]
    .filter(([name]) => !isOfSoftware.test(name))
    .flatMap(([name, all]) =>
      all.filter(ip => !isLoopback(ip) && !isLinkLocal(ip)).map(ip => `${ip} (${name})`),
    );
  if (ips.length > 0) return ok(`addresses: ${ips.join(', ')}`);
  const names = (await host.listFolder('/sys/class/net')).filter(name => !isOfSoftware.test(name));
  const states = await Promise.all(
    names.map(async name => {
      const bytes = await host.readFile(`/sys/class/net/${name}/carrier`).catch(() => undefined);
      return `${name} ${new TextDecoder().decode(bytes).trim() === '1' ? 'has no address' : 'has no link'}`;
    }),
  );
  const text = names.length === 0 ? 'there is no network card' : states.join(', ');
  return broken(
    `no network: ${text}`,
    'plug in a cable, or name a WiFi network in /etc/clusteros/wifi.env and run "node-agent wifi apply"',
  );
}

/** Interfaces that are there without any network below them. */
const isOfSoftware = /^(lo$|tailscale|docker|veth|cni|flannel|cali|kube|br-|virbr|dummy|tun)/;

function boundIps({ interfaces }: Pick<MachineLooks, 'interfaces'>): ReadonlySet<string> {
  return new Set([...interfaces().values()].flat());
}

/** What tailscaled has said, once for all stages that it decides. */
export async function tailnetStage(looks: MachineLooks): Promise<Stage | undefined> {
  const { tailscaled, tag } = looks;
  if (!tailscaled) return undefined;
  try {
    return stageOf(await tailscaled.status({ peers: false }), boundIps(looks), tag);
  } catch (error) {
    if (!(error instanceof LocalApiError)) throw error;
    return stageOfTrouble(error);
  }
}

/** The name of the control server can be looked up; without it nobody signs in. */
export async function dnsFinding(
  { host, tailscaled }: MachineLooks,
  stage: Stage | undefined,
): Promise<Finding> {
  const { ok, note, skipped, broken } = findingsOf('dns');
  if (!tailscaled) return skipped('the agent lives on no tailnet');
  const url = await controlServer(
    host,
    stage && stagesOfTailscaled.includes(stage.name) ? undefined : tailscaled,
  );
  if (url === '') return skipped('it is not known which control server this machine has');
  const { hostname } = new URL(url);
  if (/^[\d.]+$|:/.test(hostname)) return skipped(`the control server is ${hostname}, an address`);
  const { exitCode } = await host.run('getent', ['ahosts', hostname], { timeoutMs: doctorCommandTimeoutMs });
  if (exitCode === 0) return ok(`${hostname} is found`);
  const mend = 'see "resolvectl status" and /etc/resolv.conf';
  const text = `${hostname}, the control server of the tailnet, is not found`;
  return stage?.name === 'ready'
    ? note(`${text}; it was, when this machine signed in`, mend)
    : broken(text, mend);
}

/** Where this machine signs in: as it is told to, or as it has; empty when nobody says. */
async function controlServer(host: Host, tailscaled: LocalApi | undefined): Promise<string> {
  // It is for root only.
  const told = new TextDecoder().decode(await host.readFile(signInSettings).catch(() => undefined));
  const url = /^TAILSCALE_LOGIN_SERVER=["']?([^"'\s]+)/m.exec(told)?.[1];
  if (url !== undefined && URL.canParse(url)) return url;
  const used = await tailscaled?.prefs().then(
    ({ ControlURL }) => ControlURL,
    () => '',
  );
  return used !== undefined && URL.canParse(used) ? used : '';
}

const signInSettings = '/etc/clusteros/tailscale.env';

const stagesOfTailscaled: readonly Stage['name'][] = ['no-socket', 'not-answering', 'denied'];

export function tailscaledFinding(stage: Stage | undefined): Finding {
  const { ok, skipped, broken } = findingsOf('tailscaled');
  if (!stage) return skipped('the agent lives on no tailnet');
  return stagesOfTailscaled.includes(stage.name) ? broken(stage.text, stage.mend) : ok('it answers');
}

export function loginFinding(stage: Stage | undefined): Finding {
  const { ok, skipped, broken } = findingsOf('login');
  if (!stage) return skipped('the agent lives on no tailnet');
  return ['starting', 'needs-login', 'needs-approval', 'stopped', 'untagged'].includes(stage.name)
    ? broken(stage.text, stage.mend || 'wait a moment, and ask again')
    : ok('signed in');
}

export function addressFinding(looks: MachineLooks, stage: Stage | undefined): Finding {
  const { bind, bindIsSet } = looks;
  const { ok, broken } = findingsOf('address');
  if (stage && stage.name !== 'ready') return broken(stage.text, stage.mend);
  if (stage && !bindIsSet) return ok(stage.text);
  const ip = hostOf(bind);
  if (boundIps(looks).has(ip) || /^(0\.0\.0\.0|::)$/.test(ip) || !/^[\d.]+$|:/.test(ip))
    return ok(`${ip} is on this machine`);
  return broken(
    `the setting bind says ${bind}, and ${ip} is on no interface of this machine`,
    'set another in /etc/clusteros/node.yaml, or none, and run "systemctl restart node-agent"',
  );
}

export async function keyFinding({ clusterKeyFile }: MachineLooks): Promise<Finding> {
  const { ok, broken } = findingsOf('key');
  try {
    await readClusterKey(clusterKeyFile);
    return ok(`${clusterKeyFile} is a cluster key`);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const [text, mend = ''] = splitAt(error.message, ': ');
    return broken(text, mend);
  }
}

/** The first part, and all the rest. */
function splitAt(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}

const isLoopback = (ip: string) => /^127\.|^::1$|^localhost$/.test(ip);
const isLinkLocal = (ip: string) => /^169\.254\.|^fe80:/i.test(ip);
