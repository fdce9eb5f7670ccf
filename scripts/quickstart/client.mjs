import { EventSourceParserStream } from 'eventsource-parser/stream';

/** An answer that is not 2xx, in the server's own words. */
export class RequestError extends Error {
  constructor(method, path, status, problem) {
    super(`${method} ${path} answered ${status}: ${problem.detail ?? problem.title ?? 'no reason given'}`);
    this.status = status;
    this.problem = problem;
  }
}

/** A small HTTP client for one signed-in person. */
export class Client {
  constructor(baseUrl, accessToken = null) {
    this.baseUrl = baseUrl;
    this.accessToken = accessToken;
  }

  async request(method, path, body, headers = {}) {
    const response = await fetch(`${this.baseUrl}/api/v1${path}`, {
      method,
      headers: { ...this.#authorization(), ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      body: body ? JSON.stringify(body) : undefined,
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    const value = text ? JSON.parse(text) : null;
    if (!response.ok) throw new RequestError(method, path, response.status, value ?? {});
    return value;
  }

  get(path) {
    return this.request('GET', path);
  }

  post(path, body, headers) {
    return this.request('POST', path, body, headers);
  }

  /** Events of a task from the first on, across reconnects, until the stream says it is done. */
  async *events(taskId, signal) {
    let last = 0;
    for (;;) {
      const response = await fetch(`${this.baseUrl}/api/v1/tasks/${taskId}/events`, {
        headers: { ...this.#authorization(), accept: 'text/event-stream', 'last-event-id': String(last) },
        signal,
      });
      if (response.status === 204) return;
      if (!response.ok) throw new RequestError('GET', `/tasks/${taskId}/events`, response.status, JSON.parse(await response.text()));
      const frames = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for await (const { event, data, id } of frames) {
        if (id) last = Number(id);
        yield { event, data: JSON.parse(data) };
        if (event === 'done') return;
      }
    }
  }

  #authorization() {
    return this.accessToken ? { authorization: `Bearer ${this.accessToken}` } : {};
  }
}
