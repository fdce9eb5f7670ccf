import type { Request } from 'express';
import passport from 'passport';
import type { HttpRequest } from '../../http/http-request';
import { unauthenticated } from '../auth.errors';
import type { Principal } from '../principal';
import { bearerToken } from './bearer';

export type CheckBearer = (request: HttpRequest, token: string, done: (error: Error | null, principal?: Principal | null) => void) => void;

/**
 * Passport's part of a strategy over one bearer token. `extends PassportStrategy(BearerCheck, '<credential>')` and write
 * `validate(request: HttpRequest, token: string): Promise<Principal>`, which throws what the caller shall be told.
 */
export class BearerCheck extends passport.Strategy {
  constructor(private readonly check: CheckBearer) {
    super();
  }

  override authenticate(request: Request): void {
    const token = bearerToken(request as HttpRequest);
    if (token === null) return this.error(unauthenticated());
    this.check(request as HttpRequest, token, (error, principal) => (error || !principal ? this.error(error ?? unauthenticated()) : this.success(principal)));
  }
}
