import { Contract, type Endpoint, type OpenApi } from '../../../../../test/support/contract';
import { hasPlatformRole, hasRole, type OrganizationRole, type PlatformRole, SCOPES } from '../../auth/principal';
import { TestApi } from '../test-api';
import { call } from './route-call';
import { type Caller, openTenant, type Tenant, tokenWith } from './tenant';

const ROLES: readonly OrganizationRole[] = ['viewer', 'billing', 'member', 'admin', 'owner'];

let api: TestApi;
let contract: Contract;
let tenant: Tenant;
let guarded: readonly Endpoint[];
beforeAll(async () => {
  api = await TestApi.start({ ALLOW_LOCAL_REPOSITORIES: 'true' });
  contract = new Contract((await api.send('get', '/openapi.json')).body as OpenApi);
  tenant = await openTenant(api);
  guarded = contract.endpoints.filter(({ operation }) => operation['x-policy'] !== undefined);
}, 120_000);
afterAll(() => api.close());

const policyOf = ({ operation }: Endpoint): { role: OrganizationRole; platformRole: PlatformRole; scope: string | null } => operation['x-policy'] as ReturnType<typeof policyOf>;
const isOfStaff = (endpoint: Endpoint): boolean => policyOf(endpoint).platformRole !== 'user';

/** Calls each operation and gathers what is not as expected. */
async function sweep(endpoints: readonly Endpoint[], as: Caller | null, isRight: (answer: { status: number; code: unknown }) => boolean): Promise<string[]> {
  const faults: string[] = [];
  for (const endpoint of endpoints) {
    const answer = await call(api, endpoint, { as, tenant });
    const { code } = answer.body as { code?: unknown };
    if (!isRight({ status: answer.status, code })) faults.push(`${endpoint.name}: ${answer.status} ${String(code)}`);
  }
  return faults;
}

it.each(ROLES.slice(0, -1))('the role %s is refused where a higher one is needed', async (role) => {
  const closed = guarded.filter((endpoint) => !isOfStaff(endpoint) && !hasRole(role, policyOf(endpoint).role));
  expect(await sweep(closed, tenant.people[role], ({ status, code }) => status === 403 && code === 'forbidden')).toEqual([]);
}, 120_000);

it('somebody of no role is told nothing of the organization', async () => {
  const stranger = await api.signUp();
  const scoped = guarded.filter((endpoint) => !isOfStaff(endpoint) && !endpoint.path.startsWith('/api/v1/auth/'));
  expect(await sweep(scoped, stranger, ({ status, code }) => status === 404 && code === 'not_found')).toEqual([]);
}, 120_000);

it.each(['user', 'support'] as const)('the platform role %s is refused where a higher one is needed', async (role) => {
  await api.database.dataSource.query('UPDATE users SET role = $1 WHERE id = $2', [role, tenant.people.owner.userId]);
  const closed = guarded.filter((endpoint) => isOfStaff(endpoint) && !hasPlatformRole(role, policyOf(endpoint).platformRole));
  expect(closed.length).toBeGreaterThan(2);
  expect(await sweep(closed, tenant.people.owner, ({ status, code }) => status === 403 && code === 'forbidden')).toEqual([]);
}, 120_000);

it('nobody is let in without a token, or with a bad one', async () => {
  expect(await sweep(guarded, null, ({ status, code }) => status === 401 && code === 'unauthenticated')).toEqual([]);
  expect(await sweep(guarded, { accessToken: 'garbage', userId: '' }, ({ status }) => status === 401)).toEqual([]);
}, 120_000);

it('a personal access token is let in by its scope only', async () => {
  const scopes = [...new Set(guarded.map((endpoint) => policyOf(endpoint).scope))];
  for (const scope of scopes) {
    const others = SCOPES.filter((one) => one !== scope);
    const token = await tokenWith(api, tenant.people.owner, { organizationId: tenant.organizationId, scopes: others });
    const closed = guarded.filter((endpoint) => policyOf(endpoint).scope === scope && (scope !== null || !endpoint.operation.security?.some((way) => 'token' in way)));
    expect(await sweep(closed, token, ({ status, code }) => status === 403 && ['insufficient_scope', 'forbidden'].includes(String(code)))).toEqual([]);
  }
}, 240_000);

it('whoever has the role is let in: the matrix does not only meet closed doors', async () => {
  const readers = guarded.filter((endpoint) => endpoint.method === 'GET' && !isOfStaff(endpoint));
  expect(await sweep(readers, tenant.people.owner, ({ status }) => ![401, 403].includes(status))).toEqual([]);
}, 120_000);
