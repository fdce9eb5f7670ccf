import type { Exchange, Reply } from '../http/exchange';
import { notFound, Refusal } from '../http/refusal';
import type { Route } from '../http/router';
import type { UserToken } from '../auth/user-tokens';

export const oauthRoutes: readonly Route[] = [
  { method: 'DELETE', path: '/applications/{client_id}/grant', auth: 'client', handle: revokeGrant },
  { method: 'DELETE', path: '/applications/{client_id}/token', auth: 'client', handle: revokeToken },
];

function revokeGrant(exchange: Exchange): Reply {
  exchange.state.accounts.userTokens.revokeGrant(tokenOf(exchange).account);
  return { status: 204 };
}

function revokeToken(exchange: Exchange): Reply {
  exchange.state.accounts.userTokens.revoke(tokenOf(exchange).token);
  return { status: 204 };
}

/** The token that the body names. @throws {Refusal} 404 for another App, or a token that is none */
function tokenOf({ state, params, body }: Exchange): UserToken {
  if (params.client_id !== state.clientId) throw notFound();
  if (typeof body.access_token !== 'string') throw new Refusal(422, 'Validation Failed');
  const token = state.accounts.userTokens.find(body.access_token, state.now());
  if (!token) throw notFound();
  return token;
}
