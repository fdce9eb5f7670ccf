import { addLogContext, AppError, FORBIDDEN } from '@app/common';
import { becomeActor } from '@app/domain';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import type { HttpRequest } from '../http/http-request';
import { routeFact } from '../http/routes/route-fact';
import { type DeclaredPolicy, ENDED_SESSION, POLICY, TICKET } from './auth.decorators';
import { TOKEN_REVOKED } from './auth.errors';
import { Authentication } from './credentials/authentication';
import { bearerToken } from './credentials/bearer';
import { TOKEN_MARK } from './credentials/credential-of';
import type { Principal } from './principal';
import { StreamTickets } from './tickets/stream-tickets';

/** Knows the caller, or ends the request. A route without a policy is closed, should it ever get here. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly authentication: Authentication,
    private readonly tickets: StreamTickets,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const policy = routeFact<DeclaredPolicy>(context, POLICY);
    if (policy === 'public') return true;
    if (policy === undefined) throw new AppError(FORBIDDEN, 'This route is closed.');
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    if (routeFact<boolean>(context, TICKET) === true) this.tickets.redeem(request);
    try {
      request.principal = await this.authentication.principalOf(request, http.getResponse<Response>());
      introduce(request.principal);
      return true;
    } catch (error) {
      const mayHaveEnded = routeFact<boolean>(context, ENDED_SESSION) === true;
      const hasEnded = error instanceof AppError && error.kind === TOKEN_REVOKED && bearerToken(request)?.startsWith(TOKEN_MARK) === false;
      if (mayHaveEnded && hasEnded) return true;
      throw error;
    }
  }
}

/** From here on log lines and audit rows name the caller. */
function introduce({ userId, organizationId, tokenId }: Principal): void {
  addLogContext({ userId, organizationId });
  becomeActor(tokenId === null ? { type: 'user', id: userId } : { type: 'token', id: tokenId });
}
