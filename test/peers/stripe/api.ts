// One request to Stripe's API: key, version, idempotency, parameters, then the route.
import { ApiError } from './api-error';
import { checkParams, decode } from './request-check';
import { ROUTES } from './routes';
import type { StripeState } from './stripe-state';

export const API_VERSION = '2026-10-28.endive';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly text: string;
  readonly authorization: string | undefined;
  readonly version: string | undefined;
  readonly contentType: string | undefined;
  readonly idempotencyKey: string | null;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly replayed?: boolean;
}

export function answerApi(state: StripeState, request: ApiRequest): ApiAnswer {
  try {
    return once(state, request);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, body: error.body };
  }
}

/** The first answer to an idempotency key is the answer to all its repeats. */
function once(state: StripeState, request: ApiRequest): ApiAnswer {
  authenticate(state, request);
  const { idempotencyKey: key, method, path, text } = request;
  if (method !== 'POST' || key === null) return work(state, request);
  const stored = state.answers.get(key);
  if (stored && (stored.path !== path || stored.text !== text)) {
    state.violations.push(`the idempotency key ${key} came with another request: ${path}`);
    throw new ApiError(400, 'idempotency_error', 'Keys for idempotent requests can only be used with the same parameters they were first used with.');
  }
  if (stored) return { status: stored.status, body: stored.body, replayed: true };
  const answer = work(state, request);
  state.answers.set(key, { path, text, ...answer });
  return answer;
}

function authenticate(state: StripeState, { authorization, version }: ApiRequest): void {
  if (authorization === undefined) throw new ApiError(401, 'invalid_request_error', 'You did not provide an API key.');
  if (authorization !== `Bearer ${state.secretKey}`) throw new ApiError(401, 'invalid_request_error', `Invalid API Key provided: ${authorization.slice(7, 15)}****`);
  if (version !== API_VERSION) state.violations.push(`asked with the version ${String(version)}`);
}

function work(state: StripeState, request: ApiRequest): ApiAnswer {
  const { method, path, query, text } = request;
  const route = ROUTES.find((one) => one.method === method && one.path.test(path));
  if (!route) {
    state.violations.push(`no such call: ${method} ${path}`);
    throw new ApiError(404, 'invalid_request_error', `Unrecognized request URL (${method}: ${path}).`);
  }
  if (method === 'POST' && text !== '' && !request.contentType?.startsWith('application/x-www-form-urlencoded')) state.violations.push(`${path} came as ${String(request.contentType)}`);
  const params = decode(method === 'POST' || text !== '' ? text : query);
  try {
    checkParams(route.schema, params);
  } catch (error) {
    // Our code sends nothing that Stripe does not take: a test that means to says so by another client.
    if (error instanceof ApiError) state.violations.push(`${method} ${path}: ${error.message}`);
    throw error;
  }
  const id = route.path.exec(path)?.[1] ?? '';
  return { status: 200, body: copied(route.run({ state, id: decodeURIComponent(id), params })) };
}

function copied(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body)) as unknown;
}
