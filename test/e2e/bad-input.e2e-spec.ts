import { Client } from 'pg';
import { ApiClient } from '../support/api-client';
import { RunningQuickstart } from '../support/quickstart';

/** What a client may send by mistake or on purpose: always a 4xx that says where and what, never a 5xx, and nothing is written. */
describe('bad input', () => {
  let house: RunningQuickstart;
  let ada: ApiClient;
  let valid: Record<string, unknown>;

  beforeAll(async () => {
    house = await RunningQuickstart.start();
    ada = new ApiClient(house.state.apiUrl, house.state.users[0]!.accessToken);
    valid = { prompt: 'Do it', repositoryId: house.state.repository.id };
  }, 180_000);

  afterAll(async () => {
    await house?.stop();
  }, 60_000);

  const deep = (levels: number): string => `{"prompt":"x","metadata":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`;

  it.each([
    ['unknown repository', { repositoryId: '018f6e0a-0000-7000-8000-000000000001' }, 404, 'not_found', null],
    ['repository id that is none', { repositoryId: 'sample' }, 422, 'validation_failed', '/repositoryId'],
    ['unknown mode', { mode: 'destroy' }, 422, 'validation_failed', '/mode'],
    ['ref with dots', { branch: '../x' }, 422, 'invalid_ref', '/branch'],
    ['ref that looks like an option', { branch: '-u=origin' }, 422, 'invalid_ref', '/branch'],
    ['prompt too long', { prompt: 'x'.repeat(100_001) }, 422, 'validation_failed', '/prompt'],
    ['empty prompt', { prompt: '' }, 422, 'validation_failed', '/prompt'],
    ['NUL in the prompt', { prompt: 'a\u0000b' }, 422, 'validation_failed', '/prompt'],
    ['lone surrogate', { prompt: 'a\ud800b' }, 422, 'validation_failed', '/prompt'],
    ['unknown field', { surprise: 1 }, 422, 'validation_failed', '/surprise'],
    ['unknown model', { model: 'gpt-1' }, 422, 'invalid_model', '/model'],
    ['negative cap', { maxCredits: -1 }, 422, 'validation_failed', '/maxCredits'],
    ['too many turns', { options: { maxTurns: 100_000 } }, 422, 'validation_failed', '/options/maxTurns'],
  ])('%s', async (_name, change, ...[status, code, pointer]) => {
    const answer = await ada.post('/tasks', { ...valid, ...change });
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    if (pointer !== null) expect((answer.body.errors as { pointer: string }[]).map((error) => error.pointer)).toContain(pointer);
    expect(typeof answer.body.requestId).toBe('string');
  });

  it.each([
    ['not JSON', '{"prompt": ', 400],
    ['deep JSON', deep(5_000), 400],
    ['a list instead of an object', '[]', 422],
    ['a number', '7', 400],
  ])('%s', async (_name, body, status) => {
    const answer = await ada.post('/tasks', body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it('a foreign task looks like a missing one', async () => {
    const { body } = await ada.post('/tasks', { ...valid, mode: 'ask' });
    const grace = new ApiClient(house.state.apiUrl, house.state.users[1]!.accessToken);
    const foreign = await grace.get(`/tasks/${String(body.id)}`);
    const missing = await grace.get('/tasks/018f6e0a-0000-7000-8000-000000000001');
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, requestId: '', instance: '' }).toEqual({ ...missing.body, requestId: '', instance: '' });
  });

  it('without credits answers 402 and writes nothing', async () => {
    const database = new Client({ connectionString: house.state.databaseUrl });
    await database.connect();
    try {
      const organization = house.state.users[1]!.organizationId;
      const grace = new ApiClient(house.state.apiUrl, house.state.users[1]!.accessToken);
      const { body: repository } = await grace.post('/repositories', { provider: 'git', cloneUrl: house.state.repository.cloneUrl });
      await database.query('BEGIN');
      await database.query(`UPDATE credit_accounts SET available_micro = 0 WHERE organization_id = $1`, [organization]);
      await database.query('COMMIT');
      const answer = await grace.post('/tasks', { prompt: 'Do it', repositoryId: repository.id });
      expect(answer).toMatchObject({ status: 402, body: { code: 'insufficient_credits', available: 0 } });
      const { rows } = await database.query<{ n: string }>('SELECT count(*) AS n FROM tasks WHERE organization_id = $1', [organization]);
      expect(rows[0]!.n).toBe('0');
    } finally {
      await database.end();
    }
  });
});
