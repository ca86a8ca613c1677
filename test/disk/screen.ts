// A picture of what a machine in QEMU shows on its screen, by QEMU's own protocol (QMP).
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** Has QEMU write what the screen shows as PNG to `file`. @param socket of its QMP @throws Error in QEMU's words */
export async function takePicture(socket: string, file: string): Promise<void> {
  const connection = connect(socket);
  try {
    await once(connection, 'connect');
    const lines = createInterface({ input: connection })[Symbol.asyncIterator]();
    const answer = async () => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error('QEMU has hung up');
        const { return: result, error, QMP: greeting } = JSON.parse(value);
        if (error) throw new Error(`QEMU: ${error.desc}`);
        if (result !== undefined || greeting !== undefined) return;
      }
    };
    const ask = async (execute: string, options: object = {}) => {
      connection.write(`${JSON.stringify({ execute, arguments: options })}\n`);
      await answer();
    };
    await answer();
    await ask('qmp_capabilities');
    await ask('screendump', { filename: file, format: 'png' });
  } finally {
    connection.destroy();
  }
}
