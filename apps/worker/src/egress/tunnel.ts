import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readClientHello } from './client-hello';
import { connectPublic, EgressRefusal } from './egress-connect';
import { refusalText, type Visit } from './visit';

const HELLO_MS = 15_000;
const IDLE_MS = 120_000;

/** Serves a CONNECT: a connection to the host in which TLS for that very host is spoken. Never rejects. */
export async function openTunnel(visit: Visit, client: Duplex, head: Buffer): Promise<void> {
  let upstream: Socket;
  try {
    upstream = await connectPublic(visit.reach.network, visit.host, visit.port);
  } catch (error) {
    const isRefused = visit.fail(error as Error);
    client.end(`HTTP/1.1 ${isRefused ? '403 Forbidden' : '502 Bad Gateway'}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${refusalText(visit, (error as Error).message)}\n`);
    return;
  }
  try {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    client.unshift(await clientHello(client, head, visit.host));
    upstream.setTimeout(IDLE_MS, () => upstream.destroy());
    await Promise.all([pipeline(client, visit.out, upstream), pipeline(upstream, visit.in, client)]);
    visit.end('allowed', null);
  } catch (error) {
    visit.fail(error as Error);
  } finally {
    upstream.destroy();
    client.destroy();
  }
}

/** The first message of the client. @throws {EgressRefusal} when it is no TLS, or for another host */
function clientHello(client: Duplex, head: Buffer, host: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = head;
    const stop = (error: Error | null): void => {
      clearTimeout(timer);
      client.off('data', take).off('close', closed);
      client.pause();
      if (error) reject(error);
      else resolve(bytes);
    };
    const closed = (): void => stop(new Error('the client went away'));
    const look = (): void => {
      const hello = readClientHello(bytes);
      if (hello.kind === 'incomplete') return;
      if (hello.kind === 'not_tls') stop(new EgressRefusal('is only reached by TLS through CONNECT'));
      else if (hello.serverName !== host) stop(new EgressRefusal(`was asked for, but TLS names ${hello.serverName ?? 'no host'}`));
      else stop(null);
    };
    const take = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      look();
    };
    const timer = setTimeout(() => stop(new Error('the client said nothing')), HELLO_MS);
    client.on('data', take).once('close', closed);
    if (head.length > 0) look();
  });
}
