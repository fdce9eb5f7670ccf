import { Clock } from '@app/common';
import { aGitRepo } from '@app/domain/testing';
import { TestApi, type SignedIn } from '../../testing/test-api';

let api: TestApi;
let ada: SignedIn;
let taskId: string;
beforeAll(async () => {
  api = await TestApi.start();
  ada = await api.signUp();
  taskId = await newTask();
});
afterAll(() => api.close());
afterEach(() => jest.restoreAllMocks());

async function newTask(): Promise<string> {
  const { id: repositoryId } = await aGitRepo(api.database.dataSource, { organizationId: ada.organizationId });
  const answer = await api.send('post', '/api/v1/tasks', ada).send({ prompt: 'Follow me', repositoryId });
  return (answer.body as { id: string }).id;
}

async function ticketOf(accessToken = ada.accessToken, id = taskId): Promise<string> {
  const answer = await api.send('post', `/api/v1/tasks/${id}/events/ticket`, { accessToken }).send({});
  const body = answer.body as { ticket: string; expiresAt: string };
  expect([answer.status, body.expiresAt]).toEqual([201, expect.stringMatching(/Z$/)]);
  return body.ticket;
}

/** As a browser does it: an address, and no header but Accept. */
async function open(ticket: string, { what = 'events', id = taskId } = {}): Promise<{ status: number; code: string | null }> {
  const cut = new AbortController();
  const response = await fetch(`${api.url}/api/v1/tasks/${id}/${what}?ticket=${encodeURIComponent(ticket)}`, { headers: { accept: 'text/event-stream' }, signal: cut.signal });
  const code = response.ok ? null : ((await response.json()) as { code: string }).code;
  cut.abort();
  return { status: response.status, code };
}

describe('a stream ticket', () => {
  it('opens the streams of its task, as often as a reader comes back within the minute', async () => {
    const ticket = await ticketOf();
    for (const what of ['events', 'logs', 'events']) expect(await open(ticket, { what })).toEqual({ status: 200, code: null });
  });

  it('opens neither another task nor another route', async () => {
    const ticket = await ticketOf();
    expect(await open(ticket, { id: await newTask() })).toEqual({ status: 401, code: 'unauthenticated' });
    expect((await fetch(`${api.url}/api/v1/tasks/${taskId}?ticket=${ticket}`)).status).toBe(401);
    expect((await fetch(`${api.url}/api/v1/tasks/${taskId}/events/ticket?ticket=${ticket}`, { method: 'POST' })).status).toBe(401);
  });

  it('is nothing after a minute, when changed, or made up', async () => {
    const ticket = await ticketOf();
    for (const other of [`${ticket.slice(0, -2)}AA`, 'made-up', 'x'.repeat(7_001), '%00']) expect(await open(other)).toMatchObject({ status: 401, code: 'unauthenticated' });
    const clock = api.app.get(Clock);
    const later = new Date(clock.now().getTime() + 60_001);
    jest.spyOn(clock, 'now').mockReturnValue(later);
    expect(await open(ticket)).toEqual({ status: 401, code: 'token_expired' });
  });

  it('is good for no more than the credential behind it', async () => {
    const made = await api.send('post', '/api/v1/auth/tokens', ada).send({ name: 'reader', scopes: ['tasks:read'], expiresInDays: 1 });
    const { id, token } = made.body as { id: string; token: string };
    const ticket = await ticketOf(token);
    expect(ticket).not.toContain(token);
    expect(await open(ticket)).toMatchObject({ status: 200 });
    await api.send('delete', `/api/v1/auth/tokens/${id}`, ada);
    expect(await open(ticket)).toEqual({ status: 401, code: 'token_revoked' });
  });

  it('keeps to the organization that it was asked for in', async () => {
    const guest = await api.signUp();
    await api.database.dataSource.query(`INSERT INTO organization_members (organization_id, user_id, role) VALUES ($1, $2, 'viewer')`, [ada.organizationId, guest.userId]);
    const answer = await api.send('post', `/api/v1/tasks/${taskId}/events/ticket`, guest).set('X-Organization-Id', ada.organizationId).send({});
    expect(await open((answer.body as { ticket: string }).ticket)).toMatchObject({ status: 200 });
    expect((await api.send('post', `/api/v1/tasks/${taskId}/events/ticket`, guest).send({})).status).toBe(404);
  });

  it('is not named in the address of the next page', async () => {
    const ticket = await ticketOf();
    const answer = await fetch(`${api.url}/api/v1/tasks/${taskId}/events?limit=1&ticket=${ticket}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('link') ?? '').not.toContain('ticket');
  });
});
