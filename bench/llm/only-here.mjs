// Before a rival that would listen on all interfaces: it listens on 127.0.0.1, and says where.
import net from 'node:net';

const PlainResponse = globalThis.Response;
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function listenHere(first, ...rest) {
  const port = typeof first === 'object' && first !== null ? first.port : first;
  const done = rest.find((one) => typeof one === 'function');
  this.once('listening', () => process.stdout.write(`\n${JSON.stringify({ url: `http://127.0.0.1:${this.address().port}` })}\n`));
  return listen.call(this, { port: Number(port) || 0, host: '127.0.0.1' }, done);
};

// Portkey writes to the headers of what fetch gave it, which this Node's fetch does not allow: it gets a copy. Some µs beside the gateway's milliseconds.
const plainFetch = globalThis.fetch;
globalThis.fetch = async (...all) => {
  const { body, status, statusText, headers } = await plainFetch(...all);
  return new PlainResponse(body, { status, statusText, headers: new Headers(headers) });
};
