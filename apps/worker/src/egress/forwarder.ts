// Runs inside a sandbox, loaded into the program of the file tools by `node --import`: the sandbox's only door. It listens on the sandbox's own loopback
// and hands every connection to a unix socket of the worker, which decides. It imports nothing but Node's own modules.
import { connect, createServer, type Socket } from 'node:net';

/** `--forward=8118=/opt/async-coder/egress.sock`, as often as there are doors. */
const DOOR = /^--forward=(\d+)=(\/.+)$/;

function join(client: Socket, path: string): void {
  const worker = connect({ path, allowHalfOpen: true });
  const end = (): void => {
    client.destroy();
    worker.destroy();
  };
  for (const socket of [client, worker]) socket.on('error', end).on('close', end);
  client.pipe(worker);
  worker.pipe(client);
}

for (const argument of process.argv) {
  const [, port, path] = DOOR.exec(argument) ?? [];
  if (port !== undefined && path !== undefined) createServer({ allowHalfOpen: true }, (client) => join(client, path)).listen(Number(port), '127.0.0.1');
}
