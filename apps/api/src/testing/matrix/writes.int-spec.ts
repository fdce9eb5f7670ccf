import { Contract, type Endpoint, type OpenApi } from '../../../../../test/support/contract';
import { TestApi } from '../test-api';
import { prepare } from './prepare';
import { bodyFields, call, exampleBody } from './route-call';
import { openTenant, type Tenant } from './tenant';

/** These change nothing of a tenant's: they ask, or begin what another call finishes; or they need Stripe or GitHub, whose own tests look for their rows. */
const ASKS = [
  'githubAccount_connect', 'models_test', 'keyTests_given', 'keyTests_saved', 'subscription_checkout', 'subscription_change', 'subscription_cancel', 'subscription_resume', 'subscription_limitOverage', 'subscription_openPortal', 'purchases_purchase',
  'taskEvents_ticket', 'pullRequestRemarks_review', 'pullRequestRemarks_comment', 'pullRequestActions_merge', 'pullRequestActions_close', 'pullRequestActions_reopen', 'pullRequestActions_ready',
];
/** Changes a row that only Stripe can have made; its own test looks at what moves. */
const NEEDS_STRIPE = ['subscription_limitOverage'];
/** Signed by a vendor; its own tests send it. */
const OF_VENDORS = /^\/api\/v1\/webhooks\//;
/** A refresh only moves a session on; what opens and ends it is recorded. */
const UNRECORDED = ['auth_refresh'];
/** What the row itself keeps, whoever changes it. */
const BOOK_KEEPING = /^(row_version|updated_at|last_seen_at|last_used_at|token_version|trusted_token_version)$/;
/** Columns that follow from a declared field. */
const FOLLOWING: Readonly<Record<string, readonly string[]>> = {
  organizations_update: ['low_balance_micro'],
  organizations_put: ['low_balance_micro'],
  // Whoever is suspended is signed out.
  adminUsers_update: ['revoked_at', 'revoked_reason'],
};
const NAMES_AT_ONCE = 40;

let api: TestApi;
let contract: Contract;
let tenant: Tenant;
let writes: readonly Endpoint[];
beforeAll(async () => {
  api = await TestApi.start({ ALLOW_LOCAL_REPOSITORIES: 'true' });
  contract = new Contract((await api.send('get', '/openapi.json')).body as OpenApi);
  tenant = await openTenant(api);
  writes = contract.endpoints.filter(({ method, path }) => method !== 'GET' && !OF_VENDORS.test(path));
}, 120_000);
afterAll(() => api.close());

const db = () => api.database.dataSource;

async function auditRows(): Promise<number> {
  const [row] = await db().query<{ n: string }[]>('SELECT count(*) AS n FROM audit_logs');
  return Number(row?.n);
}

it('every write that succeeds leaves an audit row; the document\'s examples do succeed', async () => {
  const faults: string[] = [];
  for (const endpoint of writes.filter(({ operation }) => !ASKS.includes(operation.operationId))) {
    const { operationId } = endpoint.operation;
    const prepared = await prepare(api, tenant, operationId);
    const before = await auditRows();
    const answer = await call(api, endpoint, prepared).set('Idempotency-Key', `audit-${operationId}`);
    if (answer.status >= 300) faults.push(`${endpoint.name} (${operationId}): ${answer.status} ${answer.text.slice(0, 300)}`);
    else if ((await auditRows()) === before && !UNRECORDED.includes(operationId)) faults.push(`${endpoint.name} (${operationId}): no audit row`);
  }
  expect(faults).toEqual([]);
}, 240_000);

describe('columns that nobody may send', () => {
  it('are refused by every route that takes a body, each by its name', async () => {
    const columns = [...new Set(db().entityMetadatas.flatMap(({ columns }) => columns.map(({ propertyName }) => propertyName)))];
    expect(columns.length).toBeGreaterThan(200);
    const faults: string[] = [];
    for (const endpoint of writes.filter(({ operation }) => operation.requestBody !== undefined)) {
      const declared = Object.keys(bodyFields(contract, endpoint));
      const undeclared = columns.filter((name) => !declared.includes(name));
      const { as, tenant: own, body, isOutside } = await prepare(api, tenant, endpoint.operation.operationId);
      for (let at = 0; at < undeclared.length; at += NAMES_AT_ONCE) {
        const names = undeclared.slice(at, at + NAMES_AT_ONCE);
        const sent = { ...(body ?? exampleBody(endpoint, own)), ...Object.fromEntries(names.map((name) => [name, 'x'])) };
        const answer = await call(api, endpoint, { as, tenant: own, body: sent, isOutside }).set('Idempotency-Key', `mass-${at}-${endpoint.operation.operationId}`);
        const refused = ((answer.body as { errors?: { pointer: string; code: string }[] }).errors ?? []).filter(({ code }) => code === 'unknown_field').map(({ pointer }) => pointer.slice(1));
        if (answer.status !== 422) faults.push(`${endpoint.name}: ${answer.status} with ${names.slice(0, 5).join(', ')} …`);
        else faults.push(...names.filter((name) => !refused.includes(name)).map((name) => `${endpoint.name}: takes ${name}`));
      }
    }
    expect(faults).toEqual([]);
  }, 240_000);

  it('stay as they are when a row is changed: only what the body declares moves', async () => {
    const faults: string[] = [];
    for (const endpoint of writes.filter(({ method, operation }) => ['PUT', 'PATCH'].includes(method) && operation.requestBody !== undefined && !NEEDS_STRIPE.includes(operation.operationId))) {
      const { operationId } = endpoint.operation;
      const prepared = await prepare(api, tenant, operationId);
      const declared = Object.keys(bodyFields(contract, endpoint));
      const before = await rows();
      const answer = await call(api, endpoint, prepared);
      if (answer.status >= 300) faults.push(`${endpoint.name}: ${answer.status} ${answer.text.slice(0, 200)}`);
      for (const [column, table] of changedColumns(before, await rows())) {
        if (!declared.includes(camel(column)) && !BOOK_KEEPING.test(column) && !(FOLLOWING[operationId] ?? []).includes(column)) faults.push(`${endpoint.name}: moved ${table}.${column}`);
      }
    }
    expect(faults).toEqual([]);
  }, 240_000);
});

type Rows = Map<string, Record<string, unknown>>;

/** Every row of every entity that has an id, by table and id. */
async function rows(): Promise<Rows> {
  const found: Rows = new Map();
  for (const { tableName, primaryColumns } of db().entityMetadatas) {
    if (tableName === 'idempotency_keys' || primaryColumns.length !== 1) continue;
    const id = primaryColumns[0]?.databaseName ?? 'id';
    for (const { row } of await db().query<{ row: Record<string, unknown> }[]>(`SELECT to_jsonb(t) AS row FROM "${tableName}" t`)) found.set(`${tableName} ${String(row[id])}`, row);
  }
  return found;
}

/** Columns of rows that were there before, with their table. */
function changedColumns(before: Rows, after: Rows): Map<string, string> {
  const changed = new Map<string, string>();
  for (const [key, row] of after) {
    const old = before.get(key);
    for (const [column, value] of Object.entries(old ? row : {})) if (JSON.stringify(value) !== JSON.stringify(old?.[column])) changed.set(column, key.split(' ')[0] ?? '');
  }
  return changed;
}

function camel(column: string): string {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
