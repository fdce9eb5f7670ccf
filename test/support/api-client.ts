import { randomUUID } from 'node:crypto';
import { createParser } from 'eventsource-parser';

/** An answer of the API as a test looks at it. */
export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface StreamedEvent {
  readonly id: number | null;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** A signed-in person's HTTP client. Never throws for a status; a test asserts it. */
export class ApiClient {
  constructor(
    readonly apiUrl: string,
    private readonly accessToken: string | null = null,
  ) {}

  async send<Body = Record<string, unknown>>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    const response = await fetch(`${this.apiUrl}/api/v1${path}`, {
      method,
      headers: { ...this.authorization(), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, body: (isJson && text ? JSON.parse(text) : text) as Body };
  }

  get<Body = Record<string, unknown>>(path: string, headers?: Record<string, string>): Promise<Answer<Body>> {
    return this.send<Body>('GET', path, undefined, headers);
  }

  post<Body = Record<string, unknown>>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<Body>> {
    return this.send<Body>('POST', path, body, { 'idempotency-key': randomUUID(), ...headers });
  }

  /** Reads a task's event stream until it is done, or until `enough` says so (the connection is then cut). */
  async stream(taskId: string, lastEventId: number, enough: (events: readonly StreamedEvent[]) => boolean = () => false, limitMs = 90_000): Promise<StreamedEvent[]> {
    const cut = new AbortController();
    const timer = setTimeout(() => cut.abort(new Error(`the stream of ${taskId} took longer than ${limitMs} ms`)), limitMs);
    const events: StreamedEvent[] = [];
    try {
      const response = await fetch(`${this.apiUrl}/api/v1/tasks/${taskId}/events`, {
        headers: { ...this.authorization(), accept: 'text/event-stream', 'last-event-id': String(lastEventId) },
        signal: cut.signal,
      });
      if (response.status === 204) return events;
      if (response.status !== 200 || !response.body) throw new Error(`the stream answered ${response.status}: ${await response.text()}`);
      const parser = createParser({
        onEvent: ({ id, event, data }) => void events.push({ id: id === undefined ? null : Number(id), event: event ?? 'message', data: JSON.parse(data) as Record<string, unknown> }),
      });
      const decoder = new TextDecoder();
      for await (const chunk of response.body) {
        parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
        if (enough(events)) break;
      }
      return events;
    } finally {
      clearTimeout(timer);
      cut.abort();
    }
  }

  /** Polls a task until its status is one of `statuses`. */
  async until(taskId: string, statuses: readonly string[], limitMs = 120_000): Promise<Record<string, unknown>> {
    for (const end = Date.now() + limitMs; ; ) {
      const { body } = await this.get(`/tasks/${taskId}`);
      if (statuses.includes(String(body.status))) return body;
      if (Date.now() > end) throw new Error(`task ${taskId} is ${String(body.status)} (${String(body.statusReason)}) after ${limitMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private authorization(): Record<string, string> {
    return this.accessToken ? { authorization: `Bearer ${this.accessToken}` } : {};
  }
}
