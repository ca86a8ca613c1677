// `clusterctl`: gives the command line its process, and the process its exit code. Never ends with anything unwritten.
import { createInterface } from 'node:readline/promises';
import { exitCode } from './exit.ts';
import { run } from './program.ts';

let code: number = exitCode.failed;

process.on('SIGINT', () => process.exit(exitCode.interrupted));
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has seen enough, as `head` does. That is its business and no failure.
    if (error.code === 'EPIPE') process.exit(exitCode.done);
    throw error;
  });
}

code = await run(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  nowMs: Date.now,
  ...(process.stdin.isTTY ? { ask } : {}),
});
// A connection that an agent leaves half open must not keep a command alive that is done. What was written to a pipe,
// a file or a terminal is out by now: Node writes those synchronously on Linux.
process.exit(code);

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}
