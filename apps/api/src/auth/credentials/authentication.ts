import { AppError } from '@app/common';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { RequestHandler, Response } from 'express';
import passport, { type Strategy } from 'passport';
import type { HttpRequest } from '../../http/http-request';
import { AccessTokens } from '../access-token';
import { TOKEN_EXPIRED, unauthenticated, unauthorized } from '../auth.errors';
import { SessionStrategy } from '../session.strategy';
import { TokenStrategy } from '../tokens/token.strategy';
import type { Credential, Principal } from '../principal';
import { bearerToken } from './bearer';
import { credentialOf } from './credential-of';

/** The passport strategy for Clerk's session tokens. Not provided, or null: no such token is accepted here. */
export const CLERK_STRATEGY = Symbol('CLERK_STRATEGY');

/** Tells the credential apart and lets its strategy say who the caller is. */
@Injectable()
export class Authentication {
  private readonly strategies: Readonly<Record<Credential, Strategy | null>>;

  constructor(
    private readonly tokens: AccessTokens,
    session: SessionStrategy,
    token: TokenStrategy,
    @Optional() @Inject(CLERK_STRATEGY) clerk: Strategy | null,
  ) {
    this.strategies = { session, token, clerk: clerk ?? null };
  }

  /** @throws {AppError} 401 for a credential that is not good, 403 for a suspended account, 404 for an organization that is not the caller's */
  async principalOf(request: HttpRequest, response: Response): Promise<Principal> {
    const token = bearerToken(request);
    if (token === null) throw unauthenticated();
    const credential = this.tokens.verified.has(token) ? 'session' : credentialOf(token, this.tokens.issuer);
    const strategy = credential === null ? null : this.strategies[credential];
    if (!strategy) throw unauthenticated();
    return ask(strategy, request, response);
  }
}

/** The strategy itself, not its name: names are shared by all servers of a process. A fresh object, for passport hangs the request's callbacks on it. */
function ask(strategy: Strategy, request: HttpRequest, response: Response): Promise<Principal> {
  const own = Object.create(strategy) as Strategy;
  return new Promise((resolve, reject) => {
    const answered = (error: unknown, principal: Principal | false | null | undefined, info: unknown): void => {
      if (principal && !error) resolve(principal);
      else reject(refusal(error ?? info));
    };
    const middleware = passport.authenticate(own, { session: false }, answered) as RequestHandler;
    void middleware(request, response, (error: unknown) => reject(refusal(error)));
  });
}

/** Ours as they are; of jsonwebtoken's only the expiry is told apart; an unforeseen fault stays one. */
function refusal(reason: unknown): Error {
  if (reason instanceof AppError) return reason;
  if (!(reason instanceof Error) || reason.name === 'JsonWebTokenError' || reason.name === 'NotBeforeError') return unauthenticated();
  if (reason.name === 'TokenExpiredError') return unauthorized(TOKEN_EXPIRED, 'The access token has expired. Get a new one with the refresh token.');
  return reason;
}
