// A key in a file for `tailscale up --auth-key=file:`, so that it is in no argument. In /run, for its owner only, and gone as soon
// as it was used, also when this program is told to end.
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { Host } from '../integrations/host.ts';

export class KeyFile {
  readonly path: string;
  readonly #host: Host;
  readonly #onExit: () => void;

  private constructor(host: Host, path: string) {
    this.#host = host;
    this.path = path;
    this.#onExit = () => rmSync(path, { force: true });
    process.on('exit', this.#onExit);
  }

  /** Makes the folder, takes away what a run that was killed has left there, and writes the key. */
  static async write(host: Host, folder: string, key: string): Promise<KeyFile> {
    await host.ensureFolder(folder, { mode: 0o700 });
    for (const name of await host.listFolder(folder)) {
      const [, pid] = /^key-(\d+)-/.exec(name) ?? [];
      // Another run may be at work: somebody's by hand beside the one at boot.
      if (pid !== undefined && !isAlive(Number(pid))) await host.removeFile(`${folder}/${name}`);
    }
    const file = new KeyFile(host, `${folder}/key-${process.pid}-${randomBytes(6).toString('hex')}`);
    await host.writeFile(file.path, key, { mode: 0o600 });
    return file;
  }

  async remove(): Promise<void> {
    await this.#host.removeFile(this.path);
    process.off('exit', this.#onExit);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
