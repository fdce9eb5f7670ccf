import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import { chmod, chown, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { SandboxIdentity } from '../sandbox/sandbox-spec';
import type { AllowedHosts } from './allowed-hosts';
import { ByteBudget } from './byte-budget';
import type { EgressNetwork } from './egress-connect';
import { EgressLog } from './egress-log';
import { forwardPlain } from './plain-request';
import { refusalText, type Reach, Visit } from './visit';
import { openTunnel } from './tunnel';

/** What one sandbox may do with the network. */
export interface EgressPolicy {
  readonly hosts: AllowedHosts;
  readonly network: EgressNetwork;
  readonly maxBytes: number;
  readonly maxConnections: number;
}

const HEADER_BYTES = 16_384;
const HEADER_MS = 15_000;
const AUTHORITY = /^([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)\.?:(\d{1,5})$/;

/**
 * The only way from a sandbox to the network: an HTTP proxy on a unix socket, one for each set-up. It takes CONNECT (TLS to the very host that was asked
 * for) and plain reads, lets through what is on the list, resolves names itself and keeps to public addresses.
 */
export class EgressProxy {
  readonly log = new EgressLog();
  private readonly server: Server;
  private readonly connections = new Set<Duplex>();
  private readonly running = new Set<Promise<void>>();
  private readonly reach: Reach;

  private constructor(
    private readonly policy: EgressPolicy,
    /** Host path of the socket. */
    readonly socket: string,
  ) {
    this.reach = { network: policy.network, hosts: policy.hosts, budget: new ByteBudget(policy.maxBytes), log: this.log };
    this.server = createServer({ maxHeaderSize: HEADER_BYTES, headersTimeout: HEADER_MS, requestTimeout: HEADER_MS, keepAliveTimeout: HEADER_MS }, (request, response) => this.plain(request, response));
    this.server.on('connect', (request, client, head) => this.tunnel(request, client, head));
    this.server.on('connection', (client) => this.admit(client));
    this.server.on('clientError', (_, client) => client.destroy());
  }

  /** Opens the door in a folder of ours; only that sandbox's user may use it. `close` it when the sandbox has ended. */
  static async open(folder: string, identity: SandboxIdentity | null, policy: EgressPolicy): Promise<EgressProxy> {
    const name = `${randomBytes(8).toString('hex')}.sock`;
    const proxy = new EgressProxy(policy, join(folder, name));
    // A socket's path may have 107 bytes, the folder's may be longer: the kernel takes the way over the open folder.
    const handle = await open(folder);
    try {
      await new Promise<void>((resolve, reject) => proxy.server.once('error', reject).listen({ path: `/proc/self/fd/${handle.fd}/${name}` }, resolve));
    } finally {
      await handle.close();
    }
    if (identity) await chown(proxy.socket, identity.uid, identity.gid);
    await chmod(proxy.socket, 0o600);
    return proxy;
  }

  /** Ends what is under way; the log is complete then. */
  async close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    await Promise.all(this.running);
  }

  private admit(client: Duplex): void {
    if (this.connections.size >= this.policy.maxConnections) {
      client.destroy();
      return;
    }
    this.connections.add(client);
    client.on('error', () => client.destroy());
    client.once('close', () => this.connections.delete(client));
  }

  private tunnel(request: IncomingMessage, client: Duplex, head: Buffer): void {
    const visit = this.visit(request.url ?? '');
    const refusal = visit.refusal;
    if (refusal === null) return this.track(openTunnel(visit, client, head));
    visit.end('refused', refusal);
    client.end(`HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${refusalText(visit, refusal)}\n`);
  }

  private plain(request: IncomingMessage, response: ServerResponse): void {
    const url = /^http:\/\//i.test(request.url ?? '') ? URL.parse(request.url ?? '') : null;
    if (!url || url.username !== '' || url.password !== '') {
      response.writeHead(400, { 'Content-Type': 'text/plain', Connection: 'close' }).end('This is a proxy: ask it for an absolute http:// address, or to CONNECT.\n');
      return;
    }
    const visit = this.visit(`${url.hostname}:${url.port === '' ? 80 : url.port}`);
    const refusal = visit.refusal ?? (request.method === 'GET' || request.method === 'HEAD' ? null : 'takes reads only without TLS');
    if (refusal === null) return this.track(forwardPlain(visit, url, request, response));
    visit.end('refused', refusal);
    response.writeHead(403, { 'Content-Type': 'text/plain', Connection: 'close' }).end(`${refusalText(visit, refusal)}\n`);
  }

  private track(visit: Promise<void>): void {
    this.running.add(visit);
    void visit.finally(() => this.running.delete(visit));
  }

  private visit(authority: string): Visit {
    const [, host = '', port = ''] = AUTHORITY.exec(authority.toLowerCase()) ?? [];
    return new Visit(this.reach, host, Number(port));
  }
}
