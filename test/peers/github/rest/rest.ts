import type { IncomingHttpHeaders } from 'node:http';
import { checkCaller, identify, repositoryFor } from '../auth/access';
import { callerName } from '../auth/caller';
import type { GithubState } from '../github-state';
import type { Exchange, Reply } from '../http/exchange';
import { parseJson } from '../http/json';
import { Refusal } from '../http/refusal';
import { replyOf } from '../http/responder';
import { Router, type AppRoute, type Route } from '../http/router';
import type { JournalEntry } from '../journal';
import { tellOfCall } from '../told-by-rest';
import { appRoutes } from './app.routes';
import { checkRoutes } from './check.routes';
import { commentRoutes } from './comment.routes';
import { deliveryRoutes } from './delivery.routes';
import { graphqlRoutes } from './graphql.routes';
import { oauthRoutes } from './oauth.routes';
import { issueRoutes } from './issue.routes';
import { pullRoutes } from './pull.routes';
import { repositoryRoutes } from './repository.routes';
import { reviewRoutes } from './review.routes';
import { userRoutes } from './user.routes';

const router = new Router([...checkRoutes, ...appRoutes, ...oauthRoutes, ...userRoutes, ...deliveryRoutes, ...repositoryRoutes, ...pullRoutes, ...commentRoutes, ...issueRoutes, ...reviewRoutes, ...graphqlRoutes]);
const VERSIONS = ['2022-11-28', '2026-03-10'];

export interface RestCall {
  readonly method: string;
  /** Without the prefix /api/v3. */
  readonly path: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly entry: JournalEntry;
}

/** Answers one REST call; null for a path that is none. */
export async function answerRest(state: GithubState, call: RestCall): Promise<Reply> {
  try {
    const found = router.find(call.method, call.path);
    const caller = identify(state, call.headers.authorization);
    call.entry.caller = callerName(caller);
    if (!found) throw new Refusal(404, 'Not Found');
    call.entry.operation = `${found.route.method} ${found.route.path}`;
    checkHeaders(call.headers);
    const exchange: Exchange = { state, method: call.method, url: call.url, headers: call.headers, params: found.params, caller, body: readBody(call.text) };
    const reply = await run(found.route, exchange).catch(replyOf);
    checkAnswer(state, found.route, reply, call.entry);
    return reply;
  } catch (error) {
    return replyOf(error);
  }
}

async function run(route: Route, exchange: Exchange): Promise<Reply> {
  checkCaller(route, exchange);
  const repository = route.auth === 'repository' ? repositoryFor(route, exchange) : null;
  checkRequest(route, exchange);
  if (route.auth !== 'repository' || repository === null) return (route as AppRoute).handle(exchange);
  const reply = await route.handle({ ...exchange, repository });
  await tellOfCall(`${route.method} ${route.path}`, { ...exchange, repository }, reply);
  return reply;
}

/** What GitHub's description refuses is refused here, and both are kept in the journal. */
function checkRequest({ method, path }: Route, { state, body, url }: Exchange): void {
  const strange = state.contract.queryProblem(method, path, url.searchParams);
  if (strange !== null) state.journal.violate({ side: 'request', operation: `${method} ${path}`, status: null, message: strange });
  if (method === 'GET' || method === 'DELETE') return;
  const problem = state.contract.requestProblem(method, path, body);
  if (problem === null) return;
  state.journal.violate({ side: 'request', operation: `${method} ${path}`, status: null, message: problem });
  if (!problem.includes('does not know')) throw new Refusal(422, `Invalid request.\n\n${problem}`);
}

function checkAnswer(state: GithubState, { method, path }: Route, { status, body, text }: Reply, entry: JournalEntry): void {
  if (!state.contract.describes(method, path)) {
    entry.note = 'not checked: no description of this operation';
    return;
  }
  if (text !== undefined) return;
  const problem = state.contract.answerProblem(method, path, { status, body });
  if (problem !== null) state.journal.violate({ side: 'answer', operation: `${method} ${path}`, status, message: problem });
}

function checkHeaders({ 'user-agent': agent, 'x-github-api-version': version }: IncomingHttpHeaders): void {
  if (!agent) throw new Refusal(403, 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.');
  if (version !== undefined && !VERSIONS.includes(String(version))) throw new Refusal(400, `"${String(version)}" is not a valid version. Supported versions: ${VERSIONS.join(', ')}`);
}

function readBody(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {};
  const body = parseJson(text);
  if (body === undefined) throw new Refusal(400, 'Problems parsing JSON');
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Refusal(400, 'Body should be a JSON object');
  return body as Record<string, unknown>;
}
