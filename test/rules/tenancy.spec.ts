import { join } from 'node:path';
import { apiProgram, calledByApi, namesOwner, type StoreMethod, storeMethods } from './tenancy/store-methods';

const root = join(__dirname, '../..');
const PLANTED_STORE = join(root, 'libs/domain/src/planted.store.ts');
const PLANTED_CALLER = join(root, 'apps/api/src/planted.ts');

let methods: StoreMethod[];
let called: Set<string>;
let ownerless: string[];
let calledOutsideOfAdmin: Set<string>;
beforeAll(() => {
  const program = apiProgram(root, {
    [PLANTED_STORE]: `export class PlantedStore {
      byId(id: string): string { return id; }
      ofSome(filter: { organizationId?: string; id: string }): string { return filter.id; }
      ofOne(owner: { organizationId: string }, id: string): string { return owner.organizationId + id; }
    }`,
    [PLANTED_CALLER]: `import { PlantedStore } from '../../../libs/domain/src/planted.store';\nexport const x = new PlantedStore().byId('1');`,
  });
  methods = storeMethods(program);
  called = calledByApi(program);
  calledOutsideOfAdmin = calledByApi(program, /\/apps\/api\/src\/(?!admin\/)/);
  ownerless = methods.filter((method) => !namesOwner(method)).map(({ name }) => name);
}, 240_000);

const STAFF = 'for the platform\'s staff';

/** Called by the API without saying whose rows are meant, and why that lets nobody see what is not theirs. */
const ALLOWED: Readonly<Record<string, string>> = {
  'AgentInstallStore.lookUp': 'of the deployment\'s workers',
  'AiModelPriceStore.inForce': 'the catalog is everybody\'s',
  'AiModelStore.wireFacts': 'the catalog is everybody\'s',
  'ApiKeyProviderStore.find': 'the catalog is everybody\'s',
  'ApiKeyProviderStore.list': 'the catalog is everybody\'s',
  'PriceListStore.packages': 'the catalog is everybody\'s',
  'PriceListStore.plans': 'the catalog is everybody\'s',
  'PlanCatalogStore.byId': 'the catalog is everybody\'s',
  'PlanCatalogStore.onSale': 'the catalog is everybody\'s',
  'PlanCatalogStore.packageOnSale': 'the catalog is everybody\'s',
  'DatabaseHealthStore.isAtHead': 'nobody\'s rows',
  'DatabaseHealthStore.ping': 'nobody\'s rows',
  'OauthStateStore.consume': 'the state is the proof',
  'OrganizationInvitationStore.organizationOfToken': 'the token is the proof',
  'PersonalAccessTokenStore.standing': 'the token is the proof',
  'SessionStore.rotate': 'the token is the proof',
  'UserStore.findForLogin': 'the password comes with it',
  'PersonalAccessTokenStore.used': 'of the credential that was just checked',
  'SessionStore.seen': 'of the credential that was just checked',
  'WebhookInboxStore.receive': 'signed by the sender',
  'GithubConnectionStore.ownerOf': 'of the GitHub account that the caller just proved to be theirs',
  'GithubInstallationStore.ownersOf': 'tells whether installations are taken, of which GitHub just said that the caller sees them',
  'CommitCheckStore.forCommit': 'of a repository that was read with its owner',
  'PullRequestStore.mirror': 'of a repository that was read with its owner',
  'PullRequestStore.keepMergeability': 'of a pull request that was read with its owner',
  'PullRequestCommentStore.knownTimes': 'of a pull request that was read with its owner',
  'PullRequestCommentStore.mirror': 'of a pull request that was read with its owner',
  'PullRequestReviewStore.counts': 'of a pull request that was read with its owner',
  'PullRequestReviewStore.mirror': 'of a pull request that was read with its owner',
  'TaskLogStore.append': 'adds to a task that was read with its owner in the same transaction',
  'TaskMessageStore.append': 'adds to a task that was locked with its owner in the same transaction',
  'AuditLogStore.listForPlatform': STAFF,
  'PlatformStatsStore.read': STAFF,
  'TaskAdminStore.find': STAFF,
  'TaskAdminStore.list': STAFF,
  'UserAdminStore.list': STAFF,
  'WebhookInboxAdminStore.find': STAFF,
  'WebhookInboxAdminStore.list': STAFF,
  'WebhookInboxAdminStore.replay': STAFF,
};

it('sees the stores, and what is wrong with one', () => {
  expect(methods.length).toBeGreaterThan(100);
  expect(called.has('TaskStore.readText')).toBe(true);
  expect(ownerless.filter((name) => name.startsWith('PlantedStore'))).toEqual(['PlantedStore.byId', 'PlantedStore.ofSome']);
  expect(called.has('PlantedStore.byId')).toBe(true);
});

it('a store that the API calls is told whose rows are meant, or the reason stands here', () => {
  const open = ownerless.filter((name) => called.has(name) && !name.startsWith('PlantedStore') && !(name in ALLOWED));
  expect(open).toEqual([]);
});

it('no reason stands here for nothing', () => {
  expect(Object.keys(ALLOWED).filter((name) => !ownerless.includes(name) || !called.has(name))).toEqual([]);
});

it('what reads all tenants is called by the admin area alone', () => {
  const forStaff = Object.keys(ALLOWED).filter((name) => ALLOWED[name] === STAFF);
  expect(forStaff.filter((name) => calledOutsideOfAdmin.has(name))).toEqual([]);
  expect(forStaff.every((name) => called.has(name))).toBe(true);
});
