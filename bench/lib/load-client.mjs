// A load generator as a process of its own: keep-alive connections on plain sockets, each with one request in flight.
// A message {target, connections, seconds, requests} starts a slice; the answer is its counts and latencies.
import { createHmac, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { percentile } from './stats.mjs';

process.on('message', async (job) => process.send(await run(job)));
process.on('disconnect', () => process.exit(0));

async function run({ target, connections, seconds, warm = 0, requests, expected }) {
  const { hostname, port } = new URL(target);
  const slice = { latencies: [], statuses: {}, next: Math.floor(Math.random() * requests.length), until: performance.now() + (seconds + warm) * 1_000, counted: performance.now() + warm * 1_000 };
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, () => loop(slice, { host: hostname, port: Number(port), requests })));
  const ms = performance.now() - began;
  const sorted = slice.latencies.sort((a, b) => a - b);
  const count = sorted.length;
  const unexpected = Object.entries(slice.statuses).filter(([status]) => Number(status) !== expected);
  return { count, seconds: ms / 1_000, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), unexpected: Object.fromEntries(unexpected), sample: slice.sample };
}

const CHUNKED = /\r\ntransfer-encoding: chunked/i;

/** Bytes of a chunked body that is whole; null while it is not. */
function chunkedLength(pending, end) {
  const last = pending.indexOf('\r\n0\r\n\r\n', end + 2);
  const isEmpty = pending.subarray(end + 4, end + 9).equals(Buffer.from('0\r\n\r\n'));
  if (isEmpty) return 5;
  return last < 0 ? null : last + 7 - (end + 4);
}

/** One connection. It ends with the answer that comes after the time is up. */
function loop(slice, { host, port, requests }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    let pending = Buffer.alloc(0);
    let sent = 0;
    const send = () => {
      if (performance.now() >= slice.until) return socket.end();
      const request = requests[slice.next++ % requests.length];
      sent = performance.now();
      socket.write(request.fresh ? freshen(request) : request.text);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('data', (bytes) => {
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = pending.latin1Slice(0, end);
      const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? (CHUNKED.test(head) ? chunkedLength(pending, end) : undefined);
      if (length === null) return;
      if (length === undefined) return socket.destroy(new Error(`no Content-Length in:\n${head}`));
      if (pending.length < end + 4 + Number(length)) return;
      const status = head.slice(9, 12);
      slice.statuses[status] = (slice.statuses[status] ?? 0) + 1;
      if (Number(status) >= 400) slice.sample ??= pending.toString('utf8').slice(0, 2_000);
      slice.latencies.push(performance.now() - sent);
      pending = Buffer.alloc(0);
      send();
    });
  });
}

/** A POST that was never sent before: a key of its own (or GitHub's signature, with a secret), and a body that says so. */
function freshen({ head, body, secret }) {
  const id = randomUUID();
  const text = body.replace('{id}', id);
  if (secret) return `${head}X-GitHub-Delivery: ${id}\r\nX-Hub-Signature-256: sha256=${createHmac('sha256', secret).update(text).digest('hex')}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
  return `${head}Idempotency-Key: ${id}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
