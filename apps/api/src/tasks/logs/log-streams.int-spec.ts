import { aGitRepo, TaskHouse } from '@app/domain/testing';
import { TestApi, type SignedIn } from '../../testing/test-api';

let api: TestApi;
let ada: SignedIn;
let eve: SignedIn;
let house: TaskHouse;
let repositoryId: string;
beforeAll(async () => {
  api = await TestApi.start();
  [ada, eve] = [await api.signUp(), await api.signUp()];
  house = new TaskHouse(api.database.dataSource);
  repositoryId = (await aGitRepo(api.database.dataSource, { organizationId: ada.organizationId })).id;
});
afterAll(() => api.close());

async function aTask(): Promise<string> {
  return ((await api.send('post', '/api/v1/tasks', ada).send({ prompt: 'Fix it', repositoryId })).body as { id: string }).id;
}

function say(id: string, ...messages: string[]): Promise<number> {
  return house.work.run((tx) => house.logs.append(tx, id, null, messages.map((message) => ({ level: message.startsWith('E') ? ('error' as const) : ('info' as const), source: 'tool' as const, message }))));
}

function end(id: string): Promise<unknown> {
  return house.work.run((tx) => house.commands.requestCancel(tx, { organizationId: ada.organizationId, id }));
}

function open(id: string, query = '', headers: Record<string, string> = {}, as = ada): Promise<Response> {
  return fetch(`${api.url}/api/v1/tasks/${id}/logs${query}`, { headers: { authorization: `Bearer ${as.accessToken}`, accept: 'text/event-stream', ...headers }, signal: AbortSignal.timeout(20_000) });
}

const frames = (text: string) => text.split('\n\n').filter((frame) => /^(id|event):/m.test(frame) && !frame.startsWith('retry'));
const messages = (text: string) => frames(text).flatMap((frame) => (/^data: (.*"message".*)$/m.exec(frame) ? [(JSON.parse(/^data: (.*)$/m.exec(frame)![1]!) as { message: string }).message] : []));

describe('GET /tasks/{id}/logs as a stream', () => {
  it('replays the lines after the last id, follows, and ends with the task', async () => {
    const id = await aTask();
    await say(id, 'one', 'two');
    const answer = await open(id, '', { 'last-event-id': '1' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const text = answer.text();
    await say(id, 'three');
    await end(id);
    const whole = await text;
    expect(messages(whole)).toEqual(['two', 'three']);
    expect(whole).toContain('id: 2\nevent: line\ndata: {"seq":2,');
    expect(frames(whole).at(-1)).toContain('event: done\ndata: {"status":"cancelled"');
    expect((await open(id, '', { 'last-event-id': '3' })).status).toBe(204);
  });

  it('shows each reader the lines that it asked for', async () => {
    const id = await aTask();
    const texts = [await open(id), await open(id, '?level=error'), await open(id, '?q=TWO')].map((answer) => answer.text());
    await say(id, 'one', 'E two', 'three');
    await end(id);
    expect((await Promise.all(texts)).map(messages)).toEqual([['one', 'E two', 'three'], ['E two'], ['E two']]);
  });

  it('is refused to strangers, and with an id that is none', async () => {
    const id = await aTask();
    expect((await open(id, '', {}, eve)).status).toBe(404);
    expect((await open(id, '', { 'last-event-id': 'x' })).status).toBe(400);
    expect((await open(id, '', { accept: 'text/html' })).status).toBe(406);
  });
});

it('tells with each model call what the task has cost so far', async () => {
  const id = await aTask();
  await api.database.dataSource.query('UPDATE task_counters SET credits_used_micro = 1500000, cost_nusd = 25000000, model_calls = 3 WHERE task_id = $1', [id]);
  const data = {
    callSeq: 3, step: 3, role: 'assistant' as const, parts: [], model: 'm', stop: 'stop', priceId: null, credits: 0.5, creditsMicros: 500_000, costUsd: '0.005',
    usage: { inputTokens: 1, cacheReadTokens: 0, cacheWriteShortTokens: 0, cacheWriteLongTokens: 0, outputTokens: 1, reasoningTokens: 0 },
  };
  await house.work.run((tx) => house.events.append(tx, id, null, [{ type: 'model.completed', data }, { type: 'nudge', data: { text: 'x' } }]));
  const { data: events } = (await api.send('get', `/api/v1/tasks/${id}/events`, ada)).body as { data: { type: string; data: object }[] };
  expect(events.slice(-2)).toMatchObject([{ type: 'message', data: { credits: 0.5, spent: { credits: 1.5, creditsMicros: 1_500_000, costUsd: '0.025', modelCalls: 3 } } }, { type: 'log' }]);
  expect(events.at(-1)?.data).not.toHaveProperty('spent');
});
