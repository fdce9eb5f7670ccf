import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const PROBE_MS = 1_000;
/** Looks in a row that must fail, as a kubelet's failureThreshold: one that came late says nothing. */
const FAILURES = 2;

interface Upstream {
  readonly url: string;
  readonly agent: Agent;
  isReady: boolean;
  failures: number;
}

/** What stands in front of pods: takes turns among those that say they are ready, keeps connections, and repeats nothing, so that each failure shows. */
export class Balancer {
  private readonly upstreams: Upstream[] = [];
  private turn = 0;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly server: Server,
    lookEveryMs: number,
  ) {
    server.on('request', (incoming: IncomingMessage, answer: ServerResponse) => this.pass(incoming, answer));
    this.timer = setInterval(() => void this.look(), lookEveryMs);
  }

  static async start(urls: readonly string[], lookEveryMs: number): Promise<Balancer> {
    const server = createServer({ keepAlive: true });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const balancer = new Balancer(server, lookEveryMs);
    for (const url of urls) balancer.add(url);
    await balancer.look();
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get ready(): readonly string[] {
    return this.upstreams.filter(({ isReady }) => isReady).map(({ url }) => url);
  }

  add(url: string): void {
    this.upstreams.push({ url, agent: new Agent({ keepAlive: true, maxSockets: 128 }), isReady: false, failures: 0 });
  }

  remove(url: string): void {
    const [gone] = this.upstreams.splice(this.upstreams.findIndex((one) => one.url === url), 1);
    gone?.agent.destroy();
  }

  async look(): Promise<void> {
    await Promise.all(
      this.upstreams.map(async (upstream) => {
        const answer = await fetch(`${upstream.url}/health/ready`, { signal: AbortSignal.timeout(PROBE_MS) }).catch(() => null);
        upstream.failures = answer?.status === 200 ? 0 : upstream.failures + 1;
        upstream.isReady = upstream.failures === 0 || (upstream.isReady && upstream.failures < FAILURES);
        await answer?.arrayBuffer().catch(() => undefined);
      }),
    );
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    for (const { agent } of this.upstreams) agent.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(incoming: IncomingMessage, answer: ServerResponse): void {
    const ready = this.upstreams.filter(({ isReady }) => isReady);
    const upstream = ready[(this.turn += 1) % Math.max(ready.length, 1)];
    const fail = (why: string): void => void (answer.headersSent ? answer.destroy() : answer.writeHead(502).end(why));
    if (!upstream) return fail('nobody is ready');
    const call = request(`${upstream.url}${incoming.url ?? '/'}`, { method: incoming.method, headers: ofMessage(incoming), agent: upstream.agent }, (response) => {
      answer.writeHead(response.statusCode ?? 502, { ...ofMessage(response), 'x-upstream': upstream.url });
      response.once('error', () => answer.destroy());
      response.pipe(answer);
    });
    call.once('error', (error) => fail(`${upstream.url}: ${error.message}`));
    incoming.pipe(call);
  }
}

/** Without what is said about one connection only. */
function ofMessage({ headers }: IncomingMessage): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'connection' && name !== 'keep-alive'));
}
