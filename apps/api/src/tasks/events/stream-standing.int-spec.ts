import { aGitRepo } from '@app/domain/testing';
import type { ClerkPeer } from '../../../../../test/support/clerk-peer';
import { startWithClerk } from '../../testing/clerk-api';
import type { SignedIn, TestApi } from '../../testing/test-api';

/** The longest that a stream may outlive what it was opened with. */
const BOUND_MS = 60_000;

let api: TestApi;
let clerk: ClerkPeer;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ api, clerk, close } = await startWithClerk());
}, 60_000);
afterAll(() => close());
// Only what repeats: the database and the HTTP client keep their own time.
beforeEach(() => void jest.useFakeTimers({ doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout'] }));
afterEach(() => void jest.useRealTimers());

const sql = (text: string, values: unknown[] = []): Promise<unknown> => api.database.dataSource.query(text, values);

interface Stream {
  isOpen: boolean;
  readonly ended: Promise<void>;
}

async function newTask(person: Pick<SignedIn, 'accessToken'> & { organizationId: string }): Promise<string> {
  const { id: repositoryId } = await aGitRepo(api.database.dataSource, { organizationId: person.organizationId });
  const answer = await api.send('post', '/api/v1/tasks', person).send({ prompt: 'Follow me', repositoryId });
  expect(answer.status).toBe(201);
  return (answer.body as { id: string }).id;
}

async function open(taskId: string, accessToken: string, headers: Record<string, string> = {}): Promise<Stream> {
  const response = await fetch(`${api.url}/api/v1/tasks/${taskId}/events`, { headers: { authorization: `Bearer ${accessToken}`, accept: 'text/event-stream', ...headers }, signal: AbortSignal.timeout(25_000) });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const stream: Stream = { isOpen: true, ended: response.text().then(() => void (stream.isOpen = false)) };
  return stream;
}

async function newToken(person: SignedIn): Promise<{ id: string; token: string }> {
  const answer = await api.send('post', '/api/v1/auth/tokens', person).send({ name: 'stream', scopes: ['tasks:read'], expiresInDays: 1 });
  expect(answer.status).toBe(201);
  return answer.body as { id: string; token: string };
}

describe('a stream that was opened with', () => {
  it.each<[string, (person: SignedIn) => Promise<unknown>]>([
    ['a session that ends', (person) => api.send('post', '/api/v1/auth/logout', person).send({})],
    ['an account that is suspended', ({ userId }) => sql(`UPDATE users SET status = 'suspended' WHERE id = $1`, [userId])],
    ['an organization that is suspended', ({ organizationId }) => sql(`UPDATE organizations SET status = 'suspended' WHERE id = $1`, [organizationId])],
  ])('%s goes on until then, and ends within a minute', async (_, revoke) => {
    const person = await api.signUp();
    const stream = await open(await newTask(person), person.accessToken);
    await jest.advanceTimersByTimeAsync(BOUND_MS);
    expect(stream.isOpen).toBe(true);
    await revoke(person);
    await jest.advanceTimersByTimeAsync(BOUND_MS);
    await stream.ended;
  });

  it('a membership that is taken away ends, and only that one', async () => {
    const [owner, guest] = [await api.signUp(), await api.signUp()];
    await sql(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'viewer')`, [owner.organizationId, guest.userId]);
    const taskId = await newTask(owner);
    const [theirs, mine] = [await open(taskId, guest.accessToken, { 'x-organization-id': owner.organizationId }), await open(taskId, owner.accessToken)];
    expect((await api.send('delete', `/api/v1/organizations/${owner.organizationId}/members/${guest.userId}`, owner)).status).toBe(204);
    await jest.advanceTimersByTimeAsync(BOUND_MS);
    await theirs.ended;
    expect(mine.isOpen).toBe(true);
    // It is open still when the server goes.
    mine.ended.catch(() => undefined);
  });

  it('a personal access token ends with it: when it is revoked, and at once when it expires', async () => {
    const person = await api.signUp();
    const taskId = await newTask(person);
    const [revoked, expiring] = [await newToken(person), await newToken(person)];
    await sql(`UPDATE personal_access_tokens SET expires_at = now() + interval '3 s' WHERE id = $1`, [expiring.id]);
    const [first, second] = [await open(taskId, revoked.token), await open(taskId, expiring.token)];
    expect(second.isOpen).toBe(true);
    // No check comes: the fake clock stands.
    await second.ended;
    expect(first.isOpen).toBe(true);
    expect((await api.send('delete', `/api/v1/auth/tokens/${revoked.id}`, person)).status).toBe(204);
    await jest.advanceTimersByTimeAsync(BOUND_MS);
    await first.ended;
  });

  it('a token of Clerk ends when that expires', async () => {
    const { id: sub } = clerk.addUser();
    const accessToken = clerk.token({ sub });
    const profile = (await api.send('get', '/api/v1/users/profile', { accessToken })).body as { organization: { id: string } };
    const taskId = await newTask({ accessToken, organizationId: profile.organization.id });
    const stream = await open(taskId, clerk.token({ sub, claims: { exp: Math.floor(Date.now() / 1000) + 3 } }));
    expect(stream.isOpen).toBe(true);
    await stream.ended;
  });
});
