// What an operator's settings for Kubernetes would come to.
import type { ClusterView } from '../cluster-view.ts';
import type { SettingsBook } from '../reconciler.ts';
import { caSecret, service } from './names.ts';
import { defaultSettings, fixedKeys, type K3sSettings, settingsFrom, settingsOf } from './settings.ts';

export const settingsBook: SettingsBook = {
  inForce: decided => ({ ...settingsOf(decided) }),

  async judge(_host, view, wanted) {
    const settings = settingsFrom(wanted);
    if ('refused' in settings) return settings;
    const before = settingsOf(view.settings[service]);
    const fixed = fixedKeys.find(key => settings[key] !== before[key]);
    if (fixed !== undefined && view.secretNames.includes(caSecret))
      return {
        refused: `${fixed} cannot be changed once there is a cluster: it is ${before[fixed]}`,
      };
    const stranger = Object.keys(settings.roles).find(name => !view.nodes.some(node => node.name === name));
    if (stranger !== undefined) return { refused: `roles: no member is called ${stranger}` };
    return {
      settings: decidedText(settings),
      changes: changesBetween(before, settings),
      harms: harmsOf(view, before, settings),
    };
  },
};

/** Without what is as by default, so that an older version, which may not know of it, can read the rest. */
function decidedText(settings: K3sSettings): Readonly<Record<string, unknown>> {
  const isUsual = ([key, value]: [string, unknown]) =>
    JSON.stringify(value) === JSON.stringify(defaultSettings[key as keyof K3sSettings]);
  return Object.fromEntries(Object.entries(settings).filter(entry => !isUsual(entry)));
}

function changesBetween(before: K3sSettings, after: K3sSettings): readonly string[] {
  const keys = Object.keys(after) as (keyof K3sSettings)[];
  return keys
    .filter(key => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .map(key => `${key}: ${JSON.stringify(before[key])} becomes ${JSON.stringify(after[key])}`);
}

/** Pods are moved away before a node gives up its role; what is on its own disk is not. */
function harmsOf({ nodes, grants }: ClusterView, before: K3sSettings, after: K3sSettings): readonly string[] {
  const has = (node: string) => grants.some(each => each.service === service && each.node === node);
  const leaving = nodes.filter(
    ({ id, name }) => has(id) && after.roles[name] === 'none' && before.roles[name] !== 'none',
  );
  return leaving.map(
    ({ name }) => `${name} leaves Kubernetes: what its pods have on its own disk stays there`,
  );
}
