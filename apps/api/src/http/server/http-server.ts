import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Longer than a load balancer keeps an idle connection (60 s is usual), so that it never uses one that we just closed. */
const KEEP_ALIVE_MS = 65_000;
/** A client that sends its headers slower than this only holds a socket. */
const HEADERS_MS = 15_000;
/** For the whole request, body included. */
const REQUEST_MS = 30_000;
/** How often Node looks for connections that are past these times; 30 s of its own accord. */
const CHECK_MS = 5_000;
const MOST_HEADERS = 100;

const FAULTS: Readonly<Record<string, { status: string; code: string }>> = {
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', code: 'invalid_parameter' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', code: 'request_timeout' },
};

/** Limits of the server itself. Headers and address together are held to 16 KB by Node. */
export function limitServer(server: Server): void {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = HEADERS_MS;
  server.requestTimeout = REQUEST_MS;
  // Read when the server begins to listen; the types know it as an option of the constructor only, which is Nest's.
  Object.assign(server, { connectionsCheckingInterval: CHECK_MS });
  server.maxHeadersCount = MOST_HEADERS;
  server.on('clientError', answerUnreadable);
}

/** What is no HTTP never reaches the router; it still gets a problem. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, code } = FAULTS[error.code ?? ''] ?? { status: '400 Bad Request', code: 'invalid_parameter' };
  const body = JSON.stringify({ type: 'about:blank', title: status.slice(4), status: Number(status.slice(0, 3)), detail: 'The request is not readable HTTP.', code });
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}
