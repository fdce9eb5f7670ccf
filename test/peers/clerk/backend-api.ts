// The part of Clerk's Backend API that the product calls, with Clerk's refusals.
import type { ClerkState } from './clerk-state';
import { faultsOfUser } from './shapes';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
}

export function refuse(status: number, code: string, message: string): Answer {
  return { status, body: { errors: [{ message, long_message: message, code }], clerk_trace_id: 'trace_peer' } };
}

export function answer(state: ClerkState, { method, path, authorization }: Call): Answer {
  if (authorization === undefined) return refuse(401, 'authorization_header_missing', 'Missing authorization header');
  if (authorization !== `Bearer ${state.secretKey}`) return refuse(401, 'secret_key_invalid', 'The provided Clerk Secret Key is invalid');
  if (method !== 'GET') return refuse(405, 'method_not_allowed', 'Method not allowed');
  if (path === '/v1/jwks') return { status: 200, body: state.keys.jwks() };
  if (path === '/v1/users') return { status: 200, body: [...state.users.values()].map((user) => checked(state, user)) };
  if (path === '/v1/users/count') return { status: 200, body: { object: 'total_count', total_count: state.users.size } };
  const id = /^\/v1\/users\/([^/]+)$/.exec(path)?.[1];
  const user = id === undefined ? undefined : state.users.get(decodeURIComponent(id));
  if (user) return { status: 200, body: checked(state, user) };
  return refuse(404, 'resource_not_found', id === undefined ? 'The URL was not found' : `No user was found with id ${id}`);
}

/** The peer checks itself: it may not drift from Clerk to suit us. */
function checked<User extends object>(state: ClerkState, user: User): User {
  state.violations.push(...faultsOfUser(user));
  return user;
}
