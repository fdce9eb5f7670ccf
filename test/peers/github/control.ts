// What tests and the quickstart ask of the peer itself, below /__peer/.
import { PEOPLE_CONTROL } from './auth/people-control';
import type { Fault } from './faults';
import type { GithubState, NewRepository } from './github-state';
import type { Reply } from './http/exchange';
import { ISSUE_CONTROL } from './issue-control';
import { WEBHOOK_CONTROL } from './webhook-control';
import { fullName } from './repository';
import { PEOPLE_ACTIONS } from './people-actions';
import { REVIEW_CONTROL } from './reviews/review-control';

interface Call {
  readonly state: GithubState;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

type Route = (call: Call) => unknown;

const ROUTES: Readonly<Record<string, Route>> = {
  ...REVIEW_CONTROL,
  ...ISSUE_CONTROL,
  ...PEOPLE_ACTIONS,
  ...WEBHOOK_CONTROL,
  ...PEOPLE_CONTROL,
  'GET /__peer/health': () => ({ peer: 'github' }),
  'POST /__peer/repositories': ({ state, body }) => addRepository(state, body as NewRepository),
  'GET /__peer/refs': ({ state, query }) => readRef(state, query),
  'GET /__peer/requests': ({ state }) => ({ data: state.journal.requests() }),
  'GET /__peer/violations': ({ state }) => ({ data: state.journal.violations() }),
  'POST /__peer/faults': ({ state, body }) => addFaults(state, body as Fault | Fault[]),
  'DELETE /__peer/faults': ({ state }) => state.faults.clear(),
  'POST /__peer/clock': ({ state, body }) => advanceClock(state, body as { advanceMs?: number }),
  'POST /__peer/webhooks': ({ state, body }) => setWebhook(state, body as { url?: string | null }),
  'GET /__peer/webhooks': ({ state }) => ({ url: state.webhooks.url, data: state.webhooks.deliveries }),
  'GET /__peer/tokens': ({ state }) => ({ data: state.tokens.issued }),
  'GET /__peer/tokens/live': ({ state }) => ({ data: state.tokens.live(state.now()).map(({ repositoryIds, permissions }) => ({ repositoryIds, permissions })) }),
  'POST /__peer/tokens/revoke': ({ state }) => state.tokens.revokeAll(),
};

class Missing extends Error {}

export async function control(call: Call, route: string): Promise<Reply> {
  const handler = ROUTES[route];
  if (!handler) return { status: 404, body: { error: `no such route: ${route}`, routes: Object.keys(ROUTES) } };
  try {
    return { status: 200, body: (await handler(call)) ?? {} };
  } catch (error) {
    return { status: error instanceof Missing ? 404 : 400, body: { error: (error as Error).message } };
  }
}

async function addRepository(state: GithubState, body: NewRepository): Promise<object> {
  if (typeof body?.owner !== 'string' || typeof body.name !== 'string') throw new Error('a repository is { owner, name, private?, path? | clone? | files? }');
  const repository = await state.addRepository(body);
  const htmlUrl = `${state.url}/${fullName(repository)}`;
  return { id: repository.id, fullName: fullName(repository), cloneUrl: `${htmlUrl}.git`, htmlUrl, defaultBranch: await repository.git.defaultBranch() };
}

async function readRef(state: GithubState, query: URLSearchParams): Promise<{ sha: string }> {
  const [owner = '', name = ''] = (query.get('repository') ?? '').split('/');
  const ref = query.get('ref') ?? '';
  const sha = (await state.repository(owner, name)?.git.refs(ref))?.find((found) => found.name === ref)?.sha;
  if (sha === undefined) throw new Missing('no such ref');
  return { sha };
}

function addFaults(state: GithubState, faults: Fault | Fault[]): { waiting: number } {
  for (const fault of Array.isArray(faults) ? faults : [faults]) {
    if (typeof fault !== 'object' || fault === null) throw new Error('a fault is { match?: { method?, path? }, times?, status?, delayMs?, cut? }');
    state.faults.add(fault);
  }
  return { waiting: state.faults.waiting };
}

function advanceClock(state: GithubState, { advanceMs }: { advanceMs?: number }): { now: string } {
  if (typeof advanceMs !== 'number') throw new Error('the clock is moved by { advanceMs: number }');
  state.advanceClock(advanceMs);
  return { now: state.isoNow() };
}

function setWebhook(state: GithubState, { url }: { url?: string | null }): void {
  if (url !== null && typeof url !== 'string') throw new Error('a webhook is { url: string | null }');
  state.webhooks.url = url;
}
