import { declaredErrors } from '@app/common';
import { PROBLEM_ADVICE } from '../http/openapi/problem-advice';
import { TestApi } from '../testing/test-api';
import { ProcessState } from './process-state';

let api: TestApi;
let state: ProcessState;
beforeAll(async () => {
  api = await TestApi.start();
  state = api.app.get(ProcessState, { strict: false });
}, 60_000);
afterAll(() => api.close());

const get = (path: string) => api.send('get', path);

it('starts, is ready, drains', async () => {
  expect([(await get('/health/live')).status, (await get('/health/startup')).status, (await get('/health/ready')).status]).toEqual([200, 503, 503]);
  state.markStarted();
  expect((await get('/health/startup')).body).toEqual({ status: 'ok' });
  const ready = await get('/health/ready');
  expect([ready.status, ready.body]).toMatchObject([200, { status: 'ok', checks: { lifecycle: { status: 'up' }, postgres: { status: 'up' }, migrations: { status: 'up' } } }]);
});

it('without its database is alive but not ready, names the check, and asks callers to come again', async () => {
  const lost = await TestApi.start();
  try {
    lost.app.get(ProcessState, { strict: false }).markStarted();
    await lost.database.close();
    const ready = await lost.send('get', '/health/ready');
    expect([ready.status, ready.body]).toMatchObject([503, { code: 'not_ready', detail: 'Failing: postgres, migrations.', checks: { lifecycle: { status: 'up' }, postgres: { status: 'down' } } }]);
    expect((await lost.send('get', '/health/live')).status).toBe(200);
    const login = await lost.send('post', '/api/v1/auth/login').send({ email: 'a@example.com', password: 'x' });
    expect([login.status, login.headers['retry-after'], (login.body as { code: string }).code]).toEqual([503, '1', 'unavailable']);
    expect(login.text).not.toMatch(/database|postgres|test_/i);
  } finally {
    await lost.close();
  }
}, 30_000);

it('draining is not ready, and ends connections', async () => {
  state.markDraining();
  const answer = await get('/health/ready');
  expect([answer.status, answer.headers['connection']]).toEqual([503, 'close']);
  expect(answer.body).toMatchObject({ code: 'not_ready', detail: 'Failing: lifecycle.', checks: { lifecycle: { status: 'down', message: 'draining' } } });
  expect((await get('/health/live')).status).toBe(200);
});

it('tells its version', async () => {
  expect((await get('/version')).body).toEqual({ version: '0.1.0', commit: 'unknown', apiVersion: 'v1' });
});

describe('error codes', () => {
  it('have advice, each of them and no others', () => {
    const codes = declaredErrors().map(({ code }) => code);
    expect(codes.filter((code) => !(code in PROBLEM_ADVICE))).toEqual([]);
    expect(Object.keys(PROBLEM_ADVICE).filter((code) => !codes.includes(code))).toEqual([]);
  });

  it('have a page for people and the same for programs', async () => {
    for (const { code, title } of declaredErrors()) {
      const path = `/problems/${code.replaceAll('_', '-')}`;
      const page = await get(path).set('Accept', 'text/html,application/xhtml+xml,*/*;q=0.8');
      expect([code, page.status, page.headers['content-type'], page.text.includes(`<code>${code}</code>`)]).toEqual([code, 200, 'text/html; charset=utf-8', true]);
      expect(page.headers['content-security-policy']).toContain("default-src 'none'");
      expect((await get(path)).body).toMatchObject({ code, title });
    }
  });

  it('are listed, and an unknown one is missing', async () => {
    const list = await get('/problems').set('Accept', 'text/html');
    expect(declaredErrors().filter(({ code }) => !list.text.includes(`<code>${code}</code>`))).toEqual([]);
    expect(((await get('/problems')).body as { data: object[] }).data).toHaveLength(declaredErrors().length);
    expect((await get('/problems/nothing-like-it')).status).toBe(404);
    expect((await get('/problems').set('Accept', 'image/png')).status).toBe(406);
  });
});
