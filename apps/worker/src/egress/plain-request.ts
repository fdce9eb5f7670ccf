import { request as send, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { connectPublic } from './egress-connect';
import { refusalText, type Visit } from './visit';

const ANSWER_MS = 120_000;
/** Between the two of one connection, not for the next. */
const HOP_BY_HOP = new Set(['connection', 'proxy-connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'host', 'expect', 'content-length']);

/** Serves a read of an absolute http:// address. Never rejects. */
export async function forwardPlain(visit: Visit, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    request.resume();
    const answer = await asked(visit, url, request);
    response.writeHead(answer.statusCode ?? 502, withoutHops(answer.rawHeaders));
    await pipeline(answer, visit.in, response);
    visit.end('allowed', null);
  } catch (error) {
    const isRefused = visit.fail(error as Error);
    if (response.headersSent) response.destroy();
    else response.writeHead(isRefused ? 403 : 502, { 'Content-Type': 'text/plain', Connection: 'close' }).end(`${refusalText(visit, (error as Error).message)}\n`);
  }
}

async function asked(visit: Visit, url: URL, request: IncomingMessage): Promise<IncomingMessage> {
  const socket = await connectPublic(visit.reach.network, visit.host, visit.port);
  return new Promise((resolve, reject) => {
    // The name of the address, not one that the client would have the server believe.
    const headers = { ...withoutHops(request.rawHeaders), Host: url.host, Connection: 'close' };
    const outgoing = send({ createConnection: () => socket, method: request.method, path: `${url.pathname}${url.search}`, headers, setHost: false, timeout: ANSWER_MS }, resolve);
    outgoing.on('error', (error) => {
      socket.destroy();
      reject(error);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('the host does not answer')));
    outgoing.end();
  });
}

function withoutHops(raw: readonly string[]): OutgoingHttpHeaders {
  const headers: Record<string, string[]> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) (headers[name] ??= []).push(raw[i + 1] ?? '');
  }
  return headers;
}
