import { newId } from '@app/common';
import { JobProducer } from '@app/messaging';
import { startRedis, type RunningRedis } from '../../../../../test/support/redis';
import { type SignedIn, TestApi } from '../../testing/test-api';

const PAGE = '/admin/queues';
const QUEUES = `${PAGE}/api/queues?activeQueue=attempt&status=waiting&page=1&jobsPerPage=10`;
const LEAKED = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';

describe.each(['PostgreSQL', 'Redis'])('the page of the queues on %s', (backend) => {
  let redis: RunningRedis | null = null;
  let api: TestApi;
  let people: Record<'user' | 'support' | 'admin', SignedIn>;

  beforeAll(async () => {
    redis = backend === 'Redis' ? await startRedis() : null;
    api = await TestApi.start(redis ? { REDIS_URL: redis.url } : {});
    people = { user: await api.signUp(), support: await api.signUp(), admin: await api.signUp() };
    for (const role of ['support', 'admin'] as const) await api.database.dataSource.query('UPDATE users SET role = $2 WHERE id = $1', [people[role].userId, role]);
  }, 60_000);
  afterAll(async () => {
    await api?.close();
    await redis?.stop();
  });

  it('is for staff who are signed in', async () => {
    const anonymous = await api.send('get', PAGE);
    expect([anonymous.status, anonymous.headers['www-authenticate']]).toEqual([401, expect.stringContaining('Basic')]);
    for (const path of [PAGE, `${PAGE}/`, QUEUES, `${PAGE}/static/js/x.js`, `${PAGE}/queue/attempt`]) {
      expect([path, (await api.send('get', path)).status]).toEqual([path, 401]);
      expect([path, (await api.send('get', path, people.user)).status]).toEqual([path, 403]);
    }
    expect((await api.send('get', PAGE).set('Authorization', 'Bearer nonsense')).status).toBe(401);
  });

  it('refuses personal access tokens, also of an admin', async () => {
    const made = await api.send('post', '/api/v1/auth/tokens', people.admin).send({ name: 'board', scopes: ['tasks:read'] });
    const { token } = made.body as { token: string };
    expect([made.status, (await api.send('get', QUEUES).set('Authorization', `Bearer ${token}`)).status]).toEqual([201, 403]);
  });

  it('opens in a browser, which can only send a password', async () => {
    const page = await api.send('get', `${PAGE}/`).auth('me', people.support.accessToken);
    expect([page.status, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
    expect(page.headers['content-security-policy']).toContain("script-src 'self';");
    const script = /src="(static\/js\/[^"]+)"/.exec(page.text)?.[1] ?? '';
    expect((await api.send('get', `${PAGE}/${script}`).auth('me', people.support.accessToken)).status).toBe(200);
  });

  it('shows what waits, and nothing that looks like a credential', async () => {
    const [queue] = api.app.get(JobProducer, { strict: false }).queues();
    await queue!.addBulk([{ name: 'attempt', data: { attemptId: newId(), note: LEAKED }, opts: { jobId: newId() } }]);
    const { status, body, text } = (await api.send('get', QUEUES, people.support)) as { status: number; body: { queues: { name: string }[] }; text: string };
    expect([status, body.queues.map(({ name }) => name)]).toEqual([200, ['attempt', 'endpoint-delivery', 'installation-sync', 'webhook-delivery']]);
    expect(text).toContain('attemptId');
    expect(text).not.toContain(LEAKED);
  });

  it('is changed by admins alone, from its own page, and each change is on record', async () => {
    const pause = () => api.send('put', `${PAGE}/api/queues/attempt/pause`);
    expect((await pause().set('Authorization', `Bearer ${people.support.accessToken}`)).status).toBe(403);
    expect((await pause().auth('me', people.admin.accessToken).set('Origin', 'https://evil.example')).status).toBe(403);
    expect((await pause().auth('me', people.admin.accessToken).set('Sec-Fetch-Site', 'cross-site')).status).toBe(403);
    const count = async (): Promise<number> => (await api.database.dataSource.query<object[]>(`SELECT 1 FROM audit_logs WHERE action = 'queue.changed' AND target_id = 'attempt' AND actor_type = 'admin' AND actor_id = $1`, [people.admin.userId])).length;
    expect(await count()).toBe(0);
    expect((await pause().set('Authorization', `Bearer ${people.admin.accessToken}`)).status).toBe(200);
    expect(await count()).toBe(1);
  });
});
