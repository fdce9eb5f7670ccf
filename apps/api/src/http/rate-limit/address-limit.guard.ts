import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { type DeclaredPolicy, POLICY } from '../../auth/auth.decorators';
import type { HttpRequest } from '../http-request';
import { routeFact } from '../routes/route-fact';
import { RATE_LIMIT, type RateLimitGroup } from './rate-limit.decorator';
import { RateLimits } from './rate-limits';

/**
 * The first guard: calls that nobody will be known for count on their address before anything is done for them. Whoever shows a credential
 * is counted when it has been checked; a wrong one counts on the address too, in the filter.
 */
@Injectable()
export class AddressLimitGuard implements CanActivate {
  constructor(private readonly limits: RateLimits) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const group = routeFact<RateLimitGroup>(context, RATE_LIMIT) ?? 'default';
    const isPublic = routeFact<DeclaredPolicy>(context, POLICY) === 'public';
    if (isPublic || group === 'none' || request.headers.authorization === undefined) await this.limits.countAnonymous(request, context.switchToHttp().getResponse<Response>(), group);
    else request.rateLimitGroup = group;
    return true;
  }
}
