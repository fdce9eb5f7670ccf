import { AppError, FORBIDDEN } from '@app/common';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { HttpRequest } from '../http/http-request';
import { type DeclaredPolicy, ENDED_SESSION, POLICY } from './auth.decorators';
import { hasPlatformRole, hasRole } from './principal';

/** Whether the caller may do it. Runs after the auth guard. */
@Injectable()
export class PolicyGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    const policy = this.reflector.getAllAndOverride<DeclaredPolicy | undefined>(POLICY, targets);
    if (policy === 'public') return true;
    const { principal } = context.switchToHttp().getRequest<HttpRequest>();
    if (principal === undefined && this.reflector.getAllAndOverride<boolean | undefined>(ENDED_SESSION, targets)) return true;
    if (policy === undefined || principal === undefined) throw new AppError(FORBIDDEN, 'This route is closed.');
    if (policy.role !== undefined && !hasRole(principal.role, policy.role)) throw new AppError(FORBIDDEN, `This needs the role ${policy.role} in the organization; yours is ${principal.role}.`);
    if (policy.platformRole !== undefined && !hasPlatformRole(principal.platformRole, policy.platformRole)) throw new AppError(FORBIDDEN, 'This is for the staff of the platform.');
    return true;
  }
}
