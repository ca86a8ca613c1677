// A file of the machine as text.
import type { Host } from './host.ts';

/** The content; undefined when there is no such file. */
export async function textOf(host: Host, path: string): Promise<string | undefined> {
  const bytes = await host.readFile(path);
  return bytes && new TextDecoder().decode(bytes);
}
