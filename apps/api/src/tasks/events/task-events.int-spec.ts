import { connect, type Socket } from 'node:net';
import { createParser } from 'eventsource-parser';
import { TaskEventStore, UnitOfWork, type NewTaskEvent } from '@app/domain';
import { aGitRepo } from '@app/domain/testing';
import { TaskEventBus } from '@app/messaging';
import { redisIsInstalled, startRedis, type RunningRedis } from '../../../../../test/support/redis';
import { TestApi, type SignedIn } from '../../testing/test-api';

interface Frame {
  readonly id: number | null;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

let api: TestApi;
let ada: SignedIn;
let repositoryId: string;
let redis: RunningRedis | undefined;

beforeAll(async () => {
  redis = redisIsInstalled() ? await startRedis() : undefined;
  api = await TestApi.start(redis ? { REDIS_URL: redis.url } : {});
  ada = await api.signUp();
  repositoryId = (await aGitRepo(api.database.dataSource, { organizationId: ada.organizationId })).id;
  await api.database.dataSource.query('UPDATE subscription_plans SET max_tasks_per_day = NULL');
});
afterAll(async () => {
  await api.close();
  await redis?.stop();
});

const part = <T>(type: abstract new (...args: never[]) => T): T => api.app.get(type, { strict: false });

async function newTask(): Promise<string> {
  const answer = await api.send('post', '/api/v1/tasks', ada).send({ prompt: 'Follow me', repositoryId });
  expect(answer.status).toBe(201);
  return (answer.body as { id: string }).id;
}

/** Appends rows as a worker does; `wake` false: the wake-up is lost. */
async function append(taskId: string, rows: NewTaskEvent[], wake = true): Promise<void> {
  await part(UnitOfWork).run((tx) => part(TaskEventStore).append(tx, taskId, null, rows));
  if (wake) part(TaskEventBus).publishNews(taskId);
}

const note = (text: string): NewTaskEvent => ({ type: 'nudge', data: { text } });

async function endTask(taskId: string): Promise<void> {
  await part(UnitOfWork).run(async (tx) => {
    await tx.query(`UPDATE task_attempts SET status = 'succeeded', finished_at = now() WHERE task_id = $1`, [taskId]);
    await tx.query(`UPDATE tasks SET status = 'completed', completed_at = now() WHERE id = $1`, [taskId]);
    await part(TaskEventStore).append(tx, taskId, null, [{ type: 'status', data: { from: 'queued', to: 'completed', reason: null } }]);
  });
  part(TaskEventBus).publishNews(taskId);
}

/** Opens the stream and reads until `enough`, then cuts the connection. */
async function stream(taskId: string, options: { lastId?: number; query?: string; enough?: (frames: Frame[]) => boolean } = {}): Promise<{ status: number; headers: Headers; frames: Frame[]; text: string }> {
  const cut = new AbortController();
  const timer = setTimeout(() => cut.abort(new Error('the stream took too long')), 20_000);
  const frames: Frame[] = [];
  let text = '';
  try {
    const headers = { authorization: `Bearer ${ada.accessToken}`, accept: 'text/event-stream', ...(options.lastId === undefined ? {} : { 'last-event-id': String(options.lastId) }) };
    const response = await fetch(`${api.url}/api/v1/tasks/${taskId}/events${options.query ?? ''}`, { headers, signal: cut.signal });
    const parser = createParser({ onEvent: ({ id, event, data }) => void frames.push({ id: id === undefined ? null : Number(id), event: event ?? 'message', data: JSON.parse(data) as Record<string, unknown> }) });
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      const piece = decoder.decode(bytes as Uint8Array, { stream: true });
      text += piece;
      parser.feed(piece);
      if (options.enough?.(frames)) break;
    }
    return { status: response.status, headers: response.headers, frames, text };
  } finally {
    clearTimeout(timer);
    cut.abort();
  }
}

const ids = (frames: Frame[]): number[] => frames.flatMap(({ id }) => (id === null ? [] : [id]));

describe('the event stream', () => {
  it('replays, follows, and is closed by a frame without id', async () => {
    const taskId = await newTask();
    await append(taskId, [{ type: 'tool.result', data: { callId: 'c1', name: 'bash', isError: false, durationMs: 812, text: '12\npassing' }, internal: { secret: 'raw' } }]);
    const following = stream(taskId, { enough: (frames) => frames.some(({ event }) => event === 'done') });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await append(taskId, [note('live')]);
    await endTask(taskId);
    const { status, headers, frames, text } = await following;
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/event-stream');
    expect(headers.get('cache-control')).toBe('no-store, no-transform');
    expect(headers.get('x-accel-buffering')).toBe('no');
    expect(headers.get('content-encoding')).toBeNull();
    expect(text.startsWith('retry: 3000\n\n')).toBe(true);
    expect(text).not.toContain('secret');
    expect(frames.map(({ id, event }) => [id, event])).toEqual([[1, 'status'], [2, 'tool_result'], [3, 'log'], [4, 'status'], [null, 'done']]);
    expect(frames[1]?.data).toMatchObject({ seq: 2, attempt: null, name: 'bash', durationMs: 812, text: '12\npassing' });
    expect(frames[2]?.data).toMatchObject({ kind: 'nudge', text: 'live' });
    expect(frames[4]?.data).toEqual({ status: 'completed', statusReason: null, lastSeq: 4 });
  });

  it('answers 204 when the task has ended and nothing is left, and 400 to an id that is no number', async () => {
    const taskId = await newTask();
    await endTask(taskId);
    expect((await stream(taskId, { lastId: 2 })).status).toBe(204);
    expect(ids((await stream(taskId, { lastId: 1 })).frames)).toEqual([2]);
    expect((await stream(taskId, { lastId: 0, query: '?after=1' })).frames.map(({ id }) => id)).toEqual([2, null]);
    const bad = await api.send('get', `/api/v1/tasks/${taskId}/events`, ada).set('Last-Event-ID', 'x').set('Accept', 'text/event-stream');
    expect(bad).toMatchObject({ status: 400, body: { code: 'invalid_parameter', errors: [{ parameter: 'Last-Event-ID' }] } });
  });

  it('ends for a task whose rows have had their time', async () => {
    const taskId = await newTask();
    await append(taskId, [note('one'), note('two')]);
    await endTask(taskId);
    await api.database.dataSource.query('DELETE FROM task_events WHERE task_id = $1', [taskId]);
    const { frames } = await stream(taskId);
    expect(frames).toMatchObject([{ id: null, event: 'done', data: { status: 'completed', lastSeq: 4 } }]);
  });

  it('shows a client that reconnects five times every seq once', async () => {
    const taskId = await newTask();
    const last = 301;
    const writing = (async () => {
      for (let n = 1; n < last; n += 4) {
        await append(taskId, [1, 2, 3, 4].map((more) => note(`row ${n + more}`)), n % 3 !== 0);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await endTask(taskId);
    })();
    const seen: number[] = [];
    for (let connection = 0; connection < 5; connection++) {
      const { frames } = await stream(taskId, { lastId: seen.at(-1) ?? 0, enough: (all) => ids(all).length >= 40 });
      seen.push(...ids(frames));
    }
    seen.push(...ids((await stream(taskId, { lastId: seen.at(-1) })).frames));
    await writing;
    expect(seen).toEqual(Array.from({ length: last + 1 }, (_, n) => n + 1));
  });

  it('shows all of several readers the same rows, also after a lost wake-up', async () => {
    const taskId = await newTask();
    const enough = (frames: Frame[]): boolean => ids(frames).includes(12);
    const readers = [0, 0, 1, 1].map((lastId) => stream(taskId, { lastId, enough }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const begun = Date.now();
    await append(taskId, Array.from({ length: 11 }, (_, n) => note(`silent ${n}`)), false);
    const all = await Promise.all(readers);
    expect(Date.now() - begun).toBeLessThan(6_000);
    expect(all.map(({ frames }) => ids(frames)[0])).toEqual([1, 1, 2, 2]);
    expect(all.every(({ frames }) => ids(frames).at(-1) === 12)).toBe(true);
  });

  it('carries pieces of an answer without id, and keeps none', async () => {
    const taskId = await newTask();
    const following = stream(taskId, { enough: (frames) => frames.some(({ event, data }) => event === 'delta' && String(data['text']).includes('!')) });
    const timer = setInterval(() => part(TaskEventBus).publishDelta({ taskId, kind: 'text', text: 'hello!' }), 50);
    const { frames } = await following.finally(() => clearInterval(timer));
    expect(frames.find(({ event }) => event === 'delta')).toMatchObject({ id: null, data: { kind: 'text' } });
    expect((await api.send('get', `/api/v1/tasks/${taskId}/events`, ada)).body).toMatchObject({ data: [{ seq: 1 }], nextCursor: null });
  });

  it('cuts a reader that takes nothing, which then comes back by its last id', async () => {
    const taskId = await newTask();
    const slow = await slowReader(taskId);
    expect(isCut(taskId)).toBe(false);
    let rows = 1;
    // The kernel's buffers take some megabytes before ours begin to fill.
    for (; rows < 400 && !isCut(taskId); rows++) {
      await append(taskId, [note('x'.repeat(200_000))]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(isCut(taskId)).toBe(true);
    slow.destroy();
    const { frames } = await stream(taskId, { lastId: rows - 3, enough: (all) => all.length === 3 });
    expect(ids(frames)).toEqual([rows - 2, rows - 1, rows]);
  });

  it('opens ten streams of one user at once, not more', async () => {
    const bob = await api.signUp();
    const repo = await aGitRepo(api.database.dataSource, { organizationId: bob.organizationId });
    const made = await api.send('post', '/api/v1/tasks', bob).send({ prompt: 'x', repositoryId: repo.id });
    const url = `${api.url}/api/v1/tasks/${(made.body as { id: string }).id}/events`;
    const headers = { authorization: `Bearer ${bob.accessToken}`, accept: 'text/event-stream' };
    const stop = new AbortController();
    const open = await Promise.all(Array.from({ length: 10 }, () => fetch(url, { headers, signal: stop.signal })));
    expect(open.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    const refused = await fetch(url, { headers });
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'too_many_streams' });
    stop.abort();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const again = new AbortController();
    expect((await fetch(url, { headers, signal: again.signal })).status).toBe(200);
    again.abort();
  });
});

describe('the list of events', () => {
  it('pages by seq', async () => {
    const taskId = await newTask();
    await append(taskId, [1, 2, 3, 4].map((n) => note(`row ${n}`)));
    const seen: number[] = [];
    for (let path = `/api/v1/tasks/${taskId}/events?limit=2`; path; ) {
      const answer = await api.send('get', path, ada);
      seen.push(...(answer.body as { data: { seq: number }[] }).data.map(({ seq }) => seq));
      path = /<([^>]+)>; rel="next"/.exec(answer.headers['link'] ?? '')?.[1] ?? '';
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect((await api.send('get', `/api/v1/tasks/${taskId}/events`, ada).set('Accept', 'image/png')).status).toBe(406);
  });
});

/** A client that asks for the stream and then reads nothing. */
async function slowReader(taskId: string): Promise<Socket> {
  const { port, hostname } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.pause();
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(`GET /api/v1/tasks/${taskId}/events HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${ada.accessToken}\r\nAccept: text/event-stream\r\n\r\n`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  return socket;
}

/** Whether the API has closed the only stream of the task: nobody listens to its news any more. */
function isCut(taskId: string): boolean {
  const bus = part(TaskEventBus) as unknown as { listeners: { tasks(): string[] } };
  return !bus.listeners.tasks().includes(taskId);
}

