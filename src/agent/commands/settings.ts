// The flags that name settings, shared by the commands that read the configuration.
import { type Command, InvalidArgumentError } from 'commander';
import { type Config, type ConfigInputs, loadConfig } from '../config.ts';

interface Flags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly bind?: string;
  readonly peer?: readonly string[];
  readonly clusterKey?: string;
  readonly name?: string;
  readonly set?: readonly (readonly [string, string])[];
}

const collect = (value: string, former: readonly string[] = []) => [...former, value];

function setting(
  value: string,
  former: readonly (readonly [string, string])[] = [],
): (readonly [string, string])[] {
  const at = value.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It is not NAME=VALUE.');
  return [...former, [value.slice(0, at), value.slice(at + 1)]];
}

/** Adds the flags to a command. */
export function withSettings(command: Command): Command {
  return command
    .option('--config <FILE>', 'settings (default: /etc/clusteros/node.yaml, which may be missing)')
    .option('--data-dir <DIR>', 'identity, member table and log of this node')
    .option('--bind <HOST:PORT>', 'where peers reach this node')
    .option('--peer <HOST:PORT>', 'where a peer may be; repeatable', collect)
    .option('--cluster-key <FILE>', 'the key that all nodes of the cluster hold')
    .option('--name <NAME>', 'what this node is called')
    .option('--set <NAME=VALUE>', 'any setting, such as --set bootstrap=expect:3; repeatable', setting);
}

/** The configuration that a command's flags, the environment and the file add up to. */
export function configOf(flags: Flags): Promise<Config> {
  const given: ConfigInputs['flags'][number][] = (flags.set ?? []).map(([name, value]) => ({
    name,
    value,
    flag: `--set ${name}`,
  }));
  const put = (name: string, value: unknown, flag: string) => {
    if (value !== undefined) given.push({ name, value, flag });
  };
  put('dataDir', flags.dataDir, '--data-dir');
  put('bind', flags.bind, '--bind');
  put('peers', flags.peer, '--peer');
  put('clusterKey', flags.clusterKey, '--cluster-key');
  put('name', flags.name, '--name');
  return loadConfig({ file: flags.config, environment: process.env, flags: given });
}
