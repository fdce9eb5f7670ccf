import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Pool } from 'pg';

const CALL_MS = 30_000;
const TICK_MS = 10;
/** Of so many calls one writes. */
const WRITE_EVERY = 3;

/** What a client knows of one call, and nothing else. */
export interface Call {
  /** Idempotency key, for a write. */
  readonly key: string | null;
  readonly at: number;
  readonly ms: number;
  /** Null: no answer came. */
  readonly status: number | null;
  readonly retryAfter: string | null;
  /** Code of a problem, or how the connection broke. */
  readonly why: string | null;
}

export interface LoadOptions {
  /** Whom the n-th call goes to. */
  readonly target: (n: number) => string;
  readonly accessToken: string;
  readonly repositoryId: string;
  readonly perSecond: number;
  /** Of the calls, so many last ones stay in the log; absent: all. */
  readonly keep?: number;
}

/** Calls at a fixed pace: reads, and drafts of tasks as writes. Never more under way than a second's worth: what a machine cannot do would only pile up. */
export class Load {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 512 });
  private readonly calls: Call[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly pacing: Promise<void>;
  private isOver = false;
  /** Calls that were begun. */
  sent = 0;
  private began = performance.now();

  constructor(private readonly options: LoadOptions) {
    this.pacing = this.pace();
  }

  get log(): readonly Call[] {
    return this.calls;
  }

  /** Sends nothing more, waits for the answers. */
  async stop(): Promise<readonly Call[]> {
    this.isOver = true;
    await this.pacing;
    await Promise.all(this.running);
    this.agent.destroy();
    return this.calls;
  }

  private async pace(): Promise<void> {
    this.began = performance.now();
    for (; !this.isOver; await wait(TICK_MS)) {
      // As many as are due by now, so that a late timer sends no fewer.
      for (const due = ((performance.now() - this.began) / 1_000) * this.options.perSecond; this.sent < due && this.running.size < this.options.perSecond; this.sent += 1) this.send(this.sent);
    }
  }

  private send(n: number): void {
    const call = this.call(n).finally(() => this.running.delete(call));
    this.running.add(call);
  }

  private async call(n: number): Promise<void> {
    const key = n % WRITE_EVERY === 0 ? randomUUID() : null;
    const at = Date.now();
    if (this.calls.length >= (this.options.keep ?? Infinity)) this.calls.shift();
    try {
      const { status, retryAfter, text } = key === null ? await this.ask(n, 'GET', n % 2 === 0 ? '/tasks?limit=5' : '/organizations') : await this.ask(n, 'POST', '/tasks', key);
      this.calls.push({ key, at, ms: Date.now() - at, status, retryAfter, why: status < 400 ? null : text.slice(0, 300) });
    } catch (error) {
      this.calls.push({ key, at, ms: Date.now() - at, status: null, retryAfter: null, why: String(error) });
    }
  }

  private ask(n: number, method: string, path: string, key?: string): Promise<{ status: number; retryAfter: string | null; text: string }> {
    const { target, accessToken, repositoryId } = this.options;
    const body = key === undefined ? undefined : JSON.stringify({ prompt: `Draft ${key}`, repositoryId, draft: true, metadata: { call: key } });
    const headers = { authorization: `Bearer ${accessToken}`, ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'idempotency-key': key }) };
    return new Promise((resolve, reject) => {
      const call = request(`${target(n)}/api/v1${path}`, { method, agent: this.agent, headers, timeout: CALL_MS }, (response) => {
        let text = '';
        response.on('data', (bytes: Buffer) => (text += bytes.toString()));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? null, text }));
      });
      call.on('timeout', () => call.destroy(new Error(`no answer within ${CALL_MS} ms`)));
      call.on('error', reject);
      call.end(body);
    });
  }
}

/** Calls that a client would call failed: no answer, or one that neither is good nor says when to come back. */
export function failed(log: readonly Call[]): readonly Call[] {
  return log.filter(({ status, retryAfter }) => status === null || (status >= 400 && !(status === 503 && retryAfter !== null)));
}

/** The same in few words, for a test's failure. */
export function whatFailed(log: readonly Call[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { status, why } of failed(log)) counts.set(`${String(status)} ${why}`, (counts.get(`${String(status)} ${why}`) ?? 0) + 1);
  return [...counts].slice(0, 10).map(([what, times]) => `${times} × ${what}`);
}

export function unavailable(log: readonly Call[]): readonly Call[] {
  return log.filter(({ status }) => status === 503);
}

/** Writes whose answer and whose rows do not agree: kept means exactly one, everything else at most one. */
export async function brokenPromises(database: Pool, log: readonly Call[]): Promise<readonly string[]> {
  const { rows } = await database.query<{ key: string; n: string }>(`SELECT metadata ->> 'call' AS key, count(*) AS n FROM tasks WHERE metadata ? 'call' GROUP BY 1`);
  const made = new Map(rows.map(({ key, n }) => [key, Number(n)]));
  return log.flatMap(({ key, status }) => {
    const tasks = key === null ? 0 : (made.get(key) ?? 0);
    const isKept = key === null || (status === 201 ? tasks === 1 : tasks <= 1);
    return isKept ? [] : [`${key}: answered ${String(status)}, ${tasks} tasks`];
  });
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
