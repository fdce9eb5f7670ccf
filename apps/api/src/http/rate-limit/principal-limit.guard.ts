import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import type { HttpRequest } from '../http-request';
import { RateLimits } from './rate-limits';

/** The last guard: the caller is known and may do it, so the call counts on them. */
@Injectable()
export class PrincipalLimitGuard implements CanActivate {
  constructor(private readonly limits: RateLimits) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    await this.limits.countPrincipal(request, context.switchToHttp().getResponse<Response>(), request.rateLimitGroup ?? 'default');
    return true;
  }
}
