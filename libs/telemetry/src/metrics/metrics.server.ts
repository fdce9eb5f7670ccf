import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsRegistry } from './metrics';

const HEADERS_MS = 5_000;

/** Serves /metrics, and nothing else, on a port of its own: who reaches it may read. */
export class MetricsServer {
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => void answerScrape(request, response));
    this.server.headersTimeout = HEADERS_MS;
  }

  /** Binds and returns the URL. */
  listen(host: string, port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => resolve(`http://${host}:${(this.server.address() as AddressInfo).port}`));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

async function answerScrape(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url?.split('?', 1)[0] !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
    response.writeHead(404).end();
    return;
  }
  await sendMetrics(response);
}

/** The answer of any server of Node's. */
export async function sendMetrics(response: ServerResponse): Promise<void> {
  try {
    const text = await metricsRegistry.text();
    response.writeHead(200, { 'content-type': metricsRegistry.contentType, 'cache-control': 'no-store' }).end(text);
  } catch {
    response.writeHead(500).end();
  }
}
