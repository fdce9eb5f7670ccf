// What tests ask of the peer itself, below /__peer/.
import type { Answer } from './backend-api';
import type { ClerkState, TokenWish } from './clerk-state';

type Route = (state: ClerkState, body: Record<string, unknown>) => unknown;

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /__peer/health': () => ({ peer: 'clerk' }),
  'GET /__peer/requests': (state) => ({ data: state.journal }),
  'GET /__peer/violations': (state) => ({ data: state.violations }),
  'POST /__peer/users': (state, body) => state.addUser(body),
  'POST /__peer/users/change': (state, body) => state.changeUser(String(body['id']), (body['changes'] ?? {})),
  'POST /__peer/users/delete': (state, body) => ({ deleted: state.users.delete(String(body['id'])) }),
  'POST /__peer/tokens': (state, body) => ({ token: state.token(body as unknown as TokenWish) }),
  'POST /__peer/keys/add': (state) => ({ kid: state.keys.add().kid }),
  'POST /__peer/keys/remove': (state, body) => state.keys.remove(String(body['kid'])),
  'POST /__peer/webhooks/sign': (state, { type, data, ...wish }) => state.webhook(String(type), (data ?? {}), wish),
  'POST /__peer/faults': (state, body) => state.addFault(body),
  'POST /__peer/faults/clear': (state) => state.clearFaults(),
};

export function control(state: ClerkState, route: string, body: unknown): Answer {
  const handler = ROUTES[route];
  if (!handler) return { status: 404, body: { error: `no such route: ${route}`, routes: Object.keys(ROUTES) } };
  try {
    return { status: 200, body: handler(state, (body ?? {}) as Record<string, unknown>) ?? {} };
  } catch (error) {
    return { status: 400, body: { error: (error as Error).message } };
  }
}
