import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What one readiness check found; `degraded` still counts as ready. */
export interface CheckResult {
  readonly status: 'up' | 'degraded' | 'down';
  readonly reason?: string;
}

export type ReadinessCheck = () => Promise<CheckResult>;

/** The worker's probes on a port of their own: live touches nothing, ready asks every check. It answers before the rest of the process is there. */
export class HealthServer {
  private server: Server | null = null;
  private checks: Readonly<Record<string, ReadinessCheck>> = {};
  private started = false;
  private draining = false;

  /** @param metrics answers /metrics */
  constructor(private readonly metrics: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {}

  /** Binds and returns the URL. */
  listen(host: string, port: number): Promise<string> {
    this.server = createServer((request, response) => void this.answer(request, response));
    this.server.headersTimeout = 5_000;
    return new Promise((resolve, reject) => {
      this.server?.once('error', reject);
      this.server?.listen(port, host, () => resolve(`http://${host}:${(this.server?.address() as AddressInfo).port}`));
    });
  }

  /** From now on the process has started, and these say whether it is ready. */
  markStarted(checks: Readonly<Record<string, ReadinessCheck>>): void {
    this.checks = checks;
    this.started = true;
  }

  markDraining(): void {
    this.draining = true;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.server) return resolve();
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?', 1)[0];
    if (path === '/metrics') return this.metrics(request, response);
    if (path === '/health/live') return send(response, 200, { status: 'ok' });
    if (path === '/health/startup') return send(response, this.started ? 200 : 503, { status: this.started ? 'ok' : 'starting' });
    if (path === '/health/ready') {
      const results = await this.runChecks();
      const down = this.draining || !this.started || Object.values(results).some((check) => check.status === 'down');
      return send(response, down ? 503 : 200, { status: down ? 'unavailable' : 'ok', draining: this.draining, checks: results });
    }
    send(response, 404, { status: 'not found' });
  }

  private async runChecks(): Promise<Record<string, CheckResult>> {
    const entries = Object.entries(this.checks).map(async ([name, check]): Promise<[string, CheckResult]> => {
      try {
        return [name, await check()];
      } catch (error) {
        return [name, { status: 'down', reason: error instanceof Error ? error.message : 'unknown' }];
      }
    });
    return Object.fromEntries(await Promise.all(entries));
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
}
