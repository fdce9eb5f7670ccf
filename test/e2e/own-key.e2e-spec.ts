import { Client } from 'pg';
import { ApiClient } from '../support/api-client';
import { RunningQuickstart } from '../support/quickstart';

const KEY = `sk-ant-api03-own-key-of-the-customer-${'c'.repeat(12)}-OWN1`;

/** A customer's own key, from saving it to a task that it pays for, through both processes. The house is searched for it before it is torn down. */
describe('a key of one\'s own', () => {
  let house: RunningQuickstart;
  let ada: ApiClient;
  let database: Client;

  beforeAll(async () => {
    house = await RunningQuickstart.start();
    house.watch('key of the customer', KEY);
    ada = new ApiClient(house.state.apiUrl, house.state.users[0]!.accessToken);
    database = new Client({ connectionString: house.state.databaseUrl });
    await database.connect();
  }, 180_000);

  afterAll(async () => {
    await database?.end();
    await house?.stop();
  }, 60_000);

  const peer = (path: string, body?: object) => fetch(`${house.state.peers.llm}/__peer/${path}`, { method: body ? 'POST' : 'GET', headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
  const keysSeen = async (): Promise<Set<string>> => new Set(((await (await peer('requests')).json()) as { data: { key: string }[] }).data.map(({ key }) => key));
  const ask = async (apiKeyId: string): Promise<string> => {
    const { status, body } = await ada.post('/tasks', { prompt: 'Where does this project begin?', mode: 'ask', repositoryId: house.state.repository.id, apiKeyId });
    expect({ status, body }).toMatchObject({ status: 201 });
    return String(body.id);
  };
  const balance = async (): Promise<string> => (await database.query<{ n: string }>('SELECT available_micro AS n FROM credit_accounts WHERE organization_id = $1', [house.state.users[0]!.organizationId])).rows[0]!.n;

  it.each([['at the vendor', null], ['at an address of its own', 'llm']] as const)('pays for a task, %s, and no credit moves', async (_, address) => {
    const baseUrl = address === null ? null : house.state.peers[address];
    const { status, body: key } = await ada.post('/api-keys', { provider: 'anthropic', name: `Mine, ${address ?? 'vendor'}`, keyValue: address === null ? KEY : `${KEY.slice(0, -1)}2`, baseUrl });
    expect({ status, key }).toMatchObject({ status: 201, key: { status: 'valid', keyPreview: address === null ? 'sk-ant-…OWN1' : 'sk-ant-…OWN2' } });
    await peer('reset', {});
    const before = await balance();
    const id = await ask(String(key.id));
    expect(await ada.until(id, ['completed', 'failed'])).toMatchObject({ status: 'completed', credits: { usedMicros: 0, heldMicros: 0 }, model: { name: expect.stringMatching(/^claude-/) as string } });
    expect(await keysSeen()).toEqual(new Set([address === null ? 'OWN1' : 'OWN2']));
    expect(await balance()).toBe(before);
    const { body: attempts } = await ada.get<{ data: { apiKeyId: string }[] }>(`/tasks/${id}/attempts`);
    expect(attempts.data.map(({ apiKeyId }) => apiKeyId)).toEqual([key.id]);
    const { body: usage } = await ada.get<{ totalRequests: number; totalCostUsd: string; models: { tokens: number }[] }>(`/api-keys/${String(key.id)}/usage`);
    expect(usage.totalRequests).toBeGreaterThan(1);
    expect(Number(usage.totalCostUsd)).toBeGreaterThan(0);
    const { rows } = await database.query<{ charged: string; own: boolean }>('SELECT sum(credits_micro) AS charged, bool_and(api_key_id = $2) AS own FROM api_key_usage_logs WHERE task_id = $1', [id, key.id]);
    expect(rows).toEqual([{ charged: '0', own: true }]);
  }, 120_000);

  it('that its provider refuses ends the task in words, and is marked', async () => {
    const { body: key } = await ada.post('/api-keys', { provider: 'anthropic', name: 'Withdrawn', keyValue: `sk-ant-api03-${'w'.repeat(24)}` });
    await peer('faults', { status: 401, times: 1 });
    const task = await ada.until(await ask(String(key.id)), ['completed', 'failed']);
    expect(task).toMatchObject({ status: 'failed', statusReason: 'provider_auth' });
    expect((await ada.get(`/api-keys/${String(key.id)}`)).body).toMatchObject({ status: 'invalid', lastError: expect.stringContaining('invalid') as string });
    expect((await ada.post('/tasks', { prompt: 'Again', repositoryId: house.state.repository.id, apiKeyId: key.id })).status).toBe(422);
  }, 120_000);
});
