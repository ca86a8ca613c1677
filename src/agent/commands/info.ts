// `node-agent info`: who this node is, and each setting with the place it came from. Works offline and changes nothing.
import type { Config } from '../config.ts';
import { settingNames, variableOf } from '../config.ts';
import { peekIdentity, readEpoch } from '../identity.ts';
import { version } from '../version.ts';

export interface Info {
  readonly id: string | null;
  readonly epoch: number;
  readonly version: string;
  readonly settings: readonly {
    readonly name: string;
    readonly value: unknown;
    readonly source: string;
    readonly variable: string;
  }[];
}

export async function info({ values, sources }: Config): Promise<Info> {
  const identity = await peekIdentity(values.dataDir);
  return {
    id: identity?.id ?? null,
    epoch: await readEpoch(values.dataDir),
    version,
    settings: settingNames.map(name => ({
      name,
      value: values[name],
      source: sources[name],
      variable: variableOf(name),
    })),
  };
}

/** The same for people. */
export function infoText({ id, epoch, version: software, settings }: Info): string {
  const shown = settings.map(({ name, value, source }) => [
    name,
    Array.isArray(value) ? value.join(',') || '-' : String(value),
    source,
  ]);
  const rows = [['SETTING', 'VALUE', 'FROM'], ...shown];
  const widths = [0, 1].map(column => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  const table = rows.map(
    ([name = '', value = '', source = '']) =>
      `${name.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${source}`,
  );
  const who =
    id === null ? 'id       none yet (made at the first start)' : `id       ${id}\nboots    ${epoch}`;
  return `${who}\nversion  ${software}\n\n${table.join('\n')}`;
}
