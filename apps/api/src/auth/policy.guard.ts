import { AppError, FORBIDDEN } from '@app/common';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { HttpRequest } from '../http/http-request';
import { routeFact } from '../http/routes/route-fact';
import { type DeclaredPolicy, ENDED_SESSION, type Policy, POLICY } from './auth.decorators';
import { insufficientScope } from './auth.errors';
import { type Credential, hasPlatformRole, hasRole, type Principal } from './principal';

/** Whether the caller may do it. Runs after the auth guard. */
@Injectable()
export class PolicyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const policy = routeFact<DeclaredPolicy>(context, POLICY);
    if (policy === 'public') return true;
    const { principal } = context.switchToHttp().getRequest<HttpRequest>();
    if (principal === undefined && routeFact<boolean>(context, ENDED_SESSION)) return true;
    if (policy === undefined || principal === undefined) throw new AppError(FORBIDDEN, 'This route is closed.');
    requireCredential(policy, principal);
    requireRoles(policy, principal);
    return true;
  }
}

/** The credentials that a route takes. */
export function credentialsOf(policy: Policy): readonly Credential[] {
  return policy.credentials ?? (policy.scope === undefined ? ['session', 'clerk'] : ['session', 'clerk', 'token']);
}

function requireCredential(policy: Policy, principal: Principal): void {
  const isTaken = credentialsOf(policy).includes(principal.credential);
  if (principal.credential !== 'token') {
    if (!isTaken) throw new AppError(FORBIDDEN, 'This takes a session of ours: sign in with POST /auth/login.');
    return;
  }
  if (!isTaken) throw insufficientScope(null);
  if (policy.scope !== undefined && !principal.scopes.includes(policy.scope)) throw insufficientScope(policy.scope);
}

function requireRoles({ role, platformRole }: Policy, principal: Principal): void {
  if (role !== undefined && !hasRole(principal.role, role)) throw new AppError(FORBIDDEN, `This needs the role ${role} in the organization; yours is ${principal.role}.`);
  if (platformRole !== undefined && !hasPlatformRole(principal.platformRole, platformRole)) throw new AppError(FORBIDDEN, 'This is for the staff of the platform.');
}
