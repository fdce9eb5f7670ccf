import { aGitRepo } from '@app/domain/testing';
import { complexityOf, routeModels } from '@app/providers';
import { Contract, type OpenApi } from '../../../../../test/support/contract';
import { TestApi, type SignedIn } from '../../testing/test-api';

let api: TestApi;
let ada: SignedIn;
let contract: Contract;
let repositoryId: string;

beforeAll(async () => {
  api = await TestApi.start();
  ada = await api.signUp();
  contract = new Contract((await api.send('get', '/openapi.json')).body as OpenApi);
  repositoryId = (await aGitRepo(api.database.dataSource, { organizationId: ada.organizationId })).id;
}, 60_000);
afterAll(() => api.close());

const create = (options: object) => api.send('post', '/api/v1/tasks', ada).send({ prompt: 'Do it.', repositoryId, options });

it('an attempt shows how its model was chosen, and null before that', async () => {
  const { id } = (await create({ preference: 'quality', modelFallback: false })).body as { id: string };
  const path = `/api/v1/tasks/${id}/attempts`;
  expect((await api.send('get', path, ada)).body).toMatchObject({ data: [{ number: 1, routing: null }] });
  const price = { id: null, minPromptTokens: 0, input: 2_000_000n, output: 10_000_000n, cacheRead: 100_000n, cacheWriteShort: 2_500_000n, cacheWriteLong: 4_000_000n };
  const model = {
    provider: 'anthropic', modes: ['code'], lifecycle: 'active', capabilities: {}, contextWindow: 1_000_000, maxInputTokens: null, prices: [price], key: 'own', obstacle: null, isProviderDown: false, isCircuitOpen: false,
    quality: 0.9, record: null, multiplierBps: 10_000,
  } as const;
  const decision = routeModels([{ ...model, name: 'a' }, { ...model, name: 'b', key: null }], {
    mode: 'code', requested: 'auto', preference: 'quality', complexity: complexityOf({ prompt: 'A data race in the migration' }), promptCharacters: 10, affordableMicro: null,
  });
  const ranked = decision.ranked.map(({ estimatedNusd, ...entry }) => ({ ...entry, estimatedCostUsd: `0.${estimatedNusd}` }));
  await api.database.dataSource.query('UPDATE task_attempts SET routing = $2 WHERE task_id = $1', [id, JSON.stringify({ ...decision, ranked, fallback: false, chain: [] })]);
  for (const [route, url] of [['/attempts', path], ['/attempts/{number}', `${path}/1`]] as const) {
    const { status, text, headers } = await api.send('get', url, ada);
    expect([status, contract.faults(contract.endpoint(`GET /api/v1/tasks/{id}${route}`), { status, text, headers })]).toEqual([200, []]);
  }
  expect((await api.send('get', `${path}/1`, ada)).body).toMatchObject({
    routing: {
      requested: 'auto', preference: 'quality', profile: 'quality', weights: { quality: 0.85 }, complexity: { level: 'high', signs: ['a migration', 'concurrency'] }, fallback: false, chain: [],
      ranked: [{ model: 'a', key: 'own', reasons: ['no tasks here yet', 'on your own key'] }], excluded: [{ model: 'b', reason: 'no_key' }],
    },
  });
});

it.each([[{ preference: 'cheap' }, '/options/preference'], [{ modelFallback: 'no' }, '/options/modelFallback']])('%j is refused', async (options, pointer) => {
  expect((await create(options)).body).toMatchObject({ status: 422, errors: [{ pointer }] });
});
