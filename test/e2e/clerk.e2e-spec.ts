import { Client } from 'pg';
import { ApiClient, type Answer } from '../support/api-client';
import { RunningQuickstart } from '../support/quickstart';

interface Signed {
  readonly id: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

interface Person {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** Sign-in with Clerk and its webhooks through both processes: the API takes a delivery, the queue carries it, the worker applies it. */
describe('Clerk', () => {
  let house: RunningQuickstart;
  let anybody: ApiClient;
  let database: Client;

  beforeAll(async () => {
    house = await RunningQuickstart.start(['--clerk']);
    anybody = new ApiClient(house.state.apiUrl);
    database = new Client({ connectionString: house.state.databaseUrl });
    await database.connect();
  }, 180_000);

  afterAll(async () => {
    await database?.end();
    await house?.stop();
  }, 60_000);

  const peer = async <Body>(path: string, body?: object): Promise<Body> => {
    const answer = await fetch(`${String(house.state.peers.clerk)}/__peer/${path}`, { method: body ? 'POST' : 'GET', headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Body;
  };
  const token = async (sub: string): Promise<string> => (await peer<{ token: string }>('tokens', { sub, claims: { azp: house.state.apiUrl } })).token;
  const profile = async (accessToken: string): Promise<Answer> => new ApiClient(house.state.apiUrl, accessToken).get('/users/profile');
  const deliver = ({ headers, body }: Pick<Signed, 'headers' | 'body'>): Promise<Answer> => anybody.send('POST', '/webhooks/clerk', body, headers);
  const signed = (type: string, data: object): Promise<Signed> => peer<Signed>('webhooks/sign', { type, data });
  const statusOf = async (id: string): Promise<string | undefined> => (await database.query<{ status: string }>('SELECT status FROM webhook_deliveries WHERE delivery_id = $1', [id])).rows[0]?.status;
  const accounts = async (clerkId: string) => (await database.query<{ id: string; email: string; firstName: string; deleted: boolean }>(
    `SELECT id, email, first_name AS "firstName", deleted_at IS NOT NULL AS deleted FROM users WHERE clerk_id = $1`, [clerkId])).rows;

  /** Taken by the API and worked off by the worker. */
  async function applied(type: string, data: object): Promise<Signed> {
    const sent = await signed(type, data);
    expect(await deliver(sent)).toMatchObject({ status: 200, body: '' });
    for (const end = Date.now() + 60_000; (await statusOf(sent.id)) !== 'processed'; ) {
      if (Date.now() > end) throw new Error(`${type} is ${String(await statusOf(sent.id))}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return sent;
  }

  it('signs people in: its tokens work as they are, and are exchanged for a session of ours', async () => {
    const person = await peer<Person>('users', { email: 'ada.clerk@example.com', firstName: 'Ada', lastName: 'Lovelace' });
    const theirs = await token(person.id);
    expect(await profile(theirs)).toMatchObject({ status: 200, body: { email: 'ada.clerk@example.com', displayName: 'Ada Lovelace' } });
    const session = await anybody.post('/auth/login', { clerkToken: theirs });
    expect(session).toMatchObject({ status: 200, body: { user: { email: 'ada.clerk@example.com' } } });
    const ours = await profile(String(session.body['accessToken']));
    expect(ours).toMatchObject({ status: 200, body: { email: 'ada.clerk@example.com' } });
    const [header, payload, signature] = theirs.split('.') as [string, string, string];
    expect((await profile(`${header}.${payload}.${signature.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))}`)).status).toBe(401);
  }, 60_000);

  it('opens, changes and erases an account by its webhooks; a repeat changes nothing', async () => {
    const person = await peer<Person>('users', { email: 'grace.clerk@example.com', firstName: 'Grace', lastName: 'Hopper' });
    const created = await applied('user.created', person);
    const [account] = await accounts(person.id);
    expect(account).toMatchObject({ email: 'grace.clerk@example.com', firstName: 'Grace', deleted: false });

    const changed = await peer<Person>('users/change', { id: person.id, changes: { first_name: 'Amazing' } });
    const updated = await applied('user.updated', changed);
    expect(await accounts(person.id)).toEqual([{ ...account, firstName: 'Amazing' }]);
    expect(await profile(await token(person.id))).toMatchObject({ status: 200, body: { id: account?.id, firstName: 'Amazing' } });

    const auditRows = async () => (await database.query<{ n: number }>('SELECT count(*)::int AS n FROM audit_logs WHERE target_id = $1', [account?.id])).rows[0]?.n;
    const before = { accounts: await accounts(person.id), audit: await auditRows() };
    for (const sent of [created, updated]) expect((await deliver(sent)).status).toBe(200);
    // An older state under a new id is no repeat to the inbox; the worker must see that it is stale.
    await applied('user.updated', { ...person, updated_at: Number(person['updated_at']) - 1 });
    expect({ accounts: await accounts(person.id), audit: await auditRows() }).toEqual(before);

    const late = await token(person.id);
    await peer('users/delete', { id: person.id });
    await applied('user.deleted', { id: person.id, object: 'user', deleted: true });
    expect((await profile(late)).status).toBe(401);
    const { rows } = await database.query<{ email: string | null; status: string }>('SELECT email, status FROM users WHERE id = $1', [account?.id]);
    expect(rows[0]?.status).toBe('deleted');
    expect(JSON.stringify(rows)).not.toContain('grace');
  }, 120_000);

  it('is not believed without its signature', async () => {
    const person = await peer<Person>('users', { email: 'mallory.clerk@example.com' });
    const sent = await signed('user.created', person);
    const forged = { ...sent, body: sent.body.replace('mallory.clerk', 'victim') };
    expect(await deliver(forged)).toMatchObject({ status: 401, body: { code: 'invalid_signature' } });
    expect((await deliver({ ...sent, headers: { 'content-type': 'application/json' } })).status).toBe(401);
    expect(await statusOf(sent.id)).toBeUndefined();
    expect(await accounts(person.id)).toEqual([]);
  });

  it('was asked in no other way than Clerk allows', async () => {
    expect((await peer<{ data: string[] }>('violations')).data).toEqual([]);
  });
});
