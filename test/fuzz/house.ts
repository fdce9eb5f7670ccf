import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startPostgres, type RunningPostgres } from '../support/postgres';

const ROOT = process.cwd();
const READY_MS = 60_000;
const LIMITS = ['DEFAULT', 'ANONYMOUS', 'SIGN_IN', 'SIGN_IN_ACCOUNT', 'TASKS', 'TESTS', 'WEBHOOKS'];

type Line = Record<string, unknown>;

/** The API as a process of its own, with a database and stand-ins for GitHub and the model; no worker, so that nothing but requests moves anything. */
export class FuzzHouse {
  private readonly folder = mkdtempSync(join(tmpdir(), 'async-coder-fuzz-'));
  private readonly children: ChildProcess[] = [];
  private readonly metricsToken = randomBytes(16).toString('hex');
  private postgres: RunningPostgres | null = null;
  private api: ChildProcess | null = null;
  url = '';
  databaseUrl = '';

  static async start(): Promise<FuzzHouse> {
    const house = new FuzzHouse();
    try {
      await house.open();
    } catch (error) {
      await house.close();
      throw error;
    }
    return house;
  }

  /** Whether the API is the process that was started, alive and willing. */
  async isWell(): Promise<boolean> {
    if (this.api?.exitCode !== null || this.api.signalCode !== null) return false;
    return (await fetch(`${this.url}/health/ready`)).status === 200;
  }

  /** Memory of the API in MB. */
  memory(): number {
    const status = readFileSync(`/proc/${this.api?.pid}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024);
  }

  /** Delay of the API's event loop since this was last asked, in ms: 99 of 100 were shorter. */
  async loopLag(): Promise<number> {
    const page = await (await fetch(`${this.url}/metrics`, { headers: { authorization: `Bearer ${this.metricsToken}` } })).text();
    const seconds = /^async_coder_event_loop_lag_seconds\{quantile="0\.99"\} (\S+)$/m.exec(page)?.[1];
    if (seconds === undefined) throw new Error('the metrics do not tell the delay of the event loop');
    return Math.round(Number(seconds) * 1_000);
  }

  /** Log lines of errors nobody foresaw and of what could not be reached, newest last. */
  alarms(): string[] {
    return readFileSync(join(this.folder, 'api.log'), 'utf8').split('\n').filter((line) => /"level":"(error|fatal)"|"code":"unavailable"/.test(line));
  }

  async close(): Promise<void> {
    await Promise.all(this.children.reverse().map(end));
    await this.postgres?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async open(): Promise<void> {
    this.postgres = await startPostgres({ durable: false });
    await this.postgres.ensureDatabase('fuzz');
    this.databaseUrl = this.postgres.url('fuzz');
    for (const step of ['migrate', 'seed']) await this.command(`dist/libs/domain/src/cli/${step}.js`, { DATABASE_URL: this.databaseUrl });
    const [github, llm] = await Promise.all([
      this.start('github', 'dist/test/peers/github/main.js', { args: ['--port', '0', '--data', join(this.folder, 'github')], ready: (line) => line['peer'] === 'github' }),
      this.start('llm', 'dist/test/peers/llm/main.js', { args: ['--port', '0'], ready: (line) => line['peer'] === 'llm' }),
    ]);
    const ready = await this.start('api', 'dist/apps/api/src/main.js', { env: this.settings(github.line, llm.line), ready: (line) => line['msg'] === 'api listening' });
    this.url = String(ready.line['url']);
    this.api = ready.child;
  }

  private settings(github: Line, llm: Line): Record<string, string> {
    const clerk = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
    return {
      // So little that what leaks ends the process.
      NODE_OPTIONS: '--max-old-space-size=256',
      NODE_ENV: 'development', API_PORT: '0', DATABASE_URL: this.databaseUrl, DATABASE_POOL_SIZE: '10', LOG_LEVEL: 'info', DRAIN_MS: '0', ACCESS_TOKEN_SECONDS: '86400',
      METRICS_TOKEN: this.metricsToken, JWT_SECRET: randomBytes(32).toString('hex'), KEK: randomBytes(32).toString('base64'), PUBLIC_URL: 'http://127.0.0.1:3000', ALLOW_LOCAL_REPOSITORIES: 'true', CORS_ORIGINS: 'https://app.example.com',
      GITHUB_PACED: 'false', GITHUB_API_URL: String(github['apiUrl']), GITHUB_APP_ID: String(github['appId']), GITHUB_APP_PRIVATE_KEY: String(github['privateKey']), GITHUB_WEBHOOK_SECRET: String(github['webhookSecret']),
      ANTHROPIC_API_KEY: 'sk-ant-api03-stand-in-0000000000000000', ANTHROPIC_BASE_URL: String(llm['url']), MODEL_STAND_IN: 'stand-in',
      CLERK_SECRET_KEY: 'sk_test_stand-in', CLERK_PUBLISHABLE_KEY: 'pk_test_Y2xlcmsubG9jYWwudGVzdCQ', CLERK_JWT_KEY: clerk, CLERK_AUTHORIZED_PARTIES: 'https://app.example.com', CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${randomBytes(24).toString('base64')}`,
      ...Object.fromEntries(LIMITS.map((name) => [`RATE_LIMIT_${name}`, '10000000/60'])),
    };
  }

  private start(name: string, script: string, { args = [], env = {}, ready }: { args?: string[]; env?: Record<string, string>; ready: (line: Line) => boolean }): Promise<{ child: ChildProcess; line: Line }> {
    const child = spawn(process.execPath, [script, ...args], { cwd: ROOT, env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: this.folder, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.children.push(child);
    const log = createWriteStream(join(this.folder, `${name}.log`));
    child.stderr.pipe(log, { end: false });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${name} was not ready in time`)), READY_MS);
      child.once('exit', (code) => reject(new Error(`${name} ended (${code}): ${readFileSync(join(this.folder, `${name}.log`), 'utf8').slice(-2_000)}`)));
      createInterface({ input: child.stdout }).on('line', (text) => {
        log.write(`${text}\n`);
        const line = parse(text);
        if (!line || !ready(line)) return;
        clearTimeout(timer);
        resolve({ child, line });
      });
    });
  }

  private command(script: string, env: Record<string, string>): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [script], { cwd: ROOT, env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
      let text = '';
      child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
      child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${script} ended (${code}): ${text}`))));
    });
  }
}

function parse(text: string): Line | null {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return null;
  }
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    child.once('exit', () => (clearTimeout(timer), resolve()));
    child.stdin?.end();
    child.kill('SIGTERM');
  });
}
