import { newId } from '@app/common';
import { Contract, type Endpoint, type OpenApi } from '../../../../../test/support/contract';
import { TestApi } from '../test-api';
import { call, type Slot, slotsOf } from './route-call';
import { changedTables, Snapshot } from './snapshot';
import { openTenant, type Tenant } from './tenant';

let api: TestApi;
let contract: Contract;
let mine: Tenant;
let theirs: Tenant;
let snapshot: Snapshot;
beforeAll(async () => {
  api = await TestApi.start({ ALLOW_LOCAL_REPOSITORIES: 'true' });
  contract = new Contract((await api.send('get', '/openapi.json')).body as OpenApi);
  mine = await openTenant(api);
  theirs = await openTenant(api);
  snapshot = await Snapshot.of(api.database.dataSource);
}, 120_000);
afterAll(() => api.close());

/** The staff sees every organization, and the matrix of roles shows that others do not get there. */
const isTenants = ({ operation }: Endpoint): boolean => operation['x-policy'] !== undefined && operation['x-policy'].platformRole === 'user';

/** What a caller can learn from an answer; ids that the request named are in the address. */
function told({ status, body }: { status: number; body: unknown }): object {
  return { ...(body as object), status, requestId: null, instance: null };
}

describe('an id of a foreign tenant', () => {
  it('has a place in this matrix, wherever the API takes one', () => {
    const slots = contract.endpoints.filter(isTenants).flatMap((endpoint) => slotsOf(contract, endpoint).map((slot) => ({ endpoint: endpoint.name, ...slot })));
    expect(slots.filter(({ place }) => theirs.ids[place] === undefined)).toEqual([]);
    expect(slots.length).toBeGreaterThan(60);
  });

  it('is answered like one that does not exist, and nothing is written', async () => {
    const faults: string[] = [];
    let before = await snapshot.take(api.database.dataSource);
    for (const endpoint of contract.endpoints.filter(isTenants)) {
      for (const slot of slotsOf(contract, endpoint)) {
        const ask = (id: string) => call(api, endpoint, { as: mine.people.owner, tenant: mine, replaced: [[slot, id]] });
        const foreign = await ask(theirs.ids[slot.place] ?? '');
        const missing = await ask(newId());
        const name = `${endpoint.name} ${slot.in} ${slot.name}`;
        const isFilter = slot.in === 'query';
        if (!isFilter && foreign.status !== 404) faults.push(`${name}: ${foreign.status} ${foreign.text.slice(0, 200)}`);
        if (JSON.stringify(told(foreign)) !== JSON.stringify(told(missing))) faults.push(`${name}: tells foreign from missing: ${foreign.text.slice(0, 200)} / ${missing.text.slice(0, 200)}`);
        if (JSON.stringify(told(foreign)).includes(theirs.ids['/api/v1/repositories'] ?? '-')) faults.push(`${name}: shows what is theirs`);
        const after = await snapshot.take(api.database.dataSource);
        faults.push(...changedTables(before, after).map((table) => `${name}: wrote ${table}`));
        before = after;
      }
    }
    expect(faults).toEqual([]);
  }, 240_000);

  it('as the organization to act in is a 404 everywhere', async () => {
    const faults: string[] = [];
    for (const endpoint of contract.endpoints.filter(isTenants)) {
      const answer = await call(api, endpoint, { as: mine.people.owner, tenant: mine }).set('X-Organization-Id', theirs.organizationId);
      if (answer.status !== 404) faults.push(`${endpoint.name}: ${answer.status}`);
    }
    expect(faults).toEqual([]);
  }, 120_000);
});

it('the matrix would see a leak: one\'s own ids are found', async () => {
  const found: string[] = [];
  for (const endpoint of contract.endpoints.filter((one) => isTenants(one) && one.method === 'GET' && slotsOf(contract, one).some((slot: Slot) => slot.in === 'path'))) {
    const answer = await call(api, endpoint, { as: mine.people.owner, tenant: mine });
    if (answer.status === 200) found.push(endpoint.name);
  }
  expect(found.length).toBeGreaterThan(15);
});
