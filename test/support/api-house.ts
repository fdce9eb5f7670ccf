import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { ApiClient } from './api-client';
import { startPostgres, type RunningPostgres } from './postgres';

const ROOT = join(__dirname, '../..');
const PASSWORD = 'orbit-velvet-canyon-42';
const HIGH = Object.fromEntries(['DEFAULT', 'ANONYMOUS', 'SIGN_IN', 'SIGN_IN_ACCOUNT', 'TASKS', 'TESTS', 'WEBHOOKS'].map((name) => [`RATE_LIMIT_${name}`, '10000000/60']));

export interface HousePerson {
  readonly email: string;
  readonly organizationId: string;
  readonly accessToken: string;
}

export interface Sent {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

interface RunningApi {
  readonly url: string;
  /** The last of what it logged. */
  readonly log: () => string;
  readonly child: ChildProcess;
}

/** API processes over one database, without a worker: for what several of them must agree on. */
export class ApiHouse {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 256 });
  private readonly apis: RunningApi[] = [];

  private constructor(
    private readonly server: RunningPostgres,
    private readonly settings: Readonly<Record<string, string>>,
    readonly database: Client,
  ) {}

  static async start(apis: number, settings: Readonly<Record<string, string>>): Promise<ApiHouse> {
    const server = await startPostgres({ durable: false });
    await server.ensureDatabase('house');
    const url = server.url('house');
    for (const step of ['migrate', 'seed']) {
      const { status, stderr } = spawnSync(process.execPath, [`dist/libs/domain/src/cli/${step}.js`], { cwd: ROOT, env: { PATH: process.env.PATH, DATABASE_URL: url }, encoding: 'utf8' });
      if (status !== 0) throw new Error(`${step} failed: ${stderr}`);
    }
    const database = new Client({ connectionString: url });
    await database.connect();
    const secrets = { JWT_SECRET: randomBytes(32).toString('hex'), KEK: randomBytes(32).toString('base64') };
    const own = { NODE_ENV: 'development', DATABASE_URL: url, DATABASE_POOL_SIZE: '20', DRAIN_MS: '0', LOG_LEVEL: 'warn', ANTHROPIC_API_KEY: 'sk-ant-test', ...secrets };
    const house = new ApiHouse(server, { ...own, ...HIGH, ...settings }, database);
    await Promise.all(Array.from({ length: apis }, (_, n) => house.startApi(n)));
    return house;
  }

  /** Also in place of one that was killed; on another port then. */
  async startApi(n: number): Promise<void> {
    this.apis[n] = await startApi(this.settings);
  }

  url(n: number): string {
    return this.apis[n]!.url;
  }

  /** The last warnings of the n-th process. */
  log(n: number): string {
    return this.apis[n]!.log();
  }

  isRunning(n: number): boolean {
    const { child } = this.apis[n]!;
    return child.exitCode === null && child.signalCode === null;
  }

  /** kill -9; resolves when it is dead. */
  kill(n: number): Promise<void> {
    const { child } = this.apis[n]!;
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  }

  async signUp(name: string): Promise<HousePerson> {
    const email = `${name}@example.com`;
    const { status, body } = await new ApiClient(this.url(0)).post<{ organization: { id: string }; accessToken: string }>('/auth/register', { email, password: PASSWORD });
    if (status !== 201) throw new Error(`register answered ${status}: ${JSON.stringify(body)}`);
    return { email, organizationId: body.organization.id, accessToken: body.accessToken };
  }

  /** A repository's row; nobody works on it here. */
  async newRepository({ organizationId }: HousePerson): Promise<string> {
    const id = randomUUID();
    const url = `https://git.example.com/${id}`;
    await this.database.query(
      `INSERT INTO repositories (id, organization_id, provider, name, full_name, url, clone_url, default_branch) VALUES ($1, $2, 'git', 'sample', 'acme/sample', $3, $3, 'main')`,
      [id, organizationId, url],
    );
    return id;
  }

  /** One request on kept connections, cheaper than fetch. Rejects when the connection breaks. */
  send(n: number, method: string, path: string, { as, body, headers = {} }: { as?: HousePerson; body?: unknown; headers?: Record<string, string> } = {}): Promise<Sent> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const call = request(`${this.url(n)}/api/v1${path}`, {
        method,
        agent: this.agent,
        headers: { ...(as ? { authorization: `Bearer ${as.accessToken}` } : {}), ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }), ...headers },
        timeout: 60_000,
      });
      call.on('timeout', () => call.destroy(new Error(`no answer to ${method} ${path} within a minute`)));
      call.on('error', reject);
      call.on('response', (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString() }));
      });
      call.end(payload);
    });
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    await Promise.all(this.apis.map(async (_, n) => (this.isRunning(n) ? this.kill(n) : undefined)));
    await this.database.end();
    await this.server.stop();
  }
}

async function startApi(settings: Readonly<Record<string, string>>): Promise<RunningApi> {
  const port = await freePort();
  const command = [...dieWithParent(), process.execPath, 'dist/apps/api/src/main.js'];
  const child = spawn(command[0]!, command.slice(1), { cwd: ROOT, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings, API_PORT: String(port) }, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (log = (log + bytes.toString()).slice(-20_000)));
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + 60_000; ; ) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`the API did not start:\n${log}`);
    const answer = await fetch(`${url}/health/live`).catch(() => null);
    if (answer?.ok === true) return { url, child, log: () => log };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function dieWithParent(): string[] {
  return spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];
}
