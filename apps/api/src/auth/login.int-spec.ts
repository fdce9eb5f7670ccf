import { type SignedIn, TestApi } from '../testing/test-api';
import { Passwords } from './passwords/passwords';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
}, 60_000);
afterAll(() => api.close());

const query = <Row>(sql: string, ...values: unknown[]) => api.database.dataSource.query<Row[]>(sql, values);
const login = (email: string, password: string) => api.send('post', '/api/v1/auth/login').send({ email, password });
const codeOf = (answer: { body: unknown }): string => (answer.body as { code: string }).code;
const counted = async ({ userId }: SignedIn) => (await query<{ count: number; locked: boolean }>(`SELECT failed_login_count AS count, locked_until > now() AS locked FROM users WHERE id = $1`, userId))[0];

describe('guessing', () => {
  it.each(['somebody', 'nobody'])('at the password of %s, a hundred at once are five guesses', async (whose) => {
    const email = whose === 'somebody' ? (await api.signUp()).email : 'nobody-in-parallel@example.com';
    const matches = jest.spyOn(api.app.get(Passwords, { strict: false }), 'matches');
    const answers = await Promise.all(Array.from({ length: 100 }, () => login(email, 'wrong')));
    expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([...Array<number>(5).fill(401), ...Array<number>(95).fill(429)]);
    expect(matches).toHaveBeenCalledTimes(5);
    matches.mockRestore();
  });

  it('is held to five by the database, whichever process the others went to', async () => {
    const ada = await api.signUp();
    await query(`UPDATE users SET failed_login_count = 4 WHERE id = $1`, ada.userId);
    expect((await login(ada.email, 'wrong')).status).toBe(401);
    const locked = await login(ada.email, ada.password);
    expect([locked.status, codeOf(locked)]).toEqual([429, 'too_many_login_attempts']);
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(800);
    expect((await api.send('get', '/api/v1/users/profile', ada)).status).toBe(200);
  });

  it('is forgotten after a success, and after a quarter of an hour', async () => {
    const ada = await api.signUp();
    for (let n = 0; n < 4; n++) await login(ada.email, 'wrong');
    expect([(await login(ada.email, ada.password)).status, await counted(ada)]).toEqual([200, { count: 0, locked: null }]);
    await query(`UPDATE users SET failed_login_count = 0, locked_until = now() - interval '1 second' WHERE id = $1`, ada.userId);
    expect([(await login(ada.email, 'wrong')).status, await counted(ada)]).toEqual([401, { count: 1, locked: null }]);
  });

  it('leaves a trace where there is an account', async () => {
    const ada = await api.signUp();
    await login(ada.email, 'wrong');
    await login(ada.email, ada.password);
    const rows = await query<{ action: string; actor: string | null; ip: string | null; changes: object | null }>(
      `SELECT action, actor_id AS actor, host(ip_address) AS ip, changes FROM audit_logs WHERE target_id = $1 OR changes->>'userId' = $1 ORDER BY id`, ada.userId,
    );
    expect(rows.map(({ action, actor }) => [action, actor])).toEqual([['account.opened', ada.userId], ['session.opened', ada.userId], ['user.sign_in_failed', null], ['session.opened', ada.userId]]);
    expect(rows.every(({ ip }) => ip === '127.0.0.1')).toBe(true);
    expect(JSON.stringify(rows)).not.toContain('wrong');
  });
});

it('nobody takes as much hashing as somebody, about as long, and gets the same answer', async () => {
  const people = await Promise.all(Array.from({ length: 15 }, () => api.signUp()));
  const verify = jest.spyOn(api.app.get(Passwords, { strict: false }), 'verify');
  const tries = { somebody: [] as number[], nobody: [] as number[] };
  const texts = new Set<string>();
  const attempt = async (whose: keyof typeof tries, email: string): Promise<void> => {
    const before = verify.mock.calls.length;
    const began = performance.now();
    const answer = await login(email, 'wrong');
    tries[whose].push(performance.now() - began);
    expect([answer.status, verify.mock.calls.length - before]).toEqual([401, 1]);
    texts.add(JSON.stringify({ ...(answer.body as object), requestId: '' }));
  };
  for (const [n, person] of people.entries()) {
    await attempt('somebody', person.email);
    await attempt('nobody', `nobody-${n}@example.com`);
  }
  verify.mockRestore();
  expect(texts.size).toBe(1);
  const [somebody, nobody] = [median(tries.somebody), median(tries.nobody)];
  expect(Math.max(somebody, nobody)).toBeLessThan(Math.min(somebody, nobody) * 1.5);
}, 30_000);

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
