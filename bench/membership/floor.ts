// The floor: an empty grpc-js server that asks its clients for certificates, and nothing else. A process of its own,
// started beside the agents to tell what Node and grpc-js alone weigh. Reads its certificate, says "listening", waits.
// usage: node floor.ts KEY.pem CERTIFICATE.pem
import { readFileSync } from 'node:fs';
import { Server, ServerCredentials } from '@grpc/grpc-js';

const [keyFile = '', certificateFile = ''] = process.argv.slice(2);
const certificate = readFileSync(certificateFile);
const pair = { private_key: readFileSync(keyFile), cert_chain: certificate };
const server = new Server();
server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(certificate, [pair], true), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`listening on ${port}\n`);
});
