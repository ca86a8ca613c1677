// The start of slurmctld so that no job is lost silently: first what the one before had not saved is set aside, then it gives no
// id that may have been given, and writes down what is asked for. It starts all the same where the last cannot be had.

import { textOf } from '../file-text.ts';
import type { Host } from '../host.ts';
import { ServiceError } from '../service-error.ts';
import { jobSubmitText, luaMark } from './job-submit.ts';
import { files } from './names.ts';
import { setAside } from './unrecorded.ts';

/** What follows is of one start, and no part of what was wanted. */
const startMark = '# Of this start only.\n';
const keepingRequests = 'JobSubmitPlugins=lua';

/**
 * Writes slurmctld's configuration, with what only this start has to know, and starts it.
 * @param saved the one before ran here and has written down all: no id that it gave is unknown
 * @param start starts slurmctld with the file that was written
 */
export async function startKeeping(
  host: Host,
  { conf, saved }: { readonly conf: string; readonly saved: boolean },
  start: () => Promise<void>,
): Promise<void> {
  const safeJobId = await setAside(host);
  const firstJobId = saved ? undefined : safeJobId;
  const begin = async (keeps: boolean) => {
    const text = `${conf}${startLines({ firstJobId, keeps })}`;
    await host.writeFile(files.controllerConf, text, { mode: 0o644 });
    await start();
  };
  const keeps = await writeJobSubmit(host);
  try {
    await begin(keeps);
  } catch (error) {
    // A machine without Lua, say: it serves all the same, and its reports tell what is missing.
    if (!keeps || !(error instanceof ServiceError && /job_submit/.test(error.message))) throw error;
    await begin(false);
  }
}

/**
 * @param firstJobId ids below it may have been given by one that did not save them
 * @param keeps whether it writes down what is asked for, by our job_submit.lua
 */
export function startLines({
  firstJobId,
  keeps,
}: {
  readonly firstJobId: number | undefined;
  readonly keeps: boolean;
}): string {
  const first = firstJobId === undefined ? '' : `FirstJobId=${firstJobId}\n`;
  return `${startMark}${first}${keeps ? `${keepingRequests}\n` : ''}`;
}

/** What was wanted of the slurmctld with the configuration `text`. */
export function withoutStartLines(text: string): string {
  const at = text.lastIndexOf(startMark);
  return at < 0 ? text : text.slice(0, at);
}

/** Why a slurmctld with the configuration `text` does not write down what is asked for, for people; empty when it does. */
export function troubleOfRequests(text: string): string {
  const lines = text.slice(withoutStartLines(text).length);
  return lines.includes(keepingRequests)
    ? ''
    : `jobs that a fail-over finds unsaved will be listed, but not offered again: ${files.jobSubmit} is not of ClusterOS, or slurmctld cannot load job_submit/lua`;
}

/** Puts job_submit.lua where slurmctld looks for it, unless there is one of somebody else. Resolves with whether ours is there. */
async function writeJobSubmit(host: Host): Promise<boolean> {
  const present = await textOf(host, files.jobSubmit);
  if (present !== undefined && !present.startsWith(luaMark)) return false;
  const text = jobSubmitText();
  // slurmctld reads a file that has changed again.
  if (present !== text) await host.writeFile(files.jobSubmit, text, { mode: 0o644 });
  return true;
}
