// Which addresses a program of this machine can listen on. Asks the kernel by listening for a moment: an address may be assigned
// and not usable yet.
import { createServer } from 'node:net';
import { bindTimeoutMs } from './limits.ts';

/** Those of `addresses` that are on an interface here. */
export async function boundAddresses(addresses: readonly string[]): Promise<Set<string>> {
  const bound = await Promise.all(addresses.map(isBound));
  return new Set(addresses.filter((_, index) => bound[index]));
}

function isBound(address: string): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer();
    const end = (is: boolean) => {
      clearTimeout(timer);
      server.close(() => resolve(is));
    };
    const timer = setTimeout(() => end(false), bindTimeoutMs);
    server.once('error', () => end(false));
    server.listen(0, address, () => end(true));
  });
}
