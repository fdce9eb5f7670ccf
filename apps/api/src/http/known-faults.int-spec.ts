import { aGitRepo } from '@app/domain/testing';
import { type SignedIn, TestApi } from '../testing/test-api';

// What a server of this kind, made from its framework's defaults, answers with 500. Each line was seen there.
let api: TestApi;
let ada: SignedIn;
let task: Record<string, unknown>;
beforeAll(async () => {
  api = await TestApi.start();
  ada = await api.signUp();
  task = { prompt: 'Do it', repositoryId: (await aGitRepo(api.database.dataSource, { organizationId: ada.organizationId })).id };
}, 60_000);
afterAll(() => api.close());

const nested = (open: string, close: string, levels: number): string => `${open.repeat(levels)}1${close.repeat(levels)}`;
const withText = (field: string, json: string): string => `{"prompt":"Do it","repositoryId":"${String(task['repositoryId'])}","${field}":${json}}`;

describe('the eleven known 500s', () => {
  it.each([
    ['NUL in a text', 422, () => withText('title', '"a\\u0000b"'), '/title'],
    ['NUL in jsonb', 422, () => withText('metadata', '{"a":"x\\u0000y"}'), '/metadata/a'],
    ['half a surrogate pair in jsonb', 422, () => withText('metadata', '{"a":"x\\ud800y"}'), '/metadata/a'],
    ['an integer over 2^31', 422, () => withText('sourcePullRequestNumber', '2147483648'), '/sourcePullRequestNumber'],
    ['an integer over 2^63', 422, () => withText('options', '{"maxTurns":9223372036854775808}'), '/options/maxTurns'],
    ['a number beyond all numbers', 422, () => withText('sourcePullRequestNumber', '1e400'), '/sourcePullRequestNumber'],
    ['a week in place of a day', 422, () => withText('scheduledAt', '"2026-W48-1"'), '/scheduledAt'],
    ['30 February', 422, () => withText('scheduledAt', '"2026-02-30T00:00:00Z"'), '/scheduledAt'],
    ['objects 10,000 deep', 400, () => withText('metadata', nested('{"a":', '}', 10_000)), null],
    ['lists 40,000 deep', 400, () => withText('tags', nested('[', ']', 40_000)), null],
  ])('%s in a body', async (_name, status, body, pointer) => {
    const answer = await api.send('post', '/api/v1/tasks', ada).type('json').send(body());
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json; charset=utf-8']);
    if (pointer !== null) expect((answer.body as { errors: { pointer: string }[] }).errors.map((fault) => fault.pointer)).toContain(pointer);
  });

  it.each([
    ['a path id that is no uuid', '/api/v1/tasks/7'],
    ['a negative page', '/api/v1/tasks?limit=-1'],
    ['an integer over 2^31', '/api/v1/tasks?issueNumber=2147483648'],
    ['a day that is none', '/api/v1/tasks?createdAfter=2026-02-30T00:00:00Z'],
    ['a week', '/api/v1/tasks?createdAfter=2026-W48-1'],
    ['NUL', '/api/v1/tasks?q=a%00b'],
    ['half a surrogate pair', '/api/v1/tasks?tag=%ED%A0%80'],
    ['the same parameter twice', '/api/v1/tasks?tag=a&tag=b'],
    ['an object', '/api/v1/tasks?status[$ne]=queued'],
  ])('%s in an address', async (_name, path) => {
    const answer = await api.send('get', path, ada);
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([400, 'invalid_parameter']);
  });

  it('wrote nothing', async () => {
    expect(await api.database.dataSource.query('SELECT id FROM tasks')).toEqual([]);
  });
});

it('of a key that comes twice the last one counts, for validation and for what is done', async () => {
  const fault = await api.send('post', '/api/v1/tasks', ada).type('json').send(`{"prompt":"Do it","prompt":7,"repositoryId":"${String(task['repositoryId'])}"}`);
  expect(fault.status).toBe(422);
  const made = await api.send('post', '/api/v1/tasks', ada).type('json').send(`{"prompt":7,"prompt":"The last","repositoryId":"${String(task['repositoryId'])}"}`);
  expect([made.status, (made.body as { prompt: string }).prompt]).toEqual([201, 'The last']);
});
