import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

interface ReceivedEvent {
  readonly exception?: { readonly values?: readonly { readonly type?: string; readonly value?: string }[] };
  readonly tags?: Readonly<Record<string, string>>;
  readonly release?: string;
}

/** Takes envelopes as Sentry does, and keeps them. */
export class SentryPeer {
  raw = '';

  private constructor(
    private readonly server: Server,
    /** Where errors are reported to. */
    readonly dsn: string,
  ) {}

  static async start(): Promise<SentryPeer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const peer = new SentryPeer(server, `http://0123456789abcdef@127.0.0.1:${(server.address() as AddressInfo).port}/1`);
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts);
        peer.raw += `${(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8')}\n`;
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    return peer;
  }

  /** Reports of errors; an envelope is lines of JSON. */
  get events(): ReceivedEvent[] {
    return this.raw.split('\n').filter((line) => line.includes('"exception"')).map((line) => JSON.parse(line) as ReceivedEvent);
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
