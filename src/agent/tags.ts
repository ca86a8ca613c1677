// This node's tags: those of its settings, changed by what operators have said since, which is kept in the data folder.
import { join } from 'node:path';
import { tagProblem } from '../membership/claim-text.ts';
import { readIfThere, writeDurably } from './durable-file.ts';
import { StartError } from './start-error.ts';

export type Tags = Readonly<Record<string, string>>;

/** A change that is not allowed, and why. */
export class TagError extends Error {
  override readonly name = 'TagError';
}

export class TagBook {
  readonly #path: string;
  readonly #configured: Tags;
  /** What was said live; `null` takes a configured tag away. */
  #said: Readonly<Record<string, string | null>>;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, configured: Tags, said: Readonly<Record<string, string | null>>) {
    this.#path = path;
    this.#configured = configured;
    this.#said = said;
  }

  /** Reads what was said in earlier lives. @throws StartError when the file is damaged */
  static async open(dataDir: string, configured: Tags): Promise<TagBook> {
    const path = join(dataDir, 'tags.json');
    const said = saidFrom((await readIfThere(path)) ?? '{}');
    if (!said)
      throw new StartError(
        `tags ${path} are damaged: remove the file and set the tags anew with "clusterctl member tag"`,
      );
    return new TagBook(path, configured, said);
  }

  tags(): Tags {
    const all = Object.entries({ ...this.#configured, ...this.#said });
    const present = all.filter((entry): entry is [string, string] => entry[1] !== null);
    return Object.fromEntries(present.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Sets and removes tags, durably, one change after the other. @throws TagError when the result is not allowed */
  async change(set: Tags, remove: readonly string[]): Promise<Tags> {
    const change = this.#writing.then(async () => {
      const before = this.#said;
      const removed = Object.fromEntries(remove.map(key => [key, null]));
      this.#said = { ...before, ...set, ...removed };
      const problem = tagProblem(this.tags());
      try {
        if (problem !== undefined) throw new TagError(problem);
        await writeDurably(this.#path, `${JSON.stringify(this.#said)}\n`);
      } catch (error) {
        this.#said = before;
        throw error;
      }
      return this.tags();
    });
    this.#writing = change.catch(() => {});
    return change;
  }
}

function saidFrom(text: string): Readonly<Record<string, string | null>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const sound = Object.values(value).every(each => each === null || typeof each === 'string');
    return sound ? (value as Record<string, string | null>) : undefined;
  } catch {
    return undefined;
  }
}
