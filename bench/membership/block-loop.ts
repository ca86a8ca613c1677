// Blocks the event loop of the Node program whose inspector listens on this network namespace's 127.0.0.1, by running a
// busy loop in it. A process of its own, because it must be in that namespace. Never opens the inspector: SIGUSR1 does.
// usage: node block-loop.ts DURATION-MS
import { waitFor } from '../../test/lab/wait-for.ts';
import { inspectorTimeoutMs } from './limits.ts';

const inspector = 'http://127.0.0.1:9229/json/list';
const durationMs = Number(process.argv[2]);

const address = await waitFor(
  async () => {
    const targets = (await (await fetch(inspector)).json()) as { readonly webSocketDebuggerUrl?: string }[];
    return targets[0]?.webSocketDebuggerUrl;
  },
  { timeoutMs: inspectorTimeoutMs, what: 'the inspector of the agent' },
);
const socket = new WebSocket(address);
const expression = `{ const end = performance.now() + ${durationMs}; while (performance.now() < end); }`;
socket.addEventListener('open', () =>
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } })),
);
// The answer comes when the loop has ended.
await new Promise((resolve, reject) => {
  socket.addEventListener('message', resolve, { once: true });
  socket.addEventListener('error', () => reject(new Error('the inspector hung up')), { once: true });
});
socket.close();
