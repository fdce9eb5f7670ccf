import { TaskHouse } from '../support/task-house';

const KEY = `sk-ant-api03-own-key-of-the-customer-${'c'.repeat(12)}-OWN1`;

/** A customer's own key, from saving it to a task that it pays for, through both processes. The house is searched for it before it is torn down. */
describe('a key of one\'s own', () => {
  let house: TaskHouse;

  beforeAll(async () => {
    house = await TaskHouse.open();
    house.watch('key of the customer', KEY);
  }, 180_000);

  afterAll(async () => {
    await house?.close();
  }, 60_000);

  const keysSeen = async (): Promise<Set<string>> => new Set((await house.asked<{ key: string }>()).map(({ key }) => key));
  const ask = (apiKeyId: string): Promise<string> => house.handIn({ prompt: 'Where does this project begin?', mode: 'ask', apiKeyId });
  const balance = async (): Promise<string> => (await house.database.query<{ n: string }>('SELECT available_micro AS n FROM credit_accounts WHERE organization_id = $1', [house.state.users[0]!.organizationId])).rows[0]!.n;

  it.each([['at the vendor', null], ['at an address of its own', 'llm']] as const)('pays for a task, %s, and no credit moves', async (_, address) => {
    const baseUrl = address === null ? null : house.state.peers[address];
    const { status, body: key } = await house.ada.post('/api-keys', { provider: 'anthropic', name: `Mine, ${address ?? 'vendor'}`, keyValue: address === null ? KEY : `${KEY.slice(0, -1)}2`, baseUrl });
    expect({ status, key }).toMatchObject({ status: 201, key: { status: 'valid', keyPreview: address === null ? 'sk-ant-…OWN1' : 'sk-ant-…OWN2' } });
    await house.model('reset');
    const before = await balance();
    const id = await ask(String(key.id));
    expect(await house.ada.until(id, ['completed', 'failed'])).toMatchObject({ status: 'completed', credits: { usedMicros: 0, heldMicros: 0 }, model: { name: expect.stringMatching(/^claude-/) as string } });
    expect(await keysSeen()).toEqual(new Set([address === null ? 'OWN1' : 'OWN2']));
    expect(await balance()).toBe(before);
    const { body: attempts } = await house.ada.get<{ data: { apiKeyId: string }[] }>(`/tasks/${id}/attempts`);
    expect(attempts.data.map(({ apiKeyId }) => apiKeyId)).toEqual([key.id]);
    const { body: usage } = await house.ada.get<{ totalRequests: number; totalCostUsd: string; models: { tokens: number }[] }>(`/api-keys/${String(key.id)}/usage`);
    expect(usage.totalRequests).toBeGreaterThan(1);
    expect(Number(usage.totalCostUsd)).toBeGreaterThan(0);
    const { rows } = await house.database.query<{ charged: string; own: boolean }>('SELECT sum(credits_micro) AS charged, bool_and(api_key_id = $2) AS own FROM api_key_usage_logs WHERE task_id = $1', [id, key.id]);
    expect(rows).toEqual([{ charged: '0', own: true }]);
  }, 120_000);

  it('that its provider refuses ends the task in words, and is marked', async () => {
    const { body: key } = await house.ada.post('/api-keys', { provider: 'anthropic', name: 'Withdrawn', keyValue: `sk-ant-api03-${'w'.repeat(24)}` });
    await house.model('faults', { status: 401, times: 1 });
    const task = await house.ada.until(await ask(String(key.id)), ['completed', 'failed']);
    expect(task).toMatchObject({ status: 'failed', statusReason: 'provider_auth' });
    expect((await house.ada.get(`/api-keys/${String(key.id)}`)).body).toMatchObject({ status: 'invalid', lastError: expect.stringContaining('invalid') as string });
    expect((await house.ada.post('/tasks', { prompt: 'Again', repositoryId: house.state.repository.id, apiKeyId: key.id })).status).toBe(422);
  }, 120_000);
});
