import { randomBytes } from 'node:crypto';
import { ApiClient } from '../support/api-client';
import { RunningQuickstart } from '../support/quickstart';
import { startRedis, type RunningRedis } from '../support/redis';

const random = (): string => randomBytes(24).toString('base64url');

/** Secrets of every kind go through every door, right and wrong; afterwards none of them may be found anywhere. */
describe('secrets of a running house', () => {
  let redis: RunningRedis;
  let house: RunningQuickstart;
  let ada: ApiClient;
  let nobody: ApiClient;

  beforeAll(async () => {
    redis = await startRedis();
    house = await RunningQuickstart.start(['--api', '2'], { REDIS_URL: redis.url, LOG_LEVEL: 'debug' });
    ada = new ApiClient(house.state.apiUrl, house.state.users[0]!.accessToken);
    nobody = new ApiClient(house.state.apiUrl);
  }, 180_000);

  afterAll(async () => {
    await house?.stop();
    await redis?.stop();
  }, 60_000);

  function canary(name: string, value = random()): string {
    house.watch(name, value);
    return value;
  }

  it('are not kept by signing in, rightly or wrongly', async () => {
    const email = `canary-${random().toLowerCase().replace(/[^a-z0-9]/g, '')}@example.com`;
    const [password, next] = [canary('password'), canary('new password')];
    const { status, body } = await nobody.post<{ accessToken: string; refreshToken: string }>('/auth/register', { email, password });
    expect(status).toBe(201);
    canary('refresh token', body.refreshToken);
    canary('access token', body.accessToken.split('.')[2]);
    const me = new ApiClient(house.state.apiUrl, body.accessToken);
    expect((await nobody.post('/auth/login', { email, password: canary('wrong password') })).status).toBe(401);
    expect((await nobody.post('/auth/login', { email, password: { secret: canary('password of a wrong type') } })).status).toBe(422);
    expect((await nobody.post('/auth/register', { email: 'no address', password: canary('password of a refused registration') })).status).toBe(422);
    expect((await nobody.post('/auth/login', `{"password":"${canary('password in broken JSON')}"`)).status).toBe(400);
    expect((await me.post('/auth/password', { currentPassword: password, newPassword: next })).status).toBe(204);
    const refreshed = await nobody.post<{ refreshToken: string }>('/auth/refresh', { refreshToken: body.refreshToken });
    if (refreshed.status === 200) canary('second refresh token', refreshed.body.refreshToken);
    expect((await nobody.get(`/users/profile?token=${canary('secret in a query')}`)).status).toBe(401);
    expect((await nobody.get('/users/profile', { authorization: `Basic ${canary('basic credentials')}` })).status).toBe(401);
    expect((await nobody.get('/users/profile', { authorization: `Bearer ${canary('unknown bearer token')}` })).status).toBe(401);
  }, 60_000);

  it('are not kept by personal access tokens', async () => {
    const { status, body } = await ada.post<{ token: string }>('/auth/tokens', { name: 'canary', scopes: ['tasks:read'] }, { 'idempotency-key': 'canary-token' });
    expect(status).toBe(201);
    const token = canary('personal access token', body.token);
    // The stored answer holds it too, sealed.
    const again = await ada.post<{ token: string }>('/auth/tokens', { name: 'canary', scopes: ['tasks:read'] }, { 'idempotency-key': 'canary-token' });
    expect([again.headers.get('idempotency-replayed'), again.body.token]).toEqual(['true', token]);
    expect((await new ApiClient(house.state.apiUrl, token).get('/tasks')).status).toBe(200);
    expect((await new ApiClient(house.state.apiUrl, canary('unknown personal access token', `ac_pat_${random()}${random()}`)).get('/tasks')).status).toBe(401);
  });

  it('are not kept by provider keys, good, refused or misplaced', async () => {
    const key = (): string => `sk-ant-api03-${random()}`;
    const good = canary('provider key', key());
    const created = await ada.post('/api-keys', { provider: 'anthropic', name: 'canary', keyValue: good, verify: false });
    expect(created).toMatchObject({ status: 201, body: { keyPreview: expect.stringContaining(good.slice(-4)) as string } });
    expect(JSON.stringify(created.body)).not.toContain(good);
    expect((await ada.post('/api-keys', { provider: 'anthropic', name: 'canary two', keyValue: good, verify: false })).status).toBe(409);
    expect((await ada.send('PUT', `/api-keys/${String(created.body.id)}`, { keyValue: canary('next provider key', key()) })).status).toBeLessThan(500);
    expect((await ada.post('/api-keys', { provider: 'anthropic', name: 'x', keyValue: canary('provider key of a wrong form', `wrong ${random()}`) })).status).toBe(422);
    expect((await ada.post('/api-keys', { provider: 'anthropic', name: 'x', keyValue: key(), [canary('provider key as a field name')]: 1 })).status).toBe(422);
    expect((await ada.post('/api-keys', { provider: canary('provider key as a provider', key()), name: 'x', keyValue: key() })).status).toBeLessThan(500);
    expect((await ada.post('/models/test', { provider: 'anthropic', keyValue: canary('provider key of a test', key()), baseUrl: house.state.peers.llm })).status).toBe(200);
    expect((await ada.post('/models/test', { provider: 'anthropic', keyValue: canary('provider key of a test that fails', key()), baseUrl: 'http://127.0.0.1:9' })).status).toBeLessThan(600);
  }, 60_000);

  it('are not kept by webhooks', async () => {
    const { status, body } = await ada.post<{ id: string; secret: string }>('/webhook-endpoints', { url: 'http://127.0.0.1:9/hook', events: ['*'] });
    expect(status).toBe(201);
    canary('webhook secret', body.secret);
    const rotated = await ada.post<{ secret: string }>(`/webhook-endpoints/${body.id}/rotate`, {});
    expect(rotated.status).toBe(200);
    canary('next webhook secret', rotated.body.secret);
    expect((await ada.post(`/webhook-endpoints/${body.id}/ping`, {})).status).toBe(202);
    expect((await ada.post('/webhook-endpoints', { url: `https://user:${canary('password in a webhook address')}@example.com/`, events: ['*'] })).status).toBe(422);
  });

  it('are not shown to an agent that looks for them, nor kept by its task', async () => {
    const command = 'env; set; cat /proc/self/environ /proc/1/environ; for p in /proc/[0-9]*; do tr "\\0" "\\n" < $p/environ; done; cat /etc/shadow ~/.netrc ~/.git-credentials .git/config; git config --list; ls -la / /root /home; true';
    const turns = [{ calls: [{ name: 'bash', args: { command } }] }, { text: 'Nothing to change.', calls: [{ name: 'finish', args: { summary: 'Looked around.', noChanges: true } }] }];
    const script = { match: { text: 'Look around.' }, turns };
    await fetch(`${house.state.peers.llm}/__peer/script`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(script) });
    const secret = canary('callback secret', `whsec_${randomBytes(32).toString('base64')}`);
    const { status, body } = await ada.post('/tasks', { prompt: 'Look around.', repositoryId: house.state.repository.id, callbackUrl: 'http://127.0.0.1:9/callback', callbackSecret: secret });
    expect(status).toBe(201);
    await ada.until(String(body.id), ['completed', 'failed']);
    const events = await ada.stream(String(body.id), 0);
    expect(events.some(({ event, data }) => event === 'tool_result' && String(data.text).includes('PATH='))).toBe(true);
    expect((await ada.post('/repositories', { provider: 'git', cloneUrl: `https://x:${canary('password in a clone address')}@example.com/a/b.git` })).status).toBe(422);
  }, 120_000);

  it('are found where one was planted, and nowhere else', async () => {
    const planted = `planted-${random()}`;
    const { status } = await ada.post('/tasks', { title: 'Planted', prompt: `Do not keep ${Buffer.from(planted).toString('base64')}.`, repositoryId: house.state.repository.id, draft: true });
    expect(status).toBe(201);
    const names = await house.watchedNames();
    for (const kind of ['KEK', 'JWT_SECRET', 'GITHUB_APP_PRIVATE_KEY', 'GITHUB_WEBHOOK_SECRET', 'ANTHROPIC_API_KEY', 'GitHub installation token', 'password of DATABASE_URL', 'personal access token', 'provider key', 'webhook secret', 'callback secret', 'refresh token'])
      expect(names).toContain(kind);
    expect(await house.findSecrets()).toEqual([]);
    expect(await house.findSecrets([{ name: 'the planted one', value: planted }])).toEqual(['table public.tasks holds the planted one']);
  }, 60_000);
});
