const line = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');
const host = 'Host: 127.0.0.1\n';

/** Bytes that are no HTTP, or HTTP that two servers would read differently. Each must be answered with a 4xx or a closed connection. */
export const MALFORMED: readonly { readonly name: string; readonly bytes: Buffer }[] = [
  { name: 'no HTTP at all', bytes: Buffer.from('\0\0\0\u0001hello') },
  { name: 'an unknown version', bytes: line(`GET /health/live HTTP/9.9\n${host}\n`) },
  { name: 'a method of control characters', bytes: Buffer.from('G\u0001T / HTTP/1.1\r\nHost: a\r\n\r\n') },
  { name: 'a space in the address', bytes: line(`GET /api/v1/tasks a b HTTP/1.1\n${host}\n`) },
  { name: 'no host', bytes: line('GET /api/v1/models HTTP/1.1\n\n') },
  { name: 'two hosts', bytes: line(`GET /api/v1/models HTTP/1.1\n${host}Host: evil\n\n`) },
  { name: 'a NUL in a header', bytes: line(`GET /api/v1/models HTTP/1.1\n${host}X-A: a\0b\n\n`) },
  { name: 'a folded header', bytes: line(`GET /api/v1/models HTTP/1.1\n${host}X-A: a\n b\n\n`) },
  { name: 'a header without a name', bytes: line(`GET /api/v1/models HTTP/1.1\n${host}: a\n\n`) },
  { name: 'headers beyond 16 KB', bytes: line(`GET /api/v1/models HTTP/1.1\n${host}X-A: ${'x'.repeat(20_000)}\n\n`) },
  { name: 'a thousand headers', bytes: line(`GET /api/v1/models HTTP/1.1\n${host}${Array.from({ length: 1_000 }, (_, n) => `X-${n}: 1\n`).join('')}\n`) },
  { name: 'length and chunks together', bytes: line(`POST /api/v1/auth/login HTTP/1.1\n${host}Content-Type: application/json\nContent-Length: 4\nTransfer-Encoding: chunked\n\n0\n\n`) },
  { name: 'two lengths', bytes: line(`POST /api/v1/auth/login HTTP/1.1\n${host}Content-Type: application/json\nContent-Length: 2\nContent-Length: 3\n\n{}`) },
  { name: 'a negative length', bytes: line(`POST /api/v1/auth/login HTTP/1.1\n${host}Content-Type: application/json\nContent-Length: -1\n\n{}`) },
  { name: 'a huge length', bytes: line(`POST /api/v1/auth/login HTTP/1.1\n${host}Content-Type: application/json\nContent-Length: 99999999999999999999\n\n{}`) },
  { name: 'a body shorter than it says', bytes: line(`POST /api/v1/auth/login HTTP/1.1\n${host}Content-Type: application/json\nContent-Length: 50\n\n{"a":`) },
  { name: 'a chunk of a bad size', bytes: line(`POST /api/v1/auth/login HTTP/1.1\n${host}Content-Type: application/json\nTransfer-Encoding: chunked\n\nzz\n{}\n0\n\n`) },
  { name: 'an unknown transfer encoding', bytes: line(`POST /api/v1/auth/login HTTP/1.1\n${host}Content-Type: application/json\nTransfer-Encoding: x, chunked\n\n0\n\n`) },
  { name: 'an absolute address', bytes: line(`GET http://evil.example/api/v1/models HTTP/1.1\n${host}\n`) },
  { name: 'CONNECT', bytes: line(`CONNECT evil.example:443 HTTP/1.1\n${host}\n`) },
  { name: 'an upgrade', bytes: line(`GET /api/v1/models HTTP/1.1\n${host}Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: x\nSec-WebSocket-Version: 13\n\n`) },
  { name: 'the preface of HTTP/2', bytes: line('PRI * HTTP/2.0\n\nSM\n\n') },
  { name: 'a TLS hello', bytes: Buffer.from('16030100a5010000a10303', 'hex') },
  { name: 'the address *', bytes: line(`OPTIONS * HTTP/1.1\n${host}\n`) },
];

/** What is wrong with the answer to one of them; null when nothing is. */
export function malformedFault(text: string): string | null {
  if (text === '') return null;
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
  if (status === 0) return `what came back is no HTTP: ${text.slice(0, 80)}`;
  return status >= 500 ? `status ${status}` : null;
}
