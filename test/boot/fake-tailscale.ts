// The `tailscale` command of a test: tells the twin of tailscaled how it was called and what was in the file of its key, and says
// what it is told to.
import { readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';

const [, , flag, socketPath, ...args] = process.argv;
if (flag !== '--socket') throw new Error(`called with ${flag}`);
const keyFile = args.find(arg => arg.startsWith('--auth-key=file:'))?.slice('--auth-key=file:'.length);
if (keyFile !== undefined && (statSync(keyFile).mode & 0o777) !== 0o600)
  throw new Error('others can read the key');
const key = keyFile === undefined ? undefined : readFileSync(keyFile, 'utf8');

const asked = request({ socketPath: socketPath ?? '', path: '/test/command', method: 'POST' }, response => {
  let body = '';
  response.setEncoding('utf8').on('data', (piece: string) => {
    body += piece;
  });
  response.once('end', () => {
    const { exitCode, stderr } = JSON.parse(body) as { exitCode: number; stderr: string };
    process.stderr.write(stderr);
    process.exitCode = exitCode;
  });
});
asked.end(JSON.stringify({ args, key }));
