import { createParamDecorator, SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from '../http/http-request';
import type { Credential, OrganizationRole, PlatformRole, Principal, Scope } from './principal';

export const POLICY = 'async-coder:policy';
export const ENDED_SESSION = 'async-coder:ended-session';
export const TICKET = 'async-coder:ticket';

/** What a caller must be. Everything that is named must hold; nothing named: any signed-in user in one of their organizations. */
export interface Policy {
  /** Least role in the current organization; default viewer. */
  readonly role?: OrganizationRole;
  /** Least role on the platform; default user. */
  readonly platformRole?: PlatformRole;
  /** Scope that a personal access token needs; a route without one is closed to such tokens, unless `credentials` names them. */
  readonly scope?: Scope;
  /** Which credentials the route takes; default: both kinds of session, and personal access tokens where `scope` is set. */
  readonly credentials?: readonly Credential[];
}

export type DeclaredPolicy = Policy | 'public';

/** Opens a route to everyone. */
export function Public(): CustomDecorator {
  return SetMetadata(POLICY, 'public' satisfies DeclaredPolicy);
}

/** Says who may call a route. A route with neither this nor `@Public()` stops the boot. */
export function Policy(policy: Policy = {}): CustomDecorator {
  return SetMetadata(POLICY, policy satisfies DeclaredPolicy);
}

/** The caller of a route that is not public. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<HttpRequest>();
  if (!principal) throw new Error('@CurrentPrincipal() on a public route');
  return principal;
});

/** The route also answers a caller whose session has ended; `@OptionalPrincipal()` is then null. */
export function EndedSessionAllowed(): CustomDecorator {
  return SetMetadata(ENDED_SESSION, true);
}

/** The route also takes a ticket in its query, made for the task in its path. */
export function TicketAllowed(): CustomDecorator {
  return SetMetadata(TICKET, true);
}

export const OptionalPrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal | null => context.switchToHttp().getRequest<HttpRequest>().principal ?? null,
);
