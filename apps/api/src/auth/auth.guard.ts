import { addLogContext, AppError, FORBIDDEN } from '@app/common';
import { becomeActor } from '@app/domain';
import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard as PassportGuard } from '@nestjs/passport';
import type { HttpRequest } from '../http/http-request';
import { type DeclaredPolicy, ENDED_SESSION, POLICY } from './auth.decorators';
import { TOKEN_EXPIRED, TOKEN_REVOKED, unauthenticated, unauthorized } from './auth.errors';
import type { Principal } from './principal';

/** Knows the caller, or ends the request. A route without a policy is closed, should it ever get here. */
@Injectable()
export class AuthGuard extends PassportGuard('jwt') {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const policy = this.reflector.getAllAndOverride<DeclaredPolicy | undefined>(POLICY, targets);
    if (policy === 'public') return true;
    if (policy === undefined) throw new AppError(FORBIDDEN, 'This route is closed.');
    try {
      const isKnown = (await super.canActivate(context)) as boolean;
      this.introduce(context.switchToHttp().getRequest<HttpRequest>().principal);
      return isKnown;
    } catch (error) {
      const mayHaveEnded = this.reflector.getAllAndOverride<boolean | undefined>(ENDED_SESSION, targets) === true;
      if (mayHaveEnded && error instanceof AppError && error.kind === TOKEN_REVOKED) return true;
      throw error;
    }
  }

  /** From here on log lines and audit rows name the caller. */
  private introduce(principal: Principal | undefined): void {
    if (!principal) return;
    const { userId, organizationId, tokenId } = principal;
    addLogContext({ userId, organizationId });
    becomeActor(tokenId === null ? { type: 'user', id: userId } : { type: 'token', id: tokenId });
  }

  override getAuthenticateOptions(): { session: boolean; property: string } {
    return { session: false, property: 'principal' };
  }

  /** `info` is why passport refused: jsonwebtoken's errors, or ours. */
  override handleRequest<Caller>(error: unknown, caller: Caller | false, info: unknown): Caller {
    if (error) throw error as Error;
    if (caller) return caller;
    if (info instanceof AppError) throw info;
    if (info instanceof Error && info.name === 'TokenExpiredError') throw unauthorized(TOKEN_EXPIRED, 'The access token has expired. Get a new one with the refresh token.');
    throw unauthenticated();
  }
}
